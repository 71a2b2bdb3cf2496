import CPodkeeper
import Glibc

/// Our ends of a process's three standard descriptors.
struct StandardStreams {
    /// Nil where stdin is `/dev/null`.
    let input: OwnedDescriptor?
    let output: OwnedDescriptor
    /// Nil where stderr goes into stdout.
    let error: OwnedDescriptor?
}

/// Three pipes, or two: both ends.
struct StandardPipes {
    let childInput: OwnedDescriptor
    let childOutput: OwnedDescriptor
    let childError: OwnedDescriptor
    let streams: StandardStreams

    init(hasInput: Bool, mergesStderr: Bool) throws(ProcessError) {
        let output = try Self.pipe()
        var ours: (input: OwnedDescriptor?, error: OwnedDescriptor?)
        childOutput = output.write
        if mergesStderr {
            childError = output.write
        } else {
            let error = try Self.pipe()
            ours.error = error.read
            childError = error.write
        }
        if hasInput {
            let input = try Self.pipe()
            ours.input = input.write
            childInput = input.read
        } else {
            let null = open("/dev/null", O_RDONLY | O_CLOEXEC)
            childInput = OwnedDescriptor(try ProcessError.check(null < 0 ? -errno : null, "/dev/null"))
        }
        for end in [ours.input, output.read, ours.error] { end?.setNonblocking() }
        streams = StandardStreams(input: ours.input, output: output.read, error: ours.error)
    }

    /// Ours no more once the child has them: only then does the last writer's end become ours to see.
    func closeChildEnds() {
        childInput.close()
        childOutput.close()
        childError.close()
    }

    private static func pipe() throws(ProcessError) -> (read: OwnedDescriptor, write: OwnedDescriptor) {
        var ends: (Int32, Int32) = (-1, -1)
        let made = withUnsafeMutablePointer(to: &ends) { pointer in
            pointer.withMemoryRebound(to: Int32.self, capacity: 2) { pk_pipe($0, false) }
        }
        _ = try ProcessError.check(made, "pipe2")
        return (OwnedDescriptor(ends.0), OwnedDescriptor(ends.1))
    }
}

/// A terminal of its own for a process, seen from its master's side.
struct ProcessTerminal {
    /// Of the other end.
    let path: String
    let streams: StandardStreams

    init(_ size: ProcessTerminalSize) throws(ProcessError) {
        var name = [CChar](repeating: 0, count: 256)
        let master = OwnedDescriptor(
            try ProcessError.check(pk_terminal_open(&name, name.count), "cannot make a terminal"))
        _ = try ProcessError.check(pk_terminal_resize(master.rawValue, size.columns, size.rows), "TIOCSWINSZ")
        // epoll(7) watches a descriptor once: each direction has one.
        let copy = fcntl(master.rawValue, F_DUPFD_CLOEXEC, 0)
        let input = OwnedDescriptor(try ProcessError.check(copy < 0 ? -errno : copy, "dup"))
        path = String(decoding: name.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
        streams = StandardStreams(input: input, output: master, error: nil)
    }
}
