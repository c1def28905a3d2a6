// Where a refused request was sent, and how MediaWiki words an error there. Only refusals are asked about that: the way of a request
// that is accepted does not come here.

import Bytes

/// How MediaWiki answers a request that it refuses, by the place that the request was sent to.
public enum RefusalShape: Sendable, Equatable {
    /// `api.php`: status 200, and an error in the format that was asked for.
    case action(APIErrorFormat)
    /// `rest.php`: status 403, and an error of the REST API.
    case rest
    /// `index.php` and articles: status 400, and a page.
    case page
    /// Any other place, or where the operator wants the same status everywhere: 401.
    case other

    /// Position among all shapes, below ``count``.
    public var index: Int {
        switch self {
        case .other: 0
        case .page: 1
        case .rest: 2
        case .action(let format): 3 + format.index
        }
    }

    /// How many shapes there are.
    public static let count = 3 + APIErrorFormat.count
}

extension Policy {
    /// The shape in which `request` is refused.
    public func refusalShape(of request: Request) -> RefusalShape {
        if settings.refusals.status == .unauthorized || request.target.count > Check.maxTargetBytes { return .other }
        let target = RequestTarget(request.target)
        switch entryPoints.find(target, of: request) {
        case .action: return .action(APIErrorFormat(query: target.query, form: request.postForm))
        case .rest: return .rest
        case .refused: return .page
        case .ignored, .unknown, .other: return .other
        }
    }
}
