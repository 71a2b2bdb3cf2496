extension SandboxPath {
    /// The absolute form for showing and for comparing: joined to `workDirectory`, without empty and `.` components and
    /// without a slash at the end. `..` stays: what it means depends on symlinks, which only the kernel can tell.
    package func absolute(in workDirectory: String) -> [UInt8] {
        let slash = UInt8(ascii: "/")
        let whole = isAbsolute ? bytes : Array(workDirectory.utf8) + [slash] + bytes
        var result: [UInt8] = []
        for part in whole.split(separator: slash) where !part.elementsEqual([UInt8(ascii: ".")]) {
            result.append(slash)
            result += part
        }
        return result.isEmpty ? [slash] : result
    }

    /// `directory/name` with exactly one slash between.
    package static func join(_ directory: [UInt8], _ name: [UInt8]) -> [UInt8] {
        directory.last == UInt8(ascii: "/") ? directory + name : directory + [UInt8(ascii: "/")] + name
    }
}
