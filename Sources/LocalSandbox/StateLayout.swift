import Glibc
import SandboxCore

/// Where what lies below the state directory.
///
/// `sandboxes/<name>/` holds `record.json`, `log` and `workspace/`; the socket lies apart, in `s/<hash of the name>/s`,
/// because `sun_path` of unix(7) ends at 107 bytes. `k/<hash of the name>` is a second name of the same socket, where no
/// sandbox reaches it: what a command puts in place of the first one, the daemon never connects to.
struct StateLayout: Hashable, Sendable {
    /// `sun_path` without its NUL.
    static let maximumSocketBytes = 107
    private static let socketHashDigits = 16

    /// Canonical: commands' arguments are compared with paths below it.
    let root: String

    /// Makes the directories, for this user alone. Throws `invalid` for a path that is too long or cannot be used.
    init(preparing directory: String) throws(SandboxError) {
        guard directory.hasPrefix("/") else {
            throw .invalid("the local backend's state directory must be an absolute path, not '\(directory)'")
        }
        try Self.makeDirectories(directory)
        guard let canonical = Self.canonical(directory) else {
            throw .invalid("state directory '\(directory)': \(SystemError.current)")
        }
        root = canonical
        let excess = socket("x").utf8.count - Self.maximumSocketBytes
        guard excess <= 0 else {
            throw .invalid(
                "state directory '\(root)' is \(excess) bytes too long for the sandboxes' sockets, whose paths end at "
                    + "\(Self.maximumSocketBytes) bytes (unix(7)): choose a shorter one")
        }
        for path in directories { try Self.makeDirectories(path) }
    }

    /// Says only where everything would be.
    init(in root: String) { self.root = root }

    /// What `init(preparing:)` makes.
    var directories: [String] { [sandboxes, sockets, pinnedSockets] }

    var sandboxes: String { "\(root)/sandboxes" }
    var sockets: String { "\(root)/s" }

    var pinnedSockets: String { "\(root)/k" }

    func directory(_ name: String) -> String { "\(sandboxes)/\(name)" }
    func record(_ name: String) -> String { "\(directory(name))/record.json" }
    func workspace(_ name: String) -> String { "\(directory(name))/workspace" }
    func log(_ name: String) -> String { "\(directory(name))/log" }

    func socketDirectory(_ name: String) -> String { "\(sockets)/\(Self.hash(name))" }

    func socket(_ name: String) -> String { "\(socketDirectory(name))/s" }
    func pinnedSocket(_ name: String) -> String { "\(pinnedSockets)/\(Self.hash(name))" }

    /// Gives the sandbox's socket its second name, unless it has one. To be done before any command runs in it.
    func pinSocket(_ name: String) throws(SandboxError) {
        var status = stat()
        if lstat(pinnedSocket(name), &status) == 0 { return }
        // Without AT_SYMLINK_FOLLOW a link gets the second name itself, and is no socket then (linkat(2)).
        guard linkat(AT_FDCWD, socket(name), AT_FDCWD, pinnedSocket(name), 0) == 0 || errno == EEXIST else {
            throw .backendUnavailable("the socket of sandbox \(name) cannot be kept: \(SystemError.current)")
        }
        guard lstat(pinnedSocket(name), &status) == 0, status.st_mode & S_IFMT == S_IFSOCK else {
            unlink(pinnedSocket(name))
            throw .backendUnavailable("what is at the socket's place of sandbox \(name) is no socket")
        }
    }

    private static func hash(_ name: String) -> Substring { SHA256.hex(name.utf8).prefix(socketHashDigits) }

    /// Names become path components: only what `SandboxName` makes is taken.
    static func check(name: String) throws(SandboxError) {
        let isLabel = name.utf8.allSatisfy { byte in
            (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(byte)
                || (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) || byte == UInt8(ascii: "-")
        }
        guard isLabel, (1...SandboxName.maximumBytes).contains(name.utf8.count) else {
            throw .invalid("'\(name)' is not the name of a sandbox")
        }
    }

    /// Absolute and without links; nil, with `errno` set, for what does not exist.
    static func canonical(_ path: String) -> String? {
        guard let canonical = realpath(path, nil) else { return nil }
        defer { free(canonical) }
        return String(cString: canonical)
    }

    static func makeDirectory(_ path: String) throws(SandboxError) {
        guard mkdir(path, 0o700) == 0 || errno == EEXIST else {
            throw .invalid("cannot make the directory '\(path)': \(SystemError.current)")
        }
    }

    private static func makeDirectories(_ path: String) throws(SandboxError) {
        var made = ""
        for component in path.split(separator: "/") {
            made += "/\(component)"
            var status = stat()
            if stat(made, &status) != 0 { try makeDirectory(made) }
        }
    }
}
