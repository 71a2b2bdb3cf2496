import ControlAPI
import Foundation
import Testing

@Suite struct TimestampTests {
    @Test(
        arguments: [
            (0, "1970-01-01T00:00:00.000Z"), (1.001, "1970-01-01T00:00:01.001Z"),
            (-0.001, "1969-12-31T23:59:59.999Z"), (951_782_400.5, "2000-02-29T00:00:00.500Z"),
            (1_800_000_000.999, "2027-01-15T08:00:00.999Z"), (253_402_300_799.999, "9999-12-31T23:59:59.999Z"),
            (-62_135_596_800, "0001-01-01T00:00:00.000Z"),
        ] as [(Double, String)])
    func isWrittenAsRFC3339(_ seconds: Double, _ text: String) {
        #expect(Timestamp(Date(timeIntervalSince1970: seconds)).text == text)
    }

    @Test func isReadAsItIsWritten() throws {
        let date = Date(timeIntervalSince1970: 1_800_000_000.999)
        let read = try JSONDecoder().decode(Timestamp.self, from: Data("\"\(Timestamp(date).text)\"".utf8))
        #expect(abs(read.date.timeIntervalSince(date)) < 0.001)
    }
}
