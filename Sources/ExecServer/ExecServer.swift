import ExecAPI
import Glibc
import NIOCore
import NIOPosix
import ProcessSupervisor

/// The HTTP server in a sandbox: commands and files for whoever knows the sandbox's token.
package struct ExecServer: Sendable {
    let configuration: ServerConfiguration

    package init(_ configuration: ServerConfiguration) {
        self.configuration = configuration
    }

    /// Serves until `stopped` returns or the calling task is cancelled; then ends all commands and returns within about
    /// two seconds. `ready` is told where the server listens: the port, or the socket's path.
    ///
    /// Throws `ServerStartError`.
    package func run(
        ready: @Sendable (String) -> Void, until stopped: @escaping @Sendable () async -> Void
    ) async throws {
        let capacity = ServerCapacity.ofThisProcess()
        let loops = MultiThreadedEventLoopGroup(numberOfThreads: 1)
        let threads = NIOThreadPool(numberOfThreads: ServerLimits.fileThreads)
        threads.start()
        let supervisor = try ProcessSupervisor()
        do {
            try await serve(loops, threads, supervisor, capacity, ready: ready, until: stopped)
        } catch {
            await shutdown(loops, threads, supervisor)
            throw error
        }
        await shutdown(loops, threads, supervisor)
    }

    private func shutdown(
        _ loops: MultiThreadedEventLoopGroup, _ threads: NIOThreadPool, _ supervisor: ProcessSupervisor
    ) async {
        supervisor.shutdown()
        try? await threads.shutdownGracefully()
        try? await loops.shutdownGracefully()
    }

    private func serve(
        _ loops: MultiThreadedEventLoopGroup, _ threads: NIOThreadPool, _ supervisor: ProcessSupervisor,
        _ capacity: ServerCapacity, ready: @Sendable (String) -> Void,
        until stopped: @escaping @Sendable () async -> Void
    ) async throws {
        let listener = try await listen(loops)
        // Only now is the file ours: another server's must survive our failing.
        defer { if case .unix(let path) = configuration.listener { unlink(path) } }
        let registry = RunRegistry(maximumRuns: capacity.runs)
        let background = BackgroundWork()
        let uploads = UploadRegistry()
        let handler = ConnectionHandler(
            router: router(threads, supervisor, registry, background, uploads),
            budget: BodyBudget(bytes: ServerLimits.maximumBodyBytes),
            connections: ConnectionTable(limit: capacity.connections))
        ready(address(of: listener))
        try await withThrowingDiscardingTaskGroup { tasks in
            tasks.addTask { await background.run() }
            tasks.addTask { await uploads.run() }
            tasks.addTask {
                do { try await accept(listener, handler) } catch is CancellationError {}
            }
            await withTaskCancellationHandler {
                await stopped()
            } onCancel: {
                registry.endAll(.terminate)
            }
            await end(registry)
            tasks.cancelAll()
        }
    }

    private func router(
        _ threads: NIOThreadPool, _ supervisor: ProcessSupervisor, _ registry: RunRegistry,
        _ background: BackgroundWork, _ uploads: UploadRegistry
    ) -> Router {
        let work = FileWork(files: FileOperations(workDirectory: configuration.workDirectory), threads: threads)
        let runs = RunRoutes(
            supervisor: supervisor, registry: registry,
            environment: CommandEnvironment(
                workDirectory: configuration.workDirectory, variables: configuration.environment),
            background: background, spoolDirectories: spoolDirectories)
        let info = InfoResult(
            version: ServerVersion.current, instance: String(UInt64.random(in: .min ... .max), radix: 16),
            pid: getpid(), workDirectory: configuration.workDirectory)
        return Router(
            token: configuration.token, info: info, files: FileRoutes(work: work),
            management: FileManagementRoutes(work: work),
            transfers: TransferRoutes(work: work, uploads: uploads), runs: runs,
            runControl: RunControlRoutes(registry: registry),
            reference: ReferenceRoutes(work: work, runs: runs), usage: UsageRoute(work: work))
    }

    private var spoolDirectories: [String] {
        let name = Array("TMPDIR=/".utf8)
        let own = configuration.environment.first { $0.starts(with: name) }.map { $0.dropFirst(name.count - 1) }
        return (own.map { [String(decoding: $0, as: UTF8.self)] } ?? []) + ["/tmp", configuration.workDirectory]
    }

    private func accept(_ listener: Listener, _ handler: ConnectionHandler) async throws {
        try await listener.executeThenClose { connections in
            try await withThrowingDiscardingTaskGroup { tasks in
                for try await connection in connections {
                    let number = await handler.connections.enter(connection.channel)
                    tasks.addTask { await handler.serve(connection, number: number) }
                }
            }
        }
    }

    /// TERM to every run, and KILL to what is left of them.
    private func end(_ registry: RunRegistry) async {
        for (request, time) in [(RunControl.Request.terminate, ServerLimits.stopGrace), (.kill, ServerLimits.stopKill)]
        {
            registry.endAll(request)
            let deadline = ContinuousClock.now + time
            while registry.count > 0, ContinuousClock.now < deadline {
                // Cancelled: there is no waiting, on to the next step.
                do { try await Task.sleep(for: .milliseconds(10)) } catch { break }
            }
        }
    }
}
