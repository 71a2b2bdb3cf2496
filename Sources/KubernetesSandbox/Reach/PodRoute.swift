import ExecAPI
import HTTPTransport
import KubernetesClient
import SandboxCore
import Synchronization

/// Carries requests to the exec server of one pod, by whatever way leads there.
///
/// With `connect: auto`, a request that certainly has not reached the server by one way is sent by the other, if the
/// pod is alive by the cluster's word; the way that worked is this pod's from then on. A pod that refuses the connection
/// is reached: its server does not listen (yet), and no other way would help. A request that may have reached it is never
/// sent again.
final class PodRoute: HTTPExchange {
    /// For the IP, where another way may lead: an unreachable network mostly does not say so.
    private static let connectTimeout = Duration.seconds(3)
    /// For the first look whether an IP answers.
    private static let firstTimeout = Duration.seconds(1)
    private static let forwardTimeout = Duration.seconds(5)

    /// What requests' URLs begin with.
    let baseURL: String
    private let name: String
    private let uid: String
    private let space: PodSpace
    private let dialer: HTTPDialer
    private let proxy: PodProxy?
    private let own = Mutex<Way?>(nil)

    private var cluster: ClusterReach { space.reach }

    init(pod: Pod, port: Int, space: PodSpace) {
        (name, uid) = (pod.name, pod.uid)
        self.space = space
        baseURL = "http://\(Self.host(pod.podIP)):\(port)"
        dialer = space.reach.dialer(port: port, namespace: space.namespace, pod: pod.name)
        proxy = try? PodProxy(
            client: space.client, namespace: space.namespace, pod: pod.name, port: port, marker: ExecHeader.server)
    }

    /// RFC 3986, section 3.2.2: an IPv6 address in a URL stands in brackets.
    static func host(_ ip: String) -> String { ip.contains(":") ? "[\(ip)]" : ip }

    func send(_ request: HTTPRequest) async throws(HTTPError) -> HTTPResponse {
        do {
            return try await travel(request) { exchange, request, arrived in
                let response = try await exchange.send(request)
                arrived()
                return response
            }
        } catch {
            throw error as? HTTPError ?? HTTPError(.system, "\(error)", requestMayHaveReachedServer: true)
        }
    }

    func stream(
        _ request: HTTPRequest, onHead: (HTTPResponseHead) async throws -> Void,
        onChunk: ([UInt8]) async throws -> Void
    ) async throws -> HTTPResponseHead {
        try await travel(request) { exchange, request, arrived in
            try await exchange.stream(
                request,
                onHead: { head in
                    arrived()
                    try await onHead(head)
                }, onChunk: onChunk)
        }
    }

    // MARK: - Choosing

    private func travel<Answer>(
        _ request: HTTPRequest,
        _ go: (any HTTPExchange, HTTPRequest, _ arrived: () -> Void) async throws -> Answer
    ) async throws -> Answer {
        let way = try await way()
        let first: HTTPError
        do {
            let (exchange, request) = directed(request, way)
            return try await go(exchange, request) {}
        } catch let error as HTTPError where Self.isUnreached(error) {
            first = error
        }
        guard cluster.connect == .auto, !first.wasRefused, await isAlive() else { throw first }
        do {
            let (exchange, request) = directed(request, way.other)
            return try await go(exchange, request) { self.change(to: way.other, because: first.message) }
        } catch let second as HTTPError where Self.isUnreached(second) {
            throw HTTPError(.connect, "\(first.message); \(second.message)")
        }
    }

    private static func isUnreached(_ error: HTTPError) -> Bool {
        guard !error.requestMayHaveReachedServer else { return false }
        switch error.code {
        case .connect, .reset, .proxy, .tls, .resolve, .timeout, .protocolViolation: return true
        case .invalidRequest, .tooLarge, .cancelled, .shutdown, .overloaded, .system: return false
        }
    }

    private func directed(_ request: HTTPRequest, _ way: Way) -> (any HTTPExchange, HTTPRequest) {
        var request = request
        switch way {
        case .ip:
            if cluster.connect == .auto { request.endpoint.connectTimeout = Self.connectTimeout }
        case .portForward: request.endpoint.dialer = dialer
        case .proxy:
            if let proxy { return (proxy, request) }
        }
        return (cluster.http, request)
    }

    private func way() async throws(HTTPError) -> Way {
        if let way = own.withLock({ $0 }) ?? cluster.way { return way }
        return try await find()
    }

    /// Whoever answers first shows the way; the server may only just begin to listen, so the better one is asked again.
    private func find() async throws(HTTPError) -> Way {
        guard let refusal = await failure(of: .ip, Self.firstTimeout) else { return chosen(.ip, "pod IPs answer") }
        if refusal.code == .cancelled { throw refusal }
        if let other = await failure(of: .portForward, Self.forwardTimeout) {
            if other.code == .cancelled { throw other }
            throw HTTPError(.connect, "\(refusal.message); \(other.message)")
        }
        guard let still = await failure(of: .ip, Self.firstTimeout) else { return chosen(.ip, "pod IPs answer") }
        return chosen(.portForward, "the IP of pod \(name) does not answer: \(still.message)")
    }

    private func failure(of way: Way, _ timeout: Duration) async -> HTTPError? {
        let (exchange, request) = directed(
            HTTPRequest(url: baseURL + ExecRoute.health.rawValue, timeout: timeout, maximumBodyBytes: 65_536), way)
        do throws(HTTPError) {
            _ = try await exchange.send(request)
            return nil
        } catch {
            return error
        }
    }

    private func chosen(_ way: Way, _ reason: String) -> Way {
        cluster.choose(way, because: reason)
        own.withLock { $0 = way }
        return way
    }

    private func change(to way: Way, because reason: String) {
        own.withLock { $0 = way }
        cluster.change(to: way, because: reason)
    }

    /// By the watch where it knows the pod, else by asking.
    private func isAlive() async -> Bool {
        let known = space.watcher.pod(named: name)
        guard let now = known == nil ? try? await space.pod(named: name) : known else { return false }
        return now.uid == uid && !now.isTerminating && PodEnd(of: now, container: nil) == nil
    }
}
