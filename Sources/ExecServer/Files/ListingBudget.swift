import SandboxCore

/// How much of a listing still fits an answer (`FileLimits.maximumEntries` and `maximumListingBytes`).
struct ListingBudget {
    private var entries = 0
    private var bytes = 0

    /// False when the row is too much; from then on none fits.
    mutating func take(_ entry: FileEntry) -> Bool {
        entries += 1
        bytes += entry.name.count + entry.path.count
        return entries <= FileLimits.maximumEntries && bytes <= FileLimits.maximumListingBytes
    }
}
