import Glibc

/// A directory of a test's own, removed with everything in it. Its name has what trips scripts up.
final class TestTree: Sendable {
    let path: String

    init() {
        var template = Array("/tmp/podkeeper it's $(x)-XXXXXX".utf8CString)
        mkdtemp(&template)
        path = String(decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
        chmod(path, 0o777)
    }

    deinit { Self.removeAll(Array(path.utf8)) }

    func full(_ name: [UInt8]) -> [CChar] { (Array(path.utf8) + [0x2F] + name + [0]).map { CChar(bitPattern: $0) } }
    func full(_ name: String) -> [CChar] { full(Array(name.utf8)) }

    func make(_ name: String, _ text: String) { make(Array(name.utf8), Array(text.utf8)) }

    /// Parents are made.
    func make(_ name: [UInt8], _ bytes: [UInt8] = []) {
        makeParents(name)
        let file = open(full(name), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o644)
        _ = bytes.withUnsafeBytes { write(file, $0.baseAddress, $0.count) }
        close(file)
    }

    func makeDirectory(_ name: String) { mkdir(full(name), 0o755) }

    func makeLink(_ name: String, to target: String) { symlink(target, full(name)) }

    func makeParents(_ name: [UInt8]) {
        for (index, byte) in name.enumerated() where byte == 0x2F { mkdir(full(Array(name[..<index])), 0o755) }
    }

    /// Nil when it cannot be opened.
    func contents(_ name: String) -> [UInt8]? { contents(Array(name.utf8)) }

    func contents(_ name: [UInt8]) -> [UInt8]? {
        let file = open(full(name), O_RDONLY | O_CLOEXEC)
        guard file >= 0 else { return nil }
        defer { close(file) }
        var bytes = [UInt8](repeating: 0, count: Int(lseek(file, 0, SEEK_END)))
        let count = pread(file, &bytes, bytes.count, 0)
        return count == bytes.count ? bytes : nil
    }

    func isLink(_ name: String) -> Bool {
        var status = stat()
        return lstat(full(name), &status) == 0 && status.st_mode & S_IFMT == S_IFLNK
    }

    func mode(_ name: String) -> UInt32 {
        var status = stat()
        return lstat(full(name), &status) == 0 ? status.st_mode & 0o7777 : 0
    }

    /// Names in a directory, sorted.
    func names(_ name: String = ".") -> [String] {
        Self.rawNames(full(name)).map { String(decoding: $0, as: UTF8.self) }.sorted()
    }

    private static func rawNames(_ path: [CChar]) -> [[UInt8]] {
        guard let stream = opendir(path) else { return [] }
        defer { closedir(stream) }
        var names: [[UInt8]] = []
        while let entry = readdir(stream) {
            let name = withUnsafeBytes(of: &entry.pointee.d_name) { Array($0.prefix { $0 != 0 }) }
            if name != [0x2E], name != [0x2E, 0x2E] { names.append(name) }
        }
        return names
    }

    private static func removeAll(_ path: [UInt8]) {
        let text = path.map { CChar(bitPattern: $0) } + [0]
        guard remove(text) != 0, errno == ENOTEMPTY || errno == EEXIST else { return }
        for name in rawNames(text) { removeAll(path + [0x2F] + name) }
        remove(text)
    }
}
