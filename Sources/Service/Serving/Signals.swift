// Signals as a stream of values.

import Dispatch
import Foundation

/// Signals that concern a server.
enum Signals {
    /// What came.
    enum Kind: String, Sendable {
        case terminate = "SIGTERM"
        case interrupt = "SIGINT"
        case hangUp = "SIGHUP"

        /// Whether it asks the server to stop.
        var stops: Bool { self != .hangUp }

        fileprivate var number: Int32 {
            switch self {
            case .terminate: SIGTERM
            case .interrupt: SIGINT
            case .hangUp: SIGHUP
            }
        }
    }

    /// The signals from now on; they no longer end the process by themselves. A peer that is gone never does (SIGPIPE).
    static func stopping() -> AsyncStream<Kind> {
        signal(SIGPIPE, SIG_IGN)
        let (stream, continuation) = AsyncStream.makeStream(of: Kind.self)
        let sources = Sources([Kind.terminate, .interrupt, .hangUp]) { continuation.yield($0) }
        // The sources live as long as the stream is read.
        continuation.onTermination = { _ in sources.cancel() }
        return stream
    }

    /// From now on SIGTERM and SIGINT end the process.
    static func secondEndsTheProcess() {
        signal(SIGTERM, SIG_DFL)
        signal(SIGINT, SIG_DFL)
    }
}

/// The event sources of signals.
private final class Sources: @unchecked Sendable {
    // @unchecked Sendable: the sources are made in init and only cancelled afterwards, which Dispatch allows from any thread.
    private let sources: [any DispatchSourceSignal]

    init(_ kinds: [Signals.Kind], handler: @escaping @Sendable (Signals.Kind) -> Void) {
        let queue = DispatchQueue(label: "signals")
        sources = kinds.map { kind in
            signal(kind.number, SIG_IGN)
            let source = DispatchSource.makeSignalSource(signal: kind.number, queue: queue)
            source.setEventHandler { handler(kind) }
            source.resume()
            return source
        }
    }

    func cancel() {
        for source in sources { source.cancel() }
    }
}
