import ControlAPI
import ControlClient
import Foundation
import JSONRPC
import Testing

/// What outages of the cluster's control plane and of the daemon itself leave behind.
@Suite(.serialized, .enabled(if: TestCluster.isAvailable, "needs a cluster: Tests/run --cluster"))
struct OutageTests {
    /// What became of a call: its result, or the honest error of one that an outage hit.
    private enum Outcome<Value: Sendable>: Sendable {
        case done(Value)
        case failed(code: Int, String)
    }

    private func outcome<Value: Sendable>(_ body: () async throws -> Value) async throws -> Outcome<Value> {
        do {
            return .done(try await body())
        } catch let error as RPCError {
            return .failed(code: error.code, error.message)
        }
    }

    @Test(
        "T83 T112 the API server dies and comes back while sessions start and commands run", .timeLimit(.minutes(5)),
        .enabled(if: TestCluster.ownScript != nil, "needs the cluster of Tests/cluster/up"),
        arguments: ["light", "light-api"])
    func theAPIServerIsKilled(profile: String) async throws {
        try await TestDaemon.run(.httpBusybox, sessions: "{max_starting: 64, startup_timeout: 120}") { test in
            let daemon = try await test.start()
            try await daemon.client { client in
                let instance = try await client.call(DaemonStatus.self, .init()).instanceID
                let running = (1...20).map { "running-\($0)" }
                let starting = (1...20).map { "starting-\($0)" }
                let before = try await open(running, profile, client)
                #expect(before.count == 20)

                async let commands = withThrowingTaskGroup(of: Outcome<String>.self) { group in
                    for id in running {
                        group.addTask {
                            try await outcome {
                                try await TestSession(client: client, id: id).execute("sleep 20; echo end of \(id)")
                                    .output
                            }
                        }
                    }
                    return try await group.reduce(into: []) { $0.append($1) }
                }
                async let starts = open(starting, profile, client)
                // In the middle: some of the pods are there, the others' creates are under way.
                try await until { try await TestCluster.pods(instance: instance).count > 22 }
                try await TestCluster.apiServer("stop")
                try await TestCluster.apiServer("start")

                let opened = try await starts
                for case .failed(let code, let message) in try await commands {
                    // Through the API server alone a command's end can go unseen.
                    #expect(profile == "light-api" && [-32014, -32008].contains(code), "\(code) \(message)")
                }
                let again = try await open(running + starting, profile, client)
                #expect(again.count == 40, "every session can be had")
                for (id, uid) in before.merging(opened, uniquingKeysWith: { first, _ in first }) {
                    #expect(again[id] == uid, "\(id) lived and was replaced")
                }
                // No pod too many, once the starts that failed are cleaned up.
                try await until { try await client.call(SessionList.self, .init(limit: 1000)).sessions.count == 40 }
                try await until { try await TestCluster.pods(instance: instance).count <= 40 }
                #expect(try await TestCluster.pods(instance: instance) == Set(again.values))
                for id in again.keys {
                    #expect(try await TestSession(client: client, id: id).execute("echo here").output == "here\n")
                }
            }
            try await daemon.stop()
        }
    }

    /// Opens the sessions at the same time; the UIDs of those that became ready. The others failed honestly.
    private func open(
        _ ids: [String], _ profile: String, _ client: ControlClient
    ) async throws -> [String: String] {
        try await withThrowingTaskGroup(of: (String, Outcome<String?>).self) { group in
            for id in ids {
                group.addTask {
                    let result = try await outcome {
                        try await client.open(id, profile: profile).opened.session.sandbox.uid
                    }
                    return (id, result)
                }
            }
            var uids: [String: String] = [:]
            for try await (id, result) in group {
                switch result {
                case .done(let uid): uids[id] = uid
                case .failed(let code, let message): #expect([-32003, -32008].contains(code), "\(code) \(message)")
                }
            }
            return uids
        }
    }

    @Test("T48 a daemon killed between its creates leaves no pod behind and touches no other", .timeLimit(.minutes(3)))
    func aDaemonKilledWhileStarting() async throws {
        try await TestDaemon.run(.httpBusybox) { test in
            let first = try await test.start()
            let ids = (1...12).map { "s\($0)" }
            let instance = try await first.client { client in
                let instance = try await client.call(DaemonStatus.self, .init()).instanceID
                for id in ids {
                    _ = try await client.call(
                        SessionGetOrCreate.self, .init(sessionID: id, profile: "light", wait: false))
                }
                try await until { try await !TestCluster.pods(instance: instance).isEmpty }
                return instance
            }
            await first.kill()
            let foreign = "foreign-\(UInt32.random(in: 0...(.max)))"
            try await TestCluster.withPod(foreign, instance: foreign) {
                let stranger = try await TestCluster.pods(instance: foreign)
                #expect(stranger.count == 1)

                let second = try await test.start()
                try await second.client { client in
                    try await until {
                        try await client.call(SessionList.self, .init()).sessions.allSatisfy { $0.state == .ready }
                    }
                    let sessions = try await client.call(SessionList.self, .init()).sessions
                    #expect(try await TestCluster.pods(instance: instance) == Set(sessions.compactMap(\.sandbox.uid)))
                    #expect(try await TestCluster.pods(instance: foreign) == stranger)
                    for id in ids {
                        let (session, _) = try await client.open(id, profile: "light")
                        #expect(try await session.execute("echo \(id)").output == "\(id)\n")
                    }
                    #expect(try await TestCluster.pods(instance: instance).count == ids.count)
                }
                try await second.stop()
            }
        }
    }
}
