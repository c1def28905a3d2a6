// What the handlers do about what ``ConnectionState`` was told.

extension ConnectionState {
    /// What to do with bytes, or with a part of a request.
    package enum OnReceive: Equatable {
        /// Take it.
        case process
        /// Drop it: nothing is taken any more.
        case discard
    }

    /// What to do when the peer has closed its side.
    package enum OnEndOfInput: Equatable {
        /// Close: nothing is under way.
        case close
        /// Answer what is under way; then the connection ends.
        case finish
    }

    /// What becomes of the connection with an HTTP/1.1 answer.
    package enum OnAnswer: Equatable {
        /// It goes on.
        case keepOpen
        /// It ends with this answer, which says so.
        case close
    }

    /// What to do after writing.
    package enum OnFlush: Equatable {
        case nothing
        /// Close our side behind the last bytes.
        case closeOutput
    }

    /// What to say to the peer when the server goes away.
    package enum OnDrain: Equatable {
        case nothing
        /// HTTP/2: GOAWAY that names no last stream, and a ping.
        case sendNotice
        /// Flush, which ends the connection: nothing is under way.
        case flush
    }

    /// What to say to an HTTP/2 peer that was told that the server goes away.
    package enum OnLastWord: Equatable {
        case nothing
        /// GOAWAY that names the last stream.
        case sendLast
    }

    /// Which requests of an HTTP/2 connection are under way.
    package enum Streams: Equatable {
        case none
        /// None but those whose answers go on without end.
        case endless
        case some
    }

    /// What to do about the time that has passed.
    package enum OnTick: Equatable {
        case nothing
        /// A deadline has passed: close, and count it.
        case expire
        /// Close: all was said.
        case close
        /// HTTP/2: GOAWAY that names no last stream, and a ping.
        case sendNotice
        /// HTTP/2: GOAWAY that names the last stream.
        case sendLast
        /// HTTP/2: a ping, to see whether the peer is still there.
        case probe
    }

    /// What to do about a stream.
    package enum OnStreamTick: Equatable {
        case nothing
        /// Reset the stream; the connection goes on.
        case reset
        /// Close the connection, and count it.
        case expire
    }
}
