/// A script's answer, complete or not at all.
struct ShellReply {
    let status: String
    let fields: [String]
    let body: [UInt8]

    private static let mark = Array("#podkeeper ".utf8)

    /// Throws `backendUnavailable` for an answer that was cut short, and `invalid` for none: then the sandbox's shell
    /// cannot do what is asked of it.
    init(_ result: ShellResult) throws(SandboxError) {
        let lines = result.stdout.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false)
        guard let first = lines.firstIndex(where: { $0.starts(with: Self.mark) }) else {
            if result.truncated { throw Self.cutShort }
            let words = String(decoding: (result.stderr + result.stdout).prefix(200), as: UTF8.self)
            throw .file(
                .invalid,
                "the sandbox's shell did not answer (exit code \(result.exitCode)): file operations need sh, find, "
                    + "stat, base64 and coreutils or busybox in the image. \(words)")
        }
        let end = lines[(first + 1)...].firstIndex { $0.starts(with: Self.mark) }
        guard let end, lines[end].dropFirst(Self.mark.count).elementsEqual("end".utf8) else { throw Self.cutShort }
        // The lines between, newlines and all, which the decoder skips.
        let text = result.stdout[lines[first].endIndex..<lines[end].startIndex]
        guard let body = Base64.decode(text) else { throw Self.cutShort }
        let words = String(decoding: lines[first].dropFirst(Self.mark.count), as: UTF8.self).split(separator: " ")
        self.status = words.first.map(String.init) ?? ""
        self.fields = words.dropFirst().map(String.init)
        self.body = body
    }

    /// A decimal field. Throws `backendUnavailable` if it is none.
    func number(_ index: Int) throws(SandboxError) -> Int {
        guard fields.indices.contains(index), let number = Int(fields[index]) else { throw Self.cutShort }
        return number
    }

    /// Throws the file error that a status other than `ok` stands for.
    func requireOK(_ path: SandboxPath) throws(SandboxError) {
        let detail = String(decoding: body, as: UTF8.self)
        switch status {
        case "ok": return
        case "not_found": throw .fileNotFound(path)
        case "is_directory": throw .isDirectory(path)
        case "not_directory": throw .notDirectory(path)
        case "exists": throw .fileExists(path)
        case "not_empty": throw .directoryNotEmpty(path)
        case "not_regular": throw .notRegularFile(path)
        case "permission_denied": throw .filePermissionDenied(path)
        case "read_only": throw .readOnlyFileSystem(path)
        case "no_space": throw .noSpace(path)
        case "loop": throw .symlinkLoop(path)
        case "too_long": throw .pathTooLong(path)
        case "binary": throw .binaryFile(path)
        case "bad_pattern": throw .invalid("pattern is not an extended regular expression: \(detail)")
        case "lacks":
            throw .file(
                .invalid, "the sandbox's image lacks '\(fields.first ?? "")', which file operations need there")
        case "failed": throw .fileFailure(path, detail)
        default: throw Self.cutShort
        }
    }

    static let cutShort = SandboxError.backendUnavailable(
        "the sandbox's answer was cut short: nothing of it is used, try again")
}
