import JSONRPC

/// What comes of a daemon that is restarted, for those who go on when it is back.
package enum Outage {
    /// Whether the error may be what a daemon that is on its way out or in answers, or does not. A new socket's file is
    /// closed to everybody for a moment, so that permission may be denied then, too.
    package static func isPassing(_ error: any Error) -> Bool {
        switch error {
        case let error as ControlClientError:
            [.noSocket, .notListening, .permissionDenied, .cannotConnect, .connectionLost, .timedOut]
                .contains(error.code)
        case let error as RPCError: error.isRetryable
        default: false
        }
    }
}
