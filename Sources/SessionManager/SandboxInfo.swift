/// What is known of a sandbox once its backend has made it. Kept in the store.
package struct SandboxInfo: Hashable, Sendable, Codable {
    package var name: String
    /// The pod's UID, or as unique a string on the local backend.
    package var uid: String
    package var namespace: String?
    package var node: String?
    package var ip: String?
    package var image: String?
    /// `http` or `api`; nil on the local backend.
    package var mode: String?
    /// The exec server's process id on the local backend.
    package var pid: Int32?
    package var workDirectory: String
    private var stages: StageTimes?

    /// Seconds that each stage of its start took (`SandboxError.StartPhase`'s names), to the millisecond; nil where
    /// nobody measured.
    package var timing: [String: Double]? {
        get { stages?.seconds }
        set { stages = newValue.map(StageTimes.init) }
    }

    package init(
        name: String, uid: String, namespace: String? = nil, node: String? = nil, ip: String? = nil,
        image: String? = nil, mode: String? = nil, pid: Int32? = nil, workDirectory: String
    ) {
        self.name = name
        self.uid = uid
        self.namespace = namespace
        self.node = node
        self.ip = ip
        self.image = image
        self.mode = mode
        self.pid = pid
        self.workDirectory = workDirectory
    }

    private enum CodingKeys: String, CodingKey {
        case name, uid, namespace, node, ip, image, mode, pid, workDirectory, timing
    }

    package init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: CodingKeys.self)
        self.init(
            name: try container.decode(String.self, forKey: .name),
            uid: try container.decode(String.self, forKey: .uid),
            namespace: try container.decodeIfPresent(String.self, forKey: .namespace),
            node: try container.decodeIfPresent(String.self, forKey: .node),
            ip: try container.decodeIfPresent(String.self, forKey: .ip),
            image: try container.decodeIfPresent(String.self, forKey: .image),
            mode: try container.decodeIfPresent(String.self, forKey: .mode),
            pid: try container.decodeIfPresent(Int32.self, forKey: .pid),
            workDirectory: try container.decode(String.self, forKey: .workDirectory))
        timing = try container.decodeIfPresent([String: Double].self, forKey: .timing)
    }

    package func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: CodingKeys.self)
        try container.encode(name, forKey: .name)
        try container.encode(uid, forKey: .uid)
        try container.encodeIfPresent(namespace, forKey: .namespace)
        try container.encodeIfPresent(node, forKey: .node)
        try container.encodeIfPresent(ip, forKey: .ip)
        try container.encodeIfPresent(image, forKey: .image)
        try container.encodeIfPresent(mode, forKey: .mode)
        try container.encodeIfPresent(pid, forKey: .pid)
        try container.encode(workDirectory, forKey: .workDirectory)
        try container.encodeIfPresent(timing, forKey: .timing)
    }
}
