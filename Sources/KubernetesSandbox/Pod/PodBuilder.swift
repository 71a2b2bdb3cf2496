package import SandboxCore

/// Makes the pod of one claim. Pure: the same arguments give the same bytes, so that a create can be repeated.
package struct PodBuilder: Sendable {
    /// Where the volume with our exec server is mounted.
    package static let injectDirectory = "/podkeeper"
    package static let injectedServer = "/podkeeper/podkeeper-execd"
    package static let injectName = "podkeeper"
    package static let mainContainer = "sandbox"
    /// Names that only the daemon sets: another value would lock it out of its own sandbox.
    package static let tokenVariable = "SANDBOX_EXEC_TOKEN"
    package static let tokenDigestVariable = "SANDBOX_EXEC_TOKEN_SHA256"
    package static let portVariable = "SANDBOX_PORT"
    static let reservedVariables: Set<String> = [tokenVariable, tokenDigestVariable, portVariable]

    /// Keeps any image that has a shell alive, ends at once on TERM, and reaps: `wait` of every common shell collects
    /// whatever child ends, orphans that fell to process 1 included.
    static let keepAlive: ManifestValue = [
        "sh", "-c", "trap 'exit 0' TERM INT; while :; do sleep 3600 & wait $!; done",
    ]

    let profile: KubernetesProfile
    let identity: PodIdentity
    let token: String
    /// The session's own labels and variables.
    let labels: [String: String]
    let environment: [String: String]

    package init(
        profile: KubernetesProfile, identity: PodIdentity, token: String, labels: [String: String],
        environment: [String: String]
    ) {
        self.profile = profile
        self.identity = identity
        self.token = token
        self.labels = labels
        self.environment = environment
    }

    /// Throws `SandboxError` of kind `invalid` for a template with a wrong field, and for a session's labels or
    /// variables that no pod can carry.
    package func build() throws(SandboxError) -> BuiltPod {
        try KubernetesProfile.validate(labels: labels, of: "labels")
        try KubernetesProfile.validate(env: environment, of: "env")
        let template = PodTemplate(root: profile.podTemplate ?? defaultPod, isDefault: profile.podTemplate == nil)
        return try template.filled(by: self)
    }

    var access: PodLayout.Access {
        switch profile.effectiveExecServer {
        case nil: .api
        case .inject: .inject
        case .image: .image
        }
    }

    /// What only the daemon may say to the container.
    ///
    /// For our own server that is a digest: neither `kubectl describe` nor a command in the sandbox can show the
    /// token. The specification's servers know only the token itself.
    var ownVariables: [(name: String, value: String)] {
        switch access {
        case .api: []
        case .inject:
            [(Self.tokenDigestVariable, SHA256.hex(token.utf8)), (Self.portVariable, String(profile.port))]
        case .image: [(Self.tokenVariable, token), (Self.portVariable, String(profile.port))]
        }
    }

    /// The pod of a profile without a template, before it is filled in like any template.
    private var defaultPod: ManifestValue {
        [
            "apiVersion": "v1", "kind": "Pod",
            "spec": [
                "securityContext": [
                    "runAsNonRoot": true, "runAsUser": 1000, "runAsGroup": 1000, "fsGroup": 1000,
                    "seccompProfile": ["type": "RuntimeDefault"],
                ],
                "containers": [
                    [
                        "name": .string(Self.mainContainer),
                        "imagePullPolicy": "IfNotPresent",
                        "securityContext": Self.restricted(user: 1000),
                        // ephemeral-storage covers both volumes and the container's log: without a limit one
                        // sandbox can fill its node, and the node then evicts others.
                        "resources": [
                            "requests": ["memory": "256Mi", "cpu": "100m", "ephemeral-storage": "64Mi"],
                            "limits": ["memory": "768Mi", "cpu": "1", "ephemeral-storage": "2Gi"],
                        ],
                        "volumeMounts": [
                            ["name": "workspace", "mountPath": .string(workDirectory)],
                            ["name": "tmp", "mountPath": "/tmp"],
                        ],
                    ]
                ],
                "volumes": [
                    ["name": "workspace", "emptyDir": ["sizeLimit": "1Gi"]],
                    ["name": "tmp", "emptyDir": ["sizeLimit": "256Mi"]],
                ],
            ],
        ]
    }

    var workDirectory: String { profile.workDirectory ?? KubernetesProfile.defaultWorkDirectory }

    /// A container's part of what Pod Security's `restricted` asks for. Nil leaves the user to the pod.
    static func restricted(user: Int64?) -> ManifestValue {
        var context: [String: ManifestValue] = [
            "allowPrivilegeEscalation": false, "readOnlyRootFilesystem": true, "runAsNonRoot": true,
            "capabilities": ["drop": ["ALL"]], "seccompProfile": ["type": "RuntimeDefault"],
        ]
        if let user {
            context["runAsUser"] = .integer(user)
            context["runAsGroup"] = .integer(user)
        }
        return .object(context)
    }
}
