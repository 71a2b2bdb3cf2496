import Foundation
import Glibc

/// The store's place in the file system.
enum StoreFiles {
    /// Makes the directories that are missing, with mode 0700; those that are there stay as they are.
    static func makeParents(of path: String) throws(StoreError) {
        let parent = URL(fileURLWithPath: path).deletingLastPathComponent().path
        do {
            try FileManager.default.createDirectory(
                atPath: parent, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o700])
        } catch {
            throw StoreError(
                "the directory \(parent) of store \(path) cannot be made (\(error)); choose another --store")
        }
    }

    /// Only when it is known to be ours: a stranger's file keeps its mode.
    static func restrict(_ path: String) throws(StoreError) {
        guard chmod(path, 0o600) == 0 else {
            let cause = String(cString: strerror(errno))
            throw StoreError("store \(path) cannot be given mode 0600 (\(cause)); see to its owner")
        }
    }
}
