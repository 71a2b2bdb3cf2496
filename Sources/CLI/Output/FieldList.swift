/// Names and their values below each other, for one thing seen closely.
struct FieldList {
    private let fields: [(name: String, value: String)]

    /// Fields without a value are left out.
    init(_ fields: [(String, String?)]) {
        self.fields = fields.compactMap { name, value in value.map { (Printable.text(name), Printable.text($0)) } }
    }

    var text: String {
        let width = (fields.map(\.name.count).max() ?? 0) + 3
        return fields.map { field in
            "\(field.name):".padding(to: width) + (field.value.isEmpty ? "-" : field.value)
        }.joined(separator: "\n")
    }
}

extension String {
    fileprivate func padding(to width: Int) -> String { self + String(repeating: " ", count: max(0, width - count)) }
}
