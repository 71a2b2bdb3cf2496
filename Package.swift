// swift-tools-version: 6.2
// The house is described in Sources/README.md: arrows between targets point down only.
import PackageDescription

/// One set of compiler rules for every target; a warning does not build.
let rules: [SwiftSetting] = [
    .swiftLanguageMode(.v6),
    .treatAllWarnings(as: .error),
    .enableUpcomingFeature("ExistentialAny"),
    .enableUpcomingFeature("InternalImportsByDefault"),
    .enableUpcomingFeature("MemberImportVisibility"),
    .enableUpcomingFeature("NonisolatedNonsendingByDefault"),
]

func library(_ name: String, _ dependencies: [Target.Dependency] = []) -> Target {
    .target(name: name, dependencies: dependencies, swiftSettings: rules)
}

func program(_ name: String, _ dependencies: [Target.Dependency]) -> Target {
    .executableTarget(name: name, dependencies: dependencies, swiftSettings: rules)
}

func tests(_ name: String, _ dependencies: [Target.Dependency]) -> Target {
    .testTarget(name: name, dependencies: dependencies, swiftSettings: rules)
}

extension Target.Dependency {
    static let logging: Self = .product(name: "Logging", package: "swift-log")
    static let yams: Self = .product(name: "Yams", package: "Yams")
    static let grdb: Self = .product(name: "GRDB", package: "GRDB.swift")
    static let lifecycle: Self = .product(name: "ServiceLifecycle", package: "swift-service-lifecycle")
    static let unixSignals: Self = .product(name: "UnixSignals", package: "swift-service-lifecycle")
    static let arguments: Self = .product(name: "ArgumentParser", package: "swift-argument-parser")
    static let nioCore: Self = .product(name: "NIOCore", package: "swift-nio")
    static let nioPosix: Self = .product(name: "NIOPosix", package: "swift-nio")
    static let nioHTTP1: Self = .product(name: "NIOHTTP1", package: "swift-nio")
    static let subprocess: Self = .product(name: "Subprocess", package: "swift-subprocess")
    static let collections: Self = .product(name: "Collections", package: "swift-collections")
    static let system: Self = .product(name: "SystemPackage", package: "swift-system")
}

let package = Package(
    name: "podkeeper",
    products: [
        .executable(name: "podkeeperd", targets: ["podkeeperd"]),
        .executable(name: "podkeeper", targets: ["podkeeper"]),
        .executable(name: "podkeeper-execd", targets: ["podkeeper-execd"]),
    ],
    dependencies: [
        .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.2"),
        .package(url: "https://github.com/apple/swift-log", from: "1.16.2"),
        .package(url: "https://github.com/apple/swift-nio", from: "2.101.2"),
        .package(url: "https://github.com/swift-server/swift-service-lifecycle", from: "2.13.0"),
        .package(url: "https://github.com/swiftlang/swift-subprocess", from: "1.0.2", traits: []),
        .package(url: "https://github.com/apple/swift-collections", from: "1.6.0"),
        .package(url: "https://github.com/apple/swift-system", from: "1.8.1"),
        .package(url: "https://github.com/groue/GRDB.swift", from: "7.10.0"),
        .package(url: "https://github.com/jpsim/Yams", from: "6.2.2"),
    ],
    targets: [
        // Executables: a few lines each.
        program("podkeeperd", ["Daemon"]),
        program("podkeeper", ["CLI"]),
        program("podkeeper-execd", ["ExecServer"]),

        // Composition roots.
        library(
            "Daemon",
            [
                "ControlServer", "ControlAPI", "JSONRPC", "SessionManager", "SandboxCore", "SQLiteStore",
                "KubernetesSandbox", "KubernetesClient", "LocalSandbox", "HTTPTransport", "Metrics", .arguments,
                .lifecycle, .unixSignals, .logging, .yams, .nioCore, .nioPosix, .nioHTTP1,
            ]),
        library(
            "CLI",
            [
                "ControlClient", "ControlAPI", "JSONRPC", "SandboxCore", "CPodkeeper", .arguments, .unixSignals, .yams,
            ]),

        // Counting and measuring, and Prometheus' text: pure.
        library("Metrics"),

        // The control API: contract, server, client.
        library("JSONRPC"),
        library("ControlAPI", ["JSONRPC"]),
        library("ControlServer", ["JSONRPC", "CPodkeeper", .logging]),
        library("ControlClient", ["ControlAPI", "JSONRPC", "CPodkeeper"]),

        // Steps at which tests kill the daemon; empty in a release build.
        .target(
            name: "Failpoints",
            swiftSettings: rules + [.define("PODKEEPER_FAILPOINTS", .when(configuration: .debug))]),

        // Sessions: pure rules and their ports.
        library("SandboxCore"),
        library("SessionManager", ["SandboxCore", "Failpoints", .logging, .collections]),
        library("SQLiteStore", ["SessionManager", "SandboxCore", .grdb, .logging]),

        // Backends.
        library(
            "KubernetesSandbox",
            [
                "SessionManager", "SandboxCore", "Failpoints", "KubernetesClient", "ExecClient", "ExecAPI",
                "HTTPTransport", .logging,
            ]),
        library(
            "LocalSandbox",
            ["SessionManager", "SandboxCore", "Failpoints", "ExecClient", "HTTPTransport", "CPodkeeper", .logging]),
        library("KubernetesClient", ["HTTPTransport", "ProcessSupervisor", .yams, .logging]),
        library("HTTPTransport", ["CLibcurl", "CPodkeeper"]),

        // The exec server in the sandbox, its contract and its client.
        library("ExecAPI"),
        library("Tar"),
        library("ExecClient", ["ExecAPI", "SandboxCore", "HTTPTransport"]),
        library(
            "ExecServer",
            [
                "ExecAPI", "SandboxCore", "ProcessSupervisor", "Tar", "CPodkeeper", .nioCore, .nioPosix, .nioHTTP1,
                .arguments,
            ]),
        library("ProcessSupervisor", ["CPodkeeper", .subprocess, .system]),

        // C: what Swift cannot call or its Glibc module lacks.
        .target(name: "CPodkeeper"),
        .target(name: "CLibcurl", linkerSettings: [.linkedLibrary("curl")]),

        // Tests, a target each; the end-to-end suite runs the built programs.
        tests("MetricsTests", ["Metrics"]),
        tests("JSONRPCTests", ["JSONRPC"]),
        tests("ControlAPITests", ["ControlAPI", "JSONRPC"]),
        tests("ControlServerTests", ["ControlServer", "JSONRPC", "CPodkeeper", .logging]),
        tests("ControlClientTests", ["ControlClient", "ControlServer", "JSONRPC", "CPodkeeper", .logging]),
        tests(
            "CLITests",
            ["CLI", "ControlClient", "ControlAPI", "ControlServer", "JSONRPC", "SandboxCore", .arguments, .logging]),
        tests("SandboxCoreTests", ["SandboxCore"]),
        tests("SessionManagerTests", ["SessionManager", "SQLiteStore", "SandboxCore", .logging, .grdb]),
        tests("SQLiteStoreTests", ["SQLiteStore", "SessionManager", "SandboxCore", .logging, .grdb]),
        tests("HTTPTransportTests", ["HTTPTransport", "CPodkeeper", "CLibcurl"]),
        tests("KubernetesClientTests", ["KubernetesClient", "HTTPTransport", .logging]),
        tests(
            "KubernetesSandboxTests",
            [
                "KubernetesSandbox", "KubernetesClient", "HTTPTransport", "ExecClient", "SessionManager",
                "SandboxCore", .logging,
            ]),
        tests("ExecAPITests", ["ExecAPI"]),
        tests("TarTests", ["Tar"]),
        tests("ExecClientTests", ["ExecClient", "ExecAPI", "SandboxCore", "HTTPTransport", "CPodkeeper"]),
        tests(
            "ExecServerTests",
            ["ExecServer", "ExecAPI", "SandboxCore", "ProcessSupervisor", "Tar", "CPodkeeper", "podkeeper-execd"]),
        tests("ProcessSupervisorTests", ["ProcessSupervisor", "CPodkeeper"]),
        tests(
            "LocalSandboxTests",
            ["LocalSandbox", "ExecClient", "SessionManager", "SandboxCore", "HTTPTransport", "CPodkeeper", .logging]),
        tests(
            "DaemonTests",
            ["Daemon", "ControlServer", "JSONRPC", "KubernetesSandbox", "SandboxCore", "CPodkeeper", .logging]),
        tests("EndToEndTests", ["ControlClient", "ControlAPI", "JSONRPC", "CPodkeeper"]),
    ]
)

// The fuzzers of Tests/fuzz: only with -sanitize=fuzzer, which brings their `main`, do they link.
if Context.environment["PODKEEPER_FUZZERS"] != nil {
    package.targets.append(
        .executableTarget(
            name: "podkeeper-fuzz",
            dependencies: [
                "KubernetesClient", "HTTPTransport", "JSONRPC", "ControlAPI", "ExecAPI", "ExecServer", "SandboxCore",
                "ProcessSupervisor", "Tar", .nioCore, .nioPosix, .product(name: "NIOEmbedded", package: "swift-nio"),
            ],
            path: "Tests/Fuzzers", exclude: ["Corpus"], swiftSettings: rules))
}
