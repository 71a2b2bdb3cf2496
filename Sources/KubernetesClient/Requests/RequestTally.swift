import Synchronization

/// How many requests a client has sent, by verb and answer. Attempts are counted, not calls: a repeat is a request.
package final class RequestTally: Sendable {
    package struct Key: Hashable, Sendable {
        /// Kubernetes' own: `get`, `list`, `watch`, `create`, `delete`, `patch`, `exec`.
        package var verb: String
        /// The HTTP status; nil where no answer came.
        package var status: Int?

        package init(verb: String, status: Int?) {
            self.verb = verb
            self.status = status
        }
    }

    private let counts = Mutex<[Key: Int]>([:])

    package var all: [Key: Int] { counts.withLock { $0 } }

    func count(_ request: APIRequest, status: Int?) {
        // These three are not told apart by their HTTP methods; every operation is named by its verb first.
        let word = String(request.operation.prefix { $0 != " " })
        let byMethod = ["GET": "get", "POST": "create", "DELETE": "delete", "PATCH": "patch"]
        let verb = ["list", "watch", "exec"].contains(word) ? word : byMethod[request.method] ?? request.method
        counts.withLock { $0[Key(verb: verb, status: status), default: 0] += 1 }
    }
}
