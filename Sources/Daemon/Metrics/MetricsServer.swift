import Glibc
import Logging
import Metrics
import NIOCore
import NIOHTTP1
import NIOPosix
import ServiceLifecycle

/// Answers `GET /metrics` over HTTP, on loopback or a Unix socket, until the daemon stops.
struct MetricsServer: Service {
    /// Prometheus keeps one; more than these wait in the backlog for the idle ones to be closed.
    private static let maximumConnections = 16
    private static let idleTime = TimeAmount.seconds(75)

    private let listener: MetricsSettings.Listener
    private let group: MultiThreadedEventLoopGroup
    private let channel: any Channel

    /// Listens; `run` must follow, or `close`. Throws `ConfigurationError` when it cannot listen there.
    init(_ listener: MetricsSettings.Listener, report: MetricsReport, logger: Logger) async throws {
        self.listener = listener
        group = MultiThreadedEventLoopGroup(numberOfThreads: 1)
        do {
            channel = try await Self.listen(on: listener, report, group)
        } catch {
            try await group.shutdownGracefully()
            throw ConfigurationError(
                "metrics.listen: cannot listen on \(listener): \(Self.explanation(error, listener))")
        }
        logger.info("metrics are served", metadata: ["address": "\(channel.localAddress?.description ?? "")"])
    }

    func run() async throws {
        try? await gracefulShutdown()
        try await close()
    }

    func close() async throws {
        try await channel.close()
        try await group.shutdownGracefully()
        if case .unix(let path) = listener { unlink(path) }
    }

    private static func listen(
        on listener: MetricsSettings.Listener, _ report: MetricsReport, _ group: MultiThreadedEventLoopGroup
    ) async throws -> any Channel {
        let bootstrap = ServerBootstrap(group: group)
            .serverChannelOption(.backlog, value: 16)
            .serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
            .serverChannelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    try channel.pipeline.syncOperations.addHandler(
                        ConnectionLimit(maximum: Self.maximumConnections))
                }
            }
            .childChannelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    let pipeline = channel.pipeline.syncOperations
                    try pipeline.addHandler(IdleStateHandler(allTimeout: Self.idleTime))
                    try pipeline.configureHTTPServerPipeline()
                    try pipeline.addHandler(MetricsHandler(report))
                }
            }
        switch listener {
        case .tcp(let host, let port): return try await bootstrap.bind(host: host, port: port).get()
        case .unix(let path):
            let channel = try await bootstrap.bind(unixDomainSocketPath: path, cleanupExistingSocketFile: true).get()
            // As the control socket: the owner and the group.
            chmod(path, 0o660)
            return channel
        }
    }

    private static func explanation(_ error: any Error, _ listener: MetricsSettings.Listener) -> String {
        guard let code = (error as? IOError)?.errnoCode else { return "\(error)" }
        let reason = String(cString: strerror(code))
        switch (code, listener) {
        case (EADDRINUSE, .tcp(_, let port)):
            return "\(reason); choose another port, or stop what listens there (ss -ltnp 'sport = :\(port)' names it)"
        case (EACCES, .tcp): return "\(reason); choose a port from 1024 on"
        case (EADDRINUSE, .unix): return "\(reason); choose another path, or remove what is there"
        case (_, .unix): return "\(reason); its directory must be there and podkeeperd must be allowed to write to it"
        default: return reason
        }
    }
}

/// Takes no more connections while as many as it may have are open.
private final class ConnectionLimit: ChannelInboundHandler {
    typealias InboundIn = any Channel

    private let maximum: Int
    private var open = 0

    init(maximum: Int) { self.maximum = maximum }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        let connection = unwrapInboundIn(data)
        open += 1
        guard open <= maximum else {
            open -= 1
            connection.close(promise: nil)
            return
        }
        let limit = NIOLoopBound(self, eventLoop: context.eventLoop)
        connection.closeFuture.hop(to: context.eventLoop).whenComplete { _ in limit.value.open -= 1 }
        context.fireChannelRead(data)
    }
}

/// One request after the other; every answer is whole.
private final class MetricsHandler: ChannelInboundHandler {
    typealias InboundIn = HTTPServerRequestPart
    typealias OutboundOut = HTTPServerResponsePart

    private let report: MetricsReport
    private var head: HTTPRequestHead?

    init(_ report: MetricsReport) { self.report = report }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        switch unwrapInboundIn(data) {
        case .head(let head): self.head = head
        case .body: break
        case .end:
            guard let head = head.take() else { return }
            answer(head, context)
        }
    }

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        if event is IdleStateHandler.IdleStateEvent { context.close(promise: nil) }
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) { context.close(promise: nil) }

    private func answer(_ head: HTTPRequestHead, _ context: ChannelHandlerContext) {
        let path = head.uri.prefix { $0 != "?" }
        let (status, body): (HTTPResponseStatus, String) =
            switch (path, head.method) {
            case ("/metrics", .GET), ("/metrics", .HEAD): (.ok, report.text)
            case ("/metrics", _): (.methodNotAllowed, "only GET\n")
            default: (.notFound, "there is /metrics\n")
            }
        var response = HTTPResponseHead(version: head.version, status: status)
        response.headers.add(
            name: "Content-Type", value: status == .ok ? PrometheusText.contentType : "text/plain; charset=utf-8")
        response.headers.add(name: "Content-Length", value: String(body.utf8.count))
        if !head.isKeepAlive { response.headers.add(name: "Connection", value: "close") }
        context.write(wrapOutboundOut(.head(response)), promise: nil)
        if head.method != .HEAD {
            context.write(wrapOutboundOut(.body(.byteBuffer(ByteBuffer(string: body)))), promise: nil)
        }
        let written = context.writeAndFlush(wrapOutboundOut(.end(nil)))
        guard !head.isKeepAlive else { return }
        let context = NIOLoopBound(context, eventLoop: context.eventLoop)
        written.whenComplete { _ in context.value.close(promise: nil) }
    }
}
