/// What went wrong in a conversation with a cluster: classified by the server's `reason` first and by the HTTP code
/// second, with the server's own sentence.
package struct KubernetesError: Error, Hashable, Sendable, CustomStringConvertible {
    package enum Kind: Hashable, Sendable {
        /// 400, and what the server calls BadRequest.
        case badRequest
        /// 401: the credential is missing, expired or wrong; a re-read of it did not help.
        case unauthorized
        /// 403: RBAC, admission, quota, limits or Pod Security. `meaning` tells which.
        case forbidden
        case notFound
        case methodNotAllowed
        /// 409 with reason AlreadyExists: the name is taken.
        case alreadyExists
        /// 409 with reason Conflict: a precondition failed, or (`meaning` is `quotaConflict`) two quota updates raced.
        case conflict
        /// 410: the resource version or the continue token is too old.
        case gone
        /// 413: the request is larger than the server takes.
        case requestTooLarge
        /// 422: `causes` name the fields.
        case invalid
        case tooManyRequests
        /// Any 5xx. A mutation answered like this may have been carried out.
        case server
        /// A status code that no rule covers.
        case unexpectedStatus
        /// No answer: the connection could not be made, or broke. See `requestMayHaveReachedServer`.
        case transport
        /// A deadline of ours passed.
        case timeout
        case cancelled
        /// The kubeconfig, the service account's files or the credentials cannot be used.
        case configuration
        /// The caller's own argument breaks a rule of Kubernetes; nothing was sent.
        case invalidArgument
        /// The server's answer is not what the API promises.
        case malformedResponse
        /// The WebSocket upgrade was refused without a word: none of the offered subprotocols is spoken there.
        case subprotocolRefused
        /// The node could not connect to a port of the pod, or lost the connection; the message has its words.
        case portUnreachable
        /// A command ran or may have run and its end was not seen. Never to be taken for exit code 0.
        case outcomeUnknown
    }

    /// One entry of `details.causes` of a Status.
    package struct Cause: Hashable, Sendable {
        package var reason: String
        package var message: String
        /// The path of the wrong field, such as `spec.containers[0].image`.
        package var field: String
    }

    package var kind: Kind
    /// A sentence for people: what was being done to what, and the server's own words.
    package var message: String
    package var httpStatus: Int?
    /// The Status' machine-readable reason; empty where there was none.
    package var reason = ""
    /// The kind of object that the Status is about (`details.kind`), such as `pods` or `resourcequotas`.
    package var subjectKind = ""
    package var causes: [Cause] = []
    /// How long the server asked to wait (`Retry-After`, `details.retryAfterSeconds`).
    package var retryAfter: Duration?
    /// False only when it is certain that the server has not seen the request.
    package var requestMayHaveReachedServer = true
    /// TLS verification or the handshake failed: rotated certificates on disk may help.
    package var isTLSFailure = false

    package init(_ kind: Kind, _ message: String, httpStatus: Int? = nil) {
        self.kind = kind
        self.message = message
        self.httpStatus = httpStatus
    }

    package var description: String { message }

    static func configuration(_ message: String) -> Self { local(.configuration, message) }
    static func invalidArgument(_ message: String) -> Self { local(.invalidArgument, message) }
    static func cancelled(_ operation: String) -> Self { Self(.cancelled, "\(operation): cancelled") }

    private static func local(_ kind: Kind, _ message: String) -> Self {
        var error = Self(kind, message)
        error.requestMayHaveReachedServer = false
        return error
    }
}
