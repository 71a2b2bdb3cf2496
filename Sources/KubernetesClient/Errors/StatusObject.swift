import FoundationEssentials

/// A `meta/v1 Status`: the body of an error, of some deletions, of an ERROR watch event and of exec's channel 3.
struct StatusObject: Decodable {
    var kind: String
    /// `Success` or `Failure`.
    var status: String
    var message: String
    var reason: String
    var code: Int?
    var subjectKind: String
    var causes: [KubernetesError.Cause]
    var retryAfterSeconds: Int?

    private enum CodingKeys: String, CodingKey { case kind, status, message, reason, code, details }
    private enum DetailsKeys: String, CodingKey { case kind, causes, retryAfterSeconds }

    init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: CodingKeys.self)
        kind = container.text(.kind)
        status = container.text(.status)
        message = container.text(.message)
        reason = container.text(.reason)
        code = container.lenient(Int.self, .code)
        let details = try? container.nestedContainer(keyedBy: DetailsKeys.self, forKey: .details)
        subjectKind = details?.text(.kind) ?? ""
        causes = details?.list(KubernetesError.Cause.self, .causes) ?? []
        retryAfterSeconds = details?.lenient(Int.self, .retryAfterSeconds)
    }

    /// Nil for bytes that are not a Status.
    ///
    /// `isNamed`: whether it must say its own kind. The one that ends an exec does not.
    static func parse(_ bytes: [UInt8], isNamed: Bool = true) -> StatusObject? {
        guard let status = try? JSONDecoder().decode(StatusObject.self, from: Data(bytes)),
            isNamed ? status.kind == "Status" : !status.status.isEmpty
        else { return nil }
        return status
    }
}

extension KubernetesError.Cause: Decodable {
    private enum CodingKeys: String, CodingKey { case reason, message, field }

    package init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: CodingKeys.self)
        self.init(
            reason: container.text(.reason), message: container.text(.message), field: container.text(.field))
    }
}
