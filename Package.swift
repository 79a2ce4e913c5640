// swift-tools-version: 6.1
import PackageDescription

// Swift 6 language mode plus the four upcoming features that style.md names; Sources/SkeinCore/FeatureCheck.swift fails
// the build when one of them is misspelt or off.
let settings: [SwiftSetting] = [
    .enableUpcomingFeature("ExistentialAny"),
    .enableUpcomingFeature("InternalImportsByDefault"),
    .enableUpcomingFeature("MemberImportVisibility"),
    .enableUpcomingFeature("NonisolatedNonsendingByDefault"),
]

// Named points at which a debug build can be made to crash, hang, wait or lose an answer (Failpoint.swift).
let product = settings + [.define("SKEIN_FAILPOINTS", .when(configuration: .debug))]

let package = Package(
    name: "skein",
    platforms: [.macOS(.v15)],
    products: [
        .library(name: "Skein", targets: ["Skein"]),
        .library(name: "SkeinPostgres", targets: ["SkeinPostgres"]),
        .library(name: "SkeinRedis", targets: ["SkeinRedis"]),
        .library(name: "SkeinHandlers", targets: ["SkeinHandlers"]),
        .library(name: "SkeinServer", targets: ["SkeinServer"]),
        .library(name: "SkeinTesting", targets: ["SkeinTesting"]),
        .executable(name: "skein", targets: ["SkeinCLI"]),
        .executable(name: "skein-bench", targets: ["SkeinBenchmarks"]),
        .executable(name: "skein-simulate", targets: ["SkeinSimulate"]),
        .executable(name: "skein-chaos", targets: ["SkeinChaosTool"]),
    ],
    dependencies: [
        .package(url: "https://github.com/hummingbird-project/hummingbird.git", from: "2.28.0"),
        .package(url: "https://github.com/swift-server/swift-service-lifecycle.git", from: "2.13.0"),
        .package(url: "https://github.com/apple/swift-log.git", from: "1.16.0"),
        .package(url: "https://github.com/apple/swift-metrics.git", from: "2.13.0"),
        .package(url: "https://github.com/apple/swift-distributed-tracing.git", from: "1.7.0"),
        .package(url: "https://github.com/apple/swift-nio.git", from: "2.101.0"),
        .package(url: "https://github.com/apple/swift-nio-ssl.git", from: "2.37.0"),
        .package(url: "https://github.com/apple/swift-http-types.git", from: "1.8.0"),
        .package(url: "https://github.com/swift-server/async-http-client.git", from: "1.37.0"),
        .package(url: "https://github.com/apple/swift-argument-parser.git", from: "1.8.0"),
        .package(url: "https://github.com/apple/swift-configuration.git", from: "1.4.0", traits: [.defaults, "YAML"]),
        .package(url: "https://github.com/apple/swift-collections.git", from: "1.6.0"),
        .package(url: "https://github.com/apple/swift-crypto.git", from: "4.5.0"),
        .package(url: "https://github.com/jpsim/Yams.git", from: "6.2.0"),
    ],
    targets: [
        .systemLibrary(name: "CPostgres", pkgConfig: "libpq", providers: [.apt(["libpq-dev"])]),
        .systemLibrary(name: "CHiredis", providers: [.apt(["libhiredis-dev"])]),
        .target(name: "CJemalloc", linkerSettings: [.linkedLibrary("jemalloc", .when(platforms: [.linux]))]),
        .target(
            name: "PostgresClient",
            dependencies: [
                "CPostgres", .product(name: "Logging", package: "swift-log"),
                .product(name: "DequeModule", package: "swift-collections"),
            ],
            swiftSettings: settings),
        .target(
            name: "RedisClient",
            dependencies: [
                "CHiredis", .product(name: "Logging", package: "swift-log"),
                .product(name: "NIOCore", package: "swift-nio"),
                .product(name: "NIOPosix", package: "swift-nio"), .product(name: "NIOSSL", package: "swift-nio-ssl"),
            ],
            swiftSettings: settings),
        .target(
            name: "SkeinCore",
            dependencies: [.product(name: "OrderedCollections", package: "swift-collections")],
            swiftSettings: settings),
        .target(
            name: "Skein",
            dependencies: [
                "SkeinCore", .product(name: "Logging", package: "swift-log"),
                .product(name: "Metrics", package: "swift-metrics"),
                .product(name: "ServiceLifecycle", package: "swift-service-lifecycle"),
                .product(name: "DequeModule", package: "swift-collections"),
                .product(name: "HeapModule", package: "swift-collections"),
                .product(name: "Crypto", package: "swift-crypto"),
                .product(name: "Tracing", package: "swift-distributed-tracing"),
            ],
            swiftSettings: product),
        .target(
            name: "SkeinPostgres",
            dependencies: [
                "Skein", "SkeinCore", "PostgresClient", .product(name: "Logging", package: "swift-log"),
                .product(name: "Crypto", package: "swift-crypto"),
                .product(name: "ServiceLifecycle", package: "swift-service-lifecycle"),
            ],
            resources: [.embedInCode("Migrations/SQL")],
            swiftSettings: product),
        .target(
            name: "SkeinRedis",
            dependencies: ["Skein", "SkeinCore", "RedisClient", .product(name: "Logging", package: "swift-log")],
            resources: [.embedInCode("Scripts")],
            swiftSettings: product),
        .target(
            name: "SkeinHandlers",
            dependencies: [
                "Skein", "SkeinCore", .product(name: "Logging", package: "swift-log"),
                .product(name: "AsyncHTTPClient", package: "async-http-client"),
                .product(name: "NIOCore", package: "swift-nio"), .product(name: "NIOHTTP1", package: "swift-nio"),
                .product(name: "NIOPosix", package: "swift-nio"),
            ],
            swiftSettings: settings),
        .target(
            name: "SkeinServer",
            dependencies: [
                "Skein", "SkeinCore", .product(name: "Hummingbird", package: "hummingbird"),
                .product(name: "Logging", package: "swift-log"),
                .product(name: "Metrics", package: "swift-metrics"),
                .product(name: "HTTPTypes", package: "swift-http-types"),
                .product(name: "NIOCore", package: "swift-nio"),
                .product(name: "ServiceLifecycle", package: "swift-service-lifecycle"),
                .product(name: "Yams", package: "Yams"),
            ],
            swiftSettings: settings),
        .target(
            name: "SkeinTesting",
            dependencies: ["Skein", "SkeinCore", .product(name: "Logging", package: "swift-log")],
            swiftSettings: settings),
        .target(
            name: "SkeinSimulation",
            dependencies: ["Skein", "SkeinCore", "SkeinTesting", .product(name: "Logging", package: "swift-log")],
            swiftSettings: settings),
        .executableTarget(
            name: "SkeinSimulate",
            dependencies: ["SkeinSimulation", .product(name: "ArgumentParser", package: "swift-argument-parser")],
            swiftSettings: settings),
        .target(
            name: "SkeinChaos",
            dependencies: [
                "Skein", "SkeinCore", "SkeinPostgres", "SkeinRedis", "SkeinHandlers", "SkeinServer", "SkeinSimulation",
                "PostgresClient", "RedisClient",
                .product(name: "AsyncHTTPClient", package: "async-http-client"),
                .product(name: "Hummingbird", package: "hummingbird"),
                .product(name: "Logging", package: "swift-log"),
                .product(name: "NIOCore", package: "swift-nio"), .product(name: "NIOPosix", package: "swift-nio"),
                .product(name: "NIOHTTP1", package: "swift-nio"),
                .product(name: "ServiceLifecycle", package: "swift-service-lifecycle"),
                .product(name: "UnixSignals", package: "swift-service-lifecycle"),
            ],
            swiftSettings: settings),
        .executableTarget(
            name: "SkeinChaosTool",
            dependencies: ["SkeinChaos", .product(name: "ArgumentParser", package: "swift-argument-parser")],
            swiftSettings: settings),
        .executableTarget(
            name: "SkeinCLI",
            dependencies: [
                "CJemalloc", "Skein", "SkeinCore", "SkeinPostgres", "SkeinRedis", "SkeinHandlers", "SkeinServer",
                .product(name: "ArgumentParser", package: "swift-argument-parser"),
                .product(name: "Hummingbird", package: "hummingbird"),
                .product(name: "HTTPTypes", package: "swift-http-types"),
                .product(name: "AsyncHTTPClient", package: "async-http-client"),
                .product(name: "Configuration", package: "swift-configuration"),
                .product(name: "Logging", package: "swift-log"),
                .product(name: "NIOCore", package: "swift-nio"), .product(name: "NIOHTTP1", package: "swift-nio"),
                .product(name: "ServiceLifecycle", package: "swift-service-lifecycle"),
                .product(name: "Yams", package: "Yams"),
                .product(name: "Metrics", package: "swift-metrics"),
            ],
            swiftSettings: settings),
        .executableTarget(
            name: "SkeinBenchmarks",
            dependencies: [
                "CJemalloc", "Skein", "SkeinCore", "SkeinPostgres", "SkeinRedis", "SkeinHandlers", "SkeinServer",
                "PostgresClient",
                "RedisClient",
                .product(name: "ArgumentParser", package: "swift-argument-parser"),
                .product(name: "AsyncHTTPClient", package: "async-http-client"),
                .product(name: "Logging", package: "swift-log"),
                .product(name: "ServiceLifecycle", package: "swift-service-lifecycle"),
                .product(name: "NIOCore", package: "swift-nio"), .product(name: "NIOHTTP1", package: "swift-nio"),
                .product(name: "CoreMetrics", package: "swift-metrics"),
            ],
            swiftSettings: settings),
        .testTarget(
            name: "PostgresClientIntegrationTests",
            dependencies: ["PostgresClient", .product(name: "Logging", package: "swift-log")], swiftSettings: settings),
        .testTarget(
            name: "RedisClientTests",
            dependencies: [
                "RedisClient", .product(name: "NIOCore", package: "swift-nio"),
                .product(name: "NIOPosix", package: "swift-nio"),
                .product(name: "Logging", package: "swift-log"),
            ],
            swiftSettings: settings),
        .testTarget(
            name: "RedisClientIntegrationTests",
            dependencies: ["RedisClient", .product(name: "Logging", package: "swift-log")], swiftSettings: settings),
        .testTarget(
            name: "SkeinCoreTests", dependencies: ["SkeinCore"], resources: [.copy("Suites")], swiftSettings: settings),
        .testTarget(
            name: "SkeinTests",
            dependencies: [
                "Skein", "SkeinCore", "SkeinTesting", "SkeinSimulation", "SkeinPostgres", "PostgresClient",
                .product(name: "Logging", package: "swift-log"),
                .product(name: "InMemoryTracing", package: "swift-distributed-tracing"),
                .product(name: "ServiceLifecycle", package: "swift-service-lifecycle"),
                .product(name: "Tracing", package: "swift-distributed-tracing"),
            ],
            exclude: ["Refused"],
            swiftSettings: settings),
        .testTarget(
            name: "SkeinHandlersTests",
            dependencies: [
                "SkeinHandlers", "Skein", "SkeinCore", .product(name: "AsyncHTTPClient", package: "async-http-client"),
                .product(name: "NIOCore", package: "swift-nio"), .product(name: "NIOPosix", package: "swift-nio"),
                .product(name: "NIOHTTP1", package: "swift-nio"), .product(name: "NIOSSL", package: "swift-nio-ssl"),
                .product(name: "Yams", package: "Yams"), .product(name: "Logging", package: "swift-log"),
            ],
            swiftSettings: settings),
        .testTarget(
            name: "SkeinServerTests",
            dependencies: [
                "SkeinServer", "Skein", "SkeinCore", .product(name: "HummingbirdTesting", package: "hummingbird"),
                .product(name: "Hummingbird", package: "hummingbird"), .product(name: "Logging", package: "swift-log"),
                .product(name: "HTTPTypes", package: "swift-http-types"),
                .product(name: "NIOCore", package: "swift-nio"),
                .product(name: "Metrics", package: "swift-metrics"),
                .product(name: "ServiceLifecycle", package: "swift-service-lifecycle"),
            ],
            swiftSettings: settings),
        .testTarget(
            name: "SkeinPostgresIntegrationTests",
            dependencies: [
                "SkeinPostgres", "PostgresClient", "Skein", "SkeinCore", "SkeinTesting",
                .product(name: "Logging", package: "swift-log"),
            ],
            swiftSettings: settings),
        .testTarget(
            name: "SkeinEndToEndIntegrationTests",
            dependencies: [
                "SkeinCore", "RedisClient", "PostgresClient",
                .product(name: "AsyncHTTPClient", package: "async-http-client"),
                .product(name: "NIOCore", package: "swift-nio"), .product(name: "NIOPosix", package: "swift-nio"),
                .product(name: "NIOHTTP1", package: "swift-nio"), .product(name: "Logging", package: "swift-log"),
            ],
            swiftSettings: settings),
        .testTarget(
            name: "SkeinChaosTests",
            dependencies: ["SkeinChaos", "SkeinCore", .product(name: "NIOCore", package: "swift-nio")],
            swiftSettings: settings),
        .testTarget(
            name: "SkeinCLITests",
            dependencies: ["SkeinCLI", "Skein", "SkeinCore", .product(name: "Logging", package: "swift-log")],
            swiftSettings: settings),
        .testTarget(
            name: "SkeinRedisTests", dependencies: ["Skein", "SkeinCore", "SkeinRedis", "RedisClient"],
            swiftSettings: settings),
        .testTarget(
            name: "SkeinRedisIntegrationTests",
            dependencies: [
                "Skein", "SkeinCore", "SkeinRedis", "SkeinTesting", "RedisClient",
                .product(name: "Logging", package: "swift-log"),
                .product(name: "NIOCore", package: "swift-nio"), .product(name: "NIOPosix", package: "swift-nio"),
            ],
            swiftSettings: settings),
    ]
)
