package import JSONRPC

/// The profiles that a session can be opened with.
package enum ProfileList: RPCMethod {
    package static let name = "profile.list"
    package static var isLook: Bool { true }

    package typealias Params = NoParams

    package struct Result: Codable, Hashable, Sendable {
        package struct Profile: Codable, Hashable, Sendable {
            package var name: String
            /// Null on the local backend.
            @ExplicitNull package var image: String?
            @ExplicitNull package var mode: String?
            /// Unclaimed sandboxes that a claim takes at once; 0 without a pool.
            package var ready: Int
            /// The size of its pool; 0 without one.
            package var pool: Int

            package init(name: String, image: String?, mode: String?, ready: Int, pool: Int) {
                self.name = name
                self.image = image
                self.mode = mode
                self.ready = ready
                self.pool = pool
            }
        }

        package var profiles: [Profile]

        package init(profiles: [Profile]) { self.profiles = profiles }
    }
}
