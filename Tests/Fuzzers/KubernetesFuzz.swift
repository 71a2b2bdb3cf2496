import HTTPTransport

@testable import KubernetesClient

enum KubernetesFuzz {
    static func kubeconfig(_ bytes: [UInt8]) {
        guard let configuration = try? Kubeconfig(yaml: bytes, directory: "/somewhere") else { return }
        _ = try? configuration.select()
    }

    static func watch(_ input: FuzzInput) {
        input.check { pieces in
            var splitter = LineSplitter(limit: 1024)
            var lines: [[UInt8]] = []
            for piece in pieces {
                guard let more = try? splitter.append(piece) else { break }
                lines += more
            }
            // A line that is too long ends the watch, in whichever piece it is: what came before it is not compared.
            return lines.prefix { $0.count < 512 }.map { try? WatchEvent.parse($0, operation: "fuzz") }
        }
    }

    /// Frames, and the answer to the upgrade before them.
    static func webSocket(_ input: FuzzInput) {
        input.check { pieces in
            var reader = WebSocketReader()
            var seen: [Result<WebSocketReader.Event, WebSocketReader.Violation>] = []
            do throws(WebSocketReader.Violation) {
                for piece in pieces {
                    reader.append(piece)
                    while let event = try reader.next() { seen.append(.success(event)) }
                }
            } catch {
                seen.append(.failure(error))
            }
            return seen
        }
        var answer = HTTPAnswerReader()
        for piece in input.pieces {
            guard (try? answer.append(piece)) != nil else { return }
            guard let head = answer.head else { continue }
            _ = try? WebSocketHandshake(purpose: .exec).check(head, operation: "fuzz")
            if answer.isBodyComplete { _ = answer.body }
        }
        _ = answer.surplus
    }

    static func status(_ bytes: [UInt8]) {
        _ = KubernetesError.refusal(
            head: HTTPResponseHead(status: 500, headers: ["Retry-After": "1"]), body: bytes, operation: "fuzz")
        let middle = bytes.count / 2
        var collector = ExecStatusCollector()
        do throws(KubernetesError) {
            let early = try collector.append(Array(bytes[..<middle]), operation: "fuzz")
            let late = early == nil ? try collector.append(Array(bytes[middle...]), operation: "fuzz") : nil
            if case .exited(let code)? = early ?? late { precondition((0...255).contains(code)) }
        } catch {
            precondition(error.kind == .outcomeUnknown, "a status that says nothing means \(error.kind)")
        }
    }
}
