import ExecClient
import KubernetesClient
import SandboxCore
import SessionManager

/// The way to the sandbox in a pod.
struct PodReach: Sendable {
    /// One try of a server that may not listen yet.
    private static let probeTimeout = Duration.seconds(2)
    /// One look at a sandbox that is meant to run.
    private static let checkTimeout = Duration.seconds(10)

    private enum Way: Sendable {
        case injected(ExecConnection)
        case image(ImageShell)
        case api
    }

    let sandbox: any Sandbox
    let info: SandboxInfo
    private let way: Way

    /// The pod must have an IP, unless it is reached through the API server.
    init(pod: Pod, layout: PodLayout, token: String, space: PodSpace) {
        let route = PodRoute(pod: pod, port: layout.port, space: space)
        switch layout.access {
        case .inject:
            let connection = ExecConnection(http: route, baseURL: route.baseURL, token: token)
            way = .injected(connection)
            sandbox = ExecSandbox(connection: connection, workDirectory: layout.workDirectory)
        case .image:
            let shell = ImageShell(http: route, baseURL: route.baseURL, token: token)
            way = .image(shell)
            sandbox = ImageSandbox(shell: shell, workDirectory: layout.workDirectory)
        case .api:
            let shell = PodShell(
                client: space.client, namespace: space.namespace, pod: pod.name, container: layout.container)
            way = .api
            sandbox = PodSandbox(shell: shell, workDirectory: layout.workDirectory)
        }
        info = SandboxInfo(
            name: pod.name, uid: pod.uid, namespace: space.namespace,
            node: pod.nodeName.isEmpty ? nil : pod.nodeName, ip: pod.podIP.isEmpty ? nil : pod.podIP,
            image: pod.containerStatuses.first { $0.name == layout.container }?.image, mode: layout.mode.rawValue,
            workDirectory: layout.workDirectory)
    }

    var started: StartedSandbox { StartedSandbox(info: info, sandbox: sandbox) }

    /// Whether a sandbox that has just come up answers. Throws `backendUnavailable` when it does not yet.
    func probe(until deadline: ContinuousClock.Instant) async throws(SandboxError) {
        let timeout = min(Self.probeTimeout, max(ContinuousClock.now.duration(to: deadline), .milliseconds(50)))
        try await ask(timeout)
    }

    /// Whether a sandbox that an earlier daemon started still answers.
    func check() async throws(SandboxError) { try await ask(Self.checkTimeout) }

    private func ask(_ timeout: Duration) async throws(SandboxError) {
        switch way {
        case .injected(let connection):
            guard try await connection.health(timeout: timeout) else {
                throw .backendUnavailable("the exec server says that it is not ready")
            }
            // With the token: it is our server, of our sandbox.
            _ = try await connection.info(timeout: timeout)
        case .image(let shell):
            try await shell.health(timeout: timeout)
            do {
                _ = try await shell.send("true", timeout: timeout)
            } catch {
                // Nothing depends on what `true` has done.
                guard error.kind == .outcomeUnknown else { throw error }
                throw .backendUnavailable(error.message)
            }
        case .api: return  // What the cluster says of its pod is what counts.
        }
    }
}
