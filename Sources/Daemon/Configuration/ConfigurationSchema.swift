import Foundation
package import JSONRPC

/// The JSON Schema of the configuration file, made by the code that reads it.
package enum ConfigurationSchema {
    package static var value: JSONValue {
        let recorder = SchemaRecorder()
        var section = YAMLSection(recording: recorder)
        // Nothing is set, so nothing can be wrong.
        _ = try? DaemonConfiguration(&section)
        guard case .object(var schema) = recorder.schema else { return .null }
        schema["$schema"] = "https://json-schema.org/draft/2020-12/schema"
        schema["title"] = "The configuration of podkeeperd"
        return .object(schema)
    }

    /// As `config/podkeeper.schema.json` has it.
    package static func text() throws -> String {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
        return String(decoding: try encoder.encode(value), as: UTF8.self) + "\n"
    }
}
