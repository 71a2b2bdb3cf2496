import Glibc
import SandboxCore

/// Walks the regular files below a directory in the order of their paths' bytes.
///
/// It follows no symlink, enters only directories below which the pattern may match, and reports what it may not read
/// instead of failing. Memory is bounded by the names of the directories on the way down, descriptors by `maximumOpen`
/// however deep the tree is.
struct TreeWalk {
    /// A regular file as the walk finds it, to be opened in `directory` by its name.
    struct File {
        let directory: Int32
        let name: [UInt8]
        let path: [UInt8]
    }

    private struct Frame {
        /// Nil while too many are open; opened again on the way up.
        var directory: OpenDirectory?
        let name: [UInt8]
        let path: [UInt8]
        let position: GlobPosition?
        /// The next one last.
        var waiting: [OpenDirectory.Name]
    }

    private static let maximumOpen = 64

    let pattern: GlobPattern?
    let ignoresHidden: Bool
    let watch: OperationWatch
    /// Directories that could not be read, bounded by `FileLimits.maximumUnreadable`.
    private(set) var unreadable: [[UInt8]] = []
    /// A bound left something out.
    private(set) var isIncomplete = false
    private var frames: [Frame] = []

    init(pattern: GlobPattern?, ignoresHidden: Bool, watch: OperationWatch) {
        self.pattern = pattern
        self.ignoresHidden = ignoresHidden
        self.watch = watch
    }

    /// Calls `body` for each file until it returns false. `path` is the root's absolute path.
    mutating func forEachFile(
        below root: OpenDirectory, path: [UInt8], _ body: (File) throws(SandboxError) -> Bool
    ) throws(SandboxError) {
        enter(root, name: [], path: path, position: pattern?.start(root: path))
        while let depth = frames.indices.last {
            try watch.check()
            guard let next = frames[depth].waiting.popLast() else {
                frames.removeLast()
                continue
            }
            guard let directory = reopened(depth) else {
                note(frames[depth].path)
                frames.removeLast()
                continue
            }
            guard try visit(next, in: directory, of: frames[depth], body) else { return }
        }
    }

    mutating func note(_ path: [UInt8]) {
        guard unreadable.count < FileLimits.maximumUnreadable else {
            isIncomplete = true
            return
        }
        unreadable.append(path)
    }

    /// False to stop.
    private mutating func visit(
        _ next: OpenDirectory.Name, in directory: OpenDirectory, of frame: Frame,
        _ body: (File) throws(SandboxError) -> Bool
    ) throws(SandboxError) -> Bool {
        let path = SandboxPath.join(frame.path, next.bytes)
        // No call could name what is deeper than this.
        guard path.count <= SandboxPath.maximumBytes else {
            isIncomplete = true
            return true
        }
        let position = frame.position.flatMap { pattern?.advance($0, name: next.bytes) }
        guard next.kind == .directory else {
            guard matches(position) else { return true }
            return try body(File(directory: directory.raw, name: next.bytes, path: path))
        }
        guard canContinue(position) else { return true }
        do {
            let child = try directory.open(next.bytes)
            enter(child, name: next.bytes, path: path, position: position)
        } catch {
            // Gone, or swapped for a link or a file, since its name was read.
            if ![ENOENT, ELOOP, ENOTDIR].contains(error.code) { note(path) }
        }
        return true
    }

    private mutating func enter(_ directory: OpenDirectory, name: [UInt8], path: [UInt8], position: GlobPosition?) {
        do {
            let (names, isComplete) = try directory.names()
            if !isComplete { isIncomplete = true }
            let waiting = names.compactMap { known($0, in: directory, position) }.sorted { Self.precedes($1, $0) }
            frames.append(
                Frame(directory: directory, name: name, path: path, position: position, waiting: waiting))
            // The outermost but the root is needed again last.
            let open = frames.indices.dropFirst().filter { frames[$0].directory != nil }
            if open.count > Self.maximumOpen, let outermost = open.first { frames[outermost].directory = nil }
        } catch {
            note(path)
        }
    }

    /// Nil for what no walk is interested in; asks the kernel where readdir(3) did not say what it is.
    private func known(
        _ name: OpenDirectory.Name, in directory: OpenDirectory, _ position: GlobPosition?
    ) -> OpenDirectory.Name? {
        if ignoresHidden, name.bytes.first == UInt8(ascii: ".") { return nil }
        guard name.kind == .unknown else { return name.kind == .other ? nil : name }
        let status = try? FileSystem.status(of: name.bytes, in: directory.raw, followsLink: false)
        guard let status, status.isDirectory || status.isRegular else { return nil }
        return OpenDirectory.Name(bytes: name.bytes, kind: status.isDirectory ? .directory : .regular)
    }

    private func matches(_ position: GlobPosition?) -> Bool {
        guard let pattern, let position else { return true }
        return pattern.isMatch(position)
    }

    private func canContinue(_ position: GlobPosition?) -> Bool {
        guard let pattern, let position else { return true }
        return pattern.canContinue(position)
    }

    /// Opens the directories of the frames again from the root down, each in its parent, so that no link gets between.
    private mutating func reopened(_ depth: Int) -> OpenDirectory? {
        if let directory = frames[depth].directory { return directory }
        guard var directory = frames.first?.directory else { return nil }
        for index in 1...depth {
            guard let next = try? directory.open(frames[index].name) else { return nil }
            directory = next
        }
        frames[depth].directory = directory
        return directory
    }

    /// The order of whole paths: after a directory's name comes a slash.
    private static func precedes(_ left: OpenDirectory.Name, _ right: OpenDirectory.Name) -> Bool {
        sortKey(left).lexicographicallyPrecedes(sortKey(right))
    }

    private static func sortKey(_ name: OpenDirectory.Name) -> [UInt8] {
        name.kind == .directory ? name.bytes + [UInt8(ascii: "/")] : name.bytes
    }
}
