import Foundation

/// Spans of time as people read them: the two largest units, `5m12s`.
enum Age {
    /// Negative spans (two clocks that disagree) and what is no number are `0s` and `-`.
    static func text(_ seconds: Double) -> String {
        guard seconds.isFinite else { return "-" }
        let whole = Int(min(max(seconds, 0), 1e15))
        let (minutes, hours, days) = (whole / 60, whole / 3600, whole / 86_400)
        switch whole {
        case ..<60: return "\(whole)s"
        case ..<3600: return join("\(minutes)m", whole % 60, "s")
        case ..<86_400: return join("\(hours)h", minutes % 60, "m")
        default: return join("\(days)d", hours % 24, "h")
        }
    }

    /// Below a minute with fractions, as far as three digits go: `0.5s`, `12.3s`.
    static func precise(_ seconds: Double) -> String {
        guard seconds.isFinite, seconds > 0, seconds < 59.95 else { return text(seconds) }
        // Nothing is measured in less than milliseconds.
        return String(format: "%.3gs", max(seconds, 0.001))
    }

    private static func join(_ large: String, _ small: Int, _ unit: String) -> String {
        small == 0 ? large : "\(large)\(small)\(unit)"
    }
}
