import Dispatch
import ExecAPI
import NIOCore
import NIOEmbedded
import NIOPosix
import ProcessSupervisor

@testable import ExecServer

enum ExecFuzz {
    /// The answer of a run, as the daemon reads it.
    static func frames(_ input: FuzzInput) {
        input.check { pieces in
            var decoder = RunFrameDecoder()
            var seen: [Result<RunFrame, RunFrameError>] = []
            do throws(RunFrameError) {
                for piece in pieces {
                    decoder.append(piece)
                    while let frame = try decoder.next() { seen.append(.success(frame)) }
                }
            } catch {
                seen.append(.failure(error))
            }
            return seen
        }
    }

    /// Requests on one connection: everything is done to files that they ask for, and no program is started. Whatever is
    /// asked, the server finds no fault of its own (500).
    static func requests(_ input: FuzzInput) {
        ConfinedTree.reset()
        let isDone = DispatchSemaphore(value: 0)
        // The fuzzer's thread is no task; it waits for this one.
        Task.detached {
            do {
                let answer = try await answer(input.pieces)
                precondition(!answer.contains("HTTP/1.1 500 "), "a fault of the server's own: \(answer)")
            } catch {
                preconditionFailure("the connection cannot be made: \(error)")
            }
            isDone.signal()
        }
        isDone.wait()
    }

    private static func answer(_ pieces: [[UInt8]]) async throws -> String {
        let background = BackgroundWork()
        let handler = ConnectionHandler(
            router: try router(background), budget: BodyBudget(bytes: 1 << 20),
            connections: ConnectionTable(limit: 1))
        let channel = NIOAsyncTestingChannel()
        let connection = try await channel.testingEventLoop.executeInContext {
            try ConnectionHandler.configure(channel)
        }
        try await channel.connect(to: SocketAddress(unixDomainSocketPath: "/s")).get()
        return try await withThrowingTaskGroup(of: Void.self) { tasks in
            tasks.addTask { await background.run() }
            let number = await handler.connections.enter(channel)
            tasks.addTask { await handler.serve(connection, number: number) }
            for piece in pieces { _ = try? await channel.writeInbound(ByteBuffer(bytes: piece)) }
            // All that the client has to say; it still listens.
            channel.pipeline.fireUserInboundEventTriggered(ChannelEvent.inputClosed)
            // The background's own work goes on until it is cancelled.
            try await tasks.next()
            tasks.cancelAll()
            var answer: [UInt8] = []
            while let piece = try? await channel.readOutbound(as: ByteBuffer.self) { answer += piece.readableBytesView }
            _ = try? await channel.finish(acceptAlreadyClosed: true)
            return String(decoding: answer, as: UTF8.self)
        }
    }

    private static func router(_ background: BackgroundWork) throws -> Router {
        let work = FileWork(files: FileOperations(workDirectory: ConfinedTree.workDirectory), threads: threads)
        let registry = RunRegistry(maximumRuns: 0)
        let runs = RunRoutes(
            supervisor: try supervisor.get(), registry: registry,
            environment: CommandEnvironment(
                workDirectory: ConfinedTree.workDirectory, variables: [Array("PATH=/bin".utf8)]),
            background: background, spoolDirectories: [])
        let info = InfoResult(version: "0", instance: "0", pid: 1, workDirectory: ConfinedTree.workDirectory)
        return Router(
            token: TokenDigest(token: Array("t".utf8)), info: info, files: FileRoutes(work: work),
            management: FileManagementRoutes(work: work),
            transfers: TransferRoutes(work: work, uploads: UploadRegistry()),
            runs: runs, runControl: RunControlRoutes(registry: registry),
            reference: ReferenceRoutes(work: work, runs: runs), usage: UsageRoute(work: work))
    }

    private static let threads: NIOThreadPool = {
        let threads = NIOThreadPool(numberOfThreads: 1)
        threads.start()
        return threads
    }()

    private static let supervisor = Result { try ProcessSupervisor() }
}
