/// Times that are no settings, each with its reason.
enum SessionTiming {
    /// How long a session stays marked as in use after its last activity. Saves a write per operation; costs at most
    /// this much idle time after a kill.
    static let settleDelay = Duration.seconds(5)
    /// A failed session is shown this long, so that its user can learn what happened; the history keeps it anyway.
    static let failedRetention = Duration.seconds(3600)
    /// The backend knows better why a start takes too long, so it gets to say so before the manager steps in.
    static let startGrace = Duration.seconds(5)
    /// A start that a restart interrupted gets at least this long to be taken up, even past its deadline.
    static let resumedStart = Duration.seconds(10)
    /// Bounds on what the backend may take for one answer; past them the answer is "unknown" and is asked for again.
    static let adoptionLimit = Duration.seconds(30)
    static let livenessLimit = Duration.seconds(30)
    static let inventoryLimit = Duration.seconds(120)
    /// Deletion waits for a pod's grace period and its node's kubelet.
    static let discardLimit = Duration.seconds(300)
    /// How many adoptions, and how many deletions, are under way at once.
    static let laneWidth = 32
    /// How long a background run's end may go unnoticed where its sandbox does not tell by itself.
    static let runCheck = Backoff(first: .milliseconds(500), longest: .seconds(15))
    static let adoptionRetry = Backoff(first: .seconds(1), longest: .seconds(10))
    static let discardRetry = Backoff(first: .seconds(1), longest: .seconds(60))
    static let inventoryRetry = Backoff(first: .seconds(1), longest: .seconds(60))
    static let poolRetry = Backoff(first: .seconds(1), longest: .seconds(60))
    static let commitRetry = Backoff(first: .milliseconds(100), longest: .seconds(30))
    static let providerRetry = Backoff(first: .seconds(1), longest: .seconds(60))
}
