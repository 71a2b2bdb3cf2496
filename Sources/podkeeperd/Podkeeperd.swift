import Daemon

@main
enum Podkeeperd {
    static func main() async {
        await PodkeeperdCommand.runAndExit()
    }
}
