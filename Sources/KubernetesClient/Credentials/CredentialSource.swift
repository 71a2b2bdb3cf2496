import FoundationEssentials
import HTTPTransport
import Logging
import Synchronization

/// The present credentials of a configuration, taken again from where they come when due: tokens of pods live an hour
/// or less, certificates get rotated, kubeconfigs rewritten, and none of them tells anybody.
final class CredentialSource: Sendable {
    /// What one request is sent with.
    struct Snapshot: Hashable, Sendable {
        var endpoint: HTTPEndpoint
        /// `Authorization` and impersonation.
        var headers: [HTTPHeaders.Field]
        fileprivate var fromPlugin: ExecCredential?
    }

    /// client-go's `cachingTokenSource`: 60 s less 10 s of leeway.
    static let tokenLifetime = Duration.seconds(50)
    static let certificateLifetime = Duration.seconds(300)
    /// Between two looks at whether a kubeconfig has changed.
    static let kubeconfigLifetime = Duration.seconds(10)

    private struct State {
        var configuration: KubernetesConfiguration
        var plugin: ExecCredentialCache?
        var token: String?
        var tokenReadAt: ContinuousClock.Instant?
        var tls: TLSSettings?
        var tlsReadAt: ContinuousClock.Instant?
        var stamps: [Files.Stamp?] = []
        var stampedAt: ContinuousClock.Instant?
    }

    private let readFile: FileReader
    private let now: @Sendable () -> Date
    private let logger: Logger
    private let state: Mutex<State>

    /// `now`: the wall clock, by which credentials of plugins expire.
    init(
        _ configuration: KubernetesConfiguration, logger: Logger, readFile: @escaping FileReader = Files.read,
        now: @escaping @Sendable () -> Date = { Date() }
    ) {
        self.readFile = readFile
        self.now = now
        self.logger = logger
        state = Mutex(
            State(
                configuration: configuration,
                plugin: configuration.identity.plugin.map { ExecCredentialCache($0, logger: logger) }))
    }

    /// - Throws: `configuration` when something needed has never been readable, `unauthorized` when an exec plugin gives
    ///   none. Once read, the last good value stays in use for as long as its file is unreadable or empty.
    func snapshot(now instant: ContinuousClock.Instant = .now) async throws(KubernetesError) -> Snapshot {
        let (configuration, token, tls, plugin) = try state.withLock { (state) throws(KubernetesError) in
            if Self.isDue(state.stampedAt, Self.kubeconfigLifetime, instant) { followKubeconfig(&state, now: instant) }
            if Self.isDue(state.tokenReadAt, Self.tokenLifetime, instant) { try readToken(&state, now: instant) }
            if Self.isDue(state.tlsReadAt, Self.certificateLifetime, instant) { try readTLS(&state, now: instant) }
            return (state.configuration, state.token, state.tls, state.plugin)
        }
        var snapshot = Snapshot(
            endpoint: HTTPEndpoint(tls: tls, proxy: configuration.proxy),
            headers: configuration.identity.headers(token: token))
        guard let plugin else { return snapshot }
        let credential = try await plugin.credential(authority: tls?.caPEM, now: now)
        snapshot.headers = configuration.identity.headers(token: credential.token)
        snapshot.endpoint.tls?.clientCertificatePEM = credential.certificate
        snapshot.endpoint.tls?.clientKeyPEM = credential.key
        snapshot.fromPlugin = credential
        return snapshot
    }

    /// After a 401 takes the credential anew from its file or plugin, after a failed handshake the certificates, after
    /// both the kubeconfig.
    ///
    /// - Returns: what to repeat the request with; nil where nothing has changed, so that a repeat makes no sense.
    func refreshed(
        after error: KubernetesError, used: Snapshot, now instant: ContinuousClock.Instant = .now
    ) async -> Snapshot? {
        guard error.kind == .unauthorized || error.isTLSFailure else { return nil }
        let plugin = state.withLock { state in
            state.stamps = []
            followKubeconfig(&state, now: instant)
            if error.isTLSFailure { state.tlsReadAt = nil } else { state.tokenReadAt = nil }
            return state.plugin
        }
        if error.kind == .unauthorized, let refused = used.fromPlugin { plugin?.invalidate(refused) }
        do {
            let fresh = try await snapshot(now: instant)
            return fresh == used ? nil : fresh
        } catch {
            logger.warning("no new credential", metadata: ["error": "\(error.message)"])
            return nil
        }
    }

    private static func isDue(
        _ readAt: ContinuousClock.Instant?, _ lifetime: Duration, _ now: ContinuousClock.Instant
    ) -> Bool {
        guard let readAt else { return true }
        return readAt.duration(to: now) >= lifetime
    }

    /// Takes over what a changed kubeconfig says of credentials, trust and proxy. Another server is not followed: the
    /// sessions are on this one.
    private func followKubeconfig(_ state: inout State, now: ContinuousClock.Instant) {
        guard let source = state.configuration.source else { return }
        let isFirst = state.stampedAt == nil
        let stamps = source.paths.map(Files.stamp)
        state.stampedAt = now
        guard stamps != state.stamps else { return }
        // Before it is read: a change in between is seen next time.
        state.stamps = stamps
        guard !isFirst else { return }
        let fresh: KubernetesConfiguration
        do {
            fresh = try source.load()
        } catch {
            logger.warning(
                "the kubeconfig has changed and cannot be used; going on with what it said before",
                metadata: ["error": "\(error.message)"])
            return
        }
        guard fresh.server == state.configuration.server else {
            logger.warning(
                "the kubeconfig names another server now; restart to go there",
                metadata: ["server": "\(fresh.server.url(path: ""))"])
            return
        }
        if fresh.identity.plugin != state.configuration.identity.plugin {
            state.plugin = fresh.identity.plugin.map { ExecCredentialCache($0, logger: logger) }
        }
        // What is in use stays so where the new cannot be read.
        state.tokenReadAt = nil
        state.tlsReadAt = nil
        state.configuration = fresh
        logger.info("the kubeconfig has been read again")
    }

    private func readToken(_ state: inout State, now: ContinuousClock.Instant) throws(KubernetesError) {
        let identity = state.configuration.identity
        guard let path = identity.tokenFile else {
            state.token = identity.token
            state.tokenReadAt = now
            return
        }
        // By path each time: the kubelet swaps a symlink, and an open descriptor would stay with the old file.
        do throws(KubernetesError) {
            let token = String(decoding: try readFile(path), as: UTF8.self).trimmed
            guard !token.isEmpty else { throw KubernetesError.configuration("it is empty") }
            state.token = token
        } catch {
            if state.token == nil { state.token = identity.token }
            guard state.token != nil else {
                throw .configuration("unable to read token file \(path): \(error.message)")
            }
        }
        state.tokenReadAt = now
    }

    private func readTLS(_ state: inout State, now: ContinuousClock.Instant) throws(KubernetesError) {
        guard state.configuration.server.isTLS else { return }
        do {
            state.tls = try loadTLS(state.configuration.tls)
        } catch {
            guard state.tls != nil else { throw error }
        }
        state.tlsReadAt = now
    }

    private func loadTLS(_ tls: KubernetesConfiguration.TLS) throws(KubernetesError) -> TLSSettings {
        let authority = try bytes(of: tls.authority, "certificate authority")
        if let authority { try PEM.checkCertificates(authority) }
        return TLSSettings(
            caPEM: authority, clientCertificatePEM: try bytes(of: tls.clientCertificate, "client certificate"),
            clientKeyPEM: try bytes(of: tls.clientKey, "client key"), serverName: tls.serverName,
            insecureSkipVerify: tls.skipsVerification)
    }

    private func bytes(
        of material: KubernetesConfiguration.Material?, _ what: String
    ) throws(KubernetesError) -> [UInt8]? {
        switch material {
        case nil: return nil
        case .bytes(let bytes)?: return bytes
        case .file(let path)?:
            do {
                return try readFile(path)
            } catch {
                throw .configuration("unable to read the \(what) \(path): \(error.message)")
            }
        }
    }
}
