import GRDB
import SessionManager

/// Reads columns by index, and throws where a value is not what it must be: GRDB's own subscripts trap.
struct RowReader {
    let row: Row

    func text(_ index: Int) throws -> String {
        guard let text = try optionalText(index) else { throw fault(index, "is missing") }
        return text
    }

    func optionalText(_ index: Int) throws -> String? {
        let value = row.databaseValue(index)
        if value.isNull { return nil }
        guard case .string(let text) = value.storage else { throw fault(index, "is no text") }
        return text
    }

    func integer(_ index: Int) throws -> Int64 {
        guard let number = try optionalInteger(index) else { throw fault(index, "is missing") }
        return number
    }

    func optionalInteger(_ index: Int) throws -> Int64? {
        let value = row.databaseValue(index)
        if value.isNull { return nil }
        guard case .int64(let number) = value.storage else { throw fault(index, "is no integer") }
        return number
    }

    func userID(_ index: Int) throws -> UInt32 {
        guard let id = UInt32(exactly: try integer(index)) else { throw fault(index, "is no user or group id") }
        return id
    }

    func duration(_ index: Int) throws -> Duration? {
        guard let milliseconds = try optionalInteger(index) else { return nil }
        guard milliseconds >= 0 else { throw fault(index, "is negative") }
        return .milliseconds(milliseconds)
    }

    func choice<Choice: RawRepresentable<String>>(_ index: Int) throws -> Choice {
        guard let choice: Choice = try optionalChoice(index) else { throw fault(index, "is missing") }
        return choice
    }

    func optionalChoice<Choice: RawRepresentable<String>>(_ index: Int) throws -> Choice? {
        guard let text = try optionalText(index) else { return nil }
        guard let choice = Choice(rawValue: text) else { throw fault(index, "is '\(text)', which is unknown") }
        return choice
    }

    private func fault(_ index: Int, _ what: String) -> StoreFault {
        let names = Array(row.columnNames)
        return StoreFault("\(index < names.count ? names[index] : "column \(index)") \(what)")
    }
}

extension Row {
    fileprivate func databaseValue(_ index: Int) -> DatabaseValue {
        index < count ? self[index] : .null
    }
}
