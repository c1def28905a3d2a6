// The workbench: what measures and proves the service from outside of it. Nothing here is part of the product.

import ArgumentParser

@main
struct Workbench: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "workbench", abstract: "Replays recordings, makes load and measures.",
        subcommands: [Vectors.self, Micro.self, State.self, Load.self, Simulate.self])
}
