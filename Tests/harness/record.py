"""What the store has on record of its sessions' lives, and whether that is one story."""

# What may come after what, for one generation of one id. Whoever waits for room is generation 0, or the dead one.
FOLLOWERS = {
    None: {"queued", "starting", "ready"},
    "queued": {"queued", "ended", "failed"},
    "starting": {"ready", "updated", "stopping"},
    "updated": {"ready", "updated", "idle_warning", "stopping", "failed"},
    "ready": {"updated", "idle_warning", "stopping", "failed"},
    "idle_warning": {"updated", "idle_warning", "stopping", "failed"},
    "stopping": {"ended"},
    "failed": {"ended", "queued"},
    "ended": {"queued"},
}
# The last thing told of a row that is in this state.
LAST = {"starting": {"starting", "updated"}, "ready": {"ready", "updated", "idle_warning"}, "failed": {"failed", "queued"}}
# How the id of an unclaimed sandbox of a pool begins: nothing is told of it.
RESERVED = "\x01"


def contradictions(store):
    """Each in words. `store` is a connection whose reads are of one moment."""
    found = []
    events = store.execute("SELECT seq, session_id, generation, type, reason FROM event ORDER BY seq").fetchall()
    numbers = [event[0] for event in events]
    if numbers and numbers != list(range(numbers[0], numbers[0] + len(numbers))):
        found.append("the events' numbers have gaps")
    is_whole = not numbers or numbers[0] == 1
    last, ends = {}, {}
    for number, session, generation, kind, reason in events:
        key = (session, generation)
        if kind not in FOLLOWERS[last.get(key)] and (is_whole or key in last):
            found.append(f"event {number}: {session} {generation} is told {kind} after {last.get(key)}")
        last[key] = kind
        if session.startswith(RESERVED):
            found.append(f"event {number} is of a pool's sandbox")
        # What waits for room and gives up has never been a session.
        if kind in ("failed", "ended") and generation > 0:
            ends.setdefault(key, reason)
    for session, generation, state in store.execute("SELECT session_id, generation, state FROM session"):
        told = last.get((session, generation))
        if not session.startswith(RESERVED) and told not in LAST[state] and (is_whole or told):
            found.append(f"{session} {generation} is {state}, and was last told {told}")
    for session, generation, enters in store.execute("SELECT session_id, generation, enters_history FROM deletion"):
        told = last.get((session, generation))
        if enters and told != "stopping" and (is_whole or told):
            found.append(f"{session} {generation} is being deleted, and was last told {told}")
    history = {}
    for session, generation, reason in store.execute("SELECT session_id, generation, reason FROM history"):
        if (session, generation) in history:
            found.append(f"{session} {generation} is twice in the history")
        history[session, generation] = reason
    if is_whole and ends != history:
        for key in sorted(ends.keys() | history.keys()):
            if ends.get(key) != history.get(key):
                found.append(f"{key} ended as {ends.get(key)} by its event, as {history.get(key)} by the history")
    return found
