import CPodkeeper
import Foundation
import Testing

@testable import ProcessSupervisor

@Suite("Waiting for the end") struct ExitWatchTests {
    @Test("works with a pidfd and without, and leaves the zombie", arguments: [true, false])
    func wait(_ hasDescriptor: Bool) async throws {
        var pid: pid_t = 0
        let argv: [UnsafeMutablePointer<CChar>?] = [strdup("sh"), strdup("-c"), strdup("sleep 0.1; exit 3"), nil]
        defer { for text in argv { free(text) } }
        try #require(posix_spawnp(&pid, "sh", nil, nil, argv, nil) == 0)
        let descriptor = hasDescriptor ? OwnedDescriptor(pk_pidfd_open(pid)) : nil
        let poller = try Poller()
        await ExitWatch(pid: pid, descriptor: descriptor?.rawValue).wait(poller)
        poller.shutdown()
        var status: Int32 = 0
        #expect(waitpid(pid, &status, WNOHANG) == pid)
        #expect(status == 3 << 8)
    }
}
