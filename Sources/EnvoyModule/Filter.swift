// One filter in Envoy's configuration, and what its workers have for it.

import Bytes
import CEnvoy
import Service
import Sessions

/// A configured filter, shared by Envoy's workers. It outlives its streams.
final class Filter: Sendable {
    /// Envoy's functions.
    let envoy = Envoy.callbacks
    /// Decides; nil where Envoy only validates a configuration.
    let engine: Engine?
    let options: FilterOptions
    let metadataNamespace: KeptBytes
    private let workers: Workers?

    /// On Envoy's main thread, which alone may ask how many workers there are.
    init(_ options: FilterOptions, engine: Engine?) {
        self.options = options
        self.engine = engine
        let envoy = envoy
        workers = engine?.threads.get { Workers(count: Int(envoy.get_concurrency())) }
        metadataNamespace = KeptBytes(Array(options.metadataNamespace.utf8))
    }

    /// What the thread that `stream` is on decides with; nil for a thread that is none of Envoy's workers.
    @inline(__always)
    func worker(of stream: UnsafeMutableRawPointer) -> Worker? {
        guard let engine, let workers, let worker = workers.worker(Int(envoy.get_worker_index(stream)), engine) else {
            return nil
        }
        worker.follow(engine)
        return worker
    }
}

/// What each of Envoy's workers decides with, by the worker's number.
private final class Workers: Memo, @unchecked Sendable {
    // @unchecked Sendable: each place is used by one thread alone.
    private let places: UnsafeMutableBufferPointer<Worker?>

    init(count: Int) {
        places = .allocate(capacity: count)
        places.initialize(repeating: nil)
    }

    deinit {
        places.deinitialize()
        places.deallocate()
    }

    @inline(__always)
    func worker(_ index: Int, _ engine: Engine) -> Worker? {
        guard places.indices.contains(index) else { return nil }
        if let worker = places[index] { return worker }
        let worker = Worker(engine)
        places[index] = worker
        return worker
    }
}
