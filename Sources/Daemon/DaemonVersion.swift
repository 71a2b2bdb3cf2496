/// The version of the daemon, as `daemon.status`, `--version` and the User-Agent of its requests say it.
package enum DaemonVersion {
    package static let current = "0.1.0"

    /// Of the control API: grows when something is taken away or changed, not when something is added.
    package static let api = 1
}
