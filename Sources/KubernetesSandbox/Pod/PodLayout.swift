/// How the sandbox in a pod is reached: written on the pod, so that a daemon with another configuration can take it up.
package struct PodLayout: Hashable, Sendable {
    package enum Access: String, Hashable, Sendable, CaseIterable {
        /// `pods/exec`.
        case api
        /// Our own exec server.
        case inject
        /// The image's exec server.
        case image
    }

    package static let accessAnnotation = "podkeeper.dev/access"
    package static let portAnnotation = "podkeeper.dev/port"
    package static let containerAnnotation = "podkeeper.dev/container"
    package static let workDirectoryAnnotation = "podkeeper.dev/work-dir"
    package static let keepAnnotation = "podkeeper.dev/keep-on-stop"

    package var access: Access
    package var port: Int
    /// The container that commands run in.
    package var container: String
    package var workDirectory: String
    /// The pod stays when its session ends.
    package var isKept: Bool

    package init(access: Access, port: Int, container: String, workDirectory: String, isKept: Bool) {
        self.access = access
        self.port = port
        self.container = container
        self.workDirectory = workDirectory
        self.isKept = isKept
    }

    /// Nil where an annotation is missing or unreadable: the pod is not one of this daemon's making.
    package init?(annotations: [String: String]) {
        guard let access = annotations[Self.accessAnnotation].flatMap(Access.init),
            let port = annotations[Self.portAnnotation].flatMap({ Int($0) }), (1...65_535).contains(port),
            let container = annotations[Self.containerAnnotation], !container.isEmpty,
            let workDirectory = annotations[Self.workDirectoryAnnotation], workDirectory.hasPrefix("/")
        else { return nil }
        self.init(
            access: access, port: port, container: container, workDirectory: workDirectory,
            isKept: annotations[Self.keepAnnotation] == "true")
    }

    package var annotations: [String: String] {
        var annotations = [
            Self.accessAnnotation: access.rawValue, Self.portAnnotation: String(port),
            Self.containerAnnotation: container, Self.workDirectoryAnnotation: workDirectory,
        ]
        if isKept { annotations[Self.keepAnnotation] = "true" }
        return annotations
    }

    /// The session object's `mode`.
    package var mode: KubernetesProfile.Mode { access == .api ? .api : .http }
}
