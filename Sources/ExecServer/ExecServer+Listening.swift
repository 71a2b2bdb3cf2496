import Glibc
import NIOCore
import NIOPosix
import ProcessSupervisor

extension ExecServer {
    typealias Listener = NIOAsyncChannel<ConnectionHandler.Connection, Never>

    /// Throws `ServerStartError`.
    func listen(_ loops: MultiThreadedEventLoopGroup) async throws -> Listener {
        switch configuration.listener {
        case .unix(let path):
            let socket = try ListeningSocket.bind(unix: path)
            // NIO owns the descriptor from here on, also where it fails.
            return try await bootstrap(loops).bind(socket.release(), childChannelInitializer: Self.initialize)
        case .tcp(let host, let port):
            return try await listen(loops, hosts: host.map { [$0] } ?? ["::", "0.0.0.0"], port: port)
        }
    }

    func address(of listener: Listener) -> String {
        switch configuration.listener {
        case .unix(let path): path
        case .tcp(_, let port): String(listener.channel.localAddress?.port ?? port)
        }
    }

    /// The first that works: `::` takes IPv4 along, and is missing where IPv6 is switched off.
    private func listen(
        _ loops: MultiThreadedEventLoopGroup, hosts: [String], port: Int
    ) async throws -> Listener {
        var failure: any Error = ServerStartError("no address to listen on")
        for host in hosts {
            do {
                return try await bootstrap(loops).childChannelOption(.socketOption(.so_keepalive), value: 1)
                    .bind(host: host, port: port, childChannelInitializer: Self.initialize)
            } catch {
                failure = error
            }
        }
        throw ServerStartError("cannot listen on port \(port): \(failure)")
    }

    private func bootstrap(_ loops: MultiThreadedEventLoopGroup) -> ServerBootstrap {
        ServerBootstrap(group: loops)
            .serverChannelOption(.backlog, value: 256)
            .serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
    }

    @Sendable private static func initialize(
        _ channel: any Channel
    ) -> EventLoopFuture<ConnectionHandler.Connection> {
        channel.eventLoop.makeCompletedFuture { try ConnectionHandler.configure(channel) }
    }
}
