import Foundation
import KubernetesClient
import SandboxCore
import SessionManager
import Testing

@testable import KubernetesSandbox

/// The injected exec server in real pods; needs its image on the nodes (`PODKEEPER_TEST_EXECD_IMAGE`).
@Suite(.enabled(if: RealCluster.hasExecd), .serialized, .timeLimit(.minutes(2))) struct ClusterHTTPTests {
    private func profile(_ image: String, _ change: (inout KubernetesProfile) -> Void = { _ in }) -> KubernetesProfile {
        RealCluster.profile(image) {
            $0.mode = .http
            $0.execdImage = RealCluster.execdImage
            change(&$0)
        }
    }

    @Test("T99 the exec server is injected into images as they are", arguments: ClusterSandboxTests.images)
    func injected(image: String) async throws {
        try await RealCluster.use(["default": profile(image)]) { provider in
            let claim = try RealCluster.claim(provider, environment: ["GREETING": "hello"])
            let started = try await provider.start(claim)
            #expect(started.info.mode == "http")
            let sandbox = started.sandbox
            let result = try await sandbox.execute("echo $GREETING; pwd; id -u; exit 3", timeout: .seconds(20))
            #expect(result == ExecuteResult(output: "hello\n/workspace\n1000\n", exitCode: 3))
            // Neither the token nor its digest is to be seen by a command.
            let environment = try await sandbox.execute(
                "env; cat /proc/1/environ | tr '\\0' '\\n'", timeout: .seconds(20))
            #expect(!environment.output.contains("t0ken"))
            let path = try SandboxPath("a/b.bin")
            #expect(try await sandbox.write(path, contents: [0, 255, 10], mode: nil) == 3)
            #expect(try await sandbox.readBytes(path, offset: 0, length: 10).bytes == [0, 255, 10])
            guard case .adopted(let adopted) = await provider.adopt(claim, info: started.info) else {
                Issue.record("not adopted")
                return
            }
            #expect(try await adopted.sandbox.execute("cat a/b.bin | wc -c", timeout: .seconds(20)).output == "3\n")
            var wrong = claim
            wrong.token = "wrong"
            guard case .unknown(let error) = await provider.adopt(wrong, info: started.info) else {
                Issue.record("a wrong token was accepted")
                return
            }
            #expect(error.message.contains("token"))
            try await provider.discard(DiscardTarget(name: claim.sandboxName, uid: started.info.uid, nonce: "n1"))
        }
    }

    @Test func intoATemplateWithASidecar() async throws {
        let template = try ManifestValue(
            json: Array(
                #"""
                {"spec":{"containers":[{"name":"proxy","image":"docker.io/library/busybox:1","command":["sleep","600"]},
                 {"name":"sandbox","args":["ignored"]}]}}
                """#.utf8))
        try await RealCluster.use(["default": profile("docker.io/library/debian:12") { $0.podTemplate = template }]) {
            provider in
            let started = try await provider.start(RealCluster.claim(provider))
            let result = try await started.sandbox.execute("pwd; cat /etc/debian_version", timeout: .seconds(20))
            #expect(result.output.hasPrefix("/workspace\n12"))
        }
    }

    /// Our own server takes the reference's requests, so here it stands for an image that brings a server along.
    @Test func theImagesOwnServer() async throws {
        let image = RealCluster.execdImage ?? ""
        let template = try ManifestValue(
            json: Array(
                #"""
                {"spec":{"securityContext":{"fsGroup":1000},"volumes":[{"name":"bin","emptyDir":{}},{"name":"w","emptyDir":{}}],
                 "initContainers":[{"name":"copy","image":"\#(image)","command":["podkeeper-execd","install","/bin2/podkeeper-execd"],
                  "env":[{"name":"PATH","value":"/:/bin:/usr/local/bin"}],"volumeMounts":[{"name":"bin","mountPath":"/bin2"}]}],
                 "containers":[{"command":["/bin2/podkeeper-execd","serve"],
                  "volumeMounts":[{"name":"bin","mountPath":"/bin2"},{"name":"w","mountPath":"/workspace"}]}]}}
                """#.utf8))
        let profile = RealCluster.profile {
            $0.mode = .http
            $0.execServer = .image
            $0.port = 9100
            $0.podTemplate = template
        }
        try await RealCluster.use(["default": profile]) { provider in
            let sandbox = try await provider.start(RealCluster.claim(provider)).sandbox
            let result = try await sandbox.execute("echo out; echo err >&2; pwd; exit 3", timeout: .seconds(20))
            #expect(result == ExecuteResult(output: "out\nerr\n/workspace\n", exitCode: 3))
            let late = try await sandbox.execute("echo begun; sleep 3000", timeout: .seconds(1))
            #expect(late == ExecuteResult(output: "begun\n", exitCode: 124, timedOut: true))
            let path = try SandboxPath("x y/é.bin")
            let bytes = (0..<200_000).map { UInt8(truncatingIfNeeded: $0 &* 3) }
            #expect(try await sandbox.write(path, contents: bytes, mode: nil) == bytes.count)
            #expect(try await sandbox.readBytes(path, offset: 0, length: 1 << 20).bytes == bytes)
            var request = RunRequest(argv: ["sh", "-c", "cat; printf 'e\\377' >&2; pwd; exit 7"], runID: "1")
            request.stdin = bytes
            request.workingDirectory = try SandboxPath("x y")
            let output = OutputCollector()
            let end = try await sandbox.run(request) { output.take($0) }
            #expect(end.outcome == .exited(code: 7))
            #expect(output.stdout == bytes + Array("/workspace/x y\n".utf8))
            #expect(output.stderr == [101, 255])
            let limited = try await sandbox.run(RunRequest(argv: ["yes"], runID: "2", outputLimit: 50_000)) { _ in }
            #expect(limited.outcome == .outputLimited && limited.stdoutBytes == 50_000)
            let left = try await sandbox.execute("ls -A /tmp | grep -c podkeeper-run", timeout: .seconds(20))
            #expect(left.output == "0\n")
        }
    }
}
