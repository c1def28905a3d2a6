// Where the numbers of a key lie in its rows of words.
//
//     series   slot now, slot in the day, slot in the total, consumer, and for each unit: window, requests in it
//     record   series, first cell, requests, and for each unit: the largest number of requests in a window
//     cell     next cell, limit, windows over the limit, requests over the limit
//
// A slot is the place of the key's record in a slice of time. Places are stored with 1 added: 0 is none.

/// The layout for a number of units. Amounts are whole and take a word where requests are counted one by one; weighted ones are
/// doubles and take two.
struct Layout: Sendable {
    /// Units that windows are counted for.
    let units: Int
    /// Whether amounts are doubles.
    let isWide: Bool

    /// Words of an amount.
    var amountWords: Int { isWide ? 2 : 1 }
    /// Words of a row of each kind.
    var seriesWords: Int { 4 + units * (1 + amountWords) }
    var recordWords: Int { 2 + amountWords * (1 + units) }
    var cellWords: Int { 3 + amountWords }

    /// Offset in a series of the window of the unit at `index`; its amount follows.
    @inline(__always)
    func window(_ index: Int) -> Int { 4 + index * (1 + amountWords) }

    /// Offset in a record of the peak of the unit at `index`.
    @inline(__always)
    func peak(_ index: Int) -> Int { 2 + amountWords * (1 + index) }

    /// The amount at `place`.
    @inline(__always)
    func amount(_ place: UnsafeMutablePointer<UInt32>) -> Double {
        guard isWide else { return Double(place[0]) }
        return Double(bitPattern: UInt64(place[0]) | UInt64(place[1]) << 32)
    }

    /// Sets the amount at `place`; one that does not fit becomes the largest that does.
    @inline(__always)
    func set(_ value: Double, at place: UnsafeMutablePointer<UInt32>) {
        if isWide {
            place[0] = UInt32(truncatingIfNeeded: value.bitPattern)
            place[1] = UInt32(truncatingIfNeeded: value.bitPattern >> 32)
        } else {
            place[0] = value < 4_294_967_295 ? UInt32(value) : .max
        }
    }

    /// Adds to the amount at `place`.
    @inline(__always)
    func add(_ value: Double, at place: UnsafeMutablePointer<UInt32>) { set(amount(place) + value, at: place) }

    /// Offsets in a series.
    enum Series { static let current = 0, day = 1, total = 2, consumer = 3 }
    /// Offsets in a record.
    enum Record { static let series = 0, cell = 1, requests = 2 }
    /// Offsets in a cell.
    enum Cell { static let next = 0, limit = 1, windows = 2, requests = 3 }
}
