import ArgumentParser

/// `KEY=VALUE` on the command line. The value may be empty and may have more `=`.
struct KeyValue: ExpressibleByArgument, Hashable {
    let key: String
    let value: String

    init?(argument: String) {
        guard let equals = argument.firstIndex(of: "="), equals != argument.startIndex else { return nil }
        key = String(argument[..<equals])
        value = String(argument[argument.index(after: equals)...])
    }
}

extension [KeyValue] {
    /// Nil when there are none; of two equal keys the later wins.
    var dictionary: [String: String]? {
        isEmpty ? nil : Dictionary(map { ($0.key, $0.value) }) { _, last in last }
    }
}
