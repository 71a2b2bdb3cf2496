/// What the daemon may not do in one namespace, by the cluster's own word.
package struct MissingRights: Sendable {
    package var namespace: String
    /// Without these the configured profiles cannot work.
    package var essential: [ClusterRight]
    /// Without these something is worse.
    package var others: [ClusterRight]

    package var isEmpty: Bool { essential.isEmpty && others.isEmpty }

    /// One sentence for people: each missing right and what it is for, and the YAML that grants it.
    package var text: String {
        let all = essential + others
        let list = all.map { "\($0.verb) \($0.resource) (\($0.why))" }.joined(separator: ", ")
        return "in namespace \(namespace) the daemon is not allowed to \(list); grant it with a Role there that has "
            + "rules: \(ClusterRight.rules(for: all)), see deploy/kubernetes/rbac.yaml"
    }
}
