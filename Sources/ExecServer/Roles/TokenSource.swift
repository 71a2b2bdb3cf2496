import Glibc
import ProcessSupervisor

/// Where `serve` has its token from: the environment, or, started by `init`, a pipe.
enum TokenSource {
    private static let digits = 64

    /// Throws `ServerStartError` where there is no token, or no proper one: a server that everybody may use must not
    /// start by accident.
    static func digest(
        _ secrets: ProcessEnvironment.Secrets, descriptor: Int32?
    ) throws(ServerStartError) -> TokenDigest {
        if let descriptor { return try read(descriptor) }
        if let hash = secrets.tokenHash {
            guard let digest = TokenDigest(hex: String(decoding: hash, as: UTF8.self)) else {
                throw ServerStartError(
                    "\(ProcessEnvironment.tokenHash) must be the \(digits) hexadecimal digits of the token's SHA-256")
            }
            return digest
        }
        guard let token = secrets.token, !token.isEmpty else {
            throw ServerStartError(
                "no token: set \(ProcessEnvironment.token), or its SHA-256 in \(ProcessEnvironment.tokenHash)")
        }
        return TokenDigest(token: token)
    }

    /// The read end of a pipe that holds the digest.
    static func pipe(holding digest: TokenDigest) throws(ServerStartError) -> OwnedDescriptor {
        var ends: [Int32] = [-1, -1]
        // Not close-on-exec: it is meant for the program that replaces the child, and init has no other children.
        guard Glibc.pipe(&ends) == 0 else { throw ServerStartError("pipe: \(ProcessError.text(errno))") }
        let write = OwnedDescriptor(ends[1])
        let read = OwnedDescriptor(ends[0])
        let text = Array(digest.hex.utf8)
        guard Glibc.write(write.rawValue, text, text.count) == text.count else {
            throw ServerStartError("pipe: \(ProcessError.text(errno))")
        }
        return read
    }

    private static func read(_ descriptor: Int32) throws(ServerStartError) -> TokenDigest {
        let source = OwnedDescriptor(descriptor)
        var bytes = [UInt8](repeating: 0, count: digits)
        let got = Glibc.read(source.rawValue, &bytes, digits)
        guard got == digits, let digest = TokenDigest(hex: String(decoding: bytes, as: UTF8.self)) else {
            throw ServerStartError("descriptor \(descriptor) holds no token")
        }
        return digest
    }
}
