extension Pod: Decodable {
    private enum CodingKeys: String, CodingKey { case metadata, spec, status }
    private enum SpecKeys: String, CodingKey { case nodeName, containers }
    private enum StatusKeys: String, CodingKey {
        case phase, reason, message, podIP, podIPs, conditions, containerStatuses, initContainerStatuses
    }

    private struct NamedContainer: Decodable { var name: String }
    private struct Address: Decodable { var ip: String }

    package init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: CodingKeys.self)
        let spec = try? container.nestedContainer(keyedBy: SpecKeys.self, forKey: .spec)
        let status = try? container.nestedContainer(keyedBy: StatusKeys.self, forKey: .status)
        let podIP = status?.text(.podIP) ?? ""
        var podIPs = status?.list(Address.self, .podIPs).map(\.ip) ?? []
        if podIPs.isEmpty, !podIP.isEmpty { podIPs = [podIP] }
        self.init(
            metadata: try container.decode(ObjectMetadata.self, forKey: .metadata),
            nodeName: spec?.text(.nodeName) ?? "",
            containerNames: spec?.list(NamedContainer.self, .containers).map(\.name) ?? [],
            phase: status?.text(.phase) ?? "",
            reason: status?.boundedText(.reason) ?? "",
            message: status?.boundedText(.message) ?? "",
            podIP: podIP,
            podIPs: podIPs,
            conditions: status?.list(PodCondition.self, .conditions) ?? [],
            containerStatuses: status?.list(ContainerStatus.self, .containerStatuses) ?? [],
            initContainerStatuses: status?.list(ContainerStatus.self, .initContainerStatuses) ?? [])
    }
}
