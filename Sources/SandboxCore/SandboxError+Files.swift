/// The sentences of file errors: those of the specification where it has one. `path` is shown as the caller gave it.
extension SandboxError {
    package static func fileNotFound(_ path: SandboxPath) -> Self { .file(.notFound, "File '\(path)' not found") }

    package static func isDirectory(_ path: SandboxPath) -> Self { .file(.isDirectory, "'\(path)' is a directory") }

    package static func fileExists(_ path: SandboxPath) -> Self { .file(.exists, "'\(path)' exists already") }

    package static func directoryNotEmpty(_ path: SandboxPath) -> Self {
        .file(.invalid, "The directory '\(path)' is not empty")
    }

    package static func notDirectory(_ path: SandboxPath) -> Self {
        .file(.notDirectory, "'\(path)' is not a directory")
    }

    /// FIFOs, sockets and devices: they may block for ever and have no length.
    package static func notRegularFile(_ path: SandboxPath) -> Self {
        .file(.invalid, "'\(path)' is not a regular file")
    }

    package static func filePermissionDenied(_ path: SandboxPath) -> Self {
        .file(.permissionDenied, "Permission denied for '\(path)'")
    }

    package static func readOnlyFileSystem(_ path: SandboxPath) -> Self {
        .file(.permissionDenied, "Permission denied for '\(path)': the file system is read-only")
    }

    package static func binaryFile(_ path: SandboxPath) -> Self {
        .file(.binary, "'\(path)' is a binary file: read it as bytes")
    }

    package static func noSpace(_ path: SandboxPath) -> Self {
        .file(.noSpace, "No space left for '\(path)': what was there before is unchanged")
    }

    package static func symlinkLoop(_ path: SandboxPath) -> Self {
        .file(.invalid, "Too many levels of symbolic links in '\(path)'")
    }

    package static func pathTooLong(_ path: SandboxPath) -> Self {
        .file(.invalid, "The path, or a name in it, is too long: '\(Self.shortened("\(path)"))'")
    }

    /// `detail` is the system's own word (strerror(3)).
    package static func fileFailure(_ path: SandboxPath, _ detail: String) -> Self {
        .file(.invalid, "'\(path)': \(detail)")
    }

    package static func fileTooLarge(_ path: SandboxPath, size: Int64, limit: Int, advice: String) -> Self {
        .file(.tooLarge, "'\(path)': \(size) bytes are over the limit of \(limit) bytes; \(advice)")
    }

    package static func stringNotFound(_ old: [UInt8]) -> Self {
        .file(.noMatch, "String '\(quoted(old))' not found in file")
    }

    package static func stringFoundTooOften(_ old: [UInt8], count: Int) -> Self {
        .file(
            .manyMatches,
            "String '\(quoted(old))' found \(count) times. "
                + "Use replace_all=True to replace all, or provide more context.")
    }

    package static let emptyOldString = Self.file(.invalid, "old_string must not be empty")

    package static func offsetPastEnd(_ offset: Int, lines: Int) -> Self {
        .file(.invalid, "Offset \(offset) exceeds file length (\(lines) lines)")
    }

    private static func quoted(_ bytes: [UInt8]) -> String { shortened(String(decoding: bytes, as: UTF8.self)) }

    /// An error is for people: a megabyte of their own text is not.
    private static func shortened(_ text: String) -> String {
        let most = 2000
        guard text.unicodeScalars.count > most else { return text }
        return String(String.UnicodeScalarView(text.unicodeScalars.prefix(most))) + "…"
    }
}
