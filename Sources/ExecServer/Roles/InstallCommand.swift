import ArgumentParser
import Glibc
import ProcessSupervisor

/// `install PATH`: puts a copy of this very program where a container without it will find it.
struct InstallCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "install", abstract: "Copies this program to PATH, mode 0755, in one step.")

    @Argument(help: "The file to make; its directories are made too.")
    var path: String

    init() {}

    func run() throws {
        do {
            try ProgramCopy.install(at: path)
        } catch {
            StandardError.write("podkeeper-execd: \(error)")
            throw ExitCode.failure
        }
    }
}
