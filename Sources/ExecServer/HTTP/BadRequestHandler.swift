import ExecAPI
import NIOCore
import NIOHTTP1

/// Answers 400 to what is no HTTP, unless a request is being worked on: its handler has the say then.
///
/// NIO's own `HTTPServerProtocolErrorHandler` answers in the middle of a request's body as well; the handler's answer
/// comes second then, which `HTTPServerPipelineHandler` takes for a programming error.
final class BadRequestHandler: ChannelDuplexHandler {
    typealias InboundIn = HTTPServerRequestPart
    typealias InboundOut = HTTPServerRequestPart
    typealias OutboundIn = HTTPServerResponsePart
    typealias OutboundOut = HTTPServerResponsePart

    private var isBusy = false

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        if case .head = Self.unwrapInboundIn(data) { isBusy = true }
        context.fireChannelRead(data)
    }

    func write(context: ChannelHandlerContext, data: NIOAny, promise: EventLoopPromise<Void>?) {
        if case .end = Self.unwrapOutboundIn(data) { isBusy = false }
        context.write(data, promise: promise)
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        // The error ends the connection's reader, and with it the connection: the answer goes out before.
        if error is HTTPParserError, !isBusy {
            let headers = HTTPHeaders([(ExecHeader.server, "1"), ("Connection", "close"), ("Content-Length", "0")])
            let head = HTTPResponseHead(version: .http1_1, status: .badRequest, headers: headers)
            context.write(Self.wrapOutboundOut(.head(head)), promise: nil)
            context.writeAndFlush(Self.wrapOutboundOut(.end(nil)), promise: nil)
        }
        context.fireErrorCaught(error)
    }
}
