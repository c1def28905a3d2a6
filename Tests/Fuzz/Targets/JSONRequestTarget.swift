// A CheckRequest in proto3 JSON, and JSON itself, which tokens and restrictions are too.

import Bytes
import EnvoyProtocol
import TestSupport

/// Reads `input` as JSON, in place and as a tree, and as a request.
func fuzzJSONRequest(_ input: Bytes) throws(BrokenPromise) {
    let tree = try? JSON(parsing: input)
    try promise(membersInPlace(input) == tree?.members, "both readers of JSON agree")
    if let tree {
        try promise((try? JSON(parsing: tree.compact)) == tree, "written JSON is read as it was")
    }
    guard let message = try? CheckRequestJSON.transcode(input) else { return }
    try promise((try? CheckRequestJSON.transcode(input)) == message, "transcoding twice gives the same")
    try message.withBytes { (bytes) throws(BrokenPromise) in
        try promise((try? CheckRequest(protobuf: bytes)) != nil, "what was JSON decodes")
    }
}
