// Where a listener listens, clients connect.

import TestSupport
import Transport

extension SocketClient {
    /// Connects; nil when that is refused.
    convenience init?(_ address: ListenerAddress) {
        switch address {
        case .tcp(_, let port): self.init(port: port)
        case .unix(let path): self.init(path: path)
        }
    }
}
