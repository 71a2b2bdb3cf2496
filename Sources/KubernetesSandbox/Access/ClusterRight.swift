import KubernetesClient

/// One thing that the daemon must be allowed to do in the sandboxes' namespaces.
///
/// `table` is the one place where rights are listed: the check at the start and the YAML in its text are made from it,
/// and a test holds deploy/kubernetes/rbac.yaml against it.
package struct ClusterRight: Sendable {
    package enum Need: Sendable {
        /// The daemon does not start without it.
        case always
        /// The same, where a profile of the namespace is like this.
        case when(@Sendable (KubernetesProfile) -> Bool)
        /// The same, where exec servers are reached in this way alone; `auto` is better with port-forward.
        case reach(Connect)
        /// Something is worse without it, nothing fails.
        case better
    }

    /// `pods`, or `pods/exec`; all are of the core group.
    package var resource: String
    package var verb: String
    package var need: Need
    /// The first minor version of 1.x whose API servers ask for it; nil: all do.
    package var since: Int?
    /// What it is for, as the end of a sentence that says what is missing.
    package var why: String

    init(_ verb: String, _ resource: String, _ need: Need, since: Int? = nil, _ why: String) {
        self.resource = resource
        self.verb = verb
        self.need = need
        self.since = since
        self.why = why
    }

    package static let table: [ClusterRight] = [
        ClusterRight("get", "pods", .always, "to see whether a sandbox lives"),
        ClusterRight("list", "pods", .always, "to find its own pods after a restart"),
        ClusterRight("watch", "pods", .better, "to see changes at once; without it they are polled for"),
        ClusterRight("create", "pods", .always, "to start sandboxes"),
        ClusterRight("delete", "pods", .always, "to remove sandboxes"),
        ClusterRight(
            "patch", "pods", .when { !$0.deleteOnStop }, "to label the pods of profiles with delete_on_stop: false"),
        ClusterRight("get", "pods/exec", .when { $0.mode == .api }, "for mode: api, whose handshake is a GET"),
        ClusterRight(
            "create", "pods/exec", .when { $0.mode == .api }, since: 35,
            "for mode: api, which API servers from 1.35 on ask for"),
        ClusterRight(
            "get", "pods/portforward", .reach(.portForward),
            "to reach exec servers whose pod's IP is out of reach; the handshake is a GET"),
        ClusterRight(
            "create", "pods/portforward", .reach(.portForward), since: 35,
            "for the same, which API servers from 1.35 on ask for"),
        ClusterRight("get", "pods/proxy", .reach(.proxy), "for connect: proxy"),
        ClusterRight("create", "pods/proxy", .reach(.proxy), "for connect: proxy, whose calls are POSTs"),
        ClusterRight("get", "pods/log", .better, "to show the last words of a container that failed"),
        ClusterRight("list", "events", .better, "to show the cluster's own account of a failed start"),
    ]

    /// Nil where no profile needs it; else whether the daemon cannot do without. `server` nil: unknown, so as the newest.
    func isEssential(for profiles: [KubernetesProfile], connect: Connect, server: ServerVersion?) -> Bool? {
        guard let isEssential = isEssential(for: profiles, connect: connect) else { return nil }
        guard let since, let server, (server.major, server.minor) < (1, since) else { return isEssential }
        return false
    }

    private func isEssential(for profiles: [KubernetesProfile], connect: Connect) -> Bool? {
        switch need {
        case .always: return true
        case .when(let applies): return profiles.contains(where: applies) ? true : nil
        case .reach(let way):
            guard profiles.contains(where: { $0.mode == .http }) else { return nil }
            guard connect != way else { return true }
            return connect == .auto && way == .portForward ? false : nil
        case .better: return false
        }
    }

    /// The rules of a Role that grants these rights, on one line: YAML that can be pasted into a manifest.
    package static func rules(for rights: [ClusterRight]) -> String {
        var resources: [String] = []
        for right in rights where !resources.contains(right.resource) { resources.append(right.resource) }
        let rules = resources.map { resource in
            let verbs = rights.filter { $0.resource == resource }.map(\.verb).joined(separator: ", ")
            return "{apiGroups: [\"\"], resources: [\(resource)], verbs: [\(verbs)]}"
        }
        return "[" + rules.joined(separator: ", ") + "]"
    }
}
