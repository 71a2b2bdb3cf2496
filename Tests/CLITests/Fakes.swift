import CLI
import ControlAPI
import ControlServer
import Foundation
import JSONRPC
import Synchronization

/// The stdin of a run of the scripted daemon.
final class FakeStdin: Sendable {
    private let run = Mutex<String?>(nil)
    private let pieces = AsyncStream.makeStream(of: [UInt8].self)

    func serve(on router: inout RPCRouter<ControlCall>) {
        router.on(SandboxListRuns.self) { _, _ in
            let runs = self.run.withLock { $0 }.map { id in
                SandboxListRuns.Run(
                    runID: id, argv: [], state: .running, exitCode: nil, startedAt: Timestamp(now), stdoutBytes: 0,
                    stderrBytes: 0)
            }
            return SandboxListRuns.Result(runs: runs.map { [$0] } ?? [])
        }
        router.on(SandboxWriteStdin.self) { params, _ in
            self.pieces.continuation.yield(Array(Data(base64Encoded: params.dataBase64 ?? "") ?? Data()))
            if params.eof == true { self.pieces.continuation.finish() }
            return EmptyResult()
        }
    }

    func start(_ runID: String) { run.withLock { $0 = runID } }

    func untilItsEnd() async -> [UInt8] { await pieces.stream.reduce(into: []) { $0 += $1 } }
}

/// A terminal that the test holds in its hands: whether it is raw is all there is to see.
final class FakeConsole: Sendable {
    private struct State {
        var isRaw = false
        var size: WindowSize?
        var sinks: [AsyncStream<ConsoleSignal>.Continuation] = []
    }

    private let state: Mutex<State>

    init(size: WindowSize?) { state = Mutex(State(size: size)) }

    var isRaw: Bool { state.withLock(\.isRaw) }

    func resize(_ size: WindowSize) {
        state.withLock { $0.size = size }
        send(.resized)
    }

    func end(by signal: Int32) { send(.ended(signal)) }

    private func send(_ signal: ConsoleSignal) {
        for sink in state.withLock(\.sinks) { sink.yield(signal) }
    }

    var console: Console {
        Console(
            isInputTerminal: true, isOutputTerminal: true, isErrorTerminal: true,
            size: { self.state.withLock(\.size) },
            makeRaw: {
                self.state.withLock { $0.isRaw = true }
                return { self.state.withLock { $0.isRaw = false } }
            },
            signals: {
                let (stream, sink) = AsyncStream.makeStream(of: ConsoleSignal.self)
                self.state.withLock { $0.sinks.append(sink) }
                return stream
            })
    }
}

/// Files of a sandbox that the scripted daemon serves: what was uploaded can be downloaded.
final class FakeFiles: Sendable {
    struct Entry: Sendable {
        var format: FileStreamFormat
        var mode: FileMode?
        var bytes: [UInt8]
    }

    private struct State {
        var entries: [String: Entry] = [:]
        var open: [String: (path: String, entry: Entry)] = [:]
    }

    private let state = Mutex(State())
    /// What the sandbox says of every transfer, instead of the truth.
    private let digest: @Sendable ([UInt8]) -> String

    init(digest: @escaping @Sendable ([UInt8]) -> String) { self.digest = digest }

    func entry(_ path: String) -> Entry? { state.withLock { $0.entries[path] } }
    func put(_ path: String, _ entry: Entry) { state.withLock { $0.entries[path] = entry } }

    func serve(on router: inout RPCRouter<ControlCall>) {
        router.on(SandboxStat.self) { params, _ in
            guard let path = params.path, let entry = self.entry(path) else {
                throw RPCError(
                    code: -32010, kind: "file_error", message: "File not found", retryable: false,
                    details: ["reason": "not_found"])
            }
            return SandboxStat.Result(
                path: path, kind: entry.format == .tar ? .directory : .file,
                size: entry.format == .tar ? nil : Int64(entry.bytes.count), mode: entry.mode ?? FileMode(bits: 0o644),
                modifiedAt: Timestamp(now), uid: 0, gid: 0, target: nil)
        }
        router.on(SandboxUpload.self) { params, _ in
            let entry = Entry(format: params.format ?? .file, mode: params.mode, bytes: [])
            self.state.withLock { $0.open["u"] = (params.path ?? "", entry) }
            return SandboxUpload.Result(uploadID: "u")
        }
        router.on(SandboxUploadChunk.self) { params, _ in
            let bytes = Array(Data(base64Encoded: params.dataBase64) ?? Data())
            let count = self.state.withLock { state in
                state.open[params.uploadID]?.entry.bytes += bytes
                return state.open[params.uploadID]?.entry.bytes.count ?? 0
            }
            return SandboxUploadChunk.Result(received: Int64(count))
        }
        router.on(SandboxUploadCommit.self) { params, _ in
            let upload = self.state.withLock { $0.open.removeValue(forKey: params.uploadID) }
            guard let (path, entry) = upload else { throw RPCError.invalidParams("no upload") }
            self.put(path, entry)
            return SandboxUploadCommit.Result(
                path: path, size: Int64(entry.bytes.count), sha256: self.digest(entry.bytes))
        }
        router.on(SandboxDownload.self) { params, call in
            let bytes = self.entry(params.path ?? "")?.bytes ?? []
            var offset = 0
            while offset < bytes.count {
                let piece = Array(bytes[offset..<min(offset + 100_000, bytes.count)])
                try await call.notify(
                    FileData.name,
                    FileData(
                        requestID: call.requestID ?? .null, offset: Int64(offset),
                        dataBase64: Data(piece).base64EncodedString()))
                offset += piece.count
            }
            return SandboxDownload.Result(size: Int64(bytes.count), sha256: self.digest(bytes))
        }
    }
}
