import NIOCore

/// Every limit of the exec server, each with its reason. What the client must know too is in `ExecLimits`.
enum ServerLimits {
    /// Runs at a time. Each holds up to eight descriptors and a connection.
    static let maximumRuns = 256
    /// Run ids remembered after their end, so that a repeated request does not run a command twice.
    static let rememberedRuns = 10_000
    /// Runs whose output is kept after their end, and the bytes of it; the oldest are forgotten first.
    static let keptRuns = 64
    static let keptBytes = 256 << 20
    /// Of each output stream that is kept: in memory, and in a file.
    static let spoolMemoryBytes = 64 << 10
    static let spoolFileBytes = 64 << 20
    /// A process that does not read its stdin holds a request for so long.
    static let inputTime = Duration.seconds(10)
    /// The longest wait for a run's end that one request may ask for.
    static let waitTime = Duration.seconds(60)
    /// Each holds two descriptors, of an archive six.
    static let maximumUploads = 64
    /// Members of one archive: each takes an inode, whose number no disk quota bounds.
    static let maximumArchiveEntries = 1_000_000
    /// Directories of one archive whose modes wait in memory for its end.
    static let maximumLateModes = 1000
    /// A reader of output or of a file that takes nothing for so long is cut off.
    static let stallTime = TimeAmount.minutes(10)
    /// Connections at a time; over it those that say nothing are closed first, then new ones, unanswered.
    static let maximumConnections = 512
    /// What the process may need at most: the runs', the connections' and its own descriptors.
    static let descriptors = 4096
    /// Threads for file operations, and therefore file operations at a time.
    static let fileThreads = 4
    /// Bytes of request bodies held in memory at a time, over all connections: a sandbox has little memory, and what we
    /// take, its commands have not.
    static let maximumBodyBytes = 96 << 20
    /// Bytes of a file gathered before they are written.
    static let writeChunkBytes = 256 << 10
    /// An unwanted body up to this size is read, and the connection goes on.
    static let shortBodyBytes = 64 << 10
    /// Read and thrown away of a body that nobody wanted, so that its sender gets to read the answer.
    static let maximumDrainedBytes = 4 << 20

    /// A longer path or list of headers than this answers 400. Tokens and paths in base64 are a few KiB.
    static let maximumHeaderBytes = 64 << 10
    static let maximumHeaders = 100

    /// From one request's end to the next one's whole head.
    static let idleTime = TimeAmount.seconds(120)
    /// Between two pieces of a request body.
    static let bodyTime = TimeAmount.seconds(30)
    /// For one whole answer that is no run.
    static let answerTime = TimeAmount.seconds(120)
    /// For a run's consumer to take the rest once the run's own time is over.
    static let outputTime = Duration.seconds(60)
    /// For an unwanted body.
    static let drainTime = TimeAmount.seconds(2)

    static let fileTime = Duration.seconds(30)
    /// For walking a tree.
    static let searchTime = Duration.seconds(120)
    /// A longer timeout of a run is cut to this.
    static let maximumRunTime = Duration.seconds(30 * 86_400)
    /// When the server stops: from TERM to KILL for what still runs, and from KILL to our own end.
    static let stopGrace = Duration.seconds(1)
    static let stopKill = Duration.milliseconds(500)
}
