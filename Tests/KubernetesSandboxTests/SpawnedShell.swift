import Glibc

/// A child process with pipes, its signals as a container runtime sets them: none blocked. (Foundation's `Process` hands
/// on the mask of the thread that calls it, and worker threads block almost all.)
struct SpawnedShell {
    let pid: pid_t
    private let stdout: Int32
    private let stderr: Int32
    private let stdin: Int32

    struct Failure: Error { var code: Int32 }

    init(_ arguments: [String]) throws {
        var ends = [[Int32]](repeating: [0, 0], count: 3)
        for index in ends.indices {
            guard pipe(&ends[index]) == 0 else { throw Failure(code: errno) }
            // Else a child that another test starts would keep the pipe open.
            for end in ends[index] { _ = fcntl(end, F_SETFD, FD_CLOEXEC) }
        }
        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        defer { posix_spawn_file_actions_destroy(&actions) }
        posix_spawn_file_actions_adddup2(&actions, ends[0][0], 0)
        posix_spawn_file_actions_adddup2(&actions, ends[1][1], 1)
        posix_spawn_file_actions_adddup2(&actions, ends[2][1], 2)
        var attributes = posix_spawnattr_t()
        posix_spawnattr_init(&attributes)
        defer { posix_spawnattr_destroy(&attributes) }
        var none = sigset_t()
        sigemptyset(&none)
        posix_spawnattr_setsigmask(&attributes, &none)
        posix_spawnattr_setflags(&attributes, Int16(POSIX_SPAWN_SETSIGMASK))
        var argv: [UnsafeMutablePointer<CChar>?] = arguments.map { strdup($0) } + [nil]
        let variables = ["PATH=/usr/bin:/bin", "HOME=/tmp"]
        var environment: [UnsafeMutablePointer<CChar>?] = variables.map { strdup($0) } + [nil]
        defer { for pointer in argv + environment { free(pointer) } }
        var child = pid_t()
        let code = posix_spawn(&child, arguments[0], &actions, &attributes, &argv, &environment)
        for end in [ends[0][0], ends[1][1], ends[2][1]] { close(end) }
        (stdin, stdout, stderr) = (ends[0][1], ends[1][0], ends[2][0])
        pid = child
        guard code == 0 else { throw Failure(code: code) }
    }

    func send(_ bytes: [UInt8]) {
        var rest = bytes[...]
        while !rest.isEmpty {
            let count = rest.withUnsafeBytes { write(stdin, $0.baseAddress, $0.count) }
            guard count > 0 else { return }
            rest = rest.dropFirst(count)
        }
    }

    /// Everything that stdout holds until nobody has it open any more, or until it holds `text`.
    func output(until text: String? = nil) -> [UInt8] { read(stdout, until: text) }

    func errors() -> [UInt8] { read(stderr, until: nil) }

    private func read(_ descriptor: Int32, until text: String?) -> [UInt8] {
        var bytes: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: 65_536)
        while text.map({ !String(decoding: bytes, as: UTF8.self).contains($0) }) ?? true {
            let count = Glibc.read(descriptor, &buffer, buffer.count)
            guard count > 0 else { break }
            bytes += buffer[..<count]
        }
        return bytes
    }

    /// Closes everything and gives the wait status.
    func end() -> Int32 {
        for descriptor in [stdin, stdout, stderr] { close(descriptor) }
        var status: Int32 = 0
        while waitpid(pid, &status, 0) < 0, errno == EINTR {}
        return status
    }
}
