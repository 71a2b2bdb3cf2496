import JSONRPC

/// What sessions and backend disagree on, and what else is wrong. For operators.
package enum DaemonDoctor: RPCMethod {
    package static let name = "daemon.doctor"
    package static var isForOperators: Bool { true }

    package struct Params: NamedParams {
        /// Mends what can be mended; when absent or false nothing is changed.
        package var fix: Bool?

        package enum CodingKeys: String, CodingKey, CaseIterable { case fix }

        package init(fix: Bool? = nil) { self.fix = fix }
    }

    package struct Result: Codable, Hashable, Sendable {
        package struct Difference: Codable, Hashable, Sendable {
            /// `orphan_sandbox`, `missing_sandbox`, `wrong_label`, `unreadable_sandbox`, `quarantined_sandbox`; the
            /// command line adds `stale_socket`.
            package var kind: String
            @ExplicitNull package var sessionID: String?
            @ExplicitNull package var sandbox: String?
            package var detail: String
            /// What mends it, or is to be done by hand.
            package var action: String
            /// Whether that has been done.
            package var fixed: Bool

            package enum CodingKeys: String, CodingKey {
                case kind
                case sessionID = "session_id"
                case sandbox, detail, action, fixed
            }

            package init(
                kind: String, sessionID: String?, sandbox: String?, detail: String, action: String, fixed: Bool
            ) {
                self.kind = kind
                self.sessionID = sessionID
                self.sandbox = sandbox
                self.detail = detail
                self.action = action
                self.fixed = fixed
            }
        }

        package struct Check: Codable, Hashable, Sendable {
            package var name: String
            package var ok: Bool
            /// What is wrong and what to do, or what was found.
            package var detail: String

            package init(name: String, ok: Bool, detail: String) {
                self.name = name
                self.ok = ok
                self.detail = detail
            }
        }

        package var differences: [Difference]
        package var checks: [Check]

        package init(differences: [Difference], checks: [Check]) {
            self.differences = differences
            self.checks = checks
        }
    }
}
