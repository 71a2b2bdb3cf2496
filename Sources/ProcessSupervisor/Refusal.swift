import Glibc

/// Why the kernel would not run a program, in sh(1)'s terms (POSIX XCU 2.8.2).
enum Refusal: Hashable {
    case notFound
    case notExecutable(errno: Int32)

    var exitCode: Int32 {
        switch self {
        case .notFound: 127
        case .notExecutable: 126
        }
    }

    var text: String {
        switch self {
        case .notFound: "not found"
        case .notExecutable(let errno): ProcessError.text(errno)
        }
    }

    /// What execve(2) answered. Throws where it is the machine that is short of something.
    init(errno: Int32) throws(ProcessError) {
        switch errno {
        // Also a script whose interpreter is missing: sh(1) says the same.
        case ENOENT, ENOTDIR: self = .notFound
        case EAGAIN, ENOMEM, EMFILE, ENFILE:
            throw ProcessError(.resources(errno), "cannot start a process: \(ProcessError.text(errno))")
        default: self = .notExecutable(errno: errno)
        }
    }
}
