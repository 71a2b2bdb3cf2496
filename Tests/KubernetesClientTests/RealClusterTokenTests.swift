import Foundation
import Testing

@testable import KubernetesClient

extension RealClusterTests {
    /// Waits for the clock, so it runs only where `PODKEEPER_TEST_TOKEN_MINUTES` says for how long: more than the ten
    /// minutes that a token lives at least.
    @Suite struct Tokens {
        static let minutes = ProcessInfo.processInfo.environment["PODKEEPER_TEST_TOKEN_MINUTES"].flatMap(Int.init)

        @Test(
            "T31 Ten-minute tokens, swapped as the kubelet does it: no 401 ever surfaces", .enabled(if: minutes != nil))
        func shortLivedTokens() async throws {
            try await RealCluster.use { client, _ in
                try await Scratch.withDirectory { directory in
                    // The kubelet writes a new directory and swaps the link when 80 % of the token's life are over.
                    func rotate(_ round: Int) async throws {
                        let folder = "\(directory)/\(round)"
                        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
                        try Scratch.write(
                            try await RealCluster.serviceAccountToken(client), to: folder + "/token")
                        try FileManager.default.createSymbolicLink(
                            atPath: directory + "/new", withDestinationPath: "\(round)")
                        #expect(rename(directory + "/new", directory + "/..data") == 0)
                    }
                    try await rotate(0)
                    var configuration = client.configuration
                    // Nothing to fall back on: a kubeconfig would be read again after a 401, and has a certificate.
                    configuration.source = nil
                    configuration.tls.clientCertificate = nil
                    configuration.tls.clientKey = nil
                    configuration.identity.tokenFile = directory + "/..data/token"
                    try await withClient(configuration) { byToken in
                        let start = ContinuousClock.now
                        var rounds = 0
                        var answers = 0
                        while start.duration(to: .now) < .seconds(60 * (Self.minutes ?? 0)) {
                            if start.duration(to: .now) > .seconds(480 * (rounds + 1)) {
                                rounds += 1
                                try await rotate(rounds)
                            }
                            do throws(KubernetesError) {
                                _ = try await byToken.listPods(namespace: RealCluster.namespace)
                                answers += 1
                            } catch {
                                // Who it is was known; what it may do is the cluster's affair.
                                #expect(error.kind != .unauthorized, "\(error)")
                                if error.kind == .forbidden { answers += 1 }
                            }
                            try await Task.sleep(for: .seconds(5))
                        }
                        #expect(answers > 0)
                    }
                }
            }
        }
    }
}
