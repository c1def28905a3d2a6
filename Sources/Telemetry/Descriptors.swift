// write(2) to the end, and signals kept off a thread.

import Glibc

/// Writes `bytes` to `descriptor`, however often the system interrupts, and waits when it is one that says "not now".
/// - Returns: How many bytes were written. When it is fewer, `errno` says why.
package func writeAll(_ bytes: [UInt8], to descriptor: Int32) -> Int {
    var written = 0
    while written < bytes.count {
        let count = bytes[written...].withUnsafeBytes { write(descriptor, $0.baseAddress, $0.count) }
        if count > 0 {
            written += count
        } else if count < 0, errno == EAGAIN {
            var event = pollfd(fd: descriptor, events: Int16(POLLOUT), revents: 0)
            _ = poll(&event, 1, -1)
        } else if count == 0 || errno != EINTR {
            break
        }
    }
    return written
}

/// From now on this thread receives no signals. One that writes to a pipe without a reader gets `EPIPE` instead of SIGPIPE.
func blockSignals() {
    var all = sigset_t()
    sigfillset(&all)
    pthread_sigmask(SIG_BLOCK, &all, nil)
}
