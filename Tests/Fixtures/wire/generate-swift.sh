#!/bin/sh
# Writes Tests/WireTests/Generated/contract.pb.swift from contract.proto. Needed only after a change of contract.proto or of
# swift-protobuf's major version.
#
#   PROTOC          protoc, or "python -m grpc_tools.protoc" (PyPI grpcio-tools); default: protoc
#   PROTOC_GEN_SWIFT  the plugin: swift build --product protoc-gen-swift in a checkout of swift-protobuf; default: from PATH
set -eu
here=$(cd "$(dirname "$0")" && pwd)
generated=$here/../../WireTests/Generated
plugin=${PROTOC_GEN_SWIFT:-$(command -v protoc-gen-swift)}
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT

${PROTOC:-protoc} --plugin="protoc-gen-swift=$plugin" --proto_path="$here" --swift_out="$scratch" contract.proto
mkdir -p "$generated"
{
    echo "// Generated from Tests/Fixtures/wire/contract.proto by Tests/Fixtures/wire/generate-swift.sh: not to be edited."
    echo "// swift-format-ignore-file"
    cat "$scratch/contract.pb.swift"
} >"$generated/contract.pb.swift"
