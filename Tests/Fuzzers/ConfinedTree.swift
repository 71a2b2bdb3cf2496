import Glibc
import SandboxCore

@testable import ExecServer

/// A few files for whoever does what an input asks for. Tests/fuzz sees to it that nothing else on this host can be
/// changed: it mounts everything read-only but `.build-fuzz/root` (bubblewrap), without which no such target runs.
enum ConfinedTree {
    private static let base: String = {
        guard access("/etc", W_OK) != 0, errno == EROFS, let current = getcwd(nil, 0) else {
            print("this target changes files, wherever an input says: run it with Tests/fuzz, which confines it")
            exit(2)
        }
        defer { free(current) }
        return "\(String(cString: current))/.build-fuzz/root"
    }()

    static var workDirectory: String { "\(base)/work" }

    /// The same files for every input.
    static func reset() {
        umask(0o022)
        do {
            let root = OpenDirectory(try FileSystem.open(Array(base.utf8), in: AT_FDCWD, O_RDONLY | O_DIRECTORY))
            try TreeRemoval.empty(root, .unbounded)
            let files = FileOperations(workDirectory: base)
            for (path, mode) in [
                ("outside/f", 0o644), ("work/f", 0o644), ("work/d/g", 0o600), ("work/.hidden/f", 0o755),
            ] {
                _ = try files.write(SandboxPath(path), contents: Array("one\ntwo \(path)\n".utf8), mode: UInt32(mode))
            }
            let work = try FileSystem.openForLookup(Array(workDirectory.utf8), in: AT_FDCWD)
            try FileSystem.makeLink(Array("../outside".utf8), at: Array("out".utf8), in: work.raw)
            try FileSystem.makeLink(Array("f".utf8), at: Array("link".utf8), in: work.raw)
        } catch {
            preconditionFailure("the tree cannot be made: \(error)")
        }
    }

    /// Nothing beside the working directory has changed.
    static func checkOutside() {
        let files = FileOperations(workDirectory: base)
        let names = (try? files.list(SandboxPath(".")))?.entries.map(\.name)
        let contents = (try? files.list(SandboxPath("outside")))?.entries.map { ($0.name, $0.size ?? 0, $0.mode) }
        precondition(names == [Array("outside".utf8), Array("work".utf8)], "something was made outside")
        precondition(
            contents?.count == 1 && contents?[0].0 == Array("f".utf8) && contents?[0].1 == 18
                && contents?[0].2 == 0o644, "something outside was changed")
    }
}
