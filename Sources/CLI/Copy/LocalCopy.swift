import ControlAPI
import ControlClient
import Foundation
import Glibc
import JSONRPC

/// Copies between this host and one sandbox.
struct LocalCopy {
    let context: CommandContext
    let sessionID: String

    // MARK: In

    func upload(_ place: CopyPlace, to path: String) async throws {
        guard case .local(let source) = place else { return try await uploadInput(to: path) }
        var status = stat()
        guard stat(source, &status) == 0 else { throw Self.failure("read", source) }
        switch status.st_mode & S_IFMT {
        case S_IFDIR: try await uploadDirectory(source, to: path)
        case S_IFREG: try await uploadFile(source, status, to: path)
        default: throw CLIError("'\(source)' is neither a file nor a directory")
        }
    }

    private func uploadInput(to path: String) async throws {
        let params = SandboxUpload.Params(sessionID: sessionID, path: path)
        var upload = Upload(context: context, params: params, bar: bar(path, nil))
        _ = try await upload.perform(context.terminal.nextInput)
    }

    private func uploadFile(_ source: String, _ status: stat, to path: String) async throws {
        let target = try await inDirectory(path, name: CopyPlace.name(of: source))
        let descriptor = open(source, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { throw Self.failure("read", source) }
        defer { close(descriptor) }
        let params = SandboxUpload.Params(
            sessionID: sessionID, path: target, mode: FileMode(bits: status.st_mode), size: Int64(status.st_size))
        var upload = Upload(context: context, params: params, bar: bar(source, Int64(status.st_size)))
        _ = try await upload.perform(DescriptorReader(descriptor, name: source).next)
    }

    private func uploadDirectory(_ source: String, to path: String) async throws {
        let target = try await inDirectory(path, name: CopyPlace.name(of: source))
        let tar = try TarProcess.packing(source)
        let params = SandboxUpload.Params(sessionID: sessionID, path: target, format: .tar)
        var upload = Upload(context: context, params: params, bar: bar(source, nil))
        do {
            _ = try await upload.perform(DescriptorReader(tar.output, name: "tar").next, check: tar.finish)
        } catch {
            tar.kill()
            throw error
        }
    }

    /// Where the copy goes: under its own name in a directory that is there.
    private func inDirectory(_ path: String, name: String?) async throws -> String {
        guard let name else { return path }
        if path.hasSuffix("/") { return CopyPlace.join(path, name) }
        return try await kind(of: path)?.kind == .directory ? CopyPlace.join(path, name) : path
    }

    private func kind(of path: String) async throws -> SandboxStat.Result? {
        do {
            return try await context.client.call(SandboxStat.self, .init(sessionID: sessionID, path: path))
        } catch let error as RPCError where error.data?["reason"] == "not_found" {
            return nil
        }
    }

    // MARK: Out

    func download(_ path: String, to place: CopyPlace) async throws {
        let info = try await context.client.call(SandboxStat.self, .init(sessionID: sessionID, path: path))
        let isDirectory = info.kind == .directory
        let params = SandboxDownload.Params(sessionID: sessionID, path: path, format: isDirectory ? .tar : .file)
        let download = Download(context: context, params: params, name: path, total: info.size)
        guard case .local(let given) = place else { return try await download.perform(context.terminal.writeOutput) }
        var target = given
        if Self.isDirectory(given), let name = CopyPlace.name(of: path) { target = CopyPlace.join(given, name) }
        if isDirectory {
            try await unpack(download, into: target)
        } else {
            try await save(download, as: target, mode: info.mode.bits)
        }
    }

    private func unpack(_ download: Download, into directory: String) async throws {
        guard mkdir(directory, 0o777) == 0 || errno == EEXIST, Self.isDirectory(directory) else {
            throw Self.failure("make", directory)
        }
        let tar = try TarProcess.unpacking(into: directory)
        let input = tar.input
        do {
            try await download.perform { try Descriptor.write($0, to: input, name: "tar") }
        } catch {
            tar.kill()
            throw error
        }
        try tar.finish()
    }

    /// Under another name until it is whole.
    private func save(_ download: Download, as path: String, mode: UInt32) async throws {
        let temporary = "\(path).podkeeper-\(UUID().uuidString.prefix(8))"
        let descriptor = open(temporary, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else { throw Self.failure("write", path) }
        defer { close(descriptor) }
        do {
            try await download.perform { try Descriptor.write($0, to: descriptor, name: path) }
            // What this user's umask forbids stays forbidden.
            guard fchmod(descriptor, mode & 0o777 & ~Self.mask) == 0, rename(temporary, path) == 0 else {
                throw Self.failure("write", path)
            }
        } catch {
            unlink(temporary)
            throw error
        }
    }

    /// umask(2) tells it only by setting it.
    private static let mask: UInt32 = {
        let mask = umask(0o077)
        umask(mask)
        return mask
    }()

    private static func isDirectory(_ path: String) -> Bool {
        var status = stat()
        return stat(path, &status) == 0 && status.st_mode & S_IFMT == S_IFDIR
    }

    private static func failure(_ verb: String, _ path: String) -> CLIError {
        let number = errno
        let text = "cannot \(verb) '\(path)': \(String(cString: strerror(number)))"
        // As with cp(1), the directory that a copy goes into has to be there.
        guard number == ENOENT, verb != "read" else { return CLIError(text) }
        let parent = (path as NSString).deletingLastPathComponent
        return CLIError(text, hint: "make the directory '\(parent.isEmpty ? "." : parent)' first")
    }

    private func bar(_ name: String, _ total: Int64?) -> ProgressBar {
        ProgressBar(name: name, total: total, terminal: context.terminal)
    }
}
