import Testing

@testable import KubernetesClient

@Suite struct RequestBudgetTests {
    @Test("T109 The burst goes at once, then the rate holds; a sweep's crowd delays nobody who waits")
    func buckets() {
        let budget = RequestBudget(rate: 50)
        let start = ContinuousClock.now
        for _ in 0..<100 { #expect(budget.take(.sweep, now: start) == .zero) }
        for index in 1...200 {
            let wait = budget.take(.sweep, now: start)
            #expect(abs(wait / .seconds(1) - Double(index) / 50) < 1e-6)
        }
        #expect(budget.take(.interactive, now: start) == .zero)
        // Full again after as long as the crowd took, and no fuller than full.
        let later = start + .seconds(3600)
        for _ in 0..<100 { #expect(budget.take(.sweep, now: later) == .zero) }
        #expect(budget.take(.sweep, now: later) > .zero)
    }

    @Test("T109 A request whose turn comes after its deadline is not sent")
    func deadline() async throws {
        try await withFake(anyPods) { client, server in
            for _ in 0..<200 { _ = client.budget.take(.sweep) }
            let error = await #expect(throws: KubernetesError.self) {
                try await client.listPods(namespace: "n", timeout: .milliseconds(500))
            }
            #expect(error?.kind == .timeout)
            #expect(server.requests.isEmpty)
            try await client.getTestPod()
            #expect(server.requests.count == 1)
        }
    }
}
