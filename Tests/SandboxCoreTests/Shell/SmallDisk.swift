import Glibc

/// A file system of 64 KiB, to fill up.
struct SmallDisk {
    let path: String

    static let canMount: Bool = {
        guard geteuid() == 0 else { return false }
        var template = Array("/tmp/podkeeper-mount-XXXXXX".utf8CString)
        guard mkdtemp(&template) != nil else { return false }
        let directory = String(decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
        defer { rmdir(directory) }
        guard let disk = SmallDisk(at: directory) else { return false }
        disk.unmount()
        return true
    }()

    init?(at path: String) {
        mkdir(path, 0o755)
        guard mount("podkeeper-test", path, "tmpfs", 0, "size=64k") == 0 else { return nil }
        self.path = path
    }

    func unmount() { umount(path) }
}
