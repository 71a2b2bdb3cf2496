/// What container runtimes and registries say about a pull.
enum PullCause {
    private static let definitive = [
        "not found", "manifest unknown", "name unknown", "pull access denied", "repository does not exist",
        "unauthorized", "authentication required", "no basic auth credentials", "403 forbidden", "access denied",
        "no match for platform", "no matching manifest", "invalid reference format",
    ]

    /// The image is not there or not ours to have: pulling again will not change that.
    static func isDefinitive(_ message: String) -> Bool {
        let message = message.lowercased()
        return definitive.contains { message.contains($0) }
    }
}
