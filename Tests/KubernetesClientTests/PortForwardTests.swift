import Foundation
import HTTPTransport
import Synchronization
import Testing

@testable import KubernetesClient

/// Port-forward v4 as kubelets and container runtimes speak it (cri-streaming, portforward/websocket.go).
@Suite struct PortForwardTests {
    /// What a server sends first: the port on both channels, 8080 = 0x1F90.
    private static let greeting = server(2, [0, 0x90, 0x1F]) + server(2, [1, 0x90, 0x1F])

    private static func all(_ forward: ForwardedPort) async throws -> [UInt8] {
        var bytes: [UInt8] = []
        while case let more = try await forward.receive(), !more.isEmpty { bytes += more }
        return bytes
    }

    @Test("T92 the port before both channels is checked and stripped, however the bytes are cut")
    func prefixes() throws {
        let stream =
            server(2, [0]) + Self.greeting + server(2, [0, 72, 105], final: false) + server(9, [7])
            + server(0, [33]) + server(2, [5, 1]) + server(2, [1] + Array("refused".utf8)) + server(8, [])
        for cut in 0...stream.count {
            var reader = PortForwardReader(port: 8080)
            var events: [PortForwardReader.Event] = []
            for part in [stream[..<cut], stream[cut...]] {
                reader.append(Array(part))
                while let event = try reader.next() { events.append(event) }
            }
            #expect(events == [.ping([7]), .data([72, 105, 33]), .failure("refused"), .end], "cut at \(cut)")
        }
        for wrong in [server(2, [0, 0x91, 0x1F]), server(2, [1, 0x1F, 0x90]), server(2, [0, 0x90])] {
            #expect(throws: WebSocketReader.Violation.self) {
                var reader = PortForwardReader(port: 8080, surplus: wrong)
                while try reader.next() != nil {}
            }
        }
    }

    @Test("T92 two ports are two connections, each with its own request, bytes and end")
    func twoPorts() async throws {
        try await withFake({ connection in
            guard let request = connection.upgrade("v4.channel.k8s.io"), let port = UInt16(request.query("ports") ?? "")
            else { return }
            let prefix = [UInt8(port & 0xFF), UInt8(port >> 8)]
            connection.send(server(2, [0] + prefix) + server(2, [1] + prefix))
            while let frame = connection.frame(), frame.opcode == 2 {
                // The echo says where it was.
                connection.send(server(2, [0] + prefix + frame.payload.dropFirst()))
            }
        }) { client, fake in
            let first = try await client.forwardPort(8080, namespace: "n", pod: "p")
            let second = try await client.forwardPort(9000, namespace: "n", pod: "p")
            try await second.send([2])
            try await first.send([1])
            #expect(try await first.receive() == [0x90, 0x1F, 1])
            #expect(try await second.receive() == [0x28, 0x23, 2])
            await first.close()
            try await second.send([3])
            #expect(try await second.receive() == [0x28, 0x23, 3])
            await second.close()
            #expect(
                fake.requests.map(\.target)
                    == [8080, 9000].map { "/gate/api/v1/namespaces/n/pods/p/portforward?ports=\($0)" })
            #expect(fake.requests.allSatisfy { $0.headers["sec-websocket-protocol"] == ["v4.channel.k8s.io"] })
        }
    }

    @Test("T92 what is sent goes out whole in frames of at most 32 KiB on channel 0, and the close is a goodbye")
    func sending() async throws {
        var generator = SplitMix(seed: 5)
        let bytes = (0..<100_001).map { _ in UInt8.random(in: 0...255, using: &generator) }
        let frames = Mutex<[Unmasked]>([])
        let over = AsyncStream.makeStream(of: Void.self)
        try await withFake({ connection in
            guard connection.upgrade("v4.channel.k8s.io", surplus: Self.greeting) != nil else { return }
            connection.send(server(9, [4, 2]))
            while let frame = connection.frame() {
                frames.withLock { $0.append(frame) }
                if frame.opcode == 8 { break }
                if frame.opcode == 10 { connection.send(server(2, [0, 9])) }
            }
            over.continuation.finish()
        }) { client, _ in
            let forward = try await client.forwardPort(8080, namespace: "n", pod: "p")
            try await forward.send(bytes)
            await withTaskGroup(of: Void.self) { group in
                group.addTask { await forward.keepAlive(every: .seconds(60)) { true } }
                // The answer to the pong.
                #expect((try? await forward.receive()) == [9])
                group.cancelAll()
            }
            await forward.close()
            for await _ in over.stream {}
            let seen = frames.withLock { $0 }
            #expect(seen.allSatisfy { $0.isFinal && $0.isMasked })
            let data = seen.filter { $0.opcode == 2 }.map(\.payload)
            #expect(data.allSatisfy { $0.first == 0 && $0.count <= 32_769 })
            #expect(data.flatMap { $0.dropFirst() } == bytes)
            #expect(seen.filter { $0.opcode == 10 }.map(\.payload) == [[4, 2]])
            #expect(seen.last?.opcode == 8)
        }
    }

    @Test("T92 the error channel's text is a typed error, after the bytes before it")
    func errorChannel() async throws {
        let refused =
            "error forwarding port 8080 to pod x: exit status 1: dial tcp4 127.0.0.1:8080: connect: connection refused"
        for (text, data, mayHaveReached) in [
            (refused, false, false), ("lost connection to pod", false, true), (refused, true, true),
        ] {
            try await withFake({ connection in
                guard connection.upgrade("v4.channel.k8s.io") != nil else { return }
                connection.send(Self.greeting + (data ? server(2, [0, 7]) : []) + server(2, [1] + Array(text.utf8)))
                connection.send(server(8, [0x03, 0xE8]))
            }) { client, _ in
                let forward = try await client.forwardPort(8080, namespace: "n", pod: "p")
                if data { #expect(try await forward.receive() == [7]) }
                let error = await #expect(throws: KubernetesError.self) { try await forward.receive() }
                #expect(error?.kind == .portUnreachable)
                #expect(error?.message.contains(text) == true)
                #expect(error?.requestMayHaveReachedServer == mayHaveReached)
                await forward.close()
            }
        }
    }

    @Test("T92 the end of the connection in the pod is told from a WebSocket that broke") func ends() async throws {
        try await withFake({ connection in
            guard let request = connection.upgrade("v4.channel.k8s.io") else { return }
            connection.send(Self.greeting + server(2, [0, 1]))
            if request.path.contains("/orderly/") { connection.send(server(8, [])) }
        }) { client, _ in
            let orderly = try await client.forwardPort(8080, namespace: "n", pod: "orderly")
            #expect(try await Self.all(orderly) == [1])
            await orderly.close()
            let broken = try await client.forwardPort(8080, namespace: "n", pod: "broken")
            let error = await #expect(throws: KubernetesError.self) { try await Self.all(broken) }
            #expect(error?.kind == .transport)
            await broken.close()
        }
    }

    @Test("T92 refusals are those of the API server, and bad ports are not sent") func refusals() async throws {
        try await withFake({ connection in
            guard let request = connection.request() else { return }
            if request.path.contains("/gone/") {
                connection.answer(404, statusJSON(404, "NotFound", "pods \"gone\" not found"))
            } else if request.path.contains("/mute/") {
                connection.answer(403, "", headers: "")
            } else {
                connection.answer(403, statusJSON(403, "Forbidden", "cannot create resource \"pods/portforward\""))
            }
        }) { client, fake in
            for (pod, kind) in [
                ("gone", KubernetesError.Kind.notFound), ("mute", .subprotocolRefused), ("p", .forbidden),
            ] {
                let error = await #expect(throws: KubernetesError.self) {
                    try await client.forwardPort(8080, namespace: "n", pod: pod)
                }
                #expect(error?.kind == kind)
                if kind == .forbidden {
                    #expect(error?.message.contains("both get and create on pods/portforward") == true)
                }
            }
            for port in [0, -1, 65_536] {
                let error = await #expect(throws: KubernetesError.self) {
                    try await client.forwardPort(port, namespace: "n", pod: "p")
                }
                #expect(error?.kind == .invalidArgument)
            }
            #expect(fake.requests.count == 3)
        }
    }
}
