import FoundationEssentials
import HTTPTransport

extension KubernetesConfiguration.Identity {
    /// `Authorization` and impersonation, on every request and every upgrade.
    ///
    /// `token`: the present one, from wherever it comes.
    func headers(token: String?) -> [HTTPHeaders.Field] {
        var fields: [HTTPHeaders.Field] = []
        if let token {
            fields.append(.init(name: "Authorization", value: "Bearer " + token))
        } else if username != nil || password != nil {
            let pair = "\(username ?? ""):\(password ?? "")"
            fields.append(.init(name: "Authorization", value: "Basic " + Data(pair.utf8).base64EncodedString()))
        }
        guard let user = impersonatedUser else { return fields }
        fields.append(.init(name: "Impersonate-User", value: user))
        if let uid = impersonatedUID { fields.append(.init(name: "Impersonate-Uid", value: uid)) }
        fields += impersonatedGroups.map { .init(name: "Impersonate-Group", value: $0) }
        for (key, values) in impersonatedExtra.sorted(by: { $0.key < $1.key }) {
            let name = "Impersonate-Extra-" + PercentEncoding.encode(key)
            fields += values.map { .init(name: name, value: $0) }
        }
        return fields
    }
}
