import ControlAPI
import JSONRPC

enum JSONRPCFuzz {
    static func lines(_ input: FuzzInput) {
        input.check { pieces in
            var framer = LineFramer(maximumLineBytes: 2048)
            return pieces.flatMap { framer.append($0) }
        }
        var framer = LineFramer(maximumLineBytes: 2048)
        for event in input.pieces.flatMap({ framer.append($0) }) {
            switch event {
            case .tooLong(let beginning): _ = JSONRPCID(ofMessageStarting: beginning)
            case .line(let line):
                switch RPCLine(decoding: line, maximumBatch: 16) {
                case .single(.request(let request)):
                    guard let id = request.id else { continue }
                    precondition(
                        JSONRPCID(ofMessageStarting: line + [0x20]) == id, "the beginning of a message has another id")
                    checkAnswer(RPCWriter.response(id: id, .success(Array("{}".utf8))))
                case .single(.invalid(let error, let id)):
                    checkAnswer(RPCWriter.response(id: id, .failure(error)))
                case .single, .batch: continue
                }
            }
        }
    }

    /// What we write must be one line that the other side can read.
    private static func checkAnswer(_ line: [UInt8]) {
        var framer = LineFramer(maximumLineBytes: 1 << 20)
        let events = framer.append(line)
        guard case .line(let text)? = events.first, events.count == 1,
            case .single(.response) = RPCLine(decoding: text, maximumBatch: 1)
        else { preconditionFailure("an answer cannot be read: \(String(decoding: line, as: UTF8.self))") }
    }

    /// The first byte chooses the method.
    static func params(_ bytes: [UInt8]) {
        guard let first = bytes.first else { return }
        readers[Int(first) % readers.count](bytes.dropFirst())
    }

    private static let readers: [@Sendable (ArraySlice<UInt8>) -> Void] = [
        reader(SandboxRun.self), reader(SandboxExecute.self), reader(SandboxWrite.self), reader(SandboxEdit.self),
        reader(SandboxGrepRaw.self), reader(SandboxReadBytes.self), reader(SessionGetOrCreate.self),
        reader(SessionList.self), reader(SessionCleanupIdle.self), reader(DaemonStatus.self),
        reader(SandboxStart.self), reader(SandboxAttach.self), reader(SandboxSignal.self), reader(SandboxUpload.self),
        reader(SessionTouch.self), reader(DaemonDrain.self), reader(DaemonShutdown.self), reader(SandboxStat.self),
    ]

    private static func reader<Method: RPCMethod>(_ method: Method.Type) -> @Sendable (ArraySlice<UInt8>) -> Void {
        { text in
            do {
                let params = try RPCWriter.encode(ParamsDecoder.decode(Method.Params.self, from: text))
                // What was understood can be said again.
                let again = try RPCWriter.encode(ParamsDecoder.decode(Method.Params.self, from: params[...]))
                precondition(again.count == params.count, "\(Method.name) understands its own params otherwise")
            } catch {
                precondition(error is RPCError, "\(Method.name) refuses params with \(error)")
            }
        }
    }
}
