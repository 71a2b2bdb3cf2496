import Glibc
import SandboxCore

enum DirectoryListing {
    /// All names but `.` and `..`, in no order.
    static func names(_ path: String) throws(SandboxError) -> [String] {
        guard let stream = opendir(path) else {
            throw SandboxError(.internal, "cannot list '\(path)': \(SystemError.current)")
        }
        defer { closedir(stream) }
        return names(stream, limit: .max).map {
            String(decoding: $0.dropLast().map(UInt8.init(bitPattern:)), as: UTF8.self)
        }
    }

    /// At most `limit` names with their NULs; the next call goes on behind them.
    static func names(_ stream: OpaquePointer, limit: Int) -> [[CChar]] {
        var names: [[CChar]] = []
        while names.count < limit, let entry = readdir(stream) {
            let name = withUnsafePointer(to: &entry.pointee.d_name) { pointer in
                pointer.withMemoryRebound(to: CChar.self, capacity: 256) {
                    Array(UnsafeBufferPointer(start: $0, count: strlen($0) + 1))
                }
            }
            if name != [46, 0], name != [46, 46, 0] { names.append(name) }
        }
        return names
    }

    /// Whether anything has that path, a dangling link included.
    static func exists(_ path: String) -> Bool {
        var status = stat()
        return lstat(path, &status) == 0 || errno != ENOENT
    }
}
