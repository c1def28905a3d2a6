// The parameters of one request, in memory that the next request reuses.

/// A growing list. An array would do, but for asking at each change whether it is shared: a dozen times for each request.
struct ParameterList: ~Copyable {
    typealias Parameter = SignatureParameters.Parameter

    private var base: UnsafeMutablePointer<Parameter>
    private var capacity: Int
    private(set) var count = 0

    /// What there is from the start, and what is kept for the next request at most.
    private static let leastCapacity = 64
    private static let keptCapacity = 1 << 12

    init() {
        capacity = Self.leastCapacity
        base = .allocate(capacity: capacity)
    }

    // Parameters are trivial: there is nothing to deinitialize.
    deinit { base.deallocate() }

    mutating func append(_ parameter: Parameter) {
        if count == capacity { resize(2 * capacity) }
        (base + count).initialize(to: parameter)
        count += 1
    }

    subscript(index: Int) -> Parameter {
        get {
            precondition(index >= 0 && index < count)
            return base[index]
        }
        set {
            precondition(index >= 0 && index < count)
            base[index] = newValue
        }
    }

    /// Forgets all but the first `length`.
    mutating func truncate(to length: Int) {
        precondition(length >= 0 && length <= count)
        count = length
    }

    mutating func removeAll() {
        count = 0
        if capacity > Self.keptCapacity { resize(Self.leastCapacity) }
    }

    /// The parameters in `range`, to be put into another order during the call.
    func withMutableElements(_ range: Range<Int>, _ body: (inout UnsafeMutableBufferPointer<Parameter>) -> Void) {
        precondition(range.lowerBound >= 0 && range.upperBound <= count)
        var elements = UnsafeMutableBufferPointer(start: base + range.lowerBound, count: range.count)
        body(&elements)
    }

    private mutating func resize(_ newCapacity: Int) {
        let moved = UnsafeMutablePointer<Parameter>.allocate(capacity: newCapacity)
        moved.moveInitialize(from: base, count: min(count, newCapacity))
        base.deallocate()
        (base, capacity) = (moved, newCapacity)
    }
}
