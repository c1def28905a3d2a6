// A listener when there is no descriptor left.

import Glibc
import Logging
import NIOCore
import NIOEmbedded
import Testing
import Transport

@Suite struct AcceptPauseTests {
    @Test func aListenerThatCanNotAcceptPausesForAMoment() throws {
        let channel = EmbeddedChannel()
        try channel.pipeline.syncOperations.addHandler(
            AcceptPause(Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }))
        // What was set last: an embedded channel reports its default only.
        func isReading() -> Bool {
            channel.options.last { $0.option is ChannelOptions.Types.AutoReadOption }?.value as? Bool ?? true
        }
        #expect(isReading())
        for _ in 0..<3 { channel.pipeline.fireErrorCaught(IOError(errnoCode: EMFILE, reason: "accept")) }
        #expect(!isReading())
        channel.embeddedEventLoop.advanceTime(by: .milliseconds(200))
        #expect(!isReading())
        channel.embeddedEventLoop.advanceTime(by: .milliseconds(100))
        #expect(isReading())
        channel.pipeline.fireErrorCaught(IOError(errnoCode: EMFILE, reason: "accept"))
        #expect(!isReading(), "again and again")
        _ = try channel.finish(acceptAlreadyClosed: true)
    }

    @Test(arguments: [(1_048_576, 1_048_384), (1024, 832), (256, 64), (100, 25), (2, 1)])
    func connectionsLeaveDescriptorsForOthers(descriptors: Int, connections: Int) {
        #expect(DescriptorLimit.maxConnections(descriptors: descriptors, admin: 64) == connections)
    }
}
