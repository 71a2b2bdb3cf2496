import ArgumentParser

/// The whole of podkeeper-execd.
package enum ExecdProgram {
    /// Does what the command line says, and exits where that failed.
    ///
    /// Not async: `init` and `serve` need their first thread to be the only one until they have set its signal mask,
    /// and an async `main` starts others.
    package static func main() {
        ExecdCommand.main()
    }
}
