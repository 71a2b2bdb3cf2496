/// The pods of one list and the watch after it, by name, and who left lately.
struct PodCache: Sendable {
    /// How many of the departed are remembered, for waits that begin after the departure.
    static let maximumDeparted = 1024

    private var packed: [String: PackedPod] = [:]
    private var words = PodWords()
    private var departed: [String: Pod] = [:]
    private var departures: [String] = []
    private var oldest = 0

    subscript(name: String) -> Pod? {
        // With the name as the cache has it: a copy that somebody keeps takes no room of its own.
        packed.index(forKey: name).map { packed.values[$0].pod(named: packed.keys[$0], words: words) }
    }

    var isEmpty: Bool { packed.isEmpty }
    var pods: [Pod] { packed.map { $0.value.pod(named: $0.key, words: words) } }
    var uids: Set<String> { Set(packed.values.lazy.map(\.uid)) }

    /// - Returns: what has changed for somebody who knew the cache before.
    mutating func apply(_ event: WatchEvent) -> [PodEvent] {
        switch event {
        case .added(let pod), .modified(let pod):
            return set(pod)
        case .deleted(let pod):
            if packed[pod.name]?.uid == pod.uid { packed[pod.name] = nil }
            depart(pod)
            return [.deleted(pod)]
        case .bookmark:
            return []
        }
    }

    /// Takes over some pods of a list that comes in parts; `removeAll` does the rest.
    mutating func take(_ list: [Pod]) -> [PodEvent] {
        list.flatMap { pod in self[pod.name] == pod ? [] : set(pod) }
    }

    /// What is missing from a complete list was deleted while nobody looked.
    mutating func removeAll(but names: Set<String>) -> [PodEvent] {
        let missing = packed.keys.filter { !names.contains($0) }
        return missing.compactMap { name in
            guard let pod = self[name] else { return nil }
            packed[name] = nil
            depart(pod)
            return .deleted(pod)
        }
    }

    /// Nil where the pod of that UID has not been seen.
    func observation(name: String, uid: String) -> PodObservation? {
        if packed[name]?.uid == uid, let pod = self[name] { return .present(pod) }
        return departed[uid].map { .gone($0) }
    }

    private mutating func set(_ pod: Pod) -> [PodEvent] {
        let previous = packed[pod.name].flatMap { $0.uid == pod.uid ? nil : self[pod.name] }
        packed[pod.name] = PackedPod(pod, words: &words)
        guard let previous else { return [.modified(pod)] }
        // The name has a new owner, so the old pod is gone.
        depart(previous)
        return [.deleted(previous), .modified(pod)]
    }

    private mutating func depart(_ pod: Pod) {
        guard departed.updateValue(pod, forKey: pod.uid) == nil else { return }
        if departures.count < Self.maximumDeparted {
            departures.append(pod.uid)
        } else {
            departed[departures[oldest]] = nil
            departures[oldest] = pod.uid
            oldest = (oldest + 1) % Self.maximumDeparted
        }
    }
}
