import ExecServer

@main
enum Main {
    static func main() {
        ExecdProgram.main()
    }
}
