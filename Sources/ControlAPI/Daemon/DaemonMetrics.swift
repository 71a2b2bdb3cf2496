package import JSONRPC

/// What the daemon counts and measures, for operators.
package enum DaemonMetrics: RPCMethod {
    package static let name = "daemon.metrics"
    package static var isForOperators: Bool { true }
    package static var isLook: Bool { true }

    package typealias Params = NoParams

    package struct Result: Codable, Hashable, Sendable {
        /// In Prometheus' text format, version 0.0.4.
        package var text: String

        package init(text: String) { self.text = text }
    }
}
