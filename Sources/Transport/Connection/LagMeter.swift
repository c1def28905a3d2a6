// How late an event loop comes to what is due: what every request on it waits before it is even read. A task that is due four times
// a second looks how late it is.

import NIOCore
import Telemetry

/// Measures the lag of one event loop, until that ends.
enum LagMeter {
    private static let interval = TimeAmount.milliseconds(250)

    /// Begins to measure.
    static func start(_ eventLoop: any EventLoop, _ histogram: LatencyHistogram) {
        let due = eventLoop.now + interval
        eventLoop.scheduleTask(deadline: due) {
            histogram.add((eventLoop.now - due).nanoseconds)
            start(eventLoop, histogram)
        }
    }
}
