import Foundation
import Synchronization
import Testing

@testable import KubernetesClient

extension RealClusterTests {
    @Suite struct Execs {
        /// What a command wrote, kept apart by stream.
        private final class Output: Sendable {
            let bytes = Mutex((out: [UInt8](), err: [UInt8]()))
            var out: [UInt8] { bytes.withLock { $0.out } }
            var err: String { bytes.withLock { String(decoding: $0.err, as: UTF8.self) } }
            var text: String { String(decoding: out, as: UTF8.self) }

            func take(_ output: ExecOutput) {
                bytes.withLock { bytes in
                    switch output {
                    case .stdout(let more): bytes.out += more
                    case .stderr(let more): bytes.err += more
                    }
                }
            }
        }

        private func withPod(
            _ body: (KubernetesClient, _ pod: String, PodWatcher) async throws -> Void
        ) async throws {
            try await RealCluster.use { client, run in
                let name = "exec-\(run)"
                let watcher = PodWatcher(
                    client: client, namespace: RealCluster.namespace, labelSelector: "test-run=\(run)",
                    logger: RealCluster.logger())
                try await withThrowingTaskGroup(of: Void.self) { group in
                    group.addTask {
                        do { try await watcher.run() } catch is CancellationError {}
                    }
                    let pod = try await client.createPod(
                        namespace: RealCluster.namespace, manifest: try RealCluster.manifest(name, run: run))
                    _ = try await watcher.wait(for: name, uid: pod.uid, until: .now + .seconds(60)) {
                        observation -> Bool? in
                        if case .present(let pod) = observation, pod.isReady { return true }
                        return nil
                    }
                    try await body(client, name, watcher)
                    group.cancelAll()
                }
            }
        }

        private func exec(
            _ client: KubernetesClient, _ pod: String, _ command: [String], stdin: [UInt8]? = nil
        ) async throws -> (ExecStatus, Output) {
            let output = Output()
            let request = ExecRequest(
                namespace: RealCluster.namespace, pod: pod, container: "main", command: command)
            var provider: (@Sendable (ExecProtocol) async throws(KubernetesError) -> [UInt8])?
            if let stdin { provider = { _ in stdin } }
            let status = try await client.exec(request, stdin: provider) { output.take($0) }
            return (status, output)
        }

        @Test("T80 T90 Exit codes, streams and arguments") func exitCodesStreamsAndArguments() async throws {
            try await withPod { client, pod, _ in
                for code in [0, 1, 3, 126, 127, 137, 255] {
                    let (status, _) = try await exec(client, pod, ["sh", "-c", "exit \(code)"])
                    #expect(status == .exited(code: code))
                }
                let (status, output) = try await exec(client, pod, ["sh", "-c", "echo out; echo err >&2; exit 7"])
                #expect(status == .exited(code: 7))
                #expect(output.text == "out\n")
                #expect(output.err == "err\n")

                let arguments = [
                    "plain", "with space", "a'b\"c", "line\nbreak", "&%+=?#/;", "ünïcödé ☃", "", "$HOME `id`", "\\n",
                ]
                let (told, argv) = try await exec(
                    client, pod, ["sh", "-c", #"for a in "$@"; do printf '%s\0' "$a"; done"#, "sh"] + arguments)
                #expect(told == .exited(code: 0))
                #expect(argv.out == arguments.flatMap { Array($0.utf8) + [0] })
            }
        }

        @Test("T80 What cannot start") func whatCannotStart() async throws {
            try await withPod { client, pod, _ in
                let (status, output) = try await exec(client, pod, ["/no/such/program"])
                switch status {
                case .failed(let failure): #expect(failure.kind == .programNotFound, "\(failure)")
                case .exited(let code): #expect([126, 127].contains(code), "\(code) \(output.err)")
                }
                let request = ExecRequest(
                    namespace: RealCluster.namespace, pod: pod, container: "other", command: ["true"])
                let noContainer = await #expect(throws: KubernetesError.self) {
                    try await client.exec(request) { (_) async throws(KubernetesError) in }
                }
                #expect(noContainer?.kind == .badRequest)
                let noPod = await #expect(throws: KubernetesError.self) {
                    try await exec(client, pod + "-not", ["true"])
                }
                #expect(noPod?.kind == .notFound)
            }
        }

        @Test func aMegabyteOutIsComplete() async throws {
            try await withPod { client, pod, _ in
                for _ in 0..<5 {
                    let (status, output) = try await exec(
                        client, pod, ["sh", "-c", "seq 1 1000000 | head -c 1048576"])
                    #expect(status == .exited(code: 0))
                    var expected: [UInt8] = []
                    var number = 1
                    while expected.count < 1_048_576 {
                        expected += Array("\(number)\n".utf8)
                        number += 1
                    }
                    #expect(output.out == Array(expected.prefix(1_048_576)))
                }
            }
        }

        @Test("T81 Where stdin has no end (v4), its length goes with the command")
        func aMegabyteInComesBack() async throws {
            try await withPod { client, pod, _ in
                var generator = SplitMix(seed: 7)
                let bytes = (0..<1_000_003).map { _ in UInt8.random(in: 0...255, using: &generator) }
                let (status, output) = try await exec(client, pod, ["head", "-c", "\(bytes.count)"], stdin: bytes)
                #expect(status == .exited(code: 0))
                #expect(output.out == bytes)
            }
        }

        @Test("T82 A command sees its terminal's size, and the next one") func terminal() async throws {
            try await withPod { client, pod, _ in
                let (sizes, resize) = AsyncStream.makeStream(of: TerminalSize.self)
                let output = Output()
                // A size is set a moment after it is sent; ten seconds are enough, and then the command ends all the same.
                let script = """
                    await() { i=0; until [ "$(stty size 2>&1)" = "$1" ]; do i=$((i+1)); [ $i = 100 ] && break; sleep 0.1; done; }
                    await '24 80'; stty size; await '50 132'; stty size; echo err >&2; exit 5
                    """
                let request = ExecRequest(
                    namespace: RealCluster.namespace, pod: pod, container: "main", command: ["sh", "-c", script],
                    terminal: TerminalSize(columns: 80, rows: 24))
                let status = try await client.exec(request, sizes: sizes) {
                    output.take($0)
                    if output.text.contains("24 80") { resize.yield(TerminalSize(columns: 132, rows: 50)) }
                }
                #expect(status == .exited(code: 5))
                #expect(output.text == "24 80\r\n50 132\r\nerr\r\n")
                #expect(output.err.isEmpty)
            }
        }

        /// The handshake is a GET; that `create` is asked for as well came with 1.35.
        @Test("T88 Rights on pods/exec, and what an answer without them says", arguments: [["get"], ["create"]])
        func rights(_ verbs: [String]) async throws {
            try await withPod { client, pod, _ in
                let name = "exec-\(verbs.joined(separator: "-"))-\(UInt32.random(in: 0...(.max)))"
                let rbac = ["apis", "rbac.authorization.k8s.io", "v1", "namespaces", RealCluster.namespace]
                func create(_ kind: String, _ rest: String) async throws {
                    var request = APIRequest(operation: "create \(kind)", segments: rbac + [kind])
                    request.method = "POST"
                    request.body = Array(#"{"metadata":{"name":"\#(name)"},\#(rest)}"#.utf8)
                    _ = try await client.perform(request, timeout: .seconds(30))
                }
                let quoted = verbs.map { "\"\($0)\"" }.joined(separator: ",")
                try await create(
                    "roles", #""rules":[{"apiGroups":[""],"resources":["pods/exec"],"verbs":[\#(quoted)]}]"#)
                let group = "rbac.authorization.k8s.io"
                try await create(
                    "rolebindings",
                    #""roleRef":{"apiGroup":"\#(group)","kind":"Role","name":"\#(name)"},"#
                        + #""subjects":[{"apiGroup":"\#(group)","kind":"User","name":"\#(name)"}]"#)
                var configuration = client.configuration
                configuration.identity.impersonatedUser = name
                let user = KubernetesClient(configuration: configuration, http: client.http, logger: client.logger)
                let result: Result<ExecStatus, KubernetesError>
                do throws(KubernetesError) {
                    let request = ExecRequest(
                        namespace: RealCluster.namespace, pod: pod, container: "main", command: ["true"])
                    result = .success(try await user.exec(request) { (_) throws(KubernetesError) in })
                } catch {
                    result = .failure(error)
                }
                guard verbs == ["get"], case .success(let status) = result else {
                    guard case .failure(let error) = result else {
                        Issue.record("allowed with \(verbs)")
                        return
                    }
                    #expect(error.kind == .forbidden, "\(error)")
                    #expect(error.message.hasSuffix("(the role needs both get and create on pods/exec)"))
                    return
                }
                #expect(status == .exited(code: 0))
            }
        }

        /// The runtime's leaks per exec (containerd#10568) are its own; here it shows that none are of our making, such as
        /// connections that are never closed.
        @Test(
            "T89 Hundreds of execs, one after another, leave no descriptors in the container runtime",
            .enabled(if: ContainerRuntime.isHere, "containerd is not on this host"))
        func theRuntimeKeepsNothing() async throws {
            try await withPod { client, pod, _ in
                func run(_ count: Int) async throws {
                    for _ in 0..<count {
                        #expect(try await exec(client, pod, ["true"]).0 == .exited(code: 0))
                    }
                }
                try await run(20)
                let before = ContainerRuntime.descriptors
                try await run(300)
                #expect(before > 0)
                // It closes an exec's streams after it has answered: those of the last few may still be there.
                #expect(ContainerRuntime.descriptors < before + 30)
            }
        }

        /// The consumer's cancellation ends the call, not the process: closing a connection sends no signal.
        @Test func cancellingEndsTheCall() async throws {
            try await withPod { client, pod, _ in
                let request = ExecRequest(
                    namespace: RealCluster.namespace, pod: pod, container: "main",
                    command: ["sh", "-c", "echo started; sleep 600"])
                let (started, signal) = AsyncStream.makeStream(of: Void.self)
                let outcome = await withTaskGroup(of: KubernetesError?.self) { group in
                    group.addTask {
                        defer { signal.finish() }
                        do throws(KubernetesError) {
                            _ = try await client.exec(request) { _ in signal.yield() }
                            return nil
                        } catch {
                            return error
                        }
                    }
                    for await _ in started { break }
                    group.cancelAll()
                    return await group.next() ?? nil
                }
                #expect(outcome?.kind == .cancelled)
            }
        }

        /// The pod is killed under a running command: no exit code, so no success.
        @Test("T84 A pod that is deleted ends its execs without success")
        func deletingThePodEndsTheExecWithoutSuccess() async throws {
            try await withPod { client, pod, watcher in
                let (started, signal) = AsyncStream.makeStream(of: Void.self)
                let request = ExecRequest(
                    namespace: RealCluster.namespace, pod: pod, container: "main",
                    command: ["sh", "-c", "echo started; sleep 600"])
                let result = try await withThrowingTaskGroup(of: Result<ExecStatus, KubernetesError>.self) { group in
                    group.addTask {
                        defer { signal.finish() }
                        do throws(KubernetesError) {
                            return .success(try await client.exec(request) { _ in signal.yield() })
                        } catch {
                            return .failure(error)
                        }
                    }
                    for await _ in started { break }
                    let uid = try #require(watcher.pod(named: pod)).uid
                    _ = try await client.deletePod(
                        namespace: RealCluster.namespace, name: pod, uid: uid, gracePeriodSeconds: 1)
                    return try #require(await group.next())
                }
                switch result {
                case .success(let status): #expect(status != .exited(code: 0))
                case .failure(let error): #expect(error.kind == .outcomeUnknown, "\(error)")
                }
            }
        }
    }
}

/// The containerd of a cluster on this host.
private enum ContainerRuntime {
    static var isHere: Bool { RealCluster.isThere && descriptors > 0 }

    /// Of all its processes together; 0 where there is none, or it is not ours to look at.
    static var descriptors: Int {
        let files = FileManager.default
        let processes = (try? files.contentsOfDirectory(atPath: "/proc")) ?? []
        return processes.filter { Int($0) != nil }.reduce(0) { sum, process in
            let name = try? String(contentsOfFile: "/proc/\(process)/comm", encoding: .utf8)
            guard name == "containerd\n" else { return sum }
            return sum + ((try? files.contentsOfDirectory(atPath: "/proc/\(process)/fd"))?.count ?? 0)
        }
    }
}
