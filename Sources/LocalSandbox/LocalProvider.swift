import Glibc
package import HTTPTransport
package import Logging
package import SandboxCore
package import SessionManager
import Synchronization

/// A sandbox per session on this host: podkeeper-execd in a bubblewrap sandbox, or as a plain process.
///
/// Sandboxes outlive the daemon; what is known of them lies in the state directory. No two providers may work on the
/// same sandbox at a time: the daemon's store sees to that.
package final class LocalProvider: SandboxProvider {
    struct State {
        /// By uid.
        var running: [String: RunningSandbox] = [:]
        /// Uids that are being discarded: their end is no news.
        var discarding: Set<String> = []
        /// An event was dropped: the reader has to compare both sides.
        var hasLostEvents = false
    }

    private static let maximumEvents = 1024

    package let backend = "local"
    package let events: AsyncStream<SandboxEvent>

    let settings: LocalSettings
    let layout: StateLayout
    let launcher: SandboxLauncher
    let http: HTTPClient
    let logger: Logger
    let work = BlockingWork("work")
    /// Removing trees takes long and gains nothing from being done twice at a time.
    let removals = BlockingWork("removals", isSerial: true)
    let state = Mutex(State())
    private let eventSink: AsyncStream<SandboxEvent>.Continuation

    /// The directories that a provider makes in a state directory.
    package static func directories(in stateDirectory: String) -> [String] {
        StateLayout(in: stateDirectory).directories
    }

    /// Prepares the state directory and finds out whether bubblewrap works here. `path` is the daemon's `PATH`, for
    /// finding bwrap and for plain processes.
    ///
    /// Throws `SandboxError` of kind `invalid` where a setting cannot work: a state directory that is too long or cannot
    /// be made, no podkeeper-execd, a variable that cannot be, bubblewrap demanded and not to be had.
    package init(
        settings: LocalSettings, path: String?, http: HTTPClient, logger: Logger
    ) async throws(SandboxError) {
        try SandboxName.validate(prefix: settings.namePrefix)
        // Programs are started from other directories than ours.
        guard ExecdLocator.isProgram(settings.execd), let execd = StateLayout.canonical(settings.execd) else {
            throw .invalid("'\(settings.execd)' is not a podkeeper-execd that this user may run")
        }
        for (profile, environment) in settings.profileEnvironments.sorted(by: { $0.key < $1.key }) {
            do throws(SandboxError) {
                _ = try SandboxEnvironment.make(claimed: environment, token: "", uid: "", home: "", path: "")
            } catch {
                throw .invalid("profile '\(profile)': \(error.message)")
            }
        }
        guard ProcessStatus(pid: getpid()) != nil else { throw .invalid("the local backend needs /proc to be mounted") }
        let layout = try StateLayout(preparing: settings.stateDirectory)
        let bubblewrap = try await Self.bubblewrap(settings, layout: layout, path: path, logger: logger)
        self.settings = settings
        self.layout = layout
        self.http = http
        self.logger = logger
        launcher = SandboxLauncher(
            layout: layout, execd: execd, bubblewrap: bubblewrap,
            path: bubblewrap == nil ? path ?? SandboxEnvironment.standardPath : SandboxEnvironment.standardPath)
        (events, eventSink) = AsyncStream.makeStream(bufferingPolicy: .bufferingOldest(Self.maximumEvents))
    }

    /// `bubblewrap`, or `none` where sandboxes are plain processes.
    package var isolation: String? { launcher.isolation.rawValue }

    package func sandboxName(sessionID: SessionID, generation: Int) -> String {
        SandboxName.make(
            prefix: settings.namePrefix, instance: settings.instance, sessionID: sessionID, generation: generation)
    }

    /// Removes what an earlier daemon was interrupted in making or removing. The processes are watched by the kernel,
    /// not by this; it waits for the end.
    package func run() async throws {
        do {
            try await removals.run { [layout] () throws(SandboxError) in try LeftoverDirectory.sweep(layout) }
        } catch {
            logger.warning("leftovers of local sandboxes stay behind", metadata: ["error": "\(error)"])
        }
        let (forever, sink) = AsyncStream.makeStream(of: Never.self)
        for await _ in forever {}
        withExtendedLifetime(sink) {}
    }

    /// Never waits: an event that finds the buffer full is dropped, and `resync` goes before the next one.
    func report(_ event: SandboxEvent) {
        state.withLock { state in
            if state.hasLostEvents, case .enqueued = eventSink.yield(.resync) { state.hasLostEvents = false }
            if case .dropped = eventSink.yield(event) { state.hasLostEvents = true }
        }
    }

    private static func bubblewrap(
        _ settings: LocalSettings, layout: StateLayout, path: String?, logger: Logger
    ) async throws(SandboxError) -> Bubblewrap? {
        let complaint: String
        switch settings.isolation {
        case .none: complaint = "local.isolation is 'none'"
        case .auto, .bubblewrap:
            if let executable = ExecdLocator.search("bwrap", path: path) {
                let candidate = Bubblewrap(
                    executable: executable, sharesNetwork: settings.sharesNetwork, layout: layout)
                guard let refusal = try await candidate.probe() else { return candidate }
                complaint = "bubblewrap does not work here: \(refusal)"
            } else {
                complaint = "bubblewrap (bwrap) is not installed"
            }
        }
        guard settings.isolation != .bubblewrap else {
            throw .invalid("local.isolation is 'bubblewrap', but \(complaint)")
        }
        logger.warning(
            "local sandboxes are NOT isolated: commands run as plain processes with all rights of this daemon's user",
            metadata: ["reason": "\(complaint)"])
        return nil
    }
}
