/// The part of `metadata` that identifies an object and says who owns it.
package struct ObjectMetadata: Hashable, Sendable, Decodable {
    package var name: String
    package var namespace: String
    /// Unique for all time: another object that takes the same name has another UID.
    package var uid: String
    /// Opaque; to be compared for equality only.
    package var resourceVersion: String
    package var labels: [String: String]
    /// Without the values over 4096 bytes: those are other programs' data.
    package var annotations: [String: String]
    /// RFC 3339, to the second.
    package var creationTimestamp: String?
    /// RFC 3339; set once deletion is under way: when the grace period ends.
    package var deletionTimestamp: String?
    /// Who else has to let go of the object before it can disappear.
    package var finalizers: [String]

    package init(
        name: String, namespace: String, uid: String, resourceVersion: String = "", labels: [String: String] = [:],
        annotations: [String: String] = [:], creationTimestamp: String? = nil, deletionTimestamp: String? = nil,
        finalizers: [String] = []
    ) {
        self.name = name
        self.namespace = namespace
        self.uid = uid
        self.resourceVersion = resourceVersion
        self.labels = labels
        self.annotations = annotations
        self.creationTimestamp = creationTimestamp
        self.deletionTimestamp = deletionTimestamp
        self.finalizers = finalizers
    }

    private enum CodingKeys: String, CodingKey {
        case name, namespace, uid, resourceVersion, labels, annotations, creationTimestamp, deletionTimestamp
        case finalizers
    }

    package init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: CodingKeys.self)
        self.init(
            name: container.text(.name), namespace: container.text(.namespace), uid: container.text(.uid),
            resourceVersion: container.text(.resourceVersion), labels: container.boundedTexts(.labels),
            annotations: container.boundedTexts(.annotations),
            creationTimestamp: container.lenient(String.self, .creationTimestamp),
            deletionTimestamp: container.lenient(String.self, .deletionTimestamp),
            finalizers: container.list(String.self, .finalizers).map { $0.prefixOfUTF8(maximumFieldBytes) })
    }
}
