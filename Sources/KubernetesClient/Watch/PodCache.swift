/// The pods of one list and the watch after it, by name, and who left lately.
struct PodCache: Sendable {
    /// How many of the departed are remembered, for waits that begin after the departure.
    static let maximumDeparted = 1024

    private(set) var pods: [String: Pod] = [:]
    private var departed: [String: Pod] = [:]
    private var departures: [String] = []
    private var oldest = 0

    /// - Returns: what has changed for somebody who knew the cache before.
    mutating func apply(_ event: WatchEvent) -> [PodEvent] {
        switch event {
        case .added(let pod), .modified(let pod):
            return set(pod)
        case .deleted(let pod):
            if pods[pod.name]?.uid == pod.uid { pods[pod.name] = nil }
            depart(pod)
            return [.deleted(pod)]
        case .bookmark:
            return []
        }
    }

    /// Takes over a complete list. What is missing from it was deleted while nobody looked.
    mutating func replace(with list: [Pod]) -> [PodEvent] {
        let names = Set(list.map(\.name))
        var events: [PodEvent] = []
        for (name, pod) in pods where !names.contains(name) {
            pods[name] = nil
            depart(pod)
            events.append(.deleted(pod))
        }
        for pod in list where pods[pod.name] != pod { events += set(pod) }
        return events
    }

    /// Nil where the pod of that UID has not been seen.
    func observation(name: String, uid: String) -> PodObservation? {
        if let pod = pods[name], pod.uid == uid { return .present(pod) }
        return departed[uid].map { .gone($0) }
    }

    private mutating func set(_ pod: Pod) -> [PodEvent] {
        let previous = pods.updateValue(pod, forKey: pod.name)
        guard let previous, previous.uid != pod.uid else { return [.modified(pod)] }
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
