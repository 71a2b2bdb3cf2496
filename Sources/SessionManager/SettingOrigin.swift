/// Who set a session's timeout, so that `session.explain` can name the line to change.
package enum SettingOrigin: String, Hashable, Sendable {
    /// The `sessions` section of the configuration.
    case daemon
    case profile
    /// `session.get_or_create`.
    case request
    /// `session.update`.
    case update
}
