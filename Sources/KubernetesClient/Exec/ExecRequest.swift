/// The subprotocols of `pods/exec` that this client speaks.
package enum ExecProtocol: String, Hashable, Sendable, CaseIterable {
    /// From Kubernetes 1.30 on; offered first.
    case v5 = "v5.channel.k8s.io"
    case v4 = "v4.channel.k8s.io"

    /// Whether the end of stdin can be told to the command. Without it a command that reads to the end waits for ever:
    /// make it read a known number of bytes (`head -c N`).
    package var supportsHalfClose: Bool { self == .v5 }
}

/// A piece of a command's output.
package enum ExecOutput: Hashable, Sendable {
    case stdout([UInt8])
    case stderr([UInt8])
}

/// A command to run in a container that runs already.
package struct ExecRequest: Hashable, Sendable {
    package var namespace: String
    package var pod: String
    package var container: String
    /// Program and arguments, byte for byte; no shell. They travel in the URL: keep them under 4 KiB, for gateways
    /// allow little more than that.
    package var command: [String]
    /// Gives the command a terminal of this size, on which stdout and stderr are one.
    package var terminal: TerminalSize?

    package init(
        namespace: String, pod: String, container: String, command: [String], terminal: TerminalSize? = nil
    ) {
        self.namespace = namespace
        self.pod = pod
        self.container = container
        self.command = command
        self.terminal = terminal
    }
}
