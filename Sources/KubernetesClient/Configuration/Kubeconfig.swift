/// The contents of one kubeconfig file, or of several merged: nothing checked yet but the shape.
///
/// Entries keep their text as written: only the entries that are selected are looked at closely, so that a broken one
/// elsewhere does no harm (`ConfirmUsable` of client-go checks the same).
struct Kubeconfig: Hashable, Sendable {
    struct Cluster: Hashable, Sendable {
        var server = ""
        var tlsServerName = ""
        var insecureSkipTLSVerify = ""
        var certificateAuthority = ""
        var certificateAuthorityData = ""
        var proxyURL = ""
        var disableCompression = ""
        /// The extension `client.authentication.k8s.io/exec` as JSON, for exec plugins; empty without one.
        var execConfig = ""
    }

    /// An exec credential plugin, as written.
    struct Exec: Hashable, Sendable {
        struct Variable: Hashable, Sendable {
            var name = ""
            var value = ""
        }

        var apiVersion = ""
        var command = ""
        var arguments: [String] = []
        var environment: [Variable] = []
        var installHint = ""
        var provideClusterInfo = ""
        var interactiveMode = ""
    }

    struct AuthProvider: Hashable, Sendable {
        var name = ""
        /// Of `oidc`.
        var idToken = ""
    }

    struct User: Hashable, Sendable {
        var token = ""
        var tokenFile = ""
        var username = ""
        var password = ""
        var clientCertificate = ""
        var clientCertificateData = ""
        var clientKey = ""
        var clientKeyData = ""
        var impersonatedUser = ""
        var impersonatedUID = ""
        var impersonatedGroups: [String] = []
        var impersonatedExtra: [String: [String]] = [:]
        var exec: Exec?
        var authProvider: AuthProvider?
    }

    struct Context: Hashable, Sendable {
        var cluster = ""
        var user = ""
        var namespace = ""
    }

    var currentContext = ""
    var clusters: [String: Cluster] = [:]
    var users: [String: User] = [:]
    var contexts: [String: Context] = [:]

    var isEmpty: Bool { currentContext.isEmpty && clusters.isEmpty && users.isEmpty && contexts.isEmpty }

    /// Entries: the first file that has a name wins it, whole. `current-context`: the first file that sets one.
    mutating func merge(_ later: Kubeconfig) {
        clusters.merge(later.clusters) { first, _ in first }
        users.merge(later.users) { first, _ in first }
        contexts.merge(later.contexts) { first, _ in first }
        if currentContext.isEmpty { currentContext = later.currentContext }
    }
}
