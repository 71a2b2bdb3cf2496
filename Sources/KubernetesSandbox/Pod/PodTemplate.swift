import SandboxCore

/// A pod of the operator's own (or our default one), and what is filled in before it goes to the cluster.
///
/// Set, whatever the template says: name, namespace, the daemon's labels and annotations, the main container's image,
/// and for an injected server its command. Set where the template is silent: a session's labels and variables, ports,
/// a probe for the image's own server, `workingDir`, and the few fields whose defaults would hand the sandbox a
/// service-account token, the addresses of every service, a restart that loses the session's processes, or half a
/// minute of dying. All else stays as it came.
struct PodTemplate {
    let root: ManifestValue
    let isDefault: Bool

    func filled(by builder: PodBuilder) throws(SandboxError) -> BuiltPod {
        var pod = try TemplateReader.object(root, at: "pod_template")
        if let kind = pod["kind"], kind != .null, kind != "Pod" {
            throw .invalid("pod_template.kind must be Pod, is \(kind.string ?? kind.kindName)")
        }
        pod["apiVersion"] = "v1"
        pod["kind"] = "Pod"
        var spec = try TemplateReader.object(pod["spec"], at: "pod_template.spec")
        var containers = try TemplateReader.objects(spec["containers"], at: "pod_template.spec.containers")
        if containers.isEmpty { containers = [["name": .string(PodBuilder.mainContainer)]] }
        let main = containers.firstIndex { $0["name"] == .string(PodBuilder.mainContainer) } ?? 0
        let filling = ContainerFilling(
            builder: builder, isDefault: isDefault, path: "pod_template.spec.containers[\(main)]")
        let layout = try filling.fill(&containers[main])
        if layout.access == .inject {
            try PodInjection(image: builder.profile.execdImage ?? "").add(to: &spec, container: &containers[main])
        }
        spec["containers"] = .array(containers.map { .object($0) })
        Self.fillDefaults(&spec, serviceAccount: builder.profile.serviceAccountName)
        pod["spec"] = .object(spec)
        pod["metadata"] = try metadata(pod["metadata"], builder: builder, layout: layout)
        return BuiltPod(manifest: .object(pod), layout: layout)
    }

    private func metadata(
        _ value: ManifestValue?, builder: PodBuilder, layout: PodLayout
    ) throws(SandboxError) -> ManifestValue {
        let path = "pod_template.metadata"
        var metadata = try TemplateReader.object(value, at: path)
        metadata["name"] = .string(builder.identity.name)
        metadata["namespace"] = .string(builder.identity.namespace)
        // A name beside generateName makes the latter moot, but only by the server's grace.
        metadata["generateName"] = nil
        let own = try TemplateReader.texts(metadata["labels"], at: "\(path).labels")
        try KubernetesProfile.validate(
            labels: own.filter { $0.key != PodIdentity.managedByLabel }, of: "\(path).labels")
        // Operators' labels win over a session's: network policies may go by them.
        let labels = [builder.labels, builder.profile.labels, own, builder.identity.labels]
        metadata["labels"] = Self.merged(labels)
        let annotations = try TemplateReader.texts(metadata["annotations"], at: "\(path).annotations")
        metadata["annotations"] = Self.merged([annotations, builder.identity.annotations, layout.annotations])
        return .object(metadata)
    }

    private static func merged(_ layers: [[String: String]]) -> ManifestValue {
        let all = layers.reduce(into: [String: String]()) { $0.merge($1) { _, later in later } }
        return .object(all.mapValues { .string($0) })
    }

    private static func fillDefaults(_ spec: inout [String: ManifestValue], serviceAccount: String) {
        let defaults: [String: ManifestValue] = [
            "serviceAccountName": .string(serviceAccount), "automountServiceAccountToken": false,
            "enableServiceLinks": false, "restartPolicy": "Never", "terminationGracePeriodSeconds": 5,
        ]
        for (name, value) in defaults where (spec[name] ?? .null) == .null { spec[name] = value }
    }
}
