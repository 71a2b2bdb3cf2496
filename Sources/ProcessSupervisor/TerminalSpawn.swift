import CPodkeeper
import Glibc
import SystemPackage

/// A program to start as the leader of a session whose terminal is its stdin, stdout and stderr.
///
/// swift-subprocess cannot make a terminal the session's own: that takes a call in the child. Here the kernel does it,
/// since the first terminal that a session's leader opens becomes the session's (tty_ioctl(4), TIOCSCTTY).
struct TerminalSpawn {
    let program: String
    let argv: [String]
    let environment: [[UInt8]]
    let directory: WorkingDirectory
    /// The path of the terminal.
    let terminal: String

    /// The new process's id. Throws what the kernel said.
    func spawn() throws(SpawnFailure) -> pid_t {
        var actions = posix_spawn_file_actions_t()
        var attributes = posix_spawnattr_t()
        posix_spawn_file_actions_init(&actions)
        posix_spawnattr_init(&attributes)
        defer {
            posix_spawn_file_actions_destroy(&actions)
            posix_spawnattr_destroy(&attributes)
        }
        posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, terminal, O_RDWR, 0)
        posix_spawn_file_actions_adddup2(&actions, STDIN_FILENO, STDOUT_FILENO)
        posix_spawn_file_actions_adddup2(&actions, STDIN_FILENO, STDERR_FILENO)
        var failure = -pk_spawn_add_chdir(&actions, directory.path.string)
        if failure == 0 { failure = -pk_spawn_add_close_from(&actions, STDERR_FILENO + 1) }
        var none = sigset_t()
        var all = sigset_t()
        sigemptyset(&none)
        sigfillset(&all)
        posix_spawnattr_setsigmask(&attributes, &none)
        posix_spawnattr_setsigdefault(&attributes, &all)
        posix_spawnattr_setflags(
            &attributes, Int16(POSIX_SPAWN_SETSIGMASK) | Int16(POSIX_SPAWN_SETSIGDEF) | PK_SPAWN_SETSID)
        var pid: pid_t = 0
        if failure == 0 {
            failure = Self.withPointers(argv.map { Array($0.utf8) }) { argv in
                Self.withPointers(environment) { posix_spawn(&pid, program, &actions, &attributes, argv, $0) }
            }
        }
        guard failure == 0 else { throw SpawnFailure(errno: failure) }
        return pid
    }

    struct SpawnFailure: Error {
        let errno: Int32
    }

    /// A NULL-terminated array of C strings.
    private static func withPointers<Value>(
        _ texts: [[UInt8]], _ body: ([UnsafeMutablePointer<CChar>?]) -> Value
    ) -> Value {
        let pointers: [UnsafeMutablePointer<CChar>?] =
            texts.map { text in
                (text + [0]).withUnsafeBytes { bytes in
                    bytes.withMemoryRebound(to: CChar.self) { $0.baseAddress.flatMap { strdup($0) } }
                }
            } + [nil]
        defer { for pointer in pointers { free(pointer) } }
        return body(pointers)
    }
}
