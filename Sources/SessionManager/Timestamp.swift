/// A point in time as people read it: milliseconds since 1970-01-01 UTC, on the host's wall clock.
///
/// For display and records only. No deadline is computed from it, because the wall clock jumps (NTP, an operator).
package struct Timestamp: Hashable, Comparable, Sendable, Codable {
    package var milliseconds: Int64

    package init(milliseconds: Int64) { self.milliseconds = milliseconds }

    package static func < (left: Self, right: Self) -> Bool { left.milliseconds < right.milliseconds }

    /// Saturates at the ends of `Int64`.
    package func advanced(by duration: Duration) -> Self {
        Self(milliseconds: milliseconds.addingSaturating(duration.wholeMilliseconds))
    }

    /// RFC 3339 in UTC with milliseconds, `2026-01-31T23:59:59.123Z`. Years outside 0000…9999, which RFC 3339 cannot
    /// write, come as the nearest that it can.
    package var rfc3339: String {
        // 0000-01-01T00:00:00.000Z and 9999-12-31T23:59:59.999Z.
        let inRange = min(max(milliseconds, -62_167_219_200_000), 253_402_300_799_999)
        let (days, milliOfDay) = Self.floorDivide(inRange, by: 86_400_000)
        // Howard Hinnant, "chrono-Compatible Low-Level Date Algorithms", civil_from_days: years start in March.
        let (era, dayOfEra) = Self.floorDivide(days + 719_468, by: 146_097)
        let yearOfEra = (dayOfEra - dayOfEra / 1_460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
        let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
        let marchMonth = (5 * dayOfYear + 2) / 153
        let day = dayOfYear - (153 * marchMonth + 2) / 5 + 1
        let month = marchMonth < 10 ? marchMonth + 3 : marchMonth - 9
        let year = yearOfEra + era * 400 + (month <= 2 ? 1 : 0)
        let date = "\(Self.padded(year, 4))-\(Self.padded(month, 2))-\(Self.padded(day, 2))"
        let hour = Self.padded(milliOfDay / 3_600_000, 2)
        let minute = Self.padded(milliOfDay / 60_000 % 60, 2)
        let second = Self.padded(milliOfDay / 1_000 % 60, 2)
        return "\(date)T\(hour):\(minute):\(second).\(Self.padded(milliOfDay % 1_000, 3))Z"
    }

    private static func floorDivide(_ value: Int64, by divisor: Int64) -> (quotient: Int64, remainder: Int64) {
        let (quotient, remainder) = value.quotientAndRemainder(dividingBy: divisor)
        return remainder < 0 ? (quotient - 1, remainder + divisor) : (quotient, remainder)
    }

    private static func padded(_ value: Int64, _ width: Int) -> String {
        let digits = String(value)
        return String(repeating: "0", count: max(0, width - digits.count)) + digits
    }
}
