import Glibc
import SandboxCore

/// Directories of sandboxes that are not there yet or not there any more. Their names begin with a dot and end with
/// the identity of the daemon at work on them; nothing ever runs in one.
enum LeftoverDirectory {
    /// A name that no other call and no other daemon uses.
    static func path(_ layout: StateLayout, _ name: String) -> String {
        let own = ProcessStatus(pid: getpid())?.startTime ?? 0
        return layout.directory(".\(name).\(UInt32.random(in: 0 ... .max)).\(getpid()).\(own)")
    }

    /// Removes those of daemons that are gone.
    static func sweep(_ layout: StateLayout) throws(SandboxError) {
        for entry in try DirectoryListing.names(layout.sandboxes) where entry.hasPrefix(".") {
            let parts = entry.split(separator: ".")
            guard parts.count == 4, let pid = Int32(parts[2]), let start = UInt64(parts[3]),
                !ProcessIdentity(pid: pid, startTime: start).isAlive
            else { continue }
            try DirectoryRemoval.remove(layout.directory(entry))
        }
    }
}
