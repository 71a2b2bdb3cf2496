package import JSONRPC

/// The warm pools of the profiles that have one.
package enum PoolStatus: RPCMethod {
    package static let name = "pool.status"
    package static var isLook: Bool { true }

    package typealias Params = NoParams

    package struct Result: Codable, Hashable, Sendable {
        package struct Pool: Codable, Hashable, Sendable {
            package var profile: String
            /// How many unclaimed sandboxes the pool keeps.
            package var target: Int
            package var ready: Int
            package var starting: Int
            /// Since the daemon was started.
            package var claimed: Int

            package init(profile: String, target: Int, ready: Int, starting: Int, claimed: Int) {
                self.profile = profile
                self.target = target
                self.ready = ready
                self.starting = starting
                self.claimed = claimed
            }
        }

        package var pools: [Pool]

        package init(pools: [Pool]) { self.pools = pools }
    }
}
