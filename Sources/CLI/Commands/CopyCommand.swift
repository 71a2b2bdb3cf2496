import ArgumentParser
import ControlAPI
import ControlClient
import Foundation
import Glibc
import JSONRPC

struct CopyCommand: ClientCommand {
    static let configuration = CommandConfiguration(
        commandName: "cp", abstract: "Copies files and directories into a session's sandbox, or out of it.",
        discussion: """
            One end is SESSION:PATH, the other a local path, or - for standard input or output. Into a directory that is \
            there the copy goes under its own name. A file replaces one that is there in one step; a directory is \
            merged into one that is there, file by file. In a sandbox missing directories on the way are made, here they \
            must be there. Checksums are verified. From a directory, - gets a tar archive.
            Examples: podkeeper cp data.csv user-42:in/ ; podkeeper cp user-42:out . ; podkeeper cp user-42:log - | less
            """)

    @ParentCommand var root: PodkeeperCommand
    @OptionGroup var options: GlobalOptions

    @Option(help: ArgumentHelp("The session of an end that begins with ':'.", valueName: "id"))
    var session: String?

    @Argument(help: "What to copy.")
    var source: String

    @Argument(help: "Where to.")
    var destination: String

    func validate() throws {
        switch (try CopyPlace(source, session: session), try CopyPlace(destination, session: session)) {
        case (.sandbox, .sandbox), (.standard, .standard), (.standard, .local), (.local, .standard), (.local, .local):
            throw ValidationError("One end must be in a sandbox, SESSION:PATH, and the other must not.")
        case (.sandbox, _), (_, .sandbox): break
        }
    }

    func run(_ context: CommandContext) async throws -> Int32 {
        switch (try CopyPlace(source, session: session), try CopyPlace(destination, session: session)) {
        case (.sandbox(let id, let path), let place):
            try await LocalCopy(context: context, sessionID: id).download(path, to: place)
        case (let place, .sandbox(let id, let path)):
            try await LocalCopy(context: context, sessionID: id).upload(place, to: path)
        default: break
        }
        return 0
    }
}
