/// What the kubelet says of one container.
package struct ContainerStatus: Hashable, Sendable {
    package enum State: Hashable, Sendable {
        /// `reason` such as `ContainerCreating`, `ErrImagePull`, `CreateContainerConfigError`.
        case waiting(reason: String, message: String)
        case running
        case terminated(Termination)
        /// The kubelet has said nothing yet.
        case unknown
    }

    /// How a container ended.
    package struct Termination: Hashable, Sendable {
        package var exitCode: Int
        /// The signal's number, where the runtime tells it; 0 otherwise.
        package var signal: Int
        /// `OOMKilled`, `Error`, `Completed`, `ContainerCannotRun`, `StartError`, …
        package var reason: String
        package var message: String

        package init(exitCode: Int, signal: Int = 0, reason: String = "", message: String = "") {
            self.exitCode = exitCode
            self.signal = signal
            self.reason = reason
            self.message = message
        }
    }

    package var name: String
    package var isReady: Bool
    package var image: String
    package var restartCount: Int
    package var state: State
    /// How the container's previous life ended, after a restart.
    package var lastTermination: Termination?

    package init(
        name: String, isReady: Bool = false, image: String = "", restartCount: Int = 0, state: State = .unknown,
        lastTermination: Termination? = nil
    ) {
        self.name = name
        self.isReady = isReady
        self.image = image
        self.restartCount = restartCount
        self.state = state
        self.lastTermination = lastTermination
    }
}

extension ContainerStatus: Decodable {
    private enum CodingKeys: String, CodingKey { case name, ready, image, restartCount, state, lastState }

    package init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: CodingKeys.self)
        var lastTermination: Termination?
        if case .terminated(let termination) = container.lenient(State.self, .lastState) {
            lastTermination = termination
        }
        self.init(
            name: container.text(.name), isReady: container.lenient(Bool.self, .ready) ?? false,
            image: container.text(.image), restartCount: container.lenient(Int.self, .restartCount) ?? 0,
            state: container.lenient(State.self, .state) ?? .unknown, lastTermination: lastTermination)
    }
}

extension ContainerStatus.State: Decodable {
    private enum CodingKeys: String, CodingKey { case waiting, running, terminated }
    private enum DetailKeys: String, CodingKey { case reason, message, exitCode, signal }

    package init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: CodingKeys.self)
        if let details = try? container.nestedContainer(keyedBy: DetailKeys.self, forKey: .terminated) {
            self = .terminated(
                .init(
                    exitCode: details.lenient(Int.self, .exitCode) ?? -1,
                    signal: details.lenient(Int.self, .signal) ?? 0,
                    reason: details.boundedText(.reason), message: details.boundedText(.message)))
        } else if container.contains(.running) {
            self = .running
        } else if let details = try? container.nestedContainer(keyedBy: DetailKeys.self, forKey: .waiting) {
            self = .waiting(reason: details.boundedText(.reason), message: details.boundedText(.message))
        } else {
            self = .unknown
        }
    }
}
