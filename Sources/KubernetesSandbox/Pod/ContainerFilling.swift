import SandboxCore

/// What the main container of a pod gets.
struct ContainerFilling {
    let builder: PodBuilder
    /// The pod is our own default one.
    let isDefault: Bool
    /// Where the container is in the template, for errors.
    let path: String

    private var profile: KubernetesProfile { builder.profile }

    func fill(_ container: inout [String: ManifestValue]) throws(SandboxError) -> PodLayout {
        let access = builder.access
        let name = try TemplateReader.text(container["name"], at: "\(path).name") ?? PodBuilder.mainContainer
        container["name"] = .string(name)
        container["image"] = .string(profile.image)
        let templated = try TemplateReader.text(container["workingDir"], at: "\(path).workingDir")
        let workDirectory = profile.workDirectory ?? templated ?? builder.workDirectory
        guard workDirectory.hasPrefix("/") else {
            throw .invalid("\(path).workingDir must be an absolute path, '\(workDirectory)' is not")
        }
        container["workingDir"] = .string(workDirectory)
        container["env"] = .array(try environment(container["env"], workDirectory: workDirectory))
        if access != .api { container["ports"] = .array(try ports(container["ports"])) }
        switch access {
        case .inject:
            container["command"] = [
                .string(PodBuilder.injectedServer), "init", "--", "serve", "--port", .string(String(profile.port)),
                "--work-dir", .string(Self.literal(workDirectory)),
            ]
            container["args"] = nil
        case .image:
            if (container["readinessProbe"] ?? .null) == .null { container["readinessProbe"] = healthProbe }
        case .api:
            let isSilent = ["command", "args"].allSatisfy { (container[$0] ?? .null) == .null }
            // Stock images end at once without a terminal; their own command is of no use to a session.
            if isSilent { container["command"] = PodBuilder.keepAlive }
        }
        return PodLayout(
            access: access, port: profile.port, container: name, workDirectory: workDirectory,
            isKept: !profile.deleteOnStop)
    }

    /// The template's own list, each name once, then what it does not name.
    private func environment(
        _ value: ManifestValue?, workDirectory: String
    ) throws(SandboxError) -> [ManifestValue] {
        var entries: [(name: String, entry: ManifestValue)] = []
        for (index, entry) in try TemplateReader.objects(value, at: "\(path).env").enumerated() {
            guard let name = entry["name"]?.string else { throw .invalid("\(path).env[\(index)].name is missing") }
            _ = try TemplateReader.text(entry["value"], at: "\(path).env[\(index)].value")
            guard !PodBuilder.reservedVariables.contains(name) else { continue }
            // The kubelet takes the last of several.
            entries.removeAll { $0.name == name }
            entries.append((name, .object(entry)))
        }
        var taken = Set(entries.map(\.name)).union(PodBuilder.reservedVariables)
        func add(_ name: String, _ text: String) {
            guard taken.insert(name).inserted else { return }
            entries.append((name, ["name": .string(name), "value": .string(Self.literal(text))]))
        }
        for layer in [builder.environment, profile.env] {
            for (name, text) in layer.sorted(by: { $0.key < $1.key }) { add(name, text) }
        }
        add("PYTHONUNBUFFERED", "1")
        // The default pod's user has no home in most images, and their root is read-only here.
        if isDefault { add("HOME", workDirectory) }
        let own = builder.ownVariables.map { ["name": .string($0.name), "value": .string($0.value)] as ManifestValue }
        return own + entries.map(\.entry)
    }

    /// `$(NAME)` in a value is the kubelet's substitution and `$$` its escape (third_party/forked/golang/expansion in
    /// k8s.io/kubernetes); here a value is what it says.
    static func literal(_ text: String) -> String {
        text.split(separator: "$", omittingEmptySubsequences: false).joined(separator: "$$")
    }

    private func ports(_ value: ManifestValue?) throws(SandboxError) -> [ManifestValue] {
        let ports = try TemplateReader.objects(value, at: "\(path).ports")
        let wanted = ManifestValue.integer(Int64(profile.port))
        guard !ports.contains(where: { $0["containerPort"] == wanted }) else { return ports.map { .object($0) } }
        var port: [String: ManifestValue] = ["containerPort": wanted, "protocol": "TCP"]
        if !ports.contains(where: { $0["name"] == "exec" }) { port["name"] = "exec" }
        return ports.map { .object($0) } + [.object(port)]
    }

    private var healthProbe: ManifestValue {
        [
            "httpGet": ["path": "/health", "port": .integer(Int64(profile.port))],
            "initialDelaySeconds": 1, "periodSeconds": 2, "failureThreshold": 5,
        ]
    }
}
