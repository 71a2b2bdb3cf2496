package import JSONRPC

// By hand: it is the answer to `session.get_or_create`, which agent servers ask before every step of a session.
extension Session {
    package func writeMembers(to object: inout JSONObjectWriter) {
        writeConstantMembers(to: &object)
        use.writeMembers(to: &object)
        if let usage { object.object("usage") { usage.writeMembers(to: &$0) } }
    }

    var use: SessionUse {
        SessionUse(
            lastActivityAt: lastActivityAt, lastActivity: lastActivity, idleSeconds: idleSeconds, reapAt: reapAt,
            leases: leases)
    }

    /// Those that neither use nor time change.
    func writeConstantMembers(to object: inout JSONObjectWriter) {
        object.member("session_id", sessionID)
        object.member("state", state.rawValue)
        object.member("profile", profile)
        object.member("backend", backend)
        object.member("generation", generation)
        object.object("sandbox") { sandbox.writeMembers(to: &$0) }
        object.memberOrNull("work_dir", workDirectory)
        object.object("owner") { inner in
            inner.member("uid", owner.uid)
            inner.member("gid", owner.gid)
            if let user = owner.user { inner.member("user", user) }
        }
        object.object("labels", labels)
        object.member("created_at", createdAt)
        object.memberOrNull("ready_at", readyAt)
        if let timing { object.object("timing", timing) }
        object.memberOrNull("idle_timeout", idleTimeout)
        object.memberOrNull("max_lifetime", maxLifetime)
        object.memberOrNull("message", message)
    }
}

extension SessionUse {
    func writeMembers(to object: inout JSONObjectWriter) {
        object.member("last_activity_at", lastActivityAt)
        object.member("last_activity", lastActivity)
        object.member("idle_seconds", idleSeconds)
        object.memberOrNull("reap_at", reapAt)
        object.member("leases", leases)
    }
}

extension SessionUsage {
    fileprivate func writeMembers(to object: inout JSONObjectWriter) {
        object.member("cpu_seconds", cpuSeconds)
        object.member("memory_bytes", memoryBytes)
        object.memberOrNull("memory_limit", memoryLimit)
        object.member("processes", processes)
        object.memberOrNull("disk_bytes", diskBytes)
        object.member("at", at)
    }
}

extension Session.Sandbox {
    fileprivate func writeMembers(to object: inout JSONObjectWriter) {
        object.member("name", name)
        if let uid { object.member("uid", uid) }
        if let namespace { object.member("namespace", namespace) }
        if let node { object.member("node", node) }
        if let ip { object.member("ip", ip) }
        if let image { object.member("image", image) }
        if let mode { object.member("mode", mode) }
        if let pid { object.member("pid", pid) }
    }
}

extension JSONObjectWriter {
    fileprivate mutating func memberOrNull(_ name: StaticString, _ value: String?) {
        if let value { member(name, value) } else { null(name) }
    }

    fileprivate mutating func memberOrNull(_ name: StaticString, _ value: Int64?) {
        if let value { member(name, value) } else { null(name) }
    }

    fileprivate mutating func memberOrNull(_ name: StaticString, _ value: Double?) {
        if let value { member(name, value) } else { null(name) }
    }

    fileprivate mutating func memberOrNull(_ name: StaticString, _ value: Timestamp?) {
        if let value { member(name, value) } else { null(name) }
    }
}
