/// Random text that cannot be guessed.
enum Secret {
    /// Lower-case hexadecimal digits, two for each byte.
    static func make(bytes: Int) -> String {
        // getrandom(2) on Linux.
        var generator = SystemRandomNumberGenerator()
        let digits = Array("0123456789abcdef".utf8)
        var text: [UInt8] = []
        for _ in 0..<bytes {
            let byte = UInt8.random(in: .min ... .max, using: &generator)
            text.append(digits[Int(byte >> 4)])
            text.append(digits[Int(byte & 15)])
        }
        return String(decoding: text, as: UTF8.self)
    }
}
