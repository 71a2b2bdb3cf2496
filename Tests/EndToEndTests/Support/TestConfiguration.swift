/// The configuration of the tests' daemons.
enum TestConfiguration {
    /// Asks for so little that a node of two cores takes dozens.
    private static let light =
        "{spec: {containers: [{name: sandbox, resources: {requests: {cpu: 1m, memory: 8Mi}}}]}}"

    /// Of the profiles whose operations are tested.
    private static let environment = "env: {FROM_PROFILE: of the profile}"

    static func yaml(route: SandboxRoute, sessions: String, pool: String?, kubeconfig: String? = nil) -> String {
        let pool = pool.map { "pool: \($0)" } ?? ""
        guard route.isKubernetes, let kubeconfig = kubeconfig ?? TestCluster.kubeconfig else {
            return """
                backend: local
                sessions: \(sessions)
                profiles: {default: {\(environment)}, warm: {\(pool)}}
                """
        }
        return """
            backend: kubernetes
            sessions: \(sessions)
            kubernetes:
              kubeconfig: "\(kubeconfig)"
              namespace: \(TestCluster.namespace)
              execd_image: "\(TestCluster.execdImage)"
            profiles:
              default: {image: "busybox:1"}
              warm: {image: "busybox:1", \(pool)}
              http-busybox: {image: "busybox:1", \(environment)}
              http-debian: {image: "debian:12", \(environment)}
              api-busybox: {image: "busybox:1", mode: api, \(environment)}
              api-debian: {image: "debian:12", mode: api, \(environment)}
              light: {image: "busybox:1", pod_template: \(light)}
              light-api: {image: "busybox:1", mode: api, pod_template: \(light)}
              no-such-image: {image: "127.0.0.1:9/none:1"}
            """
    }
}
