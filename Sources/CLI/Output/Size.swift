/// Bytes as people read them: three digits and a binary unit.
enum Size {
    static func text(_ bytes: Int64) -> String {
        var (value, unit) = (Double(max(0, bytes)), 0)
        let units = ["B", "KiB", "MiB", "GiB", "TiB", "PiB"]
        while value >= 1000, unit < units.count - 1 {
            value /= 1024
            unit += 1
        }
        let tenths = (value * 10).rounded() / 10
        return unit == 0 || tenths >= 100 || tenths == tenths.rounded()
            ? "\(Int(tenths.rounded())) \(units[unit])" : "\(tenths) \(units[unit])"
    }
}
