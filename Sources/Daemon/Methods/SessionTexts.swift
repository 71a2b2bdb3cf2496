import JSONRPC
import SessionManager
import Synchronization

/// What was written of sessions that are asked for again and again, by revision: as long as that is the same, so is the
/// text.
final class SessionTexts: Sendable {
    /// Some 800 bytes each. With more sessions in use than this, all are written anew now and then.
    private static let capacity = 4096

    /// A revision that is held by nobody else is of a session that shows something else by now.
    private let texts = Mutex<[ObjectIdentifier: (revision: SessionRevision, text: JSONMembersText)]>([:])

    /// The text of this revision, from `write` where there is none yet. Nil where that gives none.
    func text(of revision: SessionRevision, _ write: () -> JSONMembersText?) -> JSONMembersText? {
        let key = ObjectIdentifier(revision)
        if let text = texts.withLock({ $0[key]?.text }) { return text }
        guard let text = write() else { return nil }
        texts.withLock { texts in
            if texts.count >= Self.capacity { texts.removeAll(keepingCapacity: true) }
            texts[key] = (revision, text)
        }
        return text
    }
}
