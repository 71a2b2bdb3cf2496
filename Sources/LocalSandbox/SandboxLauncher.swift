import CPodkeeper
import FoundationEssentials
import Glibc
import SandboxCore

/// Starts podkeeper-execd, with bubblewrap around it or without.
struct SandboxLauncher: Sendable {
    /// What was started, before anything is known of whether it works.
    struct Processes: Sendable {
        /// podkeeper-execd's `init`: when it ends, the sandbox has ended.
        var initial: WatchedProcess
        /// bwrap's outer process, which lives as long as `initial` and tells how it ended.
        var outer: WatchedProcess?
    }

    /// bwrap forks within milliseconds; a loaded machine may take longer.
    private static let forkLimitMilliseconds: Int32 = 10_000
    private static let maximumInfoBytes = 4096

    let layout: StateLayout
    let execd: String
    /// Nil: plain processes.
    let bubblewrap: Bubblewrap?
    /// `PATH` in the sandbox.
    let path: String

    var isolation: ActiveIsolation { bubblewrap == nil ? .none : .bubblewrap }

    func workDirectory(_ name: String) -> String {
        bubblewrap == nil ? layout.workspace(name) : Bubblewrap.workspace
    }

    /// Blocks until the process's own id is known. What was started when this throws is found by its mark.
    func launch(_ name: String, environment: [(name: String, value: String)]) throws(SandboxError) -> Processes {
        let log = try Descriptor(opening: layout.log(name), O_WRONLY | O_CREAT | O_APPEND)
        let serve = ["init", "--", "serve", "--socket", layout.socket(name)]
        guard let bubblewrap else {
            let request = SpawnRequest(
                executable: execd, arguments: serve, environment: environment.map { "\($0.name)=\($0.value)" },
                directory: layout.workspace(name), output: log.raw)
            return Processes(initial: try Self.watch(try request.spawn(), isChild: true))
        }
        let file = try Bubblewrap.argumentFile(bubblewrap.arguments(name, execd: execd, environment: environment))
        var ends: [Int32] = [-1, -1]
        let made = pk_pipe(&ends, false)
        guard made == 0 else { throw SandboxError(.internal, "pipe2: \(SystemError(-made))") }
        let reading = try Descriptor(ends[0], "pipe2")
        let request = SpawnRequest(
            executable: bubblewrap.executable,
            arguments: [
                "--args", "\(SpawnRequest.firstPassed)", "--info-fd", "\(SpawnRequest.firstPassed + 1)", "--",
                Bubblewrap.execd,
            ] + serve, environment: [], output: log.raw, passing: [file.raw, ends[1]])
        let spawned = Result { () throws(SandboxError) in try request.spawn() }
        close(ends[1])
        let outer = try Self.watch(try spawned.get(), isChild: true)
        guard let pid = try Self.childID(from: reading.raw), let status = ProcessStatus(pid: pid),
            status.parent == outer.identity.pid
        else {
            throw SandboxError(.internal, "bwrap did not make a sandbox: \(logTail(name))")
        }
        return Processes(initial: try Self.watch(status.identity, isChild: false), outer: outer)
    }

    /// The end of what execd and bwrap had to say.
    func logTail(_ name: String) -> String {
        guard let log = try? Descriptor(opening: layout.log(name), O_RDONLY) else { return "" }
        let size = lseek(log.raw, 0, SEEK_END)
        lseek(log.raw, max(0, size - 1000), SEEK_SET)
        let bytes = (try? log.read(limit: 1000)) ?? []
        return String(decoding: bytes, as: UTF8.self).split(separator: "\n").joined(separator: "; ")
    }

    private static func watch(_ identity: ProcessIdentity, isChild: Bool) throws(SandboxError) -> WatchedProcess {
        guard let process = try WatchedProcess(identity, isChild: isChild) else {
            throw SandboxError(.internal, "process \(identity.pid) ended as soon as it was made")
        }
        return process
    }

    /// The JSON object that bwrap writes to `--info-fd` before the child goes on. Nil when bwrap ended without.
    private static func childID(from pipe: Int32) throws(SandboxError) -> Int32? {
        struct Info: Decodable {
            var child: Int32

            private enum CodingKeys: String, CodingKey { case child = "child-pid" }
        }
        var bytes: [UInt8] = []
        var chunk = [UInt8](repeating: 0, count: maximumInfoBytes)
        while bytes.count < maximumInfoBytes {
            var waiting = pollfd(fd: pipe, events: Int16(POLLIN), revents: 0)
            let ready = poll(&waiting, 1, forkLimitMilliseconds)
            if ready < 0, errno == EINTR { continue }
            guard ready > 0 else { throw SandboxError(.internal, "bwrap did not make a sandbox in time") }
            let got = Glibc.read(pipe, &chunk, chunk.count)
            if got < 0, errno == EINTR { continue }
            guard got > 0 else { break }
            bytes += chunk.prefix(got)
        }
        return try? JSONDecoder().decode(Info.self, from: Data(bytes)).child
    }
}
