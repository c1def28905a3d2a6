// How many files and connections the process may have open. A connection beyond that many can't even be accepted to be closed,
// and neither can an operator's: so fewer connections are served than there are descriptors.

import Glibc

/// The process's limit for descriptors.
package enum DescriptorLimit {
    /// For the stores, the log, event loops, listeners, and connections that are about to be refused.
    private static var reserve: Int { 128 }

    /// Raises the limit as far as the process itself may. Returns what it is then.
    static func raise() -> Int {
        var limit = rlimit()
        guard getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit) == 0 else { return 1024 }
        if limit.rlim_cur < limit.rlim_max {
            let raised = rlimit(rlim_cur: limit.rlim_max, rlim_max: limit.rlim_max)
            var wanted = raised
            if setrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &wanted) == 0 { limit = raised }
        }
        return Int(clamping: limit.rlim_cur)
    }

    /// How many connections of data listeners there may be with `descriptors` of them, `admin` of which are the operators'.
    package static func maxConnections(descriptors: Int, admin: Int) -> Int {
        max(descriptors - admin - reserve, descriptors / 4, 1)
    }
}
