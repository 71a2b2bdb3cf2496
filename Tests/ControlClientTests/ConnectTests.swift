import CPodkeeper
import ControlClient
import Foundation
import Testing

@Suite struct ConnectTests {
    private func failure(_ path: String) async -> ControlClientError? {
        await #expect(throws: ControlClientError.self) { try await ControlClient.connect(path: path) }
    }

    @Test func asksWhetherTheDaemonRuns() async throws {
        let directory = try SocketDirectory()
        let error = await failure(directory.socket)
        #expect(error?.code == .noSocket)
        #expect(error?.message == "there is no socket \(directory.socket)")
        #expect(error?.hint?.hasPrefix("is podkeeperd running?") == true)
    }

    @Test func tellsASocketThatADeadDaemonLeft() async throws {
        let directory = try SocketDirectory()
        let dead = pk_socket(AF_UNIX, Int32(SOCK_STREAM.rawValue), false)
        #expect(pk_unix_bind(dead, directory.socket) >= 0)
        close(dead)
        let error = await failure(directory.socket)
        #expect(error?.code == .notListening)
        #expect(error?.hint == "podkeeperd has ended: start it again")
    }

    @Test func saysWhatIsThereInPlaceOfASocket() async throws {
        let directory = try SocketDirectory()
        try Data("kept".utf8).write(to: URL(fileURLWithPath: directory.socket))
        let file = await failure(directory.socket)
        #expect(file?.code == .notASocket)
        #expect(file?.message == "\(directory.socket) is a regular file, not a socket")
        let other = await failure(directory.path)
        #expect(other?.code == .notASocket)
        #expect(other?.message == "\(directory.path) is a directory, not a socket")
    }

    @Test func refusesAPathThatIsTooLong() async {
        let error = await failure("/" + String(repeating: "x", count: 107))
        #expect(error?.code == .cannotConnect)
        #expect(error?.message.hasSuffix("has 108 bytes, but at most 107 fit") == true)
    }

    // Root may use every socket.
    @Test(.enabled(if: getuid() != 0)) func namesTheGroupThatMayUseTheSocket() async throws {
        let directory = try SocketDirectory()
        let listener = pk_socket(AF_UNIX, Int32(SOCK_STREAM.rawValue), false)
        defer { close(listener) }
        #expect(pk_unix_bind(listener, directory.socket) >= 0)
        #expect(listen(listener, 1) == 0)
        #expect(chmod(directory.socket, 0o020) == 0)
        let error = await failure(directory.socket)
        #expect(error?.code == .permissionDenied)
        #expect(error?.hint?.contains("group") == true)
    }

    @Test func givesUpWhenTheBacklogStaysFull() async throws {
        let directory = try SocketDirectory()
        let listener = pk_socket(AF_UNIX, Int32(SOCK_STREAM.rawValue), false)
        defer { close(listener) }
        #expect(pk_unix_bind(listener, directory.socket) >= 0)
        #expect(listen(listener, 0) == 0)
        var limits = ControlClientLimits()
        limits.connectTimeout = .milliseconds(50)
        let first = try await ControlClient.connect(path: directory.socket, limits: limits)
        let error = await #expect(throws: ControlClientError.self) {
            try await ControlClient.connect(path: directory.socket, limits: limits)
        }
        #expect(error?.code == .cannotConnect)
        await first.close()
    }
}
