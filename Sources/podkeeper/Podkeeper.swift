import CLI
import Foundation

@main
struct Podkeeper {
    static func main() async {
        exit(await CommandLineTool.run(Array(CommandLine.arguments.dropFirst()), terminal: .process))
    }
}
