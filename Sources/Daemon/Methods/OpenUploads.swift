import Foundation
import SandboxCore
import Synchronization

/// The uploads that have begun and are not over. Bounded by the tasks that the control server allows.
final class OpenUploads: Sendable {
    private let uploads = Mutex<[String: Upload]>([:])

    /// Gives the id that its callers name it by; too random to be guessed.
    func add(_ upload: Upload) -> String {
        let id = UUID().uuidString.lowercased()
        uploads.withLock { $0[id] = upload }
        return id
    }

    func remove(_ id: String) { uploads.withLock { $0[id] = nil } }

    func find(_ id: String, uid: UInt32) throws(SandboxError) -> Upload {
        guard let upload = uploads.withLock({ $0[id] }), upload.uid == uid else {
            throw .invalid("there is no open upload of this upload_id: it is over, or its connection was closed")
        }
        return upload
    }
}
