import FoundationEssentials

/// One line of a watch.
package enum WatchEvent: Hashable, Sendable {
    case added(Pod)
    case modified(Pod)
    /// The pod's last state.
    case deleted(Pod)
    /// Nothing happened up to this resource version.
    case bookmark(resourceVersion: String)

    package var resourceVersion: String {
        switch self {
        case .added(let pod), .modified(let pod), .deleted(let pod): pod.metadata.resourceVersion
        case .bookmark(let resourceVersion): resourceVersion
        }
    }

    /// - Returns: nil for a type that this version does not know; it is to be skipped.
    /// - Throws: the server's error for an ERROR event; `malformedResponse` for what is no event.
    static func parse(_ line: [UInt8], operation: String) throws(KubernetesError) -> WatchEvent? {
        let data = Data(line)
        guard let envelope = try? JSONDecoder().decode(Envelope.self, from: data) else {
            throw KubernetesError(.malformedResponse, "\(operation): a line of \(line.count) bytes is no watch event")
        }
        switch envelope.type {
        case "ADDED", "MODIFIED", "DELETED":
            guard let pod = try? JSONDecoder().decode(ObjectOf<Pod>.self, from: data).object, !pod.uid.isEmpty,
                !pod.name.isEmpty
            else {
                throw KubernetesError(.malformedResponse, "\(operation): a \(envelope.type) event holds no pod")
            }
            return envelope.type == "ADDED" ? .added(pod) : envelope.type == "MODIFIED" ? .modified(pod) : .deleted(pod)
        case "BOOKMARK":
            let bookmark = try? JSONDecoder().decode(ObjectOf<Bookmark>.self, from: data).object
            return bookmark.map { .bookmark(resourceVersion: $0.metadata.resourceVersion) }
        case "ERROR":
            guard let status = try? JSONDecoder().decode(ObjectOf<StatusObject>.self, from: data).object else {
                throw KubernetesError(.malformedResponse, "\(operation): the watch ended with an error of unknown form")
            }
            throw KubernetesError(status, httpStatus: status.code ?? 500, operation: operation)
        default:
            return nil
        }
    }

    private struct Envelope: Decodable { var type: String }
    private struct ObjectOf<Object: Decodable>: Decodable { var object: Object }
    private struct Bookmark: Decodable { var metadata: ObjectMetadata }
}
