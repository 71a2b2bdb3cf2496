/// What the bytes of an upload or download are: a file's contents, or a directory as a tar archive (POSIX ustar or pax).
package enum FileStreamFormat: String, Codable, Hashable, Sendable, CaseIterable { case file, tar }
