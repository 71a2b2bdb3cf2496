@preconcurrency import Glibc

/// The environment that this process was started with.
struct ProcessEnvironment: Sendable {
    /// Names that no command may see.
    static let token = "SANDBOX_EXEC_TOKEN"
    static let tokenHash = "SANDBOX_EXEC_TOKEN_SHA256"

    struct Secrets: Hashable, Sendable {
        var token: [UInt8]?
        var tokenHash: [UInt8]?
    }

    /// `NAME=value` each.
    private(set) var entries: [[UInt8]]

    init(entries: [[UInt8]]) {
        self.entries = entries
    }

    static func current() -> Self {
        var entries: [[UInt8]] = []
        var next = environ
        while let entry = next.pointee {
            entries.append(Array(UnsafeBufferPointer(start: entry, count: strlen(entry))).map { UInt8(bitPattern: $0) })
            next += 1
        }
        return Self(entries: entries)
    }

    subscript(_ name: String) -> String? {
        bytes(of: name).map { String(decoding: $0, as: UTF8.self) }
    }

    /// Removes the secrets from here, from what children inherit, and from the very memory that /proc/PID/environ
    /// shows (proc(5)): the block on the stack, which setenv(3) leaves as it was.
    mutating func takeSecrets() -> Secrets {
        let secrets = Secrets(token: bytes(of: Self.token), tokenHash: bytes(of: Self.tokenHash))
        for name in [Self.token, Self.tokenHash] {
            while let value = getenv(name) {
                let (start, length) = (value - name.utf8.count - 1, strlen(value) + name.utf8.count + 1)
                unsetenv(name)
                memset(start, 0, length)
            }
            entries.removeAll { Self.isNamed($0, name) }
        }
        return secrets
    }

    private func bytes(of name: String) -> [UInt8]? {
        entries.first { Self.isNamed($0, name) }.map { Array($0.dropFirst(name.utf8.count + 1)) }
    }

    private static func isNamed(_ entry: [UInt8], _ name: String) -> Bool {
        entry.starts(with: name.utf8) && entry.dropFirst(name.utf8.count).first == UInt8(ascii: "=")
    }
}
