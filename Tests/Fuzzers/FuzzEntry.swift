import Glibc

/// libFuzzer's entry: one input for the target that `PODKEEPER_FUZZ_TARGET` names. Without a name that it knows it says
/// which there are.
@c(LLVMFuzzerTestOneInput)
func fuzzOneInput(_ start: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
    FuzzEntry.target.run(Array(UnsafeBufferPointer(start: start, count: count)))
    return 0
}

private enum FuzzEntry {
    static let target: FuzzTarget = {
        let name = getenv("PODKEEPER_FUZZ_TARGET").map { String(cString: $0) } ?? ""
        if let target = FuzzTarget(rawValue: name) { return target }
        print(FuzzTarget.allCases.map(\.rawValue).joined(separator: "\n"))
        exit(2)
    }()
}
