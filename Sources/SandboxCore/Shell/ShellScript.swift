/// A POSIX shell script that answers in a form that survives noise around it and tells when it was cut short.
///
/// The answer is a line `#podkeeper <status> <fields>`, a body in base64, and a line `#podkeeper end`. Scripts use only
/// what both GNU coreutils and busybox have, and the same options of it.
struct ShellScript {
    private(set) var text: String

    /// `fail` turns the system's words at the end of a tool's message into a status. `LC_ALL=C` makes them English and
    /// every byte a character.
    private static let prelude = """
        LC_ALL=C
        export LC_ALL
        exec 2>/dev/null
        reply() { printf '#podkeeper %s\\n' "$*"; }
        finish() { reply "$@"; reply end; exit 0; }
        tell() { reply "$1"; printf '%s' "$2" | head -c 300 | base64; reply end; exit 0; }
        fail() {
        case $1 in
        *'No space left on device'|*'quota exceeded') finish no_space ;;
        *'Read-only file system') finish read_only ;;
        *'Permission denied'|*'Operation not permitted') finish permission_denied ;;
        *'No such file or directory'|*'Directory nonexistent'|*'nonexistent directory') finish not_found ;;
        *'Not a directory'|*'File exists') finish not_directory ;;
        *'Is a directory') finish is_directory ;;
        *'Too many levels of symbolic links'|*'Symbolic link loop') finish loop ;;
        *'File name too long'|*'Filename too long') finish too_long ;;
        esac
        tell failed "$1"
        }

        """

    /// `tools` are checked first, so that a bare image is named as the reason.
    init(tools: String) {
        text = Self.prelude
        add("for tool in \(tools); do command -v $tool >/dev/null || finish lacks $tool; done")
    }

    mutating func add(_ lines: String) { text += lines + "\n" }

    /// Sets a variable to these very bytes, which hold no NUL.
    mutating func assign(_ variable: String, _ bytes: [UInt8]) {
        if let word = ShellQuoting.quoted(bytes) {
            add("\(variable)=\(word)")
        } else {
            // A command substitution drops newlines at the end: the x keeps them.
            add("\(variable)=$(printf '\(ShellQuoting.octal(bytes))x'); \(variable)=${\(variable)%x}")
        }
    }
}

enum ShellQuoting {
    /// As one word in single quotes; nil if the bytes are not UTF-8, which a script is.
    static func quoted(_ bytes: [UInt8]) -> String? {
        guard let text = String(validating: bytes, as: UTF8.self) else { return nil }
        return quoted(text)
    }

    static func quoted(_ text: String) -> String {
        // By bytes: a combining mark after a quote would hide it from a search by characters.
        var result = Array("'".utf8)
        for byte in text.utf8 {
            if byte == UInt8(ascii: "'") { result += Array("'\\''".utf8) } else { result.append(byte) }
        }
        return String(decoding: result + Array("'".utf8), as: UTF8.self)
    }

    /// For the format of printf(1): `\ooo` for every byte.
    static func octal(_ bytes: [UInt8]) -> String {
        var text = ""
        for byte in bytes { text += "\\\(byte >> 6)\(byte >> 3 & 7)\(byte & 7)" }
        return text
    }
}
