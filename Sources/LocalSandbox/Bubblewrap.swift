import CPodkeeper
import Glibc
import SandboxCore

/// How a sandbox looks from within: a file system of the host's programs, read-only, and nothing else of the host's.
///
/// What bwrap(1) mounts is named one by one. Files of `/etc` that hold secrets, homes, `/run` and `/var` are thereby
/// left out, as is the daemon's own state.
struct Bubblewrap: Sendable {
    /// The working directory and home.
    static let workspace = "/workspace"
    /// Where podkeeper-execd lies.
    static let execd = "/.podkeeper/podkeeper-execd"

    /// Directories of programs and libraries. A symlink (as of a merged `/usr`) stays one.
    private static let programs = [
        "/usr", "/bin", "/sbin", "/lib", "/lib32", "/lib64", "/libx32", "/opt", "/nix", "/gnu",
    ]
    /// What programs need in order to find libraries, names, users, certificates and each other.
    private static let configuration = [
        "alternatives", "ca-certificates", "ca-certificates.conf", "bash.bashrc", "crypto-policies", "debian_version",
        "fonts", "gai.conf", "group", "host.conf", "hosts", "inputrc", "java-11-openjdk",
        "java-17-openjdk", "java-21-openjdk", "ld.so.cache", "ld.so.conf", "ld.so.conf.d", "ld-musl-x86_64.path",
        "ld-musl-aarch64.path", "localtime", "locale.alias", "locale.conf", "login.defs", "lsb-release", "magic",
        "mailcap", "mime.types", "nsswitch.conf", "os-release", "passwd", "perl", "pki/ca-trust",
        "pki/tls/cert.pem", "pki/tls/certs", "profile", "profile.d", "protocols", "python3", "resolv.conf", "rpc",
        "services", "shells", "ssl/cert.pem", "ssl/certs", "ssl/openssl.cnf", "terminfo", "timezone", "vimrc", "xdg",
    ]
    /// A sandbox of root's has root's uid (without its capabilities), and these are writable by uid alone.
    private static let guardedProc = ["/proc/sys", "/proc/sysrq-trigger", "/proc/irq", "/proc/bus", "/proc/fs"]

    let executable: String
    let sharesNetwork: Bool
    let layout: StateLayout

    /// Arguments that make the bare file system, without workspace, execd and socket.
    func bareArguments(hostname: String) -> [String] {
        var arguments = [
            "--unshare-pid", "--unshare-ipc", "--unshare-uts", "--unshare-cgroup-try", "--new-session", "--as-pid-1",
            "--cap-drop", "ALL", "--hostname", hostname,
        ]
        if !sharesNetwork { arguments.append("--unshare-net") }
        for path in Self.programs {
            if let target = Self.linkTarget(path) {
                arguments += ["--symlink", target, path]
            } else {
                arguments += ["--ro-bind-try", path, path]
            }
        }
        arguments += ["--dir", "/etc"]
        for name in Self.configuration { arguments += ["--ro-bind-try", "/etc/\(name)", "/etc/\(name)"] }
        arguments += ["--proc", "/proc"]
        for path in Self.guardedProc { arguments += ["--ro-bind-try", path, path] }
        arguments += ["--dev", "/dev", "--perms", "1777", "--tmpfs", "/tmp", "--dir", "/run", "--dir", "/var"]
        arguments += ["--symlink", "../tmp", "/var/tmp", "--symlink", "../run", "/var/run"]
        // Otherwise a state directory below /usr or /opt would be seen from every sandbox.
        if Self.programs.contains(where: { layout.root.hasPrefix($0 + "/") }) { arguments += ["--tmpfs", layout.root] }
        return arguments
    }

    /// Arguments of a whole sandbox.
    ///
    /// The variables go here and not into bwrap's own environment: the sandbox's user may set `LD_PRELOAD`.
    func arguments(_ name: String, execd: String, environment: [(name: String, value: String)]) -> [String] {
        var arguments = bareArguments(hostname: name)
        arguments += ["--bind", layout.workspace(name), Self.workspace, "--ro-bind", execd, Self.execd]
        // At the same path as outside: `ProcessTable.Mark` looks for it among the arguments of processes.
        arguments += ["--bind", layout.socketDirectory(name), layout.socketDirectory(name)]
        for variable in environment { arguments += ["--setenv", variable.name, variable.value] }
        return arguments + ["--chdir", Self.workspace, "--remount-ro", "/"]
    }

    /// For `--args`: out of the sight of ps(1), and of any length.
    static func argumentFile(_ arguments: [String]) throws(SandboxError) -> Descriptor {
        let file = try Descriptor(pk_memfd("podkeeper-bwrap-args"), "memfd_create")
        try file.write(arguments.flatMap { Array($0.utf8) + [0] })
        guard lseek(file.raw, 0, SEEK_SET) == 0 else { throw SandboxError(.internal, "lseek: \(SystemError.current)") }
        return file
    }

    private static func linkTarget(_ path: String) -> String? {
        var buffer = [CChar](repeating: 0, count: Int(PATH_MAX))
        let length = readlink(path, &buffer, buffer.count - 1)
        guard length > 0 else { return nil }
        return String(decoding: buffer.prefix(length).map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }
}
