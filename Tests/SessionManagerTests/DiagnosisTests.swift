import SandboxCore
import SessionManager
import Testing

/// What `daemon.doctor` finds and mends, on a backend whose state the test changes behind the daemon's back.
@Suite struct DiagnosisTests {
    private let bench: TestBench

    init() throws { bench = try TestBench() }

    private let kinds: [String: Diagnosis.Kind] = [
        "box-gone-1": .missingSandbox, "box-renamed-1": .wrongLabel, "box-unlisted-1": .wrongLabel,
        "box-ghost-1": .orphanSandbox, "box-unknown": .unreadableSandbox,
    ]

    private func breakEverything(_ daemon: TestBench.Daemon) async throws {
        for id in ["good", "gone", "renamed", "unlisted"] { _ = try await daemon.manager.open(OpenRequest(id)) }
        let ghost = FoundSandbox(
            name: "box-ghost-1", uid: "ghost", nonce: "n", sessionID: try SessionID("ghost"), generation: 1,
            isTerminating: false)
        let unknown = FoundSandbox(
            name: "box-unknown", uid: "unknown", nonce: nil, sessionID: nil, generation: nil, isTerminating: false)
        let other = try SessionID("other")
        bench.cluster.change { state in
            state.boxes["box-gone-1"] = nil
            state.boxes["box-renamed-1"]?.claim.sessionID = other
            state.unlisted = ["box-unlisted-1"]
            state.foreign = [ghost, unknown]
        }
    }

    @Test func lookingChangesNothing() async throws {
        let bench = bench
        let kinds = kinds
        try await bench.withDaemon { daemon in
            try await breakEverything(daemon)
            let discards = bench.cluster.state.discards.count
            for _ in 0..<2 {
                let found = try await daemon.manager.diagnose(fixing: false)
                #expect(Dictionary(uniqueKeysWithValues: found.map { ($0.sandbox, $0.kind) }) == kinds)
                #expect(found.allSatisfy { !$0.isFixed })
            }
            #expect(bench.cluster.state.discards.count == discards)
            #expect(try daemon.manager.get(try SessionID("gone")).state == .ready)
        }
    }

    @Test func fixingLeavesOnlyWhatIsForPeople() async throws {
        let bench = bench
        let kinds = kinds
        try await bench.withDaemon { daemon in
            try await breakEverything(daemon)
            let found = try await daemon.manager.diagnose(fixing: true)
            #expect(Dictionary(uniqueKeysWithValues: found.map { ($0.sandbox, $0.kind) }) == kinds)
            #expect(Set(found.filter { !$0.isFixed }.map(\.sandbox)) == ["box-unknown"])
            let left = try await daemon.manager.diagnose(fixing: false)
            #expect(left.map(\.kind) == [.unreadableSandbox])
            #expect(bench.cluster.state.boxes["box-renamed-1"]?.claim.sessionID.rawValue == "renamed")
            #expect(bench.cluster.state.foreign.map(\.name) == ["box-unknown"])
            for id in ["good", "renamed", "unlisted"] {
                #expect(try daemon.manager.get(try SessionID(id)).state == .ready)
            }
            try await eventually("the loss is on record") {
                try daemon.manager.get(try SessionID("gone")).state == .failed
            }
        }
    }

    @Test func whatCannotBeMendedSaysWhy() async throws {
        let bench = bench
        try await bench.withDaemon { daemon in
            try await breakEverything(daemon)
            bench.cluster.script {
                $0.discardError = .backendUnavailable("no answer to the deletion")
                $0.relabelError = .backendUnavailable("no answer to the label")
            }
            let found = try await daemon.manager.diagnose(fixing: true)
            let orphan = try #require(found.first { $0.kind == .orphanSandbox })
            #expect(!orphan.isFixed)
            #expect(orphan.detail == "no session knows this sandbox; that failed: no answer to the deletion")
            let labels = found.filter { $0.kind == .wrongLabel }
            #expect(labels.count == 2)
            #expect(labels.allSatisfy { !$0.isFixed && $0.detail.hasSuffix("that failed: no answer to the label") })
            bench.cluster.script { $0.isMute = true }
            await expectKind(.backendUnavailable) { try await daemon.manager.diagnose(fixing: true) }
        }
    }
}
