// swift-tools-version: 6.2
import PackageDescription

/// `make fuzz` and `make sanitize` set SANITIZE.
let sanitizer = Context.environment["SANITIZE"]
/// `address`: our own targets are built with AddressSanitizer, the coverage that libFuzzer needs, and assertions. Dependencies
/// are built as ever.
let instrumentation: [SwiftSetting] =
    sanitizer == "address" ? [.unsafeFlags(["-sanitize=address,fuzzer", "-assert-config", "Debug"])] : []
/// Links the sanitizer's runtime.
let linked: [LinkerSetting] = sanitizer == "address" ? [.unsafeFlags(["-sanitize=address"])] : []

/// Every target is held to the same rules: Swift 6 language mode with strict concurrency, and no warning survives.
let strict: [SwiftSetting] =
    [
        .swiftLanguageMode(.v6),
        .treatAllWarnings(as: .error),
        .enableUpcomingFeature("ExistentialAny"),
    ] + instrumentation

/// The Swift runtime is part of the program, so that it runs where no toolchain is. Yams needs all of Foundation, and a static
/// archive does not name the archives that it needs itself. lld, since gold warns of what Foundation calls.
let standalone: [LinkerSetting] = [
    .unsafeFlags(
        [
            "-static-stdlib", "-use-ld=lld", "-Xlinker", "--build-id=sha1", "-Xlinker", "-z", "-Xlinker", "now",
            "-lFoundation", "-lFoundationInternationalization", "-lFoundationEssentials", "-lCoreFoundation",
            "-l_FoundationICU",
            "-l_FoundationCShims", "-l_FoundationCollections",
        ], .when(platforms: [.linux], configuration: .release))
]

/// What `make` says of the sources that it builds. It reaches one small file in C, which is compiled in no time.
let provenance: [CSetting] = ["SOURCE_COMMIT", "SOURCE_DATE"].compactMap { name in
    Context.environment[name].map { .define(name, to: "\"\($0)\"") }
}

let package = Package(
    name: "sessiongate",
    products: [
        .executable(name: "sessiongate", targets: ["Sessiongate"])
    ],
    dependencies: [
        .package(url: "https://github.com/apple/swift-nio", exact: "2.101.2"),
        .package(url: "https://github.com/apple/swift-log", exact: "1.16.2"),
        .package(url: "https://github.com/swift-server/swift-service-lifecycle", exact: "2.13.0"),
        .package(url: "https://github.com/apple/swift-argument-parser", exact: "1.8.2"),
        .package(url: "https://github.com/apple/swift-protobuf", exact: "1.39.0"),
        .package(url: "https://github.com/jpsim/Yams", exact: "6.2.2"),
        .package(url: "https://github.com/HdrHistogram/hdrhistogram-swift", exact: "0.2.0"),
    ],
    targets: [
        .systemLibrary(name: "CNative", path: "Sources/CNative"),
        .target(name: "CBuild", cSettings: provenance),
        // On its own, since a target is compiled again when one in C that it uses was.
        .target(name: "Provenance", dependencies: ["CBuild"], swiftSettings: strict),
        .target(name: "Bytes", swiftSettings: strict),
        .target(name: "Cryptography", dependencies: ["CNative", "Bytes"], swiftSettings: strict),
        .target(name: "Sessions", dependencies: ["Bytes", "Cryptography"], swiftSettings: strict),
        .target(
            name: "EnvoyProtocol",
            dependencies: ["Bytes", "Sessions", .product(name: "SwiftProtobuf", package: "swift-protobuf")],
            exclude: ["Generated/contract.proto"],
            swiftSettings: strict
        ),
        .target(name: "Forecast", dependencies: ["Bytes"], swiftSettings: strict),
        .target(
            name: "Storage",
            dependencies: [
                "CNative", "Bytes", "Sessions", "Telemetry", .product(name: "NIOCore", package: "swift-nio"),
                .product(name: "NIOPosix", package: "swift-nio"),
            ],
            swiftSettings: strict
        ),
        .target(
            name: "Telemetry",
            dependencies: ["Bytes", "Forecast", "Sessions", .product(name: "Logging", package: "swift-log")],
            swiftSettings: strict),
        .target(
            name: "Transport",
            dependencies: [
                "CNative", "Bytes", "Forecast", "Sessions", "EnvoyProtocol", "Telemetry",
                .product(name: "NIOCore", package: "swift-nio"),
                .product(name: "NIOPosix", package: "swift-nio"),
                .product(name: "NIOHTTP1", package: "swift-nio"),
                .product(name: "Logging", package: "swift-log"),
            ],
            swiftSettings: strict
        ),
        .target(
            name: "Redis",
            dependencies: [
                "CNative", "Bytes", "Cryptography", "Sessions", "Telemetry", "Transport",
                .product(name: "NIOCore", package: "swift-nio"),
                .product(name: "NIOPosix", package: "swift-nio"),
                .product(name: "Logging", package: "swift-log"),
            ],
            swiftSettings: strict
        ),
        .target(
            name: "Service",
            dependencies: [
                "CNative", "Bytes", "Cryptography", "Provenance", "Redis", "Sessions", "Storage", "Telemetry",
                "Transport", "Forecast",
                .product(name: "Logging", package: "swift-log"),
                .product(name: "NIOCore", package: "swift-nio"),
                .product(name: "NIOPosix", package: "swift-nio"),
                .product(name: "ServiceLifecycle", package: "swift-service-lifecycle"),
                .product(name: "UnixSignals", package: "swift-service-lifecycle"),
                .product(name: "Yams", package: "Yams"),
            ],
            swiftSettings: strict
        ),
        .target(
            name: "Tools",
            dependencies: [
                "Bytes", "Cryptography", "EnvoyProtocol", "Sessions", "Storage", "Telemetry", "Transport", "Service",
                "Forecast",
                .product(name: "NIOCore", package: "swift-nio"),
                .product(name: "NIOHTTP1", package: "swift-nio"),
                .product(name: "NIOPosix", package: "swift-nio"),
            ],
            swiftSettings: strict
        ),
        .executableTarget(
            name: "Sessiongate",
            dependencies: [
                "Bytes", "Cryptography", "Provenance", "Service", "Telemetry", "Tools", "Transport", "Forecast",
                .product(name: "ArgumentParser", package: "swift-argument-parser"),
            ],
            swiftSettings: strict,
            linkerSettings: standalone
        ),
        .executableTarget(
            name: "Workbench",
            dependencies: [
                "CNative", "Bytes", "Cryptography", "EnvoyProtocol", "Forecast", "Sessions", "Storage", "Telemetry",
                "Transport", "Service", "Tools",
                .product(name: "ArgumentParser", package: "swift-argument-parser"),
                .product(name: "NIOCore", package: "swift-nio"),
                .product(name: "NIOPosix", package: "swift-nio"),
                .product(name: "Histogram", package: "hdrhistogram-swift"),
            ],
            swiftSettings: strict
        ),
        .testTarget(name: "BytesTests", dependencies: ["TestSupport", "Bytes"], swiftSettings: strict),
        .target(
            name: "FuzzTargets",
            dependencies: [
                "TestSupport", "Transport", "Sessions", "EnvoyProtocol", "Cryptography", "Bytes",
                .product(name: "NIOCore", package: "swift-nio"),
                .product(name: "NIOEmbedded", package: "swift-nio"),
                .product(name: "SwiftProtobuf", package: "swift-protobuf"),
            ],
            path: "Tests/Fuzz/Targets", swiftSettings: strict),
        .testTarget(
            name: "FuzzTests", dependencies: ["FuzzTargets", "TestSupport", "Bytes"], path: "Tests/Fuzz/Replay",
            swiftSettings: strict),
        .testTarget(
            name: "EnvoyProtocolTests",
            dependencies: [
                "TestSupport", "Bytes", "EnvoyProtocol",
                .product(name: "SwiftProtobuf", package: "swift-protobuf"),
            ],
            swiftSettings: strict
        ),
        .testTarget(
            name: "CryptographyTests", dependencies: ["CNative", "Cryptography", "Bytes"], swiftSettings: strict),
        .target(
            name: "TestSupport", dependencies: ["CNative", "Bytes", "Sessions", "Storage"], path: "Tests/TestSupport",
            swiftSettings: strict),
        .testTarget(
            name: "SessionsTests", dependencies: ["TestSupport", "Sessions", "Cryptography", "Bytes", "EnvoyProtocol"],
            swiftSettings: strict),
        .testTarget(name: "ForecastTests", dependencies: ["Forecast", "Bytes"], swiftSettings: strict),
        .testTarget(
            name: "TelemetryTests",
            dependencies: ["Telemetry", "Bytes", "Forecast", .product(name: "Logging", package: "swift-log")],
            swiftSettings: strict),
        .testTarget(
            name: "StorageTests",
            dependencies: ["TestSupport", "Storage", "Sessions", "Cryptography", "Bytes", "EnvoyProtocol"],
            swiftSettings: strict),
        .testTarget(
            name: "RedisTests",
            dependencies: [
                "TestSupport", "Redis", "Sessions", "Bytes", "EnvoyProtocol", "Telemetry", "Transport",
                .product(name: "NIOCore", package: "swift-nio"),
                .product(name: "NIOPosix", package: "swift-nio"),
                .product(name: "NIOEmbedded", package: "swift-nio"),
                .product(name: "Logging", package: "swift-log"),
            ],
            swiftSettings: strict
        ),
        .testTarget(
            name: "TransportTests",
            dependencies: [
                "TestSupport", "Transport", "Sessions", "Cryptography", "Bytes", "EnvoyProtocol", "CNative",
                "Telemetry",
                .product(name: "NIOCore", package: "swift-nio"),
                .product(name: "NIOPosix", package: "swift-nio"),
                .product(name: "NIOEmbedded", package: "swift-nio"),
                .product(name: "Logging", package: "swift-log"),
            ],
            swiftSettings: strict
        ),
        .testTarget(
            name: "ServiceTests",
            dependencies: [
                "TestSupport", "Service", "Tools", "Telemetry", "Forecast", "Storage", "Transport", "Sessions",
                "Cryptography", "Bytes", "EnvoyProtocol", .product(name: "Logging", package: "swift-log"),
                .product(name: "ServiceLifecycleTestKit", package: "swift-service-lifecycle"),
            ],
            swiftSettings: strict
        ),
        .testTarget(
            name: "WorkbenchTests",
            dependencies: [
                "Workbench", "Service", "Tools", "Cryptography", "Bytes", "EnvoyProtocol", "Sessions",
                .product(name: "SwiftProtobuf", package: "swift-protobuf"),
            ],
            swiftSettings: strict),
    ]
)

// The module for Envoy: one shared object that needs nothing of Swift's where it runs, shows Envoy its hooks and nothing else, and is
// never unloaded, since its threads can't be.
if sanitizer == nil {
    let exports = "\(Context.packageDirectory)/Sources/EnvoyModule/exports.map"
    package.products.append(.library(name: "sessiongate-envoy", type: .dynamic, targets: ["EnvoyModule"]))
    package.targets += [
        .systemLibrary(name: "CEnvoy", path: "Sources/CEnvoy"),
        .target(
            name: "EnvoyModule",
            dependencies: [
                "CEnvoy", "Bytes", "Cryptography", "EnvoyProtocol", "Provenance", "Sessions", "Service", "Telemetry",
                "Transport",
                .product(name: "Logging", package: "swift-log"),
            ],
            exclude: ["exports.map"], swiftSettings: strict,
            linkerSettings: standalone + [
                .unsafeFlags(
                    ["--version-script=\(exports)", "-z", "nodelete", "-z", "defs"].flatMap { ["-Xlinker", $0] })
            ]),
    ]
}

// Tests are compiled without optimization: that takes a quarter of the time, and what they test is optimized nevertheless. They must
// not take that for a debug build, in which they leave out what is slow.
let untuned = ["-Onone", "-whole-module-optimization"] + (sanitizer == nil ? ["-assert-config", "Release"] : [])
for target in package.targets where target.type == .test {
    target.swiftSettings = (target.swiftSettings ?? []) + [.unsafeFlags(untuned, .when(configuration: .release))]
}

// The sanitizers watch what runs in the server; the command line and the measurements around it take time to build.
if sanitizer != nil {
    package.products = []
    package.targets.removeAll { ["Sessiongate", "Workbench", "WorkbenchTests"].contains($0.name) }
}
// What is of one thread has no races.
if sanitizer == "thread" {
    let threadless = [
        "BytesTests", "CryptographyTests", "EnvoyProtocolTests", "ForecastTests", "FuzzTargets", "FuzzTests",
    ]
    package.targets.removeAll { threadless.contains($0.name) }
}

for target in package.targets where [.executable, .test].contains(target.type) {
    target.linkerSettings = (target.linkerSettings ?? []) + linked
}

// `thread`: SwiftPM builds everything with ThreadSanitizer, and the tests show it the locks that it can't see.
if sanitizer == "thread" {
    package.targets.append(.target(name: "CThreadSanitizer", path: "Tests/ThreadSanitizer"))
    for target in package.targets where target.name == "TestSupport" { target.dependencies.append("CThreadSanitizer") }
}

// libFuzzer is linked as a library: its other form has a `main` of its own.
if let library = Context.environment["LIBFUZZER"] {
    package.targets += [
        .systemLibrary(name: "CFuzzer", path: "Tests/Fuzz/CFuzzer"),
        .executableTarget(
            name: "Fuzz", dependencies: ["CFuzzer", "FuzzTargets", "Bytes"], path: "Tests/Fuzz/Driver",
            swiftSettings: strict, linkerSettings: linked + [.unsafeFlags([library, "-lstdc++"])]),
    ]
}
