import Glibc

/// Directories that are not there yet, so that a start that fails can take back those that it has made.
struct MissingDirectories {
    /// Each before the one that it is in.
    private let paths: [String]

    /// `paths`: absolute. What leads to them counts as well.
    init(of paths: [String]) {
        var missing: Set<String> = []
        for path in paths {
            var made = ""
            for component in path.split(separator: "/") {
                made += "/\(component)"
                if access(made, F_OK) != 0 { missing.insert(made) }
            }
        }
        self.paths = missing.sorted { $0.utf8.count > $1.utf8.count }
    }

    /// Removes those that are empty.
    func takeBack() {
        // rmdir(2) leaves alone what has anything in it.
        for path in paths { rmdir(path) }
    }
}
