/// What the kubelet's reasons for a waiting container amount to (k8s.io/kubernetes pkg/kubelet: images/types.go,
/// kuberuntime/kuberuntime_container.go, container/sync_result.go).
enum WaitingReason: Hashable {
    /// On its way, or something newer than this list.
    case progress
    case pull
    /// No later pull can succeed.
    case definitivePull
    case create
    case run
    case crash

    init(_ reason: String) {
        self =
            switch reason {
            case "ErrImagePull", "ImagePullBackOff", "RegistryUnavailable": .pull
            case "InvalidImageName", "ErrImageNeverPull", "ImageInspectError", "SignatureValidationFailed":
                .definitivePull
            case "CreateContainerConfigError", "CreateContainerError", "CreatePodSandboxError",
                "ConfigPodSandboxError", "PreCreateHookError":
                .create
            case "RunContainerError", "PreStartHookError", "PostStartHookError": .run
            case "CrashLoopBackOff": .crash
            default: .progress
            }
    }
}
