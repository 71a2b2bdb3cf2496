import Foundation
import Glibc

/// The host's tar(1), at the other end of a pipe.
final class TarProcess {
    private let process = Process()
    private let pipe = Pipe()

    /// Packs what is in `directory`.
    static func packing(_ directory: String) throws -> TarProcess {
        try TarProcess(["-C", directory, "-cf", "-", "."]) { process, pipe in process.standardOutput = pipe }
    }

    /// Unpacks into `directory`, which must be there. tar(1) keeps names with `..` and links out of it.
    static func unpacking(into directory: String) throws -> TarProcess {
        try TarProcess(["-C", directory, "-xpf", "-", "--no-same-owner"]) { process, pipe in
            process.standardInput = pipe
        }
    }

    private init(_ arguments: [String], _ connect: (Process, Pipe) -> Void) throws {
        process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
        process.arguments = ["tar"] + arguments
        process.standardInput = FileHandle.nullDevice
        connect(process, pipe)
        try process.run()
    }

    /// To read what is packed from.
    var output: Int32 { pipe.fileHandleForReading.fileDescriptor }
    /// To write what is to be unpacked to.
    var input: Int32 { pipe.fileHandleForWriting.fileDescriptor }

    /// Waits for its end, having told it that there is no more. It has said itself what went wrong.
    func finish() throws {
        try pipe.fileHandleForWriting.close()
        process.waitUntilExit()
        guard process.terminationReason == .exit, process.terminationStatus == 0 else {
            throw CLIError("tar failed: the copy is not complete")
        }
    }

    /// Ends it, whatever it is doing: it has the signal mask of the thread that started it, which may block SIGTERM.
    func kill() {
        if process.isRunning { _ = Glibc.kill(process.processIdentifier, SIGKILL) }
        process.waitUntilExit()
    }
}
