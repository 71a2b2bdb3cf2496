import Foundation
import SessionManager

// Apart from the files that import ControlAPI, whose `Timestamp` this one is turned into.
extension Timestamp {
    var date: Date { Date(timeIntervalSince1970: Double(milliseconds) / 1000) }
}
