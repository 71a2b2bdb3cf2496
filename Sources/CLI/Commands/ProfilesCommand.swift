import ArgumentParser
import ControlAPI
import ControlClient
import JSONRPC

struct ProfilesCommand: ClientCommand {
    static let configuration = CommandConfiguration(
        commandName: "profiles", abstract: "Lists what a session can be opened with, and how much of it is warm.")

    @ParentCommand var root: PodkeeperCommand
    @OptionGroup var options: GlobalOptions

    func run(_ context: CommandContext) async throws -> Int32 {
        let list = try await context.client.call(
            ProfileList.self, NoParams(), timeout: CommandContext.answerTimeout)
        try context.renderer.show(list, names: list.profiles.map(\.name)) {
            context.renderer.text(
                Table(
                    heading: ["PROFILE", "IMAGE", "MODE", "WARM"],
                    rows: list.profiles.map { profile in
                        [
                            profile.name, profile.image ?? "", profile.mode ?? "",
                            profile.pool == 0 ? "" : "\(profile.ready)/\(profile.pool)",
                        ]
                    }))
        }
        return 0
    }
}
