package import Logging

package struct LogSettings: Hashable, Sendable {
    package var level = Logger.Level.info
    package var format = LogFormat.text

    package init() {}
}

extension LogSettings {
    init(_ section: inout YAMLSection) throws {
        self.init()
        level = try section.choice("level", Logger.Level.self) ?? level
        format = try section.choice("format", LogFormat.self) ?? format
        try section.finish()
    }
}
