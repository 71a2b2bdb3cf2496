import ArgumentParser

/// What a shell needs to complete this program's arguments.
struct CompletionCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "completion", abstract: "Prints a completion script for a shell.",
        discussion: """
            bash: podkeeper completion bash > /etc/bash_completion.d/podkeeper
            zsh: podkeeper completion zsh > "${fpath[1]}/_podkeeper"
            fish: podkeeper completion fish > ~/.config/fish/completions/podkeeper.fish
            """)

    enum Shell: String, CaseIterable, ExpressibleByArgument { case bash, zsh, fish }

    @Argument(help: "bash, zsh or fish.")
    var shell: Shell

    var script: String {
        let known: CompletionShell =
            switch shell {
            case .bash: .bash
            case .zsh: .zsh
            case .fish: .fish
            }
        return PodkeeperCommand.completionScript(for: known)
    }
}
