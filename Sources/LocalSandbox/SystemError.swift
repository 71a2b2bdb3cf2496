import Glibc

/// `errno` in words.
struct SystemError: Hashable, Sendable, CustomStringConvertible {
    let code: Int32

    init(_ code: Int32) {
        self.code = code
    }

    static var current: Self { Self(errno) }

    // strerror(3) keeps its text per thread since glibc 2.32.
    var description: String { String(cString: strerror(code)) }
}
