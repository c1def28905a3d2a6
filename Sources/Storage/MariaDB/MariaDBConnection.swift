// A connection of libmariadb.
//
// libmariadb's own timeouts count whole seconds, and begin anew with each packet. So calls are made by its non-blocking interface,
// which says what it waits for: poll(2) waits until then, and never past the deadline.

import CNative.MariaDB

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#endif

/// A connection to a server. Not for two threads at once. After an error it is of no use.
package final class MariaDBConnection {
    /// The server that it is to.
    let address: DatabaseAddress
    private let handle: UnsafeMutablePointer<MYSQL>

    /// Connects and logs in.
    ///
    /// - Throws: When that fails, or takes longer than the timeout.
    package init(
        _ address: DatabaseAddress, _ servers: MariaDBSource.Servers, _ tls: MariaDBSource.TLS, timeout: Duration
    ) throws(MariaDBError) {
        guard let handle = mysql_init(nil) else {
            throw MariaDBError(consequence: .failed, code: 2008, message: "out of memory")
        }
        self.handle = handle
        self.address = address
        setOptions(tls, timeout)
        try connect(servers, deadline: .now + timeout)
        guard !isEncrypted(tls) || mysql_get_ssl_cipher(handle) != nil else {
            throw MariaDBError(consequence: .inaccessible, code: 2026, message: "the connection is not encrypted")
        }
    }

    deinit {
        // Without this, closing would wait for a server that hangs. A call that was given up is ended by the closing.
        mariadb_cancel(handle)
        mysql_close(handle)
    }

    private func isEncrypted(_ tls: MariaDBSource.TLS) -> Bool {
        if case .unix = address { false } else { tls.isEnabled }
    }

    private func setOptions(_ tls: MariaDBSource.TLS, _ timeout: Duration) {
        // Name lookups and TLS handshakes run on this stack.
        var stack = 512 << 10
        mysql_options(handle, MYSQL_OPT_NONBLOCK, &stack)
        // Bytes come as they are stored, whatever the character set of a column is.
        mysql_options(handle, MYSQL_SET_CHARSET_NAME, "binary")
        // A server could ask for any file of this machine.
        set(MYSQL_OPT_LOCAL_INFILE, 0)
        set(MYSQL_OPT_CONNECT_TIMEOUT, UInt32(timeout.components.seconds + 1))
        set(MYSQL_OPT_MAX_ALLOWED_PACKET, 64 << 20)
        // libmariadb takes the host "localhost" for a Unix socket.
        if case .unix = address {
            set(MYSQL_OPT_PROTOCOL, MYSQL_PROTOCOL_SOCKET.rawValue)
        } else {
            set(MYSQL_OPT_PROTOCOL, MYSQL_PROTOCOL_TCP.rawValue)
        }
        mariadb_name_program(handle)
        if isEncrypted(tls) { encrypt(tls) }
    }

    private func encrypt(_ tls: MariaDBSource.TLS) {
        var isOn: my_bool = 1
        var verifies: my_bool = tls.verify ? 1 : 0
        mysql_options(handle, MYSQL_OPT_SSL_ENFORCE, &isOn)
        mysql_options(handle, MYSQL_OPT_SSL_VERIFY_SERVER_CERT, &verifies)
        mysql_options(handle, MARIADB_OPT_TLS_VERSION, "TLSv1.2,TLSv1.3")
        if tls.authorities == "system" {
            mysql_options(handle, MYSQL_OPT_SSL_CAPATH, "/etc/ssl/certs")
        } else if let file = tls.authorities {
            mysql_options(handle, MYSQL_OPT_SSL_CA, file)
        }
        if let file = tls.certificate { mysql_options(handle, MYSQL_OPT_SSL_CERT, file) }
        if let file = tls.key { mysql_options(handle, MYSQL_OPT_SSL_KEY, file) }
    }

    private func set(_ option: mysql_option, _ value: UInt32) {
        var value = value
        mysql_options(handle, option, &value)
    }

    private func connect(_ servers: MariaDBSource.Servers, deadline: ContinuousClock.Instant) throws(MariaDBError) {
        var (host, port, socket): (String?, UInt32, String?) = (nil, 0, nil)
        switch address {
        case .tcp(let name, let number): (host, port) = (name, UInt32(number))
        case .unix(let path): socket = path
        }
        let flags = UInt(CLIENT_MULTI_STATEMENTS)
        var connected: UnsafeMutablePointer<MYSQL>?
        // The strings are used until the call ends, also after it has paused.
        let texts = [host, servers.user, servers.password, servers.database, socket].map { $0.map { strdup($0) } }
        defer { for text in texts { free(text ?? nil) } }
        let pointers = texts.map { UnsafePointer($0 ?? nil) }
        let first = mysql_real_connect_start(
            &connected, handle, pointers[0], pointers[1], pointers[2], pointers[3], port, pointers[4], flags)
        try wait(first, until: deadline) { mysql_real_connect_cont(&connected, handle, $0) }
        if connected == nil { throw MariaDBError(handle) }
    }

    /// Runs statements, separated by semicolons, and returns the result of each.
    ///
    /// - Throws: The first statement's error; later statements don't run.
    @discardableResult
    package func run(_ script: String, timeout: Duration) throws(MariaDBError) -> [MariaDBResult] {
        try run(Array(script.utf8), deadline: .now + timeout)
    }

    /// The same, in bytes.
    func run(_ script: [UInt8], deadline: ContinuousClock.Instant) throws(MariaDBError) -> [MariaDBResult] {
        var status: CInt = 0
        // The script is read until the call ends, also after it has paused.
        let text = UnsafeMutableBufferPointer<CChar>.allocate(capacity: script.count)
        defer { text.deallocate() }
        _ = text.initialize(from: script.lazy.map { CChar(bitPattern: $0) })
        let first = mysql_real_query_start(&status, handle, text.baseAddress, UInt(text.count))
        try wait(first, until: deadline) { mysql_real_query_cont(&status, handle, $0) }
        // Here -1 is an error; after a result it means that there are no more.
        if status != 0 { throw MariaDBError(handle) }
        var results: [MariaDBResult] = []
        while status == 0 {
            results.append(try result(until: deadline))
            let first = mysql_next_result_start(&status, handle)
            try wait(first, until: deadline) { mysql_next_result_cont(&status, handle, $0) }
        }
        if status > 0 { throw MariaDBError(handle) }
        return results
    }

    private func result(until deadline: ContinuousClock.Instant) throws(MariaDBError) -> MariaDBResult {
        var stored: UnsafeMutablePointer<MYSQL_RES>?
        let first = mysql_store_result_start(&stored, handle)
        try wait(first, until: deadline) { mysql_store_result_cont(&stored, handle, $0) }
        guard let stored else {
            if mysql_errno(handle) != 0 || mysql_field_count(handle) != 0 { throw MariaDBError(handle) }
            return MariaDBResult()
        }
        defer { mysql_free_result(stored) }
        return MariaDBResult(stored)
    }

    /// Waits for what libmariadb waits for and goes on with it, until it wants nothing more.
    private func wait(
        _ first: CInt, until deadline: ContinuousClock.Instant, _ proceed: (CInt) -> CInt
    ) throws(MariaDBError) {
        var wanted = first
        while wanted != 0 {
            let left = ContinuousClock.now.duration(to: deadline)
            guard left > .zero else { throw .timedOut }
            var events = pollfd(fd: CInt(mysql_get_socket(handle)), events: 0, revents: 0)
            if wanted & MYSQL_WAIT_READ != 0 { events.events |= Int16(POLLIN) }
            if wanted & MYSQL_WAIT_WRITE != 0 { events.events |= Int16(POLLOUT) }
            if wanted & MYSQL_WAIT_EXCEPT != 0 { events.events |= Int16(POLLPRI) }
            let count = poll(&events, 1, left.pollMilliseconds)
            if count > 0 { wanted = proceed(events.happened(of: wanted)) }
        }
    }
}

extension pollfd {
    /// What of `wanted` has happened. An error is found by reading or writing.
    fileprivate func happened(of wanted: CInt) -> CInt {
        let isBroken = revents & Int16(POLLERR | POLLHUP | POLLNVAL) != 0
        var happened: CInt = 0
        if revents & Int16(POLLIN) != 0 || isBroken { happened |= MYSQL_WAIT_READ }
        if revents & Int16(POLLOUT) != 0 || isBroken { happened |= MYSQL_WAIT_WRITE }
        if revents & Int16(POLLPRI) != 0 { happened |= MYSQL_WAIT_EXCEPT }
        return happened & wanted
    }
}

extension Duration {
    /// Whole milliseconds, at least one, as poll(2) counts.
    fileprivate var pollMilliseconds: CInt {
        let (seconds, fraction) = components
        return CInt(clamping: seconds * 1000 + fraction / 1_000_000_000_000_000 + 1)
    }
}
