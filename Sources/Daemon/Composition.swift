import ControlAPI
import ControlServer
import Foundation
import HTTPTransport
import JSONRPC
import KubernetesClient
import KubernetesSandbox
import LocalSandbox
import Logging
import SQLiteStore
import SandboxCore
import ServiceLifecycle
import SessionManager
import UnixSignals

/// Puts the daemon together out of its parts and runs them.
enum Composition {
    /// How long the backend may take to answer at the start.
    private static let backendCheckTimeout = Duration.seconds(10)

    /// Runs until SIGTERM or SIGINT. Throws when a part cannot be had, and leaves nothing then that was not there before.
    static func run(
        _ configuration: ResolvedConfiguration, manager: ServiceManager,
        reload: @escaping @Sendable () throws -> ResolvedConfiguration
    ) async throws {
        let missing = MissingDirectories(
            of: [configuration.store, configuration.socket].map {
                URL(fileURLWithPath: $0).deletingLastPathComponent().path
            } + (configuration.backend == .local ? LocalProvider.directories(in: configuration.localState) : []))
        do {
            try await prepareAndServe(configuration, manager: manager, reload: reload)
        } catch {
            missing.takeBack()
            throw error
        }
    }

    private static func prepareAndServe(
        _ configuration: ResolvedConfiguration, manager: ServiceManager,
        reload: @escaping @Sendable () throws -> ResolvedConfiguration
    ) async throws {
        let logger = Logger(label: "podkeeperd")
        let instruments = Instruments()
        let store = try SQLiteStore(
            path: configuration.store, logger: Logger(label: "store"), retention: configuration.settings.retention,
            onCommit: instruments.committed)
        let http = try HTTPClient(
            configuration: HTTPClientConfiguration(userAgent: "podkeeperd/\(DaemonVersion.current) (linux)"))
        let serve: () async throws -> Void
        do {
            serve = try await prepare(
                configuration, store: store, http: http, instruments: instruments, manager: manager, reload: reload,
                logger: logger)
        } catch {
            await http.shutdown()
            try? store.discard()
            throw error
        }
        let outcome: Result<Void, any Error>
        do {
            try await serve()
            outcome = .success(())
        } catch {
            outcome = .failure(error)
        }
        await http.shutdown()
        try store.close()
        try outcome.get()
    }

    /// Everything that `run` would refuse without talking to anybody.
    static func check(_ configuration: ResolvedConfiguration) throws {
        guard configuration.backend == .kubernetes else { return }
        _ = try kubernetesProfiles(configuration, defaultNamespace: "default")
    }

    /// Whatever can be refused is refused here; what is returned serves.
    private static func prepare(
        _ configuration: ResolvedConfiguration, store: SQLiteStore, http: HTTPClient, instruments: Instruments,
        manager: ServiceManager, reload: @escaping @Sendable () throws -> ResolvedConfiguration, logger: Logger
    ) async throws -> () async throws -> Void {
        let provider = try await makeProvider(configuration, instance: store.instanceID, http: http)
        try await check(provider)
        let settings = configuration.settings
        let sessions = try await SessionManager(
            provider: provider, store: store, policy: settings.sessions.policy,
            profiles: configuration.profiles.mapValues(\.sessionProfile), logger: Logger(label: "sessions"),
            onStart: instruments.startEnded)
        let report = MetricsReport(instruments: instruments, sessions: sessions, provider: provider)
        let access = AccessPolicy(settings: settings.access, daemonUID: geteuid())
        let order = ShutdownOrder()
        let reloader = ConfigurationReloader(
            configuration, access: access, sessions: sessions, logger: logger, load: reload)
        var router = router(configuration, sessions: sessions, provider: provider, access: access, report: report)
        OperatorHandlers(sessions: sessions, reloader: reloader, order: order).register(in: &router)
        addDiscovery(to: &router)
        let server = ControlServer(
            configuration: serverConfiguration(configuration, inheriting: manager.listener), router: router,
            logger: Logger(label: "control"))
        report.watch(server)
        try server.listen()
        var metrics: MetricsServer?
        do {
            if let listener = settings.metrics.listener {
                metrics = try await MetricsServer(listener, report: report, logger: Logger(label: "metrics"))
            }
        } catch {
            server.stopListening()
            throw error
        }
        logger.info(
            "podkeeperd \(DaemonVersion.current)",
            metadata: [
                "backend": "\(provider.backend)", "store": "\(configuration.store)",
                "instance": "\(store.instanceID)", "isolation": "\(provider.isolation ?? "pods")",
            ])
        let releases: @Sendable () -> Bool = { order.releases ?? (settings.sessions.onShutdown == .release) }
        // Stopped in reverse order: first no more calls, then no more sessions' work.
        var parts: [ServiceGroupConfiguration.ServiceConfiguration] = [
            .init(service: SessionService(sessions: sessions, releases: releases)),
            .init(service: ControlService(server: server, manager: manager, logger: logger)),
            .init(
                service: ServiceManagerService(
                    manager: manager, server: server, sessions: sessions, reloader: reloader, logger: logger),
                successTerminationBehavior: .ignore),
        ]
        if let metrics { parts.insert(.init(service: metrics), at: 0) }
        var services = ServiceGroupConfiguration(
            services: parts, gracefulShutdownSignals: [.sigterm, .sigint], logger: logger)
        // The calls' own grace, and time to delete what is to be released.
        services.maximumGracefulShutdownDuration = settings.limits.shutdownGrace + .seconds(60)
        let group = ServiceGroup(configuration: services)
        await order.arm { await group.triggerGracefulShutdown() }
        return {
            try await group.run()
            logger.info("stopped; sessions are \(releases() ? "released" : "kept")")
        }
    }

    private static func makeProvider(
        _ configuration: ResolvedConfiguration, instance: String, http: HTTPClient
    ) async throws -> any SandboxProvider {
        let environment = ProcessInfo.processInfo.environment
        let settings = configuration.settings
        switch configuration.backend {
        case .local:
            var local = LocalSettings(
                stateDirectory: configuration.localState, instance: instance,
                execd: try ExecdLocator.locate(
                    environment: environment, configured: settings.local.execd, daemonPath: programPath))
            local.isolation = settings.local.isolation
            local.sharesNetwork = settings.local.sharesNetwork
            local.profileEnvironments = configuration.profiles.mapValues(\.env)
            return try await LocalProvider(
                settings: local, path: environment["PATH"], http: http, logger: Logger(label: "local"))
        case .kubernetes:
            let cluster = settings.kubernetes
            let access = try KubernetesConfiguration.load(
                kubeconfigPath: cluster.kubeconfig, context: cluster.context, environment: environment)
            // The first word with the cluster: an address, a certificate or a token that is wrong shows here.
            let version = try await KubernetesClient(
                configuration: access, http: http, logger: Logger(label: "kubernetes"), version: DaemonVersion.current
            ).serverVersion(timeout: backendCheckTimeout)
            Logger(label: "kubernetes").info("cluster answers", metadata: ["version": "\(version.gitVersion)"])
            var kubernetes = KubernetesSettings(instance: instance)
            kubernetes.namePrefix = cluster.prefix
            kubernetes.connect = cluster.connect
            kubernetes.forceDeleteAfter = cluster.forceDeleteAfter
            kubernetes.requestsPerSecond = cluster.requestsPerSecond
            kubernetes.kubeConfigPath = cluster.kubeconfig
            kubernetes.context = cluster.context
            let provider = try KubernetesProvider(
                settings: kubernetes,
                profiles: try kubernetesProfiles(configuration, defaultNamespace: access.namespace), http: http,
                environment: environment, version: DaemonVersion.current, logger: Logger(label: "kubernetes"))
            try await provider.checkRights()
            return provider
        }
    }

    private static func kubernetesProfiles(
        _ configuration: ResolvedConfiguration, defaultNamespace: String
    ) throws -> [String: KubernetesProfile] {
        try configuration.profiles.mapValues {
            try $0.kubernetesProfile(
                cluster: configuration.settings.kubernetes, defaultNamespace: defaultNamespace,
                defaultStartupTimeout: configuration.settings.sessions.startupTimeout)
        }
    }

    /// The backend has to answer once before the daemon offers it to anybody.
    private static func check(_ provider: any SandboxProvider) async throws {
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { try await provider.probe() }
            group.addTask {
                try await ContinuousClock().sleep(for: backendCheckTimeout)
                throw SandboxError.backendUnavailable(
                    "the \(provider.backend) backend did not answer within \(backendCheckTimeout.components.seconds) s")
            }
            try await group.next()
            group.cancelAll()
        }
    }

    private static func serverConfiguration(
        _ configuration: ResolvedConfiguration, inheriting listener: Int32?
    ) -> ControlServerConfiguration {
        let access = configuration.settings.access
        var limits = ControlServerLimits()
        limits.maximumMessageBytes = configuration.settings.limits.maxMessageBytes
        limits.maximumCallsPerConnection = configuration.settings.limits.maxInFlight
        limits.maximumConnections = configuration.settings.limits.maxConnections
        limits.maximumConnectionsPerUser = configuration.settings.limits.maxConnectionsPerUser
        limits.shutdownGrace = configuration.settings.limits.shutdownGrace
        return ControlServerConfiguration(
            socketPath: configuration.socket, socketMode: access.socketMode,
            socketGroup: access.socketGroup.map(String.init), inheritedListener: listener, limits: limits)
    }

    private static func router(
        _ configuration: ResolvedConfiguration, sessions: SessionManager, provider: any SandboxProvider,
        access: AccessPolicy, report: MetricsReport
    ) -> RPCRouter<ControlCall> {
        let limits = configuration.settings.limits
        let facts = DaemonHandlers.Facts(
            version: DaemonVersion.current, instanceID: sessions.instanceID, startedAt: report.startedAt,
            backend: provider.backend, isolation: provider.isolation, limits: limits)
        var router = CallGuard(access: access, sessions: sessions, logger: Logger(label: "audit"))
            .router(ended: report.instruments.callEnded)
        SessionHandlers(sessions: sessions, access: access, limits: limits, backend: provider.backend)
            .register(in: &router)
        EventHandlers(sessions: sessions, access: access, logger: Logger(label: "events")).register(in: &router)
        SandboxHandlers(sessions: sessions, limits: limits, instruments: report.instruments).register(in: &router)
        ProfileHandlers(sessions: sessions, profiles: configuration.profiles).register(in: &router)
        DaemonHandlers(sessions: sessions, provider: provider, facts: facts, report: report).register(in: &router)
        return router
    }

    /// After every other method.
    private static func addDiscovery(to router: inout RPCRouter<ControlCall>) {
        let methods = Array(router.methods.values) + [RPCMethodDescription(RPCDiscover.self)]
        router.on(RPCDiscover.self) { _, _ in
            try OpenRPCDocument.make(
                title: "Podkeeper control API", version: "\(DaemonVersion.api)", methods: methods)
        }
    }

    /// The daemon's own program file (proc(5), /proc/self/exe).
    private static var programPath: String {
        (try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe")) ?? CommandLine.arguments[0]
    }
}
