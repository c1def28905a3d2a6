// From an event loop to the forecast: requests are written one behind the other into a room, which the forecast's thread takes as a
// whole and leaves an empty one. Each event loop has a queue of its own; its lock is held for the copy of a few dozen bytes, and by
// the other side for an exchange of two pointers. A full room drops what comes, and counts it: no event loop ever waits.
//
//     second   cookie   length of class, consumer, key   class   consumer   key
//        4        1          1         1       2

import Bytes
import Dispatch
import Forecast
import Synchronization

/// What a request is counted on: some text, and a number behind it.
package struct ForecastKeyText {
    let text: Bytes
    let number: Int64?

    /// A text, followed by a number that is not negative, when there is one.
    package init(_ text: Bytes, _ number: Int64? = nil) { (self.text, self.number) = (text, number) }
}

/// The queue of one event loop.
package final class ForecastQueue: Sendable {
    /// Bytes of the longest class, consumer and key; of longer ones the beginning counts.
    static let maxClass = 128, maxConsumer = 128, maxKey = 512
    static let headBytes = 9

    private let room: Mutex<ForecastRoom>
    private let isOn = Atomic<Bool>(false)
    private let lost = Atomic<UInt64>(0)
    private let wake: DispatchSemaphore

    /// - Parameter capacity: Bytes that may wait.
    /// - Parameter wake: Signalled when half of them do.
    package init(capacity: Int, wake: DispatchSemaphore) {
        room = Mutex(ForecastRoom(capacity: capacity))
        self.wake = wake
    }

    /// Whether requests are counted at all.
    @inline(__always)
    package var isCounting: Bool { isOn.load(ordering: .relaxed) }

    /// Requests that were dropped since the room was full.
    var lostCount: UInt64 { lost.load(ordering: .relaxed) }

    /// Begins or ends counting.
    package func turn(on: Bool) { isOn.store(on, ordering: .relaxed) }

    /// Adds a request. Called by the queue's event loop.
    package func add(
        _ key: ForecastKeyText, className: Bytes, consumer: Bytes, cookie: Observation.Cookie, second: Int64
    ) {
        let state = room.withLock { $0.add(key, className, consumer, cookie, second) }
        switch state {
        case .added: break
        case .halfFull: wake.signal()
        case .full: lost.store(lost.load(ordering: .relaxed) &+ 1, ordering: .relaxed)
        }
    }

    /// Takes what waits, and leaves `empty`.
    func exchange(_ empty: inout ForecastRoom) { room.withLock { swap(&$0, &empty) } }
}

/// Memory for requests that wait.
struct ForecastRoom: ~Copyable, @unchecked Sendable {
    // @unchecked Sendable: the one owner of its memory, and used by the thread that has it.
    enum Addition { case added, halfFull, full }

    private let memory: UnsafeMutableRawBufferPointer
    private(set) var count = 0

    init(capacity: Int) { memory = .allocate(byteCount: capacity, alignment: 8) }

    deinit { memory.deallocate() }

    var bytes: UnsafeRawBufferPointer { UnsafeRawBufferPointer(rebasing: memory[..<count]) }

    mutating func empty() { count = 0 }

    @inline(__always)
    mutating func add(
        _ key: ForecastKeyText, _ className: Bytes, _ consumer: Bytes, _ cookie: Observation.Cookie, _ second: Int64
    ) -> Addition {
        let (name, owner) = (className.prefix(ForecastQueue.maxClass), consumer.prefix(ForecastQueue.maxConsumer))
        let text = key.text.prefix(ForecastQueue.maxKey)
        let digits = key.number.map(Self.digits) ?? 0
        let length = ForecastQueue.headBytes + name.count + owner.count + text.count + digits
        guard length <= memory.count - count else { return .full }
        var writer = CopyWriter(UnsafeMutableRawBufferPointer(rebasing: memory[count...]))
        withUnsafeBytes(of: UInt32(clamping: second).littleEndian) { writer.put(Bytes($0)) }
        let lengths = UInt32(cookie.rawValue) | UInt32(name.count) << 8 | UInt32(owner.count) << 16
        withUnsafeBytes(of: lengths.littleEndian) { writer.put(Bytes($0).prefix(3)) }
        withUnsafeBytes(of: UInt16(text.count + digits).littleEndian) { writer.put(Bytes($0)) }
        writer.put(name)
        writer.put(owner)
        writer.put(text)
        if let number = key.number { put(number, digits, at: count + writer.count) }
        let wasBelow = count < memory.count / 2
        count += length
        return wasBelow && count >= memory.count / 2 ? .halfFull : .added
    }

    private func put(_ number: Int64, _ digits: Int, at start: Int) {
        var rest = number
        for place in (0..<digits).reversed() {
            memory[start + place] = 0x30 + UInt8(truncatingIfNeeded: rest % 10)
            rest /= 10
        }
    }

    private static func digits(_ number: Int64) -> Int {
        var (digits, rest) = (1, number / 10)
        while rest > 0 { (digits, rest) = (digits + 1, rest / 10) }
        return digits
    }
}
