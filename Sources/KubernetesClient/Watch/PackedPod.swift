/// A pod as the cache keeps it: one block of bytes, a tenth of what the pod takes with its texts and dictionaries.
///
/// Only the cache that has packed a pod can unpack it: texts that many pods share are in its `PodWords`.
struct PackedPod: Sendable {
    private let bytes: [UInt8]

    /// `pod.name` is left out: whoever keeps the pod has it under its name.
    init(_ pod: Pod, words: inout PodWords) {
        var packer = PodPacker()
        // Lent, not copied.
        swap(&packer.words, &words)
        defer { swap(&packer.words, &words) }
        let metadata = pod.metadata
        packer.text(metadata.uid)
        packer.text(metadata.resourceVersion)
        packer.word(metadata.namespace)
        packer.texts(metadata.labels)
        packer.texts(metadata.annotations)
        packer.optionalText(metadata.creationTimestamp)
        packer.optionalText(metadata.deletionTimestamp)
        packer.list(metadata.finalizers) { $0.word($1) }
        packer.word(pod.nodeName)
        packer.list(pod.containerNames) { $0.word($1) }
        packer.word(pod.phase)
        packer.word(pod.reason)
        packer.text(pod.message)
        packer.text(pod.podIP)
        packer.list(pod.podIPs) { $0.text($1) }
        packer.list(pod.conditions) { packer, condition in
            packer.word(condition.type)
            packer.word(condition.status)
            packer.word(condition.reason)
            packer.text(condition.message)
        }
        packer.list(pod.containerStatuses) { $0.status($1) }
        packer.list(pod.initContainerStatuses) { $0.status($1) }
        // Without the room that appending has left over.
        bytes = packer.bytes.withUnsafeBufferPointer { Array($0) }
    }

    /// The first thing in it.
    var uid: String {
        var reader = PodUnpacker(bytes: bytes, words: PodWords())
        return reader.text()
    }

    func pod(named name: String, words: PodWords) -> Pod {
        var reader = PodUnpacker(bytes: bytes, words: words)
        var metadata = ObjectMetadata(name: name, namespace: "", uid: reader.text(), resourceVersion: reader.text())
        metadata.namespace = reader.text()
        metadata.labels = reader.texts()
        metadata.annotations = reader.texts()
        metadata.creationTimestamp = reader.optionalText()
        metadata.deletionTimestamp = reader.optionalText()
        metadata.finalizers = reader.list { $0.text() }
        return Pod(
            metadata: metadata, nodeName: reader.text(), containerNames: reader.list { $0.text() },
            phase: reader.text(), reason: reader.text(), message: reader.text(), podIP: reader.text(),
            podIPs: reader.list { $0.text() },
            conditions: reader.list { reader in
                PodCondition(
                    type: reader.text(), status: reader.text(), reason: reader.text(), message: reader.text())
            },
            containerStatuses: reader.list { $0.status() }, initContainerStatuses: reader.list { $0.status() })
    }
}

private struct PodPacker {
    var words = PodWords()
    var bytes: [UInt8] = []

    init() { bytes.reserveCapacity(1024) }

    /// Seven bits a byte, the lowest first; the eighth says that there are more.
    mutating func number(_ value: Int) {
        var rest = UInt64(bitPattern: Int64(value))
        while rest >= 0x80 {
            bytes.append(UInt8(truncatingIfNeeded: rest) | 0x80)
            rest >>= 7
        }
        bytes.append(UInt8(rest))
    }

    /// Of this pod alone. Even numbers are lengths, odd ones words.
    mutating func text(_ text: String) {
        number(text.utf8.count << 1)
        bytes.append(contentsOf: text.utf8)
    }

    /// One that other pods have as well.
    mutating func word(_ text: String) {
        guard let word = words.number(of: text) else { return self.text(text) }
        number(word << 1 | 1)
    }

    mutating func optionalText(_ text: String?) {
        number(text == nil ? 0 : 1)
        if let text { self.text(text) }
    }

    mutating func list<Element>(_ elements: [Element], _ body: (inout Self, Element) -> Void) {
        number(elements.count)
        for element in elements { body(&self, element) }
    }

    mutating func texts(_ texts: [String: String]) {
        number(texts.count)
        for (key, value) in texts {
            word(key)
            if let word = words.number(of: value, under: key) { number(word << 1 | 1) } else { text(value) }
        }
    }

    mutating func status(_ status: ContainerStatus) {
        word(status.name)
        number(status.isReady ? 1 : 0)
        word(status.image)
        number(status.restartCount)
        switch status.state {
        case .unknown: number(0)
        case .running: number(1)
        case .waiting(let reason, let message):
            number(2)
            word(reason)
            text(message)
        case .terminated(let termination):
            number(3)
            self.termination(termination)
        }
        number(status.lastTermination == nil ? 0 : 1)
        if let termination = status.lastTermination { self.termination(termination) }
    }

    private mutating func termination(_ termination: ContainerStatus.Termination) {
        number(termination.exitCode)
        number(termination.signal)
        word(termination.reason)
        text(termination.message)
    }
}

/// Reads what a `PodPacker` has written, in the same order.
private struct PodUnpacker {
    let bytes: [UInt8]
    let words: PodWords
    var position = 0

    init(bytes: [UInt8], words: PodWords) {
        self.bytes = bytes
        self.words = words
    }

    mutating func number() -> Int {
        var value: UInt64 = 0
        var shift: UInt64 = 0
        while bytes[position] >= 0x80 {
            value |= UInt64(bytes[position] & 0x7F) << shift
            shift += 7
            position += 1
        }
        value |= UInt64(bytes[position]) << shift
        position += 1
        return Int(Int64(bitPattern: value))
    }

    mutating func text() -> String {
        let head = number()
        guard head & 1 == 0 else { return words[head >> 1] }
        let end = position + head >> 1
        defer { position = end }
        return String(decoding: bytes[position..<end], as: UTF8.self)
    }

    mutating func optionalText() -> String? { number() == 0 ? nil : text() }

    mutating func list<Element>(_ body: (inout Self) -> Element) -> [Element] {
        (0..<number()).map { _ in body(&self) }
    }

    mutating func texts() -> [String: String] {
        let count = number()
        var texts: [String: String] = [:]
        texts.reserveCapacity(count)
        for _ in 0..<count {
            let key = text()
            texts[key] = text()
        }
        return texts
    }

    mutating func status() -> ContainerStatus {
        let (name, isReady, image, restarts) = (text(), number() == 1, text(), number())
        let state: ContainerStatus.State =
            switch number() {
            case 1: .running
            case 2: .waiting(reason: text(), message: text())
            case 3: .terminated(termination())
            default: .unknown
            }
        return ContainerStatus(
            name: name, isReady: isReady, image: image, restartCount: restarts, state: state,
            lastTermination: number() == 0 ? nil : termination())
    }

    private mutating func termination() -> ContainerStatus.Termination {
        .init(exitCode: number(), signal: number(), reason: text(), message: text())
    }
}
