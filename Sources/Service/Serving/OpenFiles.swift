// What the process may open, and the three descriptors that every process is expected to have.

import Glibc

/// The process's file descriptors.
package enum OpenFiles {
    /// As many as are raised to: the kernel's own default for one process (`fs.nr_open`). Above it there may be a billion.
    private static let most: rlim_t = 1 << 20

    /// Raises the soft limit of open files to the hard one: every connection takes a descriptor, and the soft limit of a shell
    /// or a service is often 1,024.
    package static func raiseLimit() {
        var limit = rlimit()
        guard getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit) == 0 else { return }
        let wanted = min(limit.rlim_max, most)
        guard limit.rlim_cur < wanted else { return }
        limit.rlim_cur = wanted
        setrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit)
    }

    /// Opens /dev/null in place of a standard input, output or error that is closed. Otherwise the next file or socket would
    /// get its number, and what is printed would be written into it. Call it before anything is opened.
    package static func fillStandardDescriptors() {
        for descriptor in STDIN_FILENO...STDERR_FILENO where fcntl(descriptor, F_GETFD) == -1 {
            // The lowest free number is taken: this one.
            _ = open("/dev/null", O_RDWR)
        }
    }
}
