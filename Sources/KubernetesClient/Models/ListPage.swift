/// One page of a list, as it comes over the wire.
struct ListPage<Item: Decodable & Sendable>: Decodable, Sendable {
    var kind: String
    var resourceVersion: String
    /// Empty on the last page, and only there.
    var continueToken: String
    var items: [Item]

    private enum CodingKeys: String, CodingKey { case kind, metadata, items }
    private enum MetadataKeys: String, CodingKey {
        case resourceVersion
        case continueToken = "continue"
    }

    init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: CodingKeys.self)
        kind = container.text(.kind)
        let metadata = try? container.nestedContainer(keyedBy: MetadataKeys.self, forKey: .metadata)
        resourceVersion = metadata?.text(.resourceVersion) ?? ""
        continueToken = metadata?.text(.continueToken) ?? ""
        items = container.list(Item.self, .items)
    }
}
