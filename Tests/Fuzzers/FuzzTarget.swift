/// Everything here reads bytes of a peer, a file or a user. None may trap or hang, whatever the bytes are, and what comes
/// as a stream must mean the same in whatever pieces it comes.
enum FuzzTarget: String, CaseIterable {
    case kubeconfig
    case watch
    case websocket
    case status
    case lines
    case params
    case frames
    case requests
    case tar
    case glob
    case regex

    func run(_ bytes: [UInt8]) {
        switch self {
        case .kubeconfig: KubernetesFuzz.kubeconfig(bytes)
        case .watch: KubernetesFuzz.watch(FuzzInput(bytes))
        case .websocket: KubernetesFuzz.webSocket(FuzzInput(bytes))
        case .status: KubernetesFuzz.status(bytes)
        case .lines: JSONRPCFuzz.lines(FuzzInput(bytes))
        case .params: JSONRPCFuzz.params(bytes)
        case .frames: ExecFuzz.frames(FuzzInput(bytes))
        case .requests: ExecFuzz.requests(FuzzInput(bytes))
        case .tar: TarFuzz.archive(FuzzInput(bytes))
        case .glob: PatternFuzz.glob(bytes)
        case .regex: PatternFuzz.regex(bytes)
        }
    }
}
