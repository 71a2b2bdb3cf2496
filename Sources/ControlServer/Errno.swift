import Glibc

/// Error numbers of the C library (errno(3)).
enum Errno {
    /// The current thread's errno. Read it at once after the call that failed.
    static var current: Int32 { errno }

    /// What the number means, in English. strerror(3) of glibc 2.32 and later is safe to call from any thread.
    static func text(_ number: Int32) -> String { String(cString: strerror(number)) }
}
