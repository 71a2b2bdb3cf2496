import ControlAPI

/// How a run ended, as this program's own exit code.
enum RunEnding {
    /// As timeout(1) has it.
    static let timedOut: Int32 = 124

    /// The program's own; 128 + n when signal n ended it; 124 when its time was over. Says what no code says.
    static func exitCode(_ result: RunResult, _ terminal: Terminal) -> Int32 {
        if result.timedOut {
            terminal.complain("podkeeper: the program's time was over after \(Age.precise(result.duration))")
            return timedOut
        }
        if result.outputLimited {
            terminal.complain("podkeeper: the program wrote more than it may and was killed; send it to a file")
            return 1
        }
        if result.oomKilled {
            terminal.complain("podkeeper: the program was killed for want of memory in the sandbox")
        }
        guard let code = result.exitCode, let exitCode = UInt8(exactly: code) else {
            terminal.complain("podkeeper: podkeeperd did not say how the program ended")
            return 1
        }
        return Int32(exitCode)
    }
}
