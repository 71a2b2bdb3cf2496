import CPodkeeper
import Glibc
import SandboxCore

/// A program to start so that it outlives this process: a session of its own, no descriptor but those named, all
/// signals as a new program expects them.
struct SpawnRequest {
    /// The number of the first descriptor of `passing` in the new process.
    static let firstPassed: Int32 = 3
    /// Descriptors are moved from here: above every number they are moved to.
    private static let scratch: Int32 = 16

    var executable: String
    var arguments: [String]
    /// `NAME=value`; nothing is inherited.
    var environment: [String]
    var directory = "/"
    /// stdout and stderr; stdin is `/dev/null`.
    var output: Int32
    /// Become 3, 4, … in the new process.
    var passing: [Int32] = []

    /// The new process's id: a child, to be collected by the caller.
    func spawn() throws(SandboxError) -> ProcessIdentity {
        let null = try Descriptor(opening: "/dev/null", O_RDONLY)
        var moved: [Int32] = []
        defer { for descriptor in moved { close(descriptor) } }
        for descriptor in [null.raw, output, output] + passing {
            let copy = fcntl(descriptor, F_DUPFD_CLOEXEC, Self.scratch)
            guard copy >= 0 else { throw SandboxError(.internal, "fcntl(F_DUPFD_CLOEXEC): \(SystemError.current)") }
            moved.append(copy)
        }
        let pid = try spawn(descriptors: moved)
        // A child keeps its number until it is collected, so this is its own start time, whether it still runs or not.
        guard let status = ProcessStatus(pid: pid) else {
            throw SandboxError(.internal, "/proc does not show the new process \(pid): is it mounted?")
        }
        return status.identity
    }

    private func spawn(descriptors: [Int32]) throws(SandboxError) -> pid_t {
        var actions = posix_spawn_file_actions_t()
        var attributes = posix_spawnattr_t()
        posix_spawn_file_actions_init(&actions)
        posix_spawnattr_init(&attributes)
        defer {
            posix_spawn_file_actions_destroy(&actions)
            posix_spawnattr_destroy(&attributes)
        }
        for (target, source) in descriptors.enumerated() {
            posix_spawn_file_actions_adddup2(&actions, source, Int32(target))
        }
        var none = sigset_t()
        var all = sigset_t()
        sigemptyset(&none)
        sigfillset(&all)
        posix_spawnattr_setsigmask(&attributes, &none)
        posix_spawnattr_setsigdefault(&attributes, &all)
        posix_spawnattr_setflags(
            &attributes, Int16(POSIX_SPAWN_SETSIGMASK) | Int16(POSIX_SPAWN_SETSIGDEF) | PK_SPAWN_SETSID)
        var failure = -pk_spawn_add_close_from(&actions, Int32(descriptors.count))
        if failure == 0 { failure = -pk_spawn_add_chdir(&actions, directory) }
        var pid: pid_t = 0
        if failure == 0 {
            failure = Self.withPointers([executable] + arguments) { arguments in
                Self.withPointers(environment) { posix_spawn(&pid, executable, &actions, &attributes, arguments, $0) }
            }
        }
        guard failure == 0 else {
            throw SandboxError(.internal, "cannot start '\(executable)': \(SystemError(failure))")
        }
        return pid
    }

    /// A NULL-terminated array of C strings.
    private static func withPointers<Value>(
        _ strings: [String], _ body: ([UnsafeMutablePointer<CChar>?]) -> Value
    ) -> Value {
        let pointers: [UnsafeMutablePointer<CChar>?] = strings.map { strdup($0) } + [nil]
        defer { for pointer in pointers { free(pointer) } }
        return body(pointers)
    }
}
