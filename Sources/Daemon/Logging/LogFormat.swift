package enum LogFormat: String, CaseIterable, Hashable, Sendable { case text, json }
