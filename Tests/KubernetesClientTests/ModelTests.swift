import Foundation
import Testing

@testable import KubernetesClient

@Suite struct ModelTests {
    private func decode<T: Decodable>(_ type: T.Type, _ text: String) throws -> T {
        try JSONDecoder().decode(type, from: Data(text.utf8))
    }

    @Test func aWholePod() throws {
        let pod = try decode(
            Pod.self,
            """
            {"kind":"Pod","metadata":{"name":"p","namespace":"n","uid":"u","resourceVersion":"7","labels":{"a":"b"},
            "annotations":{"c":"d"},"creationTimestamp":"2026-01-01T00:00:00Z","managedFields":[{"manager":"x"}]},
            "spec":{"nodeName":"node1","containers":[{"name":"main","image":"i"},{"name":"mesh"}]},
            "status":{"phase":"Running","podIP":"10.0.0.1","podIPs":[{"ip":"10.0.0.1"},{"ip":"fd00::2"}],
            "conditions":[{"type":"Ready","status":"True"},{"type":"PodScheduled","status":"True","lastProbeTime":null}],
            "initContainerStatuses":[{"name":"init","state":{"terminated":{"exitCode":1,"reason":"Error","message":"m","signal":9}}}],
            "containerStatuses":[{"name":"main","ready":true,"image":"i","restartCount":2,"state":{"running":{"startedAt":"x"}},
            "lastState":{"terminated":{"exitCode":137,"reason":"OOMKilled"}}},
            {"name":"mesh","state":{"waiting":{"reason":"ErrImagePull","message":"not found"}}}]}}
            """)
        #expect(pod.name == "p" && pod.uid == "u" && pod.nodeName == "node1")
        #expect(pod.metadata.resourceVersion == "7")
        #expect(pod.containerNames == ["main", "mesh"])
        #expect(pod.podIPs == ["10.0.0.1", "fd00::2"])
        #expect(pod.isReady && !pod.isTerminating)
        #expect(
            pod.initContainerStatuses.first?.state
                == .terminated(.init(exitCode: 1, signal: 9, reason: "Error", message: "m")))
        #expect(pod.containerStatuses[0].state == .running)
        #expect(pod.containerStatuses[0].lastTermination == .init(exitCode: 137, reason: "OOMKilled"))
        #expect(pod.containerStatuses[0].restartCount == 2)
        #expect(pod.containerStatuses[1].state == .waiting(reason: "ErrImagePull", message: "not found"))
    }

    /// Missing, null and mistyped members, and elements that make no sense, cost nothing but themselves.
    @Test(arguments: [
        #"{"metadata":{}}"#, #"{"metadata":{"name":null,"labels":null},"spec":null,"status":null}"#,
        #"{"metadata":{"name":7,"labels":[1]},"spec":"x","status":{"phase":{},"conditions":{},"containerStatuses":null}}"#,
    ])
    func strangePods(_ text: String) throws {
        let pod = try decode(Pod.self, text)
        #expect(pod.name.isEmpty && pod.phase.isEmpty && pod.conditions.isEmpty && !pod.isReady)
    }

    @Test func oneBadElementSpoilsNoList() throws {
        let pod = try decode(
            Pod.self,
            #"{"metadata":{"name":"p"},"status":{"conditions":[5,{"type":"Ready","status":"True"}],"containerStatuses":[{"name":"a","state":{}},null]}}"#
        )
        #expect(pod.conditions == [PodCondition(type: "Ready", status: "True")])
        #expect(pod.containerStatuses == [ContainerStatus(name: "a")])
    }

    @Test func textsOfOthersAreBounded() throws {
        let long = String(repeating: "é", count: 5000)
        let pod = try decode(
            Pod.self,
            #"{"metadata":{"name":"p","annotations":{"big":"\#(long)","small":"x"}},"status":{"message":"x\#(long)"}}"#)
        #expect(pod.metadata.annotations == ["small": "x"])
        // 4096 would cut the character in two.
        #expect(pod.message.utf8.count == 4095)
        #expect(pod.message.hasPrefix("xé"))
    }

    @Test func listsEventsAndVersions() throws {
        let page = try decode(
            ListPage<Pod>.self,
            #"{"kind":"PodList","metadata":{"resourceVersion":"9","continue":"t"},"items":[{"metadata":{"name":"a"}},1]}"#
        )
        #expect(page.kind == "PodList" && page.resourceVersion == "9" && page.continueToken == "t")
        #expect(page.items.map(\.name) == ["a"])
        let old = try decode(
            ClusterEvent.self,
            #"{"type":"Warning","reason":"Failed","message":"m","count":3,"lastTimestamp":"2026-01-02T00:00:00Z"}"#)
        #expect(
            old
                == ClusterEvent(
                    type: "Warning", reason: "Failed", message: "m", count: 3, lastSeen: "2026-01-02T00:00:00Z"))
        let new = try decode(
            ClusterEvent.self,
            #"{"type":"Normal","lastTimestamp":null,"eventTime":"2026-01-01T00:00:00.000000Z","series":{"count":4,"lastObservedTime":"2026-01-03T00:00:00Z"}}"#
        )
        #expect(new.count == 4 && new.lastSeen == "2026-01-03T00:00:00Z")
        let version = try decode(ServerVersion.self, #"{"major":"1","minor":"27+","gitVersion":"v1.27.3-gke.1"}"#)
        #expect(version.major == 1 && version.minor == 27)
    }

    @Test func pathsAndQueriesAreEncoded() throws {
        var request = try APIRequest.pods("exec in", namespace: "ns", name: "p.q", subresource: "exec")
        request.query = [("command", "a b&c=%+/\"\n☃"), ("command", "")]
        #expect(
            request.target
                == "/api/v1/namespaces/ns/pods/p.q/exec?command=a%20b%26c%3D%25%2B%2F%22%0A%E2%98%83&command=")
        for name in ["", ".", "..", "a/b", "a%2Fb", "A", "a..b", "-a", "a-", String(repeating: "a", count: 254)] {
            #expect(throws: KubernetesError.self) { try APIRequest.pods("get", namespace: "ns", name: name) }
        }
        for namespace in ["", "a.b", "..", "a/b", String(repeating: "a", count: 64)] {
            #expect(throws: KubernetesError.self) { try APIRequest.pods("get", namespace: namespace) }
        }
    }
}
