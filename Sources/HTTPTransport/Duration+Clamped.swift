extension Duration {
    /// For libcurl: at least 1 (0 would mean no limit), at most 23 days (it refuses what does not fit an `int`).
    var clampedMilliseconds: Int {
        let (seconds, attoseconds) = components
        guard seconds >= 0 else { return 1 }
        guard seconds < 2_000_000 else { return 2_000_000_000 }
        return max(1, Int(seconds) * 1000 + Int(attoseconds / 1_000_000_000_000_000))
    }

    var clampedNanoseconds: UInt64 {
        UInt64(clampedMilliseconds) * 1_000_000
    }
}
