import ControlAPI
import ControlServer
import Foundation
import JSONRPC
import Testing

/// What others have written (ids, labels, messages, paths) neither drives the operator's terminal nor reorders its text.
@Suite struct HostileTextTests {
    /// Right-to-left override, isolate, a C1 control that begins a sequence, and a C0 one that does.
    private static let text = "a\u{202E}b\u{2066}c\u{9B}31m\u{1B}[2J\r"
    private static let shown = #"a\u{202E}b\u{2066}c\u{9B}31m\u{1B}[2J\u{D}"#

    private static var hostile: Session {
        var one = session(text, labels: [text: text], node: text, message: text)
        (one.profile, one.lastActivity, one.workDirectory) = (text, text, text)
        (one.sandbox.name, one.sandbox.image, one.owner.user) = (text, text, text)
        return one
    }

    private static func script(_ router: inout RPCRouter<ControlCall>) {
        router.on(SessionList.self) { _, _ in SessionList.Result(sessions: [hostile], nextCursor: nil, total: 1) }
        router.on(SessionGet.self) { _, _ in hostile }
        router.on(SessionExplain.self) { _, _ in
            SessionExplain.Result(
                state: .ready, reapAt: nil, reason: text, setting: text,
                leases: [.init(operation: text, runID: text, since: Timestamp(now), ownerUID: nil)],
                lastActivityAt: Timestamp(now), lastActivity: text)
        }
        router.on(SessionHistory.self) { _, _ in
            SessionHistory.Result(
                sessions: [
                    EndedSession(
                        sessionID: text, generation: 1, profile: text, owner: hostile.owner, labels: [:],
                        sandbox: hostile.sandbox, createdAt: Timestamp(now), readyAt: nil,
                        lastActivityAt: Timestamp(now), endedAt: Timestamp(now), reason: text, detail: text,
                        exitCode: nil)
                ], nextCursor: nil)
        }
        router.on(SessionRelease.self) { _, _ in throw RPCError.internalError(text) }
        router.on(SessionCleanupIdle.self) { _, _ in
            SessionCleanupIdle.Result(
                count: 1, sessions: [ReapedSession(sessionID: text, idleSeconds: 90, reason: text)])
        }
        router.on(EventsList.self) { _, _ in
            EventsList.Result(
                events: [
                    SessionEvent(
                        sequence: 1, at: Timestamp(now), kind: .ended, sessionID: text, generation: 1, reason: text,
                        detail: text)
                ], latestSequence: 1, oldestSequence: 1)
        }
        router.on(DaemonDoctor.self) { _, _ in
            DaemonDoctor.Result(
                differences: [
                    .init(
                        kind: text, sessionID: text, sandbox: text, detail: text, action: text, fixed: false)
                ], checks: [.init(name: text, ok: true, detail: text)])
        }
        router.on(ProfileList.self) { _, _ in
            ProfileList.Result(profiles: [.init(name: text, image: text, mode: text, ready: 0, pool: 0)])
        }
    }

    /// Whether a terminal would take something of it for more than text.
    private static func isTame(_ text: String) -> Bool {
        text.unicodeScalars.allSatisfy { scalar in
            scalar == "\n" || ![.control, .format].contains(scalar.properties.generalCategory)
        }
    }

    @Test(arguments: [
        ["list"], ["list", "--wide"], ["get", "x"], ["top"], ["explain", "x"], ["history"], ["kill", "x"], ["reap"],
        ["events"], ["doctor"], ["profiles"], ["kill", "--all", "--yes"],
    ])
    func isShownButNotObeyed(_ command: [String]) async throws {
        try await withDaemon(Self.script) { path in
            let outcome = await podkeeper(command + ["--socket", path])
            #expect(outcome.outputText.contains(Self.shown) || outcome.errorText.contains(Self.shown))
            #expect(Self.isTame(outcome.outputText), "\(outcome.outputText)")
            #expect(Self.isTame(outcome.errorText), "\(outcome.errorText)")
        }
    }

    @Test func scriptsGetItAsItIs() async throws {
        try await withDaemon(Self.script) { path in
            #expect(await podkeeper("list", "-o", "name", "--socket", path).outputText == Self.text + "\n")
            let json = await podkeeper("list", "-o", "json", "--socket", path)
            let value = try JSONCoding.decode(JSONValue.self, from: json.output[...])
            #expect(value["sessions"]?.arrayValue?.first?["session_id"] == .string(Self.text))
        }
    }
}
