#if PODKEEPER_FAILPOINTS
    import Glibc
    import Synchronization
#endif

/// A named step at which a test can have the daemon killed: `PODKEEPER_FAILPOINT=name:n` ends the process with SIGKILL
/// when it reaches that step for the nth time.
///
/// Only in debug builds (`PODKEEPER_FAILPOINTS` in Package.swift); in a release build nothing of it is left.
/// `Tests/crash` finds the names by this call's text.
package enum Failpoint {
    #if PODKEEPER_FAILPOINTS
        private static let armed: (step: String, hit: Int)? = {
            guard let text = getenv("PODKEEPER_FAILPOINT").map({ String(cString: $0) }) else { return nil }
            let parts = text.split(separator: ":")
            guard parts.count == 2, let hit = Int(parts[1]) else { return nil }
            return (String(parts[0]), hit)
        }()
        private static let hits = Atomic<Int>(0)

        package static func reach(_ step: StaticString) {
            guard let armed, armed.step == step.description,
                hits.add(1, ordering: .relaxed).newValue == armed.hit
            else { return }
            kill(getpid(), SIGKILL)
            // The signal may reach another thread first; this one must not go on.
            while true { pause() }
        }
    #else
        @inlinable
        package static func reach(_: StaticString) {}
    #endif
}
