import ControlAPI
import ControlClient
import Foundation
import JSONRPC
import Testing

/// `podkeeper doctor` on a daemon whose sandboxes, rights and socket somebody has meddled with.
@Suite(.serialized)
struct DoctorTests {
    /// What `podkeeper doctor -o json` printed, with the differences by their kind.
    private struct Findings {
        var status: Int32
        var differences: [String: [JSONValue]]
        var checks: [JSONValue]

        var kinds: [String: Int] { differences.mapValues(\.count) }
    }

    private func doctor(_ socket: String, _ arguments: String...) async throws -> Findings {
        let ended = try await Command.end(
            TestDaemon.program("podkeeper"), ["doctor", "--socket", socket, "-o", "json"] + arguments)
        let result = try JSONDecoder().decode(JSONValue.self, from: Data(ended.output.utf8))
        return Findings(
            status: ended.status,
            differences: Dictionary(grouping: result["differences"]?.arrayValue ?? []) {
                $0["kind"]?.stringValue ?? ""
            },
            checks: result["checks"]?.arrayValue ?? [])
    }

    /// A record of a local sandbox, changed in place by whoever meddles.
    private func changeRecord(_ directory: URL, _ change: (inout [String: Any]) -> Void) throws {
        let file = directory.appendingPathComponent("record.json")
        let object = try JSONSerialization.jsonObject(with: Data(contentsOf: file))
        var record = try #require(object as? [String: Any])
        change(&record)
        try JSONSerialization.data(withJSONObject: record).write(to: file)
    }

    @Test(.timeLimit(.minutes(2)))
    func findsAndMendsOnThisHost() async throws {
        try await TestDaemon.run(.local) { test in
            let daemon = try await test.start()
            let sandboxes = test.directory.appendingPathComponent("local/sandboxes")
            #expect(try await doctor(daemon.socket).kinds.isEmpty)
            let lost = try await daemon.client { client in
                let (lost, renamed) = (try await client.open("lost").opened, try await client.open("renamed").opened)
                let good = try await client.open("good").opened
                let directory = sandboxes.appendingPathComponent(renamed.session.sandbox.name)
                try changeRecord(directory) { $0["session_id"] = "somebody else's" }
                // What a daemon leaves whose row was lost: a record, a directory, no process any more.
                let orphan = sandboxes.appendingPathComponent("sandbox-orphan")
                try FileManager.default.copyItem(
                    at: sandboxes.appendingPathComponent(good.session.sandbox.name), to: orphan)
                try changeRecord(orphan) { record in
                    record["name"] = "sandbox-orphan"
                    record["nonce"] = "nobody's"
                    record["uid"] = UUID().uuidString.lowercased()
                    record["session_id"] = "forgotten"
                    record["process"] = nil
                }
                try FileManager.default.removeItem(
                    at: sandboxes.appendingPathComponent(lost.session.sandbox.name).appendingPathComponent(
                        "record.json"))
                return lost
            }
            // A directory without a record is left alone, so the whole of it has to go.
            try FileManager.default.removeItem(at: sandboxes.appendingPathComponent(lost.session.sandbox.name))
            defer { if let pid = lost.session.sandbox.pid { kill(pid, SIGKILL) } }

            let found = try await doctor(daemon.socket)
            #expect(found.status == 1)
            #expect(found.kinds == ["orphan_sandbox": 1, "missing_sandbox": 1, "wrong_label": 1])
            #expect(found.differences["orphan_sandbox"]?.first?["sandbox"] == "sandbox-orphan")
            #expect(found.differences["missing_sandbox"]?.first?["session_id"] == "lost")
            #expect(found.differences["wrong_label"]?.first?["session_id"] == "renamed")

            let fixed = try await doctor(daemon.socket, "--fix")
            #expect(fixed.kinds == found.kinds)
            #expect(fixed.differences.values.joined().allSatisfy { $0["fixed"] == true })
            #expect(!FileManager.default.fileExists(atPath: sandboxes.appendingPathComponent("sandbox-orphan").path))
            #expect(try await doctor(daemon.socket).kinds.isEmpty)
            try await daemon.client { client in
                let lost = try await client.call(SessionGet.self, .init(sessionID: "lost"))
                #expect(lost.state == .failed)
                let renamed = TestSession(client: client, id: "renamed")
                #expect(try await renamed.execute("echo alive").output == "alive\n")
            }
            await daemon.kill()

            let stale = try await doctor(daemon.socket)
            #expect(stale.status == 1)
            #expect(stale.kinds == ["stale_socket": 1])
            #expect(stale.checks.contains { $0["name"] == "daemon" && $0["ok"] == false })
            #expect(FileManager.default.fileExists(atPath: daemon.socket))
            #expect(try await doctor(daemon.socket, "--fix").differences["stale_socket"]?.first?["fixed"] == true)
            #expect(!FileManager.default.fileExists(atPath: daemon.socket))
        }
    }

    @Test(.timeLimit(.minutes(3)), .enabled(if: TestCluster.isAvailable, "needs a cluster: Tests/run --cluster"))
    func findsAndMendsOnACluster() async throws {
        try await TestDaemon.run(.apiBusybox) { test in
            let daemon = try await test.start()
            try await daemon.client { client in
                let digest = try await client.open("digest", profile: "api-busybox").opened.session
                let hidden = try await client.open("hidden", profile: "api-busybox").opened.session
                let instance = try await client.call(DaemonStatus.self, .init()).instanceID
                func kubectl(_ arguments: String...) async throws -> String {
                    try await TestCluster.kubectl(["-n", TestCluster.namespace] + arguments)
                }
                _ = try await kubectl("label", "pod", digest.sandbox.name, "podkeeper.dev/session=wrong", "--overwrite")
                _ = try await kubectl("label", "pod", hidden.sandbox.name, "podkeeper.dev/instance-")
                // What a daemon leaves whose row was lost: all its labels, and a nonce that no row has.
                _ = try await kubectl(
                    "run", "orphan-\(instance.prefix(8).lowercased())", "--image=busybox:1", "--restart=Never",
                    "--labels=app.kubernetes.io/managed-by=podkeeper,podkeeper.dev/instance=\(instance)",
                    "--annotations=podkeeper.dev/session-id=forgotten", "--annotations=podkeeper.dev/nonce=nobodys",
                    "--command", "--", "sleep", "3600")

                // The daemon sees it come, and deletes it without being asked.
                while try await TestCluster.pods(instance: instance) != Set([digest].compactMap(\.sandbox.uid)) {}

                let found = try await doctor(daemon.socket)
                #expect(found.status == 1)
                #expect(found.kinds == ["wrong_label": 2])
                let fixed = try await doctor(daemon.socket, "--fix")
                #expect(fixed.differences.values.joined().allSatisfy { $0["fixed"] == true })
                #expect(try await doctor(daemon.socket).kinds.isEmpty)
                #expect(
                    try await TestCluster.pods(instance: instance) == Set([digest, hidden].compactMap(\.sandbox.uid)))
                // A pod whose labels were taken is nobody's death.
                for id in ["digest", "hidden"] {
                    #expect(try await TestSession(client: client, id: id).execute("echo alive").output == "alive\n")
                }
            }
            try await daemon.stop()
        }
    }

    @Test(.timeLimit(.minutes(2)), .enabled(if: TestCluster.isAvailable, "needs a cluster: Tests/run --cluster"))
    func namesTheRightThatIsMissing() async throws {
        try await TestDaemon.run(.apiBusybox) { test in
            let user = "limited-\(UInt32.random(in: 0...(.max)))"
            let kubeconfig = test.directory.appendingPathComponent("kubeconfig")
            let admin = try String(contentsOfFile: try #require(TestCluster.kubeconfig), encoding: .utf8)
            try admin.replacing("user: {client-certificate", with: "user: {as: \(user), client-certificate")
                .write(to: kubeconfig, atomically: true, encoding: .utf8)
            func kubectl(_ arguments: String...) async throws {
                try await TestCluster.kubectl(["-n", TestCluster.namespace] + arguments)
            }
            try await kubectl("create", "role", user, "--verb=get,list,create,delete", "--resource=pods,pods/exec")
            try await kubectl("create", "rolebinding", user, "--role=\(user)", "--user=\(user)")
            // The API server learns of a new Role by a watch of its own.
            while try await !TestCluster.kubectl(
                ["-n", TestCluster.namespace, "auth", "can-i", "--list", "--as=\(user)"]
            ).contains("pods/exec") {}
            let daemon = try await test.start(arguments: ["--kubeconfig", kubeconfig.path])
            let found = try await doctor(daemon.socket)
            #expect(found.status == 1)
            let rights = found.checks.first { $0["name"] == "rights" }
            #expect(rights?["ok"] == false)
            let detail = rights?["detail"]?.stringValue ?? ""
            #expect(detail.contains("watch pods (to see changes at once"), "\(detail)")
            #expect(detail.contains(#"{apiGroups: [""], resources: [pods], verbs: [watch]}"#), "\(detail)")
            try await kubectl("delete", "role,rolebinding", user)
            try await daemon.stop()
        }
    }
}
