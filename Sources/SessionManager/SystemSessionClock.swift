import Foundation
import Glibc

/// The host's clocks.
///
/// `monotonic` is `CLOCK_MONOTONIC` (clock_gettime(2)): NTP slews it but never sets it, and it stands still while the
/// host is suspended, so that a laptop's lid does not reap what runs on it.
package struct SystemSessionClock: SessionClock {
    package let bootID: String

    package init() {
        // random(4), /proc/sys/kernel/random/boot_id. Without it every start of the daemon counts as another boot:
        // idle clocks then miss the time that the daemon was down, and nothing is reaped early.
        let text = try? String(contentsOfFile: "/proc/sys/kernel/random/boot_id", encoding: .utf8)
        bootID = text?.trimmingCharacters(in: .whitespacesAndNewlines) ?? UUID().uuidString
    }

    package var monotonic: Duration {
        let time = Self.read(CLOCK_MONOTONIC)
        return .seconds(Int64(time.tv_sec)) + .nanoseconds(Int64(time.tv_nsec))
    }

    package var wall: Timestamp {
        let time = Self.read(CLOCK_REALTIME)
        return Timestamp(milliseconds: Int64(time.tv_sec) * 1_000 + Int64(time.tv_nsec) / 1_000_000)
    }

    package func sleep(until deadline: Duration) async throws(CancellationError) {
        // Task.sleep takes at most what fits its own arithmetic; a year at a time is far inside it.
        let longest = Duration.seconds(365 * 86_400)
        while case let left = deadline - monotonic, left > .zero {
            do {
                // SuspendingClock is CLOCK_MONOTONIC on Linux.
                try await Task.sleep(for: min(left, longest), clock: .suspending)
            } catch {
                throw CancellationError()
            }
        }
    }

    private static func read(_ clock: clockid_t) -> timespec {
        var time = timespec()
        // EINVAL and EFAULT are its only errors, and neither can happen with these arguments.
        clock_gettime(clock, &time)
        return time
    }
}
