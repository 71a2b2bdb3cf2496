import Foundation
import JSONRPC
import Testing

@testable import Daemon

/// The files of `config/`.
@Suite
struct ConfigurationFilesTests {
    private static let directory = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
        .appendingPathComponent("../../config").standardizedFileURL

    @Test(arguments: ["podkeeper.yaml", "laptop.yaml", "single-host.yaml", "cluster.yaml"])
    func everyExampleLoads(_ name: String) throws {
        let file = Self.directory.appendingPathComponent(name).path
        var flags = CommandLineSettings()
        flags.configuration = file
        let loader = ConfigurationLoader(environment: [:], paths: DefaultPaths(uid: 0, environment: [:]))
        let configuration = try loader.load(flags)
        #expect(configuration.backend == (name == "cluster.yaml" ? .kubernetes : .local))
        try Composition.check(configuration)
    }

    @Test func noExampleIsForgotten() throws {
        let files = try FileManager.default.contentsOfDirectory(atPath: Self.directory.path)
        #expect(files.filter { $0.hasSuffix(".yaml") }.count == 4)
    }

    /// `podkeeperd config-schema > config/podkeeper.schema.json` makes it current.
    @Test func theSchemaIsCurrent() throws {
        let file = Self.directory.appendingPathComponent("podkeeper.schema.json")
        #expect(try String(contentsOf: file, encoding: .utf8) == ConfigurationSchema.text())
    }

    @Test func theSchemaKnowsEveryKindOfKey() {
        let schema = ConfigurationSchema.value
        let properties = schema["properties"]
        #expect(schema["additionalProperties"] == false)
        #expect(properties?["backend"]?["enum"] == ["local", "kubernetes", nil])
        #expect(properties?["sessions"]?["properties"]?["max_sessions"]?["minimum"] == 1)
        #expect(properties?["access"]?["properties"]?["operators"]?["properties"]?["uids"]?["items"] != nil)
        let profile = properties?["profiles"]?["additionalProperties"]
        #expect(profile?["properties"]?["pool"]?["properties"]?["size"]?["maximum"] == 10_000)
        #expect(profile?["properties"]?["pod_template"]?["type"] == ["object", "null"])
    }
}
