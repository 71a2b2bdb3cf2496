import Foundation

/// How much the bulk tests move. PODKEEPER_TEST_BULK_MIB makes it more, up to the sizes that are worth a coffee.
enum TestSize {
    private static let mebibytes =
        ProcessInfo.processInfo.environment["PODKEEPER_TEST_BULK_MIB"].flatMap { Int($0) } ?? 64

    /// Bytes.
    static let bulk = mebibytes << 20
    /// How long a reader does not read.
    static let pause: Duration = .seconds(mebibytes > 64 ? 10 : 1)
}

extension RunningDaemon {
    /// The most memory that the daemon has had resident (proc(5), VmHWM), in bytes.
    func peakMemory() throws -> Int {
        let status = try String(contentsOfFile: "/proc/\(pid)/status", encoding: .utf8)
        let line = status.split(separator: "\n").first { $0.hasPrefix("VmHWM:") }
        guard let kilobytes = line?.split(separator: " ").dropFirst().first.flatMap({ Int($0) }) else {
            throw Command.Failure(description: "no VmHWM in \(status)")
        }
        return kilobytes << 10
    }
}
