// Requests on the data listeners that get neither a decision nor a fault: a proxy, or another caller, asks in a way that can't be
// decided.

/// A request that is answered without a decision, through the caller's fault.
public enum Rejection {
    /// What was asked.
    public enum Endpoint: String, Sendable, CaseIterable {
        /// Envoy's Check, as gRPC or in JSON.
        case check
        /// Envoy's HTTP mode.
        case authorize
        /// Forward auth of other proxies.
        case forwardAuth = "forward-auth"
        /// `/v1/identity`.
        case identity
        /// A path that is not served, or a request that was not read as far as its path.
        case other
    }

    /// Why it can't be decided.
    public enum Problem: String, Sendable, CaseIterable {
        /// It can't be read, or contradicts itself.
        case malformed
        /// It is larger than allowed: head or body.
        case tooLarge = "too-large"
        /// Its method, media type, compression or version of HTTP is not taken.
        case unsupported
        /// Its peer is not one of http.trusted_peers.
        case untrusted
        /// Its path is not served.
        case unknownPath = "unknown-path"
        /// Too much waits on its connection or its event loop.
        case backlog
    }
}

/// Counts rejections on one event loop.
public struct RejectionCounters: Sendable {
    private let counters = Rejection.Endpoint.allCases.map { _ in Rejection.Problem.allCases.map { _ in Counter() } }

    /// Counts one.
    public func add(_ endpoint: Rejection.Endpoint, _ problem: Rejection.Problem) {
        counters[endpoint.index][problem.index].add()
    }

    /// How many there were.
    public func count(_ endpoint: Rejection.Endpoint, _ problem: Rejection.Problem) -> UInt64 {
        counters[endpoint.index][problem.index].current
    }
}

extension CaseIterable where Self: Equatable, AllCases.Index == Int {
    /// Position in `allCases`. Found by a search, so not for the way of every check.
    fileprivate var index: Int { Self.allCases.firstIndex(of: self) ?? 0 }
}
