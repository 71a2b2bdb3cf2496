extension ShellFileOperations {
    enum Outcome { case placed(Int), changed }

    /// As `Sandbox.write`. A write that is cancelled between its steps may leave its `.podkeeper-…` file behind, never
    /// a part of the file.
    package func write(
        _ path: SandboxPath, contents: [UInt8], mode: UInt32?
    ) async throws(SandboxError) -> Int {
        try Self.check(mode)
        return try await locks.withLock(path.absolute(in: workDirectory)) { () throws(SandboxError) in
            guard case .placed(let size) = try await put(path, contents, mode: mode, expected: nil) else {
                throw Self.unclear(path)
            }
            return size
        }
    }

    /// As `Sandbox.edit`. The file is read, changed here, and put back only if its checksum is still that of what was
    /// read; otherwise it starts again, and after five times it is a `conflict`.
    package func edit(
        _ path: SandboxPath, replacing old: [UInt8], with new: [UInt8], replacesAll: Bool
    ) async throws(SandboxError) -> Int {
        guard !old.isEmpty else { throw .emptyOldString }
        return try await locks.withLock(path.absolute(in: workDirectory)) { () throws(SandboxError) in
            for _ in 0..<5 {
                let contents = try await readBytes(
                    path, offset: 0, length: .max, limit: FileLimits.maximumEditBytes,
                    advice: "edit it with a command in the sandbox")
                let (result, occurrences) = try TextEdit.replace(
                    old, with: new, in: contents.bytes, replacesAll: replacesAll, path: path)
                let expected = SHA256.hex(contents.bytes)
                if case .placed = try await put(path, result, mode: nil, expected: expected) { return occurrences }
            }
            throw SandboxError(.conflict, "'\(path)' was changed while it was edited: try again")
        }
    }

    private func put(
        _ path: SandboxPath, _ contents: [UInt8], mode: UInt32?, expected: String?
    ) async throws(SandboxError) -> Outcome {
        let temporaryName = Self.temporaryName
        let target = scriptPath(path)
        let fromInput = runner.supportsInput && !contents.isEmpty
        // Base64 makes four bytes of three: what is clearly too long is not even put together.
        if fromInput || contents.count / 3 * 4 <= runner.maximumCommandBytes {
            let script = ShellWriteScripts.whole(
                target, contents: contents, fromInput: fromInput, mode: mode, expected: expected,
                temporaryName: temporaryName)
            if script.text.utf8.count <= runner.maximumCommandBytes {
                return try await place(script, path, size: contents.count, input: fromInput ? contents : nil)
            }
        }
        let (temporary, resolved) = try await begin(path, mode: mode)
        do {
            try await send(contents[...], at: 0, to: temporary, path)
            let commit = ShellWriteScripts.commit(
                temporary: temporary, target: resolved, size: contents.count, mode: mode, expected: expected)
            return try await place(commit, path, size: contents.count, input: nil)
        } catch {
            // The first error is the one to tell; the file may be gone already.
            _ = try? await run(ShellWriteScripts.drop(temporary), path)
            throw error
        }
    }

    static var temporaryName: String {
        let digits = String(UInt64.random(in: .min ... .max), radix: 16)
        return ".podkeeper-" + String(repeating: "0", count: 16 - digits.utf8.count) + digits
    }

    /// Makes the temporary file, and follows the symlinks to what it is to replace.
    func begin(
        _ path: SandboxPath, mode: UInt32?
    ) async throws(SandboxError) -> (temporary: [UInt8], target: [UInt8]) {
        let begin = ShellWriteScripts.begin(scriptPath(path), mode: mode, temporaryName: Self.temporaryName)
        let names = try await run(begin, path).body.split(separator: 0, omittingEmptySubsequences: false)
        guard names.count == 2 else { throw ShellReply.cutShort }
        return (Array(names[0]), Array(names[1]))
    }

    /// Adds bytes to the temporary file, which must hold `start` bytes.
    func send(
        _ contents: ArraySlice<UInt8>, at start: Int, to temporary: [UInt8], _ path: SandboxPath
    ) async throws(SandboxError) {
        guard !contents.isEmpty else { return }
        if runner.supportsInput {
            let script = ShellWriteScripts.append(inputOf: contents.count, at: start, to: temporary)
            return try await append(script, Array(contents), path)
        }
        let frame = ShellWriteScripts.append([], at: 0, to: temporary).text.utf8.count
        // 512 for what `append` adds around the data.
        let chunk = (runner.maximumCommandBytes - frame - 512) / 4 * 3
        guard chunk > 0 else { throw .invalid("'\(path)' is too long for the commands that this sandbox takes") }
        var offset = 0
        while offset < contents.count {
            let piece = contents.dropFirst(offset).prefix(chunk)
            try await append(
                ShellWriteScripts.append(piece, at: start + offset, to: temporary), nil, path)
            offset += piece.count
        }
    }

    private func append(_ script: ShellScript, _ input: [UInt8]?, _ path: SandboxPath) async throws(SandboxError) {
        let reply = try ShellReply(
            try await runner.runShell(script.text, input: input, timeout: Self.fileTimeout))
        if reply.status == "short" { throw Self.incomplete(path) }
        try reply.requireOK(path)
    }

    /// Runs the script that puts the file in its place. An answer that is not whole leaves open whether it did.
    func place(
        _ script: ShellScript, _ path: SandboxPath, size: Int, input: [UInt8]?
    ) async throws(SandboxError) -> Outcome {
        let result = try await runner.runShell(script.text, input: input, timeout: Self.fileTimeout)
        let reply: ShellReply
        do {
            reply = try ShellReply(result)
        } catch {
            throw error.kind == .backendUnavailable ? Self.unclear(path) : error
        }
        if reply.status == "changed" { return .changed }
        if reply.status == "short" { throw Self.incomplete(path) }
        try reply.requireOK(path)
        guard try reply.number(0) == size else { throw Self.unclear(path) }
        return .placed(size)
    }

    static func unclear(_ path: SandboxPath) -> SandboxError {
        .outcomeUnknown("'\(path)' has its old or its new contents: the sandbox's answer was cut short")
    }

    static func incomplete(_ path: SandboxPath) -> SandboxError {
        .backendUnavailable("'\(path)' did not reach the sandbox whole and is unchanged: try again")
    }
}
