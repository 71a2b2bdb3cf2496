package import SandboxCore
package import SessionManager

extension LocalProvider {
    package func relabel(_ claim: SandboxClaim, info: SandboxInfo) async throws(SandboxError) {
        let path = layout.record(info.name)
        try await work.run { () throws(SandboxError) in
            guard case .record(var record) = RecordFile.read(path), record.uid == info.uid,
                record.sessionID != claim.sessionID.rawValue || record.generation != claim.generation
            else { return }
            record.sessionID = claim.sessionID.rawValue
            record.generation = claim.generation
            try RecordFile.write(record, to: path)
        }
    }

    package func shape(ofProfile profile: String) -> String {
        let environment = (settings.profileEnvironments[profile] ?? [:]).sorted { $0.key < $1.key }
        let all = "\(launcher.isolation.rawValue) \(settings.sharesNetwork) \(environment)"
        return String(SHA256.hex(all.utf8).prefix(12))
    }

    package func check(labels: [String: String], environment: [String: String]) throws(SandboxError) {
        _ = try SandboxEnvironment.make(claimed: environment, token: "", uid: "", home: "", path: "")
    }
}
