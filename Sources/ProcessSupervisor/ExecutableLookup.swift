import Glibc

/// Finds the program that `argv[0]` means, by the rules of execvp(3), before anything is spawned: swift-subprocess
/// reports a program that is missing and one that may not be executed as the same error, and sh(1) tells 127 from 126.
enum ExecutableLookup {
    enum Outcome: Hashable {
        /// To be given to execve(2) in the working directory.
        case found(String)
        case notFound
        case notExecutable(errno: Int32)
    }

    /// `directory` is a descriptor of the working directory, which relative names start from.
    static func find(_ program: String, searchPath: String, directory: Int32) -> Outcome {
        if program.utf8.contains(UInt8(ascii: "/")) { return check(program, directory: directory) }
        var refused: Int32?
        for entry in searchPath.split(separator: ":", omittingEmptySubsequences: false) {
            // An empty entry is the working directory (POSIX XBD 8.3).
            let candidate = entry.isEmpty ? "./\(program)" : "\(entry)/\(program)"
            switch check(candidate, directory: directory) {
            case .found(let path): return .found(path)
            case .notExecutable(let errno): refused = refused ?? errno
            case .notFound: continue
            }
        }
        if let refused { return .notExecutable(errno: refused) }
        return .notFound
    }

    private static func check(_ path: String, directory: Int32) -> Outcome {
        var status = stat()
        guard fstatat(directory, path, &status, 0) == 0 else {
            return errno == EACCES ? .notExecutable(errno: EACCES) : .notFound
        }
        // A directory passes access(X_OK); execve(2) answers EACCES.
        guard status.st_mode & S_IFMT == S_IFREG else { return .notExecutable(errno: EACCES) }
        guard faccessat(directory, path, X_OK, AT_EACCESS) == 0 else { return .notExecutable(errno: errno) }
        return .found(path)
    }
}
