import Glibc

/// Why no process was started.
package struct ProcessError: Error, Hashable, Sendable, CustomStringConvertible {
    package enum Kind: Hashable, Sendable {
        /// The command itself cannot be given to the kernel (NUL bytes, an empty argv, a wrong variable name).
        case invalid
        /// The working directory cannot be entered; the errno says why.
        case workingDirectory(Int32)
        /// The machine is short of something (descriptors, processes, memory); the errno says of what.
        case resources(Int32)
    }

    package let kind: Kind
    package let description: String

    package init(_ kind: Kind, _ description: String) {
        self.kind = kind
        self.description = description
    }

    /// Passes on what a function of our C shim returned, which is negative where it failed.
    static func check(_ result: Int32, _ call: String) throws(ProcessError) -> Int32 {
        guard result < 0 else { return result }
        throw ProcessError(.resources(-result), "\(call): \(text(-result))")
    }

    package static func text(_ code: Int32) -> String {
        var buffer = [CChar](repeating: 0, count: 256)
        guard strerror_r(code, &buffer, buffer.count) == 0 else { return "error \(code)" }
        return String(decoding: buffer.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }
}
