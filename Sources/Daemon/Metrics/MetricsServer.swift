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

    let listener: MetricsSettings.Listener
    let logger: Logger
    let report: MetricsReport

    /// Throws `ConfigurationError` when it cannot listen there.
    func run() async throws {
        let group = MultiThreadedEventLoopGroup(numberOfThreads: 1)
        let outcome: Result<Void, any Error>
        do {
            outcome = .success(try await serve(group))
        } catch {
            outcome = .failure(error)
        }
        try await group.shutdownGracefully()
        if case .unix(let path) = listener { unlink(path) }
        try outcome.get()
    }

    private func serve(_ group: MultiThreadedEventLoopGroup) async throws {
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
        let channel: any Channel
        switch listener {
        case .tcp(let host, let port):
            channel = try await bind { try await bootstrap.bind(host: host, port: port).get() }
        case .unix(let path):
            channel = try await bind {
                try await bootstrap.bind(unixDomainSocketPath: path, cleanupExistingSocketFile: true).get()
            }
            // As the control socket: the owner and the group.
            chmod(path, 0o660)
        }
        logger.info("metrics are served", metadata: ["address": "\(channel.localAddress?.description ?? "")"])
        try? await gracefulShutdown()
        try await channel.close()
    }

    private func bind(_ body: () async throws -> any Channel) async throws -> any Channel {
        do {
            return try await body()
        } catch {
            throw ConfigurationError("metrics.listen: cannot listen there: \(error)")
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
