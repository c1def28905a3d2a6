// What connections get their answers from. They are generic over it, so that no call on a request's way is dispatched
// dynamically, and so that tests can use a service of their own.

import Sessions

/// Answers requests. One instance for each event loop; called there only.
package protocol Service: SendableMetatype {
    /// Writes the answer to a request that was read to its end into `exchange.reply`; or says what is missing for it, and is
    /// called again when that is there.
    mutating func serve(_ exchange: Exchange, from remote: RemoteEnd, at now: Timestamp) -> Step<Void>

    /// Writes the answer to a request that can't be decided.
    mutating func fail(_ exchange: Exchange, _ fault: Fault, at now: Timestamp)

    /// Writes the answer to a request that is not served.
    mutating func refuse(_ exchange: Exchange, _ flaw: Exchange.Flaw)

    /// Adds to an answer of the shape `stream` what has changed; false when nothing has. Asked several times a second.
    mutating func updateStream(_ exchange: Exchange) -> Bool

    /// Ends an answer of the shape `stream`, since the server is going away.
    mutating func endStream(_ exchange: Exchange)
}

extension Service {
    /// Writes the answer to a request that is not served.
    package mutating func refuse(_ exchange: Exchange, _ flaw: Exchange.Flaw) {
        exchange.reply.refuse(flaw, isCall: exchange.isCall)
    }
}
