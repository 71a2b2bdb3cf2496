import Foundation
import Glibc
import HTTPTransport
import Synchronization
import Testing

@testable import KubernetesClient

@Suite struct ExecTests {
    private final class Output: Sendable {
        let pieces = Mutex<[ExecOutput]>([])
        func take(_ output: ExecOutput) { pieces.withLock { $0.append(output) } }

        var text: String {
            pieces.withLock { pieces in
                pieces.map { piece in
                    switch piece {
                    case .stdout(let bytes): "o:" + String(decoding: bytes, as: UTF8.self)
                    case .stderr(let bytes): "e:" + String(decoding: bytes, as: UTF8.self)
                    }
                }.joined(separator: " ")
            }
        }
    }

    private let request = ExecRequest(
        namespace: "n", pod: "p", container: "main", command: ["echo", "a b", "", "&=%+\n☃"])
    private static let success = #"{"kind":"Status","status":"Success"}"#
    private static let exit3 =
        #"{"kind":"Status","status":"Failure","reason":"NonZeroExitCode","details":{"causes":[{"reason":"ExitCode","message":"3"}]}}"#

    private static func message(_ channel: UInt8, _ text: String) -> [UInt8] { server(2, [channel] + Array(text.utf8)) }

    private func run(
        _ client: KubernetesClient, stdin: [UInt8]? = nil, timing: ExecTiming = ExecTiming(), output: Output = Output()
    ) async -> Result<ExecStatus, KubernetesError> {
        var provider: (@Sendable (ExecProtocol) async throws(KubernetesError) -> [UInt8])?
        if let stdin { provider = { _ in stdin } }
        do throws(KubernetesError) {
            return .success(
                try await client.exec(request, timing: timing, stdin: provider) {
                    (piece) throws(KubernetesError) in output.take(piece)
                })
        } catch {
            return .failure(error)
        }
    }

    @Test("T70 T73 T90 The request, byte for byte, and a typical conversation of v5 without stdin")
    func theRequestAndATypicalV5Conversation() async throws {
        let goodbye = Mutex<Unmasked?>(nil)
        let over = AsyncStream.makeStream(of: Void.self)
        try await withFake({ connection in
            // The first frame comes in the same segment as the answer.
            guard connection.upgrade("v5.channel.k8s.io", surplus: server(2, [1])) != nil else { return }
            connection.send(Self.message(1, "out") + server(2, [2]) + Self.message(2, "err") + Self.message(7, "?"))
            connection.send(server(2, [255, 1]) + Self.message(3, Self.exit3))
            goodbye.withLock { $0 = connection.frame() }
            over.continuation.finish()
        }) { client, fake in
            let output = Output()
            #expect(await run(client, output: output) == .success(.exited(code: 3)))
            #expect(output.text == "o:out e:err")
            let sent = try #require(fake.requests.first)
            #expect(
                sent.target
                    == "/gate/api/v1/namespaces/n/pods/p/exec?container=main&command=echo&command=a%20b&command="
                    + "&command=%26%3D%25%2B%0A%E2%98%83&stdout=true&stderr=true")
            #expect(sent.headers["sec-websocket-protocol"] == ["v5.channel.k8s.io, v4.channel.k8s.io"])
            #expect(sent.headers["sec-websocket-version"] == ["13"])
            #expect(sent.headers["host"] == ["127.0.0.1:\(fake.port)"])
            #expect(sent.headers["user-agent"]?.count == 1)
            for await _ in over.stream {}
            #expect(goodbye.withLock { $0 }?.opcode == 8)
        }
    }

    @Test("T71 T73 Stdin goes out in whole frames with fresh masks, and ends once")
    func stdinIsFramedWholeAndEndsOnce() async throws {
        var generator = SplitMix(seed: 3)
        let bytes = (0..<8_000_001).map { _ in UInt8.random(in: 0...255, using: &generator) }
        let frames = Mutex<[Unmasked]>([])
        try await withFake({ connection in
            guard let request = connection.upgrade("v5.channel.k8s.io"), request.query("stdin") == "true" else {
                return
            }
            while let frame = connection.frame() {
                frames.withLock { $0.append(frame) }
                if frame.payload == [255, 0] { break }
            }
            connection.send(Self.message(3, Self.success))
            while let frame = connection.frame(), frame.opcode != 8 { frames.withLock { $0.append(frame) } }
        }) { client, _ in
            #expect(await run(client, stdin: bytes) == .success(.exited(code: 0)))
            let seen = frames.withLock { $0 }
            #expect(seen.allSatisfy { $0.isFinal && $0.isMasked && $0.opcode == 2 && $0.payload.count <= 32_769 })
            #expect(Set(seen.map(\.key)).count == seen.count)
            #expect(seen.dropLast().allSatisfy { $0.payload.first == 0 })
            #expect(seen.dropLast().flatMap { $0.payload.dropFirst() } == bytes)
            #expect(seen.filter { $0.payload.first == 255 }.map(\.payload) == [[255, 0]])
        }
    }

    @Test("T69 T78 v4 cannot say the end of stdin, and output may follow the status")
    func v4() async throws {
        let frames = Mutex<[Unmasked]>([])
        try await withFake({ connection in
            guard connection.upgrade("v4.channel.k8s.io") != nil else { return }
            if let frame = connection.frame() { frames.withLock { $0.append(frame) } }
            connection.send(Self.message(3, Self.exit3) + Self.message(1, "late") + server(9, [1]))
            if let pong = connection.frame() { frames.withLock { $0.append(pong) } }
            connection.send(Self.message(2, "later"))
        }) { client, _ in
            let told = Mutex<ExecProtocol?>(nil)
            let output = Output()
            let status = try await client.exec(request) { agreed in
                told.withLock { $0 = agreed }
                return [1, 2, 3]
            } onOutput: {
                output.take($0)
            }
            #expect(status == .exited(code: 3))
            #expect(output.text == "o:late e:later")
            #expect(told.withLock { $0 } == .v4)
            #expect(told.withLock { $0 }?.supportsHalfClose == false)
            let seen = frames.withLock { $0 }
            #expect(seen.map(\.payload) == [[0, 1, 2, 3], [1]])
            #expect(seen.map(\.opcode) == [2, 10])
        }
    }

    @Test("T72 Fragments, pings between them, empty frames") func fragmentsAndPingsInside() async throws {
        let pong = Mutex<Unmasked?>(nil)
        try await withFake({ connection in
            guard connection.upgrade("v5.channel.k8s.io") != nil else { return }
            connection.send(server(2, [1, 65], final: false) + server(9, [42]) + server(0, [66], final: false))
            pong.withLock { $0 = connection.frame() }
            let status = Array(Self.success.utf8)
            connection.send(server(0, []) + server(2, [3] + status[..<10]) + server(2, [3] + status[10...]))
            connection.waitForEnd()
        }) { client, _ in
            let output = Output()
            #expect(await run(client, output: output) == .success(.exited(code: 0)))
            #expect(output.text == "o:AB")
            #expect(pong.withLock { $0 }?.opcode == 10)
            #expect(pong.withLock { $0 }?.payload == [42])
        }
    }

    @Test(
        "T77 However it ends without a status, it is never an exit code",
        arguments: ["fin", "reset", "half a frame", "close 1000", "close 1011", "half a status", "garbage"]
    )
    func endsWithoutAStatus(_ how: String) async throws {
        try await withFake({ connection in
            guard connection.upgrade("v5.channel.k8s.io") != nil else { return }
            connection.send(Self.message(1, "out"))
            switch how {
            case "reset": connection.reset()
            case "half a frame": connection.send([0x82, 50, 1, 2])
            case "close 1000": connection.send(server(8, [0x03, 0xE8]))
            case "close 1011": connection.send(server(8, [0x03, 0xF3]))
            case "half a status": connection.send(Self.message(3, #"{"kind":"Status","status":"Succ"#))
            case "garbage": connection.send([0xFF, 0xFF, 0xFF, 0xFF])
            default: break
            }
        }) { client, _ in
            guard case .failure(let error) = await run(client) else {
                Issue.record("taken for an end of the command")
                return
            }
            #expect(error.kind == .outcomeUnknown, "\(error)")
        }
    }

    struct Refusal: Sendable, CustomTestStringConvertible {
        var answer: String
        var kind: KubernetesError.Kind
        var testDescription: String { String(answer.prefix(40)) }
    }

    @Test(
        "T68 Refusals of the upgrade",
        arguments: [
            Refusal(answer: "HTTP/1.1 400 X\r\nContent-Length: 3\r\n\r\nbad", kind: .badRequest),
            Refusal(answer: "HTTP/1.1 403 X\r\nContent-Length: 0\r\n\r\n", kind: .subprotocolRefused),
            Refusal(answer: "HTTP/1.1 403 Forbidden\r\n\r\n", kind: .subprotocolRefused),
            Refusal(
                answer: "HTTP/1.1 403 X\r\n\r\n" + statusJSON(403, "Forbidden", "cannot create resource pods/exec"),
                kind: .forbidden),
            Refusal(
                answer:
                    "HTTP/1.1 404 X\r\nTransfer-Encoding: chunked\r\n\r\n\(String(statusJSON(404, "NotFound").utf8.count, radix: 16))\r\n"
                    + statusJSON(404, "NotFound") + "\r\n0\r\n\r\n", kind: .notFound),
            Refusal(
                answer: "HTTP/1.1 500 X\r\nContent-Type: text/plain\r\n\r\ncontainer not found (\"main\")",
                kind: .server),
            Refusal(answer: "HTTP/1.1 502 X\r\nContent-Type: text/html\r\n\r\n<html>", kind: .server),
            Refusal(answer: "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}", kind: .unexpectedStatus),
            Refusal(
                answer: "HTTP/1.1 302 X\r\nLocation: http://127.0.0.1:1/\r\nContent-Length: 0\r\n\r\n",
                kind: .unexpectedStatus),
            Refusal(
                answer:
                    "HTTP/1.1 101 X\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: AAAA\r\n\r\n",
                kind: .outcomeUnknown),
            Refusal(answer: "nonsense\r\n\r\n", kind: .outcomeUnknown), Refusal(answer: "", kind: .outcomeUnknown),
            Refusal(answer: "HTTP/1.1 101 X\r\nUpgr", kind: .outcomeUnknown),
        ])
    func refusals(_ refusal: Refusal) async throws {
        try await withFake({ connection in
            guard connection.request() != nil else { return }
            connection.send(refusal.answer)
        }) { client, _ in
            guard case .failure(let error) = await run(client) else {
                Issue.record("accepted")
                return
            }
            #expect(error.kind == refusal.kind, "\(error)")
            #expect(error.message.contains("exec in pod n/p"))
        }
    }

    @Test func forbiddenSaysWhichVerbs() async throws {
        try await withFake({ connection in
            guard connection.request() != nil else { return }
            connection.answer(403, statusJSON(403, "Forbidden", "User u cannot create resource pods/exec"))
        }) { client, _ in
            guard case .failure(let error) = await run(client) else { return }
            #expect(error.message.hasSuffix("(the role needs both get and create on pods/exec)"))
        }
    }

    /// A peer that says nothing at all, from the start and after the upgrade.
    @Test(arguments: [true, false])
    func silence(_ upgrades: Bool) async throws {
        var timing = ExecTiming()
        timing.answer = .milliseconds(300)
        timing.pingInterval = .milliseconds(20)
        timing.silence = .milliseconds(200)
        try await withFake({ connection in
            if upgrades { _ = connection.upgrade("v5.channel.k8s.io") }
            connection.waitForEnd()
        }) { client, _ in
            guard case .failure(let error) = await run(client, timing: timing) else {
                Issue.record("succeeded")
                return
            }
            #expect(error.kind == .outcomeUnknown, "\(error)")
        }
    }

    @Test("T75 What a slow consumer does not read does not pile up here, and its slowness is no silence")
    func outputWaitsForItsConsumer() async throws {
        var timing = ExecTiming()
        timing.pingInterval = .milliseconds(10)
        timing.silence = .seconds(1)
        let blocked = Mutex(false)
        let pieces = 640
        let piece = [UInt8](repeating: 7, count: 32_768)
        try await withFake({ connection in
            guard connection.upgrade("v5.channel.k8s.io") != nil else { return }
            var size: Int32 = 16_384
            setsockopt(connection.descriptor, SOL_SOCKET, SO_SNDBUF, &size, socklen_t(MemoryLayout<Int32>.size))
            for index in 0..<pieces {
                connection.send(server(2, [1] + piece))
                // 20 MB do not fit into any buffer on the way, so by then the server must have been stopped.
                if index == pieces - 1 { blocked.withLock { $0 = true } }
            }
            connection.send(Self.message(3, Self.success))
            connection.waitForEnd()
        }) { client, _ in
            let total = Mutex(0)
            let status = try await client.exec(request, timing: timing, stdin: nil) {
                (output) throws(KubernetesError) in
                guard case .stdout(let bytes) = output else { return }
                let isFirst = total.withLock { total in
                    defer { total += bytes.count }
                    return total == 0
                }
                guard isFirst else { return }
                try? await Task.sleep(for: .milliseconds(1500))
                #expect(!blocked.withLock { $0 })
            }
            #expect(status == .exited(code: 0))
            #expect(total.withLock { $0 } == pieces * piece.count)
        }
    }

    /// The command does not read its stdin because nobody takes its output: reading must go on whatever is stuck.
    @Test("T74 A server that reads nothing and answers no ping is not given up while stdin is on its way")
    func aServerThatDoesNotReadForLong() async throws {
        var timing = ExecTiming()
        timing.pingInterval = .milliseconds(10)
        timing.silence = .milliseconds(100)
        let bytes = [UInt8](repeating: 5, count: 10 << 20)
        let outcome = Mutex((wasLeft: true, received: 0, pongs: 0))
        try await withFake({ connection in
            guard connection.upgrade("v5.channel.k8s.io") != nil else { return }
            // POLLRDHUP: whether the client goes, for ten times what it takes for silence elsewhere.
            var poll = pollfd(fd: connection.descriptor, events: 0x2000, revents: 0)
            let wasLeft = Glibc.poll(&poll, 1, 1000) != 0
            connection.send(server(9, [1]))
            for _ in 0..<400 { connection.send(server(2, [1] + [UInt8](repeating: 7, count: 32_768))) }
            var (received, pongs) = (0, 0)
            while let frame = connection.frame(), frame.payload != [255, 0] {
                if frame.opcode == 2 { received += frame.payload.count - 1 }
                if frame.opcode == 10 { pongs += 1 }
            }
            outcome.withLock { $0 = (wasLeft, received, pongs) }
            connection.send(Self.message(3, Self.success))
            connection.waitForEnd()
        }) { client, _ in
            let total = Mutex(0)
            let status = try await client.exec(request, timing: timing, stdin: { _ in bytes }) {
                (output) throws(KubernetesError) in
                guard case .stdout(let piece) = output else { return }
                total.withLock { $0 += piece.count }
            }
            #expect(status == .exited(code: 0))
            #expect(total.withLock { $0 } == 400 * 32_768)
            let seen = outcome.withLock { $0 }
            #expect(!seen.wasLeft)
            #expect(seen.received == bytes.count)
            #expect(seen.pongs == 1)
        }
    }

    /// The middlebox of the reference closes after 60 s without a byte; this one after thirty.
    @Test("T87 Pings keep an idle connection open (on a smaller scale)")
    func pingsKeepAnIdleConnectionOpen() async throws {
        var timing = ExecTiming()
        timing.pingInterval = .milliseconds(20)
        try await withFake({ connection in
            guard connection.upgrade("v5.channel.k8s.io") != nil else { return }
            var limit = timeval(tv_sec: 30, tv_usec: 0)
            setsockopt(connection.descriptor, SOL_SOCKET, SO_RCVTIMEO, &limit, socklen_t(MemoryLayout<timeval>.size))
            for _ in 0..<50 {
                guard let frame = connection.frame(), frame.opcode == 9 else { return }
                connection.send(server(10, frame.payload))
            }
            connection.send(Self.message(3, Self.success))
            connection.waitForEnd()
        }) { client, _ in
            #expect(await run(client, timing: timing) == .success(.exited(code: 0)))
        }
    }

    @Test("T82 A terminal's sizes, and no stderr beside it") func terminal() async throws {
        let frames = Mutex<[Unmasked]>([])
        let (sizes, resize) = AsyncStream.makeStream(of: TerminalSize.self)
        try await withFake({ connection in
            guard let request = connection.upgrade("v5.channel.k8s.io"), request.query("tty") == "true",
                request.query("stdin") == "true", request.query("stderr") == nil, let first = connection.frame()
            else { return }
            resize.yield(TerminalSize(columns: 132, rows: 50))
            guard let second = connection.frame() else { return }
            frames.withLock { $0 = [first, second] }
            connection.send(Self.message(3, Self.success))
            connection.waitForEnd()
        }) { client, _ in
            var request = request
            request.terminal = TerminalSize(columns: 80, rows: 24)
            let status = try await client.exec(request, sizes: sizes) { (_) throws(KubernetesError) in }
            #expect(status == .exited(code: 0))
            let texts = frames.withLock { $0.map { String(decoding: $0.payload, as: UTF8.self) } }
            #expect(texts == ["\u{4}{\"Width\":80,\"Height\":24}", "\u{4}{\"Width\":132,\"Height\":50}"])
        }
    }

    @Test func cancellingClosesTheConnection() async throws {
        let (closed, signal) = AsyncStream.makeStream(of: Void.self)
        let (started, start) = AsyncStream.makeStream(of: Void.self)
        try await withFake({ connection in
            guard connection.upgrade("v5.channel.k8s.io") != nil else { return }
            connection.send(Self.message(1, "x"))
            connection.waitForEnd()
            signal.finish()
        }) { client, _ in
            let error = await withTaskGroup(of: KubernetesError?.self) { group in
                group.addTask {
                    defer { start.finish() }
                    do throws(KubernetesError) {
                        // Stdin that nobody reads keeps the writer busy, too.
                        let bytes = [UInt8](repeating: 0, count: 20_000_000)
                        _ = try await client.exec(request, stdin: { _ in bytes }) { _ in start.yield() }
                        return nil
                    } catch {
                        return error
                    }
                }
                for await _ in started { break }
                group.cancelAll()
                return await group.next() ?? nil
            }
            #expect(error?.kind == .cancelled)
            for await _ in closed {}
        }
    }

    /// The status arrives while stdin is stuck: the call ends.
    @Test func aCommandThatDoesNotReadItsStdin() async throws {
        try await withFake({ connection in
            guard connection.upgrade("v5.channel.k8s.io") != nil else { return }
            connection.send(Self.message(3, Self.exit3))
            // Nothing of the stdin is read until the client has given up on it.
            // POLLRDHUP, which the C library hides without _GNU_SOURCE.
            var poll = pollfd(fd: connection.descriptor, events: 0x2000, revents: 0)
            Glibc.poll(&poll, 1, 30_000)
        }) { client, _ in
            let bytes = [UInt8](repeating: 0, count: 20_000_000)
            #expect(await run(client, stdin: bytes) == .success(.exited(code: 3)))
        }
    }

    @Test func badRequestsAreNotSent() async throws {
        try await withFake({ connection in _ = connection.request() }) { client, fake in
            for bad in [
                ExecRequest(namespace: "n", pod: "p", container: "main", command: []),
                ExecRequest(namespace: "n", pod: "p", container: "main", command: ["a\0b"]),
                ExecRequest(namespace: "n", pod: "p", container: "Main", command: ["a"]),
                ExecRequest(namespace: "n", pod: "p/../q", container: "main", command: ["a"]),
            ] {
                let error = await #expect(throws: KubernetesError.self) { try await client.exec(bad) { _ in } }
                #expect(error?.kind == .invalidArgument)
            }
            #expect(fake.requests.isEmpty)
        }
    }
}
