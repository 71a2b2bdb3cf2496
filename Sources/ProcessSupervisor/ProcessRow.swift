import Glibc

/// A process as /proc/PID/stat tells it (proc(5)): `pid (comm) state ppid pgrp session … starttime …`.
struct ProcessRow {
    let id: pid_t
    let parent: pid_t
    let group: pid_t
    let session: pid_t
    /// Clock ticks since boot: with the id, the name of one process for ever.
    let startTime: UInt64
    /// It waits to be reaped.
    let isDead: Bool

    /// Nil for a process that is gone.
    init?(_ id: pid_t) {
        let file = OwnedDescriptor(open("/proc/\(id)/stat", O_RDONLY | O_CLOEXEC))
        guard file.rawValue >= 0, case .bytes(let bytes) = file.read(atMost: 1024),
            // The command's name may hold spaces and parentheses itself: the last one ends it.
            let end = bytes.lastIndex(of: UInt8(ascii: ")"))
        else { return nil }
        let fields = bytes[(end + 1)...].split(separator: UInt8(ascii: " "))
        func number<Value: FixedWidthInteger>(_ index: Int) -> Value? {
            Value(String(decoding: fields[index], as: UTF8.self))
        }
        guard fields.count > 19, let state = fields[0].first, let parent: pid_t = number(1),
            let group: pid_t = number(2), let session: pid_t = number(3), let startTime: UInt64 = number(19)
        else { return nil }
        self.id = id
        self.parent = parent
        self.group = group
        self.session = session
        self.startTime = startTime
        isDead = state == UInt8(ascii: "Z") || state == UInt8(ascii: "X")
    }

    /// All processes that can be seen; nil where /proc does not tell.
    static func all() -> [Self]? {
        guard let directory = opendir("/proc") else { return nil }
        defer { closedir(directory) }
        var rows: [Self] = []
        while let entry = readdir(directory) {
            let name = withUnsafeBytes(of: entry.pointee.d_name) { bytes in
                String(decoding: bytes.prefix { $0 != 0 }, as: UTF8.self)
            }
            if let id = pid_t(name), let row = Self(id) { rows.append(row) }
        }
        return rows
    }
}
