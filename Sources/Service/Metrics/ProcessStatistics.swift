// What the kernel knows about this process, by procfs (proc(5)).

import Foundation

/// Numbers of this process; zero where they can't be had.
struct ProcessStatistics {
    /// Seconds since 1970.
    var startTime = 0.0
    var cpuSeconds = 0.0
    var residentBytes = 0
    var virtualBytes = 0
    var threads = 0
    var openFiles = 0
    var maxFiles: UInt64 = 0

    /// As they are now.
    static var current: ProcessStatistics {
        var statistics = ProcessStatistics()
        statistics.readStat()
        statistics.openFiles = (try? FileManager.default.contentsOfDirectory(atPath: "/proc/self/fd").count) ?? 0
        var limit = rlimit()
        if getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit) == 0 {
            statistics.maxFiles = UInt64(limit.rlim_cur)
        }
        return statistics
    }

    private mutating func readStat() {
        // The name, in parentheses, may hold anything; the fields counted from after it: 0 is the state, field 3 of proc(5).
        guard let text = Self.text("/proc/self/stat"), let end = text.lastIndex(of: ")") else { return }
        let fields = text[text.index(after: end)...].split(separator: " ")
        guard fields.count > 21 else { return }
        let ticks = Double(max(1, sysconf(Int32(_SC_CLK_TCK))))
        cpuSeconds = ((Double(fields[11]) ?? 0) + (Double(fields[12]) ?? 0)) / ticks
        threads = Int(fields[17]) ?? 0
        startTime = Self.bootTime + (Double(fields[19]) ?? 0) / ticks
        virtualBytes = Int(fields[20]) ?? 0
        residentBytes = (Int(fields[21]) ?? 0) * sysconf(Int32(_SC_PAGESIZE))
    }

    /// Seconds since 1970 when the machine started.
    private static let bootTime: Double = {
        let line = text("/proc/stat")?.split(separator: "\n").first { $0.hasPrefix("btime ") }
        return line.flatMap { Double($0.dropFirst(6)) } ?? 0
    }()

    private static func text(_ path: String) -> String? {
        (try? Files.read(path, limit: 1 << 20)).map { String(decoding: $0, as: UTF8.self) }
    }
}
