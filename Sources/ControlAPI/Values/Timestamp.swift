package import Foundation
package import JSONRPC

/// A time on the wire: RFC 3339 in UTC with milliseconds, `2026-01-02T03:04:05.678Z`.
package struct Timestamp: Hashable, Sendable, Codable {
    package let date: Date

    package init(_ date: Date) { self.date = date }

    private static let style = Date.ISO8601FormatStyle(includingFractionalSeconds: true)

    package var text: String {
        guard let milliseconds else { return date.formatted(Self.style) }
        return String(unsafeUninitializedCapacity: Self.length) {
            Self.write(milliseconds, to: $0)
            return Self.length
        }
    }

    /// Characters of a time whose year has four digits.
    fileprivate static let length = 24

    /// Since 1970; nil outside of the years 0000 to 9999, which are all that RFC 3339 can write.
    fileprivate var milliseconds: Int64? {
        guard let value = Int64(exactly: (date.timeIntervalSince1970 * 1000).rounded()) else { return nil }
        return (-62_167_219_200_000...253_402_300_799_999).contains(value) ? value : nil
    }

    // By hand, because an answer has four times in it: Foundation's style takes some microseconds, gmtime_r(3) a lock
    // and a look at TZ. Days to dates as in Howard Hinnant, "chrono-Compatible Low-Level Date Algorithms",
    // civil_from_days: years start in March.
    fileprivate static func write(_ milliseconds: Int64, to text: UnsafeMutableBufferPointer<UInt8>) {
        let (days, milliOfDay) = floorDivide(milliseconds, by: 86_400_000)
        let (era, dayOfEra) = floorDivide(days + 719_468, by: 146_097)
        let yearOfEra = (dayOfEra - dayOfEra / 1_460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
        let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
        let marchMonth = (5 * dayOfYear + 2) / 153
        let month = marchMonth < 10 ? marchMonth + 3 : marchMonth - 9
        let year = yearOfEra + era * 400 + (month <= 2 ? 1 : 0)
        let milli = Int(milliOfDay % 1_000)
        func digit(_ value: Int, at place: Int) { text[place] = UInt8(ascii: "0") + UInt8(truncatingIfNeeded: value) }
        func put(_ value: Int64, at place: Int, before mark: Unicode.Scalar) {
            digit(Int(value) / 10, at: place)
            digit(Int(value) % 10, at: place + 1)
            text[place + 2] = UInt8(ascii: mark)
        }
        put(year / 100, at: 0, before: "0")
        put(year % 100, at: 2, before: "-")
        put(month, at: 5, before: "-")
        put(dayOfYear - (153 * marchMonth + 2) / 5 + 1, at: 8, before: "T")
        put(milliOfDay / 3_600_000, at: 11, before: ":")
        put(milliOfDay / 60_000 % 60, at: 14, before: ":")
        put(milliOfDay / 1_000 % 60, at: 17, before: ".")
        digit(milli / 100, at: 20)
        digit(milli / 10 % 10, at: 21)
        digit(milli % 10, at: 22)
        text[23] = UInt8(ascii: "Z")
    }

    private static func floorDivide(_ value: Int64, by divisor: Int64) -> (quotient: Int64, remainder: Int64) {
        let (quotient, remainder) = value.quotientAndRemainder(dividingBy: divisor)
        return remainder < 0 ? (quotient - 1, remainder + divisor) : (quotient, remainder)
    }

    package init(from decoder: any Decoder) throws {
        let text = try decoder.singleValueContainer().decode(String.self)
        guard let date = try? Self.style.parse(text) else {
            throw DecodingError.dataCorrupted(
                .init(codingPath: decoder.codingPath, debugDescription: "\(text) is not an RFC 3339 time"))
        }
        self.date = date
    }

    package func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(text)
    }
}

extension JSONObjectWriter {
    package mutating func member(_ name: StaticString, _ value: Timestamp) {
        guard let milliseconds = value.milliseconds else { return member(name, value.text) }
        member(name, plainASCII: Timestamp.length) { Timestamp.write(milliseconds, to: $0) }
    }
}

extension Timestamp: JSONShaped {
    package static var schema: JSONValue { ["type": "string", "format": "date-time"] }
    package static var example: Timestamp { Timestamp(Date(timeIntervalSince1970: 1_800_000_000)) }
}
