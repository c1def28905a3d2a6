// The form body that an OAuth 1 signature covers, and whether all of it is there.

import Bytes

extension Check {
    /// The form body that the signature covers; nil when it covers none. MediaWiki signs forms of POST requests whose type begins,
    /// in this case, like this; RFC 5849 (3.4.1.3.1) those of any method with exactly this type.
    func formBody(of request: Request, _ route: Route) throws(Halt) -> Bytes? {
        guard settings.signsForm(of: request) else { return nil }
        guard isBodyComplete(request, route) else { throw .refused(.bodyUnavailable) }
        return request.body
    }

    /// Whether the body is there, whole. That none was sent along (`bodySize` 0) does not mean that there is none: Envoy counts what
    /// it has received when it asks, and leaves `transfer-encoding` out. So a length has to say that a form is empty, or the operator
    /// that every form is forwarded.
    func isBodyComplete(_ request: Request, _ route: Route) -> Bool {
        // The length tells more than the proxy's mark, which a client can send where no proxy sets it.
        if let length = request.contentLength, let size = PHP.integerKey(length) {
            return size == Int64(request.body.count)
        }
        if let partial = request.partialBody, partial == "true" { return false }
        if request.bodySize >= 0, request.bodySize > Int64(request.body.count) { return false }
        return !request.body.isEmpty || request.bodySize == 0 && route.formBodies == .always
    }
}

extension Policy {
    /// Whether the decision about `request` needs its body: OAuth 1 signs it.
    package func readsForm(of request: Request) -> Bool {
        guard settings.signsForm(of: request), let header = request.authorization?.trimmed else { return false }
        return settings.oauth1.isCredential(header)
    }
}

extension OAuth1Settings {
    /// Whether an `Authorization` header holds OAuth 1 credentials.
    func isCredential(_ header: Bytes) -> Bool {
        compatibility == .mediawiki ? header.starts(with: "OAuth ") : header.prefix(6).equalsIgnoringCase("oauth ")
    }
}

extension Settings {
    /// Whether an OAuth 1 signature of `request` covers its body.
    fileprivate func signsForm(of request: Request) -> Bool {
        guard let type = request.contentType else { return false }
        if oauth1.compatibility == .mediawiki {
            return request.method == "POST" && type.starts(with: "application/x-www-form-urlencoded")
        }
        let name = type.prefix(type.firstIndex(of: UInt8(ascii: ";")) ?? type.count)
        return name.prefix(33).equalsIgnoringCase("application/x-www-form-urlencoded")
            && name.dropFirst(33).buffer.allSatisfy(PHP.isSpace)
    }
}
