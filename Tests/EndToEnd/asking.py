"""The ways to ask Sessiongate for a check: gRPC, JSON over HTTP, and the command line. All take and give proto3 JSON.

The protobuf messages are Envoy's own (PyPI xds-protos), so that both encodings are read by somebody else's code.
"""

import json
import subprocess

import grpc
import requests
import stack
from envoy.service.auth.v3.external_auth_pb2 import CheckRequest, CheckResponse
from google.protobuf import json_format

METHOD = "/envoy.service.auth.v3.Authorization/Check"


def to_message(document):
    """A CheckRequest from proto3 JSON."""
    return json_format.ParseDict(document, CheckRequest())


def canonical(answer):
    """A CheckResponse, given as a message or as JSON, in one form of JSON, the metadata sorted (maps have no order)."""
    if isinstance(answer, dict):
        answer = json_format.ParseDict(answer, CheckResponse())
    document = json_format.MessageToDict(answer)
    if "dynamicMetadata" in document:
        document["dynamicMetadata"] = json.loads(json.dumps(document["dynamicMetadata"], sort_keys=True))
    return document


def call(channel, payload, **options):
    """One call of Check with these bytes; the answer's bytes."""
    method = channel.unary_unary(METHOD, request_serializer=None, response_deserializer=None)
    return method(payload, timeout=options.pop("timeout", 10), **options)


def through_grpc(port, documents):
    """Asks with grpcio."""
    with grpc.insecure_channel(f"127.0.0.1:{port}") as channel:
        for document in documents:
            answer = call(channel, to_message(document).SerializeToString())
            yield canonical(CheckResponse.FromString(answer))


def through_json(port, documents):
    """Asks with JSON over HTTP/1.1."""
    with requests.Session() as session:
        for document in documents:
            answer = session.post(f"http://127.0.0.1:{port}{METHOD}", json=document, timeout=10)
            assert answer.status_code == 200, answer.text
            assert answer.headers["content-type"] == "application/json"
            yield canonical(answer.json())


def through_cli(state, documents, *options):
    """Asks `sessiongate check`, all in one run."""
    lines = "".join(json.dumps(document) + "\n" for document in documents)
    command = [stack.SESSIONGATE, "check", "--config", state / "sessiongate.yaml", *options]
    done = subprocess.run(command, input=lines, capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stderr
    return [canonical(json.loads(line)) for line in done.stdout.splitlines()]
