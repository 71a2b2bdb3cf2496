import Glibc
import SandboxCore

/// What a system call left in `errno`.
struct SystemFailure: Error, Hashable {
    let code: Int32

    /// The system's own words (strerror(3)).
    var text: String {
        var buffer = [CChar](repeating: 0, count: 256)
        // The XSI form: 0, and the text in the buffer.
        guard strerror_r(code, &buffer, buffer.count) == 0 else { return "error \(code)" }
        return String(decoding: buffer.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }

    /// As an error about `path`. A component that is no directory means that there is nothing at `path`; where that
    /// matters to the caller (write, glob) it says so itself.
    func error(for path: SandboxPath) -> SandboxError {
        switch code {
        case ENOENT, ENOTDIR: .fileNotFound(path)
        case EEXIST: .fileExists(path)
        case ENOTEMPTY: .directoryNotEmpty(path)
        case EISDIR: .isDirectory(path)
        case EACCES, EPERM: .filePermissionDenied(path)
        case EROFS: .readOnlyFileSystem(path)
        case ENOSPC, EDQUOT: .noSpace(path)
        case ELOOP: .symlinkLoop(path)
        case ENAMETOOLONG: .pathTooLong(path)
        case EMFILE, ENFILE, ENOMEM:
            SandboxError(.overloaded(retryAfter: 1), "'\(path)': the sandbox has no room for it now (\(text))")
        default: .fileFailure(path, text)
        }
    }
}

enum SystemCall {
    /// Calls again after EINTR (signal(7)); throws what `errno` says for any other -1.
    static func retrying<Result: SignedInteger>(_ call: () -> Result) throws(SystemFailure) -> Result {
        while true {
            let result = call()
            guard result == -1 else { return result }
            guard errno == EINTR else { throw SystemFailure(code: errno) }
        }
    }
}
