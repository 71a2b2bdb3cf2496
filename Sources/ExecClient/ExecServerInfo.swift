import ExecAPI

/// What an exec server says of itself.
package struct ExecServerInfo: Hashable, Sendable {
    package var version: String
    /// Random per start of the server.
    package var instance: String
    /// As the sandbox's own process table has it.
    package var processID: Int32
    package var workDirectory: String

    init(_ result: InfoResult) {
        version = result.version
        instance = result.instance
        processID = result.pid
        workDirectory = result.workDirectory
    }
}
