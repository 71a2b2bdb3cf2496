package import FoundationEssentials
package import SandboxCore

/// What a pod says about itself: whose it is, and how it is reached, so that a later daemon can take it up again
/// whatever has become of its profile.
package struct PodIdentity: Hashable, Sendable {
    package static let managedByLabel = "app.kubernetes.io/managed-by"
    package static let managedBy = "podkeeper"
    package static let instanceLabel = "podkeeper.dev/instance"
    package static let sessionLabel = "podkeeper.dev/session"
    /// Set when a pod outlives its session by its profile's wish (`delete_on_stop: false`).
    package static let releasedLabel = "podkeeper.dev/released"
    package static let sessionAnnotation = "podkeeper.dev/session-id"
    package static let generationAnnotation = "podkeeper.dev/generation"
    package static let nonceAnnotation = "podkeeper.dev/nonce"
    package static let createdAnnotation = "podkeeper.dev/created-at"

    /// Hexadecimal digits of the session's label: enough that no two sessions ever share one.
    private static let sessionDigits = 40
    private static let prefix = "podkeeper.dev/"

    package var name: String
    package var namespace: String
    package var instance: String
    package var sessionID: SessionID
    package var generation: Int
    package var nonce: String
    package var createdAt: Date

    package init(
        name: String, namespace: String, instance: String, sessionID: SessionID, generation: Int, nonce: String,
        createdAt: Date
    ) {
        self.name = name
        self.namespace = namespace
        self.instance = instance
        self.sessionID = sessionID
        self.generation = generation
        self.nonce = nonce
        self.createdAt = createdAt
    }

    package var labels: [String: String] {
        [
            Self.managedByLabel: Self.managedBy, Self.instanceLabel: instance,
            Self.sessionLabel: Self.digest(instance: instance, sessionID),
        ]
    }

    static func digest(instance: String, _ sessionID: SessionID) -> String {
        let digest = SHA256.hex(Array(instance.utf8) + [0] + Array(sessionID.rawValue.utf8))
        return String(digest.prefix(sessionDigits))
    }

    package var annotations: [String: String] {
        [
            Self.sessionAnnotation: sessionID.rawValue, Self.generationAnnotation: String(generation),
            Self.nonceAnnotation: nonce,
            Self.createdAnnotation: createdAt.formatted(Date.ISO8601FormatStyle(includingFractionalSeconds: true)),
        ]
    }

    /// Selects every pod of a daemon instance but those it has let go.
    package static func selector(instance: String) -> String {
        "\(managedByLabel)=\(managedBy),\(instanceLabel)=\(instance),!\(releasedLabel)"
    }

    /// Labels that only the daemon may set: a session that could would hide its pod from the inventory.
    package static func isReserved(label: String) -> Bool {
        label == managedByLabel || label.hasPrefix(prefix)
    }
}
