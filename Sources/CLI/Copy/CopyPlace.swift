import ArgumentParser

/// One end of a copy.
enum CopyPlace: Hashable {
    /// `-`: standard input or output.
    case standard
    case local(String)
    case sandbox(session: String, path: String)

    /// `SESSION:PATH` is in a sandbox, except where it begins with `/` or `.`, as only a local path does. With `session`
    /// given, what begins with `:` is in that one, whose id may then hold anything.
    init(_ argument: String, session: String?) throws(ValidationError) {
        guard !argument.isEmpty else { throw ValidationError("a path must not be empty") }
        if argument == "-" {
            self = .standard
        } else if argument.hasPrefix("/") || argument.hasPrefix(".") {
            self = .local(argument)
        } else if let colon = argument.firstIndex(of: ":") {
            let path = String(argument[argument.index(after: colon)...])
            let id = colon == argument.startIndex ? session : String(argument[..<colon])
            guard let id else { throw ValidationError("'\(argument)' names no session: SESSION:PATH") }
            self = .sandbox(session: id, path: path.isEmpty ? "." : path)
        } else {
            self = .local(argument)
        }
    }

    /// The last component of a path, as a copy of it is named; nil for `/`, `.` and `..`.
    static func name(of path: String) -> String? {
        let name = path.split(separator: "/").last.map(String.init)
        return name == "." || name == ".." ? nil : name
    }

    /// `directory/name`.
    static func join(_ directory: String, _ name: String) -> String {
        directory.hasSuffix("/") ? directory + name : directory + "/" + name
    }
}
