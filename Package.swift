// swift-tools-version: 6.2
import PackageDescription

/// Every target is held to the same rules: Swift 6 language mode with strict concurrency, and no warning survives.
let strict: [SwiftSetting] = [
    .swiftLanguageMode(.v6),
    .treatAllWarnings(as: .error),
    .enableUpcomingFeature("ExistentialAny"),
]

let package = Package(
    name: "sessiongate",
    products: [
        .executable(name: "sessiongate", targets: ["Sessiongate"])
    ],
    dependencies: [
        .package(url: "https://github.com/apple/swift-nio", from: "2.101.2"),
        .package(url: "https://github.com/apple/swift-nio-ssl", from: "2.37.6"),
        .package(url: "https://github.com/apple/swift-log", from: "1.16.2"),
        .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.2"),
        .package(url: "https://github.com/apple/swift-protobuf", from: "1.39.0"),
        .package(url: "https://github.com/jpsim/Yams", from: "6.2.2"),
        .package(url: "https://github.com/HdrHistogram/hdrhistogram-swift", from: "0.2.0"),
    ],
    targets: [
        .systemLibrary(name: "CNative", path: "Sources/CNative"),
        .target(name: "Wire", swiftSettings: strict),
        .target(name: "Cryptography", dependencies: ["CNative", "Wire"], swiftSettings: strict),
        .target(name: "Authorization", dependencies: ["Wire", "Cryptography"], swiftSettings: strict),
        .target(
            name: "Stores",
            dependencies: [
                "CNative", "Wire", "Cryptography", "Authorization",
                .product(name: "NIOPosix", package: "swift-nio"),
                .product(name: "NIOCore", package: "swift-nio"),
            ],
            swiftSettings: strict
        ),
        .target(
            name: "Transport",
            dependencies: [
                "CNative", "Wire", "Authorization",
                .product(name: "NIOCore", package: "swift-nio"),
                .product(name: "NIOPosix", package: "swift-nio"),
                .product(name: "NIOHTTP1", package: "swift-nio"),
                .product(name: "NIOSSL", package: "swift-nio-ssl"),
                .product(name: "Logging", package: "swift-log"),
            ],
            swiftSettings: strict
        ),
        .target(
            name: "Operations",
            dependencies: [
                "CNative", "Wire", "Cryptography", "Authorization", "Stores", "Transport",
                .product(name: "Logging", package: "swift-log"),
                .product(name: "Yams", package: "Yams"),
            ],
            swiftSettings: strict
        ),
        .executableTarget(
            name: "Sessiongate",
            dependencies: [
                "Operations",
                .product(name: "ArgumentParser", package: "swift-argument-parser"),
            ],
            swiftSettings: strict
        ),
        .executableTarget(
            name: "Workbench",
            dependencies: [
                "CNative", "Wire", "Cryptography", "Authorization", "Stores", "Transport", "Operations",
                .product(name: "ArgumentParser", package: "swift-argument-parser"),
                .product(name: "NIOCore", package: "swift-nio"),
                .product(name: "NIOPosix", package: "swift-nio"),
                .product(name: "Histogram", package: "hdrhistogram-swift"),
            ],
            swiftSettings: strict
        ),
        .testTarget(
            name: "WireTests",
            dependencies: ["Wire", .product(name: "SwiftProtobuf", package: "swift-protobuf")],
            swiftSettings: strict
        ),
        .testTarget(
            name: "CryptographyTests", dependencies: ["CNative", "Cryptography", "Wire"], swiftSettings: strict),
        .testTarget(
            name: "AuthorizationTests", dependencies: ["Authorization", "Cryptography", "Wire"], swiftSettings: strict),
        .testTarget(
            name: "StoresTests", dependencies: ["Stores", "Authorization", "Cryptography", "Wire"],
            swiftSettings: strict),
        .testTarget(
            name: "TransportTests",
            dependencies: [
                "Transport", "Authorization", "Cryptography", "Wire", "CNative",
                .product(name: "NIOCore", package: "swift-nio"),
                .product(name: "NIOPosix", package: "swift-nio"),
                .product(name: "NIOEmbedded", package: "swift-nio"),
                .product(name: "Logging", package: "swift-log"),
            ],
            swiftSettings: strict
        ),
        .testTarget(
            name: "OperationsTests",
            dependencies: ["Operations", "Stores", "Transport", "Authorization", "Cryptography", "Wire"],
            swiftSettings: strict
        ),
        .testTarget(
            name: "WorkbenchTests", dependencies: ["Workbench", "Operations", "Cryptography", "Wire"],
            swiftSettings: strict),
    ]
)
