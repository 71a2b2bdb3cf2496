import SandboxCore

/// Puts our exec server into a pod of any image: an init container copies the static binary into a volume.
struct PodInjection {
    let image: String

    func add(
        to spec: inout [String: ManifestValue], container: inout [String: ManifestValue]
    ) throws(SandboxError) {
        let name = ManifestValue.string(PodBuilder.injectName)
        var volumes = try TemplateReader.objects(spec["volumes"], at: "pod_template.spec.volumes")
        try Self.refuse(name, in: volumes, at: "pod_template.spec.volumes")
        volumes.append(["name": name, "emptyDir": ["sizeLimit": "64Mi"]])
        spec["volumes"] = .array(volumes.map { .object($0) })

        var mounts = try TemplateReader.objects(container["volumeMounts"], at: "the main container's volumeMounts")
        let directory = ManifestValue.string(PodBuilder.injectDirectory)
        mounts.append(["name": name, "mountPath": directory, "readOnly": true])
        container["volumeMounts"] = .array(mounts.map { .object($0) })

        var containers = try TemplateReader.objects(spec["initContainers"], at: "pod_template.spec.initContainers")
        try Self.refuse(name, in: containers, at: "pod_template.spec.initContainers")
        // First, so that the operator's own init containers may use the server too.
        containers.insert(try installer(spec: spec, directory: directory), at: 0)
        spec["initContainers"] = .array(containers.map { .object($0) })
    }

    private func installer(
        spec: [String: ManifestValue], directory: ManifestValue
    ) throws(SandboxError) -> [String: ManifestValue] {
        let context = try TemplateReader.object(spec["securityContext"], at: "pod_template.spec.securityContext")
        // The pod's own user where it has one other than root: some clusters allow no other.
        let inherits = (context["runAsUser"]?.integer ?? 0) != 0
        return [
            "name": .string(PodBuilder.injectName), "image": .string(image), "imagePullPolicy": "IfNotPresent",
            "command": ["podkeeper-execd", "install", .string(PodBuilder.injectedServer)],
            // Wherever the image keeps it: at its root or among its programs.
            "env": [["name": "PATH", "value": "/:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"]],
            "securityContext": PodBuilder.restricted(user: inherits ? nil : 1000),
            "resources": [
                "requests": ["memory": "32Mi", "cpu": "10m", "ephemeral-storage": "64Mi"],
                "limits": ["memory": "128Mi", "cpu": "1", "ephemeral-storage": "128Mi"],
            ],
            "volumeMounts": [["name": .string(PodBuilder.injectName), "mountPath": directory]],
        ]
    }

    private static func refuse(
        _ name: ManifestValue, in objects: [[String: ManifestValue]], at path: String
    ) throws(SandboxError) {
        guard let index = objects.firstIndex(where: { $0["name"] == name }) else { return }
        throw .invalid("\(path)[\(index)].name must not be \(PodBuilder.injectName): the daemon adds one of that name")
    }
}
