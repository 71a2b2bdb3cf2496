import CPodkeeper
import Foundation
import Logging
import Testing

@testable import Daemon

@Suite
struct ServiceManagerTests {
    @Test func takesWhatIsMeantForThisProcess() throws {
        let mine = try ServiceManager(
            environment: ["LISTEN_FDS": "1", "LISTEN_PID": "7", "WATCHDOG_USEC": "2000000", "WATCHDOG_PID": "7"], pid: 7
        )
        #expect(mine.listener == 3)
        #expect(mine.watchdog == .seconds(2))
        let others = try ServiceManager(
            environment: ["LISTEN_FDS": "1", "LISTEN_PID": "8", "WATCHDOG_USEC": "2000000", "WATCHDOG_PID": "8"], pid: 7
        )
        #expect(others.listener == nil)
        #expect(others.watchdog == nil)
        for environment in [
            [:], ["LISTEN_FDS": "1"], ["LISTEN_FDS": "no", "LISTEN_PID": "7", "WATCHDOG_USEC": "0"],
        ] as [[String: String]] {
            let none = try ServiceManager(environment: environment, pid: 7)
            #expect(none.listener == nil)
            #expect(none.watchdog == nil)
        }
        #expect(throws: ConfigurationError.self) {
            try ServiceManager(environment: ["LISTEN_FDS": "2", "LISTEN_PID": "7"], pid: 7)
        }
    }

    @Test(arguments: [true, false])
    func tellsAtAPathAndAtAnAbstractName(_ isAbstract: Bool) throws {
        let name = "/tmp/podkeeper-test-\(UUID().uuidString.prefix(8))"
        defer { unlink(name) }
        let socket = pk_socket(AF_UNIX, Int32(SOCK_DGRAM.rawValue), true)
        defer { close(socket) }
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        // In the abstract namespace a NUL stands where a path has its first byte, and the length ends the name.
        withUnsafeMutableBytes(of: &address.sun_path) { bytes in
            for (index, byte) in name.utf8.enumerated() { bytes[index + (isAbstract ? 1 : 0)] = byte }
        }
        let offset = MemoryLayout<sa_family_t>.size
        let length = socklen_t(isAbstract ? offset + 1 + name.utf8.count : MemoryLayout<sockaddr_un>.size)
        let bound = withUnsafePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { bind(socket, $0, length) }
        }
        #expect(bound == 0)
        let manager = try ServiceManager(environment: ["NOTIFY_SOCKET": isAbstract ? "@" + name : name])
        manager.notify("READY=1", Logger(label: "test"))
        var buffer = [UInt8](repeating: 0, count: 100)
        let count = recv(socket, &buffer, buffer.count, 0)
        #expect(String(decoding: buffer.prefix(max(0, count)), as: UTF8.self) == "READY=1")
    }
}
