#!/usr/bin/env python3
"""Writes requests.jsonl and responses.jsonl: messages that Envoy's own Python classes serialise, and what is in them.

    python3 -m venv venv && venv/bin/pip install xds-protos==1.85.0 && venv/bin/python generate.py

One JSON object a line: name, message (base64 of the protobuf bytes) and json (proto3 JSON as Python prints it). Typed
metadata (google.protobuf.Any) is left out of json: Sessiongate skips it. The output is the same on every run.
"""

import base64
import json
import pathlib
import random

from envoy.config.core.v3 import base_pb2
from envoy.extensions.filters.http.buffer.v3 import buffer_pb2
from envoy.service.auth.v3 import attribute_context_pb2, external_auth_pb2
from google.protobuf import json_format, struct_pb2

HERE = pathlib.Path(__file__).resolve().parent
RANDOM = random.Random(20260301)
OPTION = base_pb2.HeaderValueOption

HEADERS = {
    ":authority": "wiki.example.org",
    ":method": "POST",
    ":path": "/w/api.php?action=query&titles=%C3%89t%C3%A9",
    ":scheme": "https",
    "accept": "*/*",
    "authorization": 'OAuth oauth_consumer_key="c", oauth_token="t", oauth_signature="x%2By%3D"',
    "content-type": "application/x-www-form-urlencoded; charset=utf-8",
    "cookie": "a=1; sessionJwt=eyJ.e30.x; b=2",
    "user-agent": "bot/1.0 (é; 日本)",
    "x-empty": "",
    "x-envoy-auth-partial-body": "false",
    "x-forwarded-for": "192.0.2.1, 198.51.100.7",
    "x-forwarded-host": "forwarded.example.org",
    "x-forwarded-proto": "http",
}


def usual():
    request = external_auth_pb2.CheckRequest()
    attributes = request.attributes
    attributes.source.address.socket_address.address = "192.0.2.1"
    attributes.source.address.socket_address.port_value = 40312
    attributes.destination.address.socket_address.address = "2001:db8::1"
    attributes.destination.address.socket_address.port_value = 443
    attributes.request.time.seconds = 1772380800
    attributes.request.time.nanos = 123456000
    http = attributes.request.http
    http.id = "12684417839203741"
    http.method = "POST"
    http.path = HEADERS[":path"]
    http.host = "wiki.example.org"
    http.scheme = "https"
    http.protocol = "HTTP/2"
    http.size = 27
    http.headers.update(HEADERS)
    return request


def with_body():
    request = usual()
    request.attributes.request.http.body = "action=edit&text=%C3%A9+x"
    return request


def with_raw_body():
    request = usual()
    request.attributes.request.http.raw_body = bytes(range(256))
    request.attributes.request.http.size = -1
    return request


def with_header_map(repeats=False, text=False):
    request = usual()
    http = request.attributes.request.http
    http.headers.clear()
    for name, value in sorted(HEADERS.items()):
        if text:
            http.header_map.headers.add(key=name, value=value)
        else:
            http.header_map.headers.add(key=name, raw_value=value.encode())
    if repeats:
        http.header_map.headers.add(key="cookie", raw_value=b"c=3")
        http.header_map.headers.add(key="authorization", raw_value=b"Bearer x")
        http.header_map.headers.add(key="x-many", raw_value=b"1")
        http.header_map.headers.add(key="x-many", raw_value=b"\xff\xfe")
        http.header_map.headers.add(key="cookie", raw_value=b"")
    return request


def with_peers():
    request = usual()
    source = request.attributes.source
    source.service = "edge"
    source.labels.update({"zone": "a", "": "empty name", "empty": ""})
    source.principal = "spiffe://example.org/edge"
    source.certificate = "-----BEGIN%20CERTIFICATE-----%0A"
    source.address.pipe.path = "/run/envoy.sock"
    source.address.pipe.mode = 0o600
    destination = request.attributes.destination
    destination.address.envoy_internal_address.server_listener_name = "inner"
    destination.address.envoy_internal_address.endpoint_id = "7"
    destination.principal = "CN=wiki"
    return request


def with_odd_sockets():
    request = usual()
    source = request.attributes.source.address.socket_address
    source.protocol = 1
    source.named_port = "https"
    source.resolver_name = "dns"
    source.ipv4_compat = True
    source.network_namespace_filepath = "/run/netns/x"
    request.attributes.destination.address.socket_address.port_value = 0
    return request


def with_context():
    request = usual()
    attributes = request.attributes
    attributes.context_extensions.update({"wiki": "enwiki", "empty": "", "mode": "observe"})
    attributes.tls_session.sni = "wiki.example.org"
    jwt = {"sub": "mw:local:wiki:7", "n": 1.5, "ok": True, "no": None, "list": [1, "two", {"three": 3}], "big": 2.0**60}
    attributes.metadata_context.filter_metadata["envoy.filters.http.jwt_authn"].update({"payload": jwt})
    attributes.metadata_context.filter_metadata["empty"].update({})
    attributes.metadata_context.typed_filter_metadata["typed"].Pack(buffer_pb2.Buffer())
    attributes.route_metadata_context.filter_metadata["route"].update({"tier": "gold"})
    return request


def random_request():
    request = external_auth_pb2.CheckRequest()
    text = lambda most=40: "".join(RANDOM.choice("aZ09-_=;, %\"é日🦊\t") for _ in range(RANDOM.randrange(most)))
    http = request.attributes.request.http
    for field in ("id", "method", "path", "host", "scheme", "query", "fragment", "protocol", "body"):
        if RANDOM.random() < 0.7:
            setattr(http, field, text(300))
    http.size = RANDOM.choice([0, 1, -1, 127, 128, 2**31, 2**63 - 1, -(2**63)])
    if RANDOM.random() < 0.3:
        http.raw_body = RANDOM.randbytes(RANDOM.randrange(400))
    for _ in range(RANDOM.randrange(30)):
        name = RANDOM.choice(list(HEADERS) + [text(12)])
        if RANDOM.random() < 0.8:
            http.headers[name] = text(200)
    request.attributes.request.time.seconds = RANDOM.randrange(2**33)
    request.attributes.request.time.nanos = RANDOM.choice([0, 5, 5000, 5000000, 999999999])
    for peer in (request.attributes.source, request.attributes.destination):
        if RANDOM.random() < 0.5:
            peer.principal = text()
        if RANDOM.random() < 0.5:
            peer.address.socket_address.port_value = RANDOM.choice([1, 80, 65535, 2**32 - 1])
    for _ in range(RANDOM.randrange(4)):
        request.attributes.context_extensions[text(8)] = text()
    return request


def field(number, content):
    """A delimited field."""
    return varint(number << 3 | 2) + varint(len(content)) + content


def varint(value):
    out = bytearray()
    while value > 127:
        out.append(value & 127 | 128)
        value >>= 7
    return bytes(out + bytes([value]))


def with_unknown_fields():
    """Fields of a future version in every message, by appending: a repeated message merges.

    Not in a map's entry: Python's protobuf drops such an entry, against the specification and all other readers.
    """
    unknown = field(1000, b"future") + varint(1001 << 3) + varint(2**64 - 1)
    unknown += varint(1002 << 3 | 1) + bytes(8) + varint(1003 << 3 | 5) + bytes(4) + field(2**29 - 1, b"")
    http = field(2, unknown + field(3, field(1, b"x-late") + field(2, b"1")))
    peer = unknown + field(1, unknown + field(1, unknown))
    inner = unknown + field(1, peer) + field(4, unknown + field(1, unknown) + http) + field(12, unknown)
    return usual().SerializeToString(deterministic=True) + unknown + field(1, inner)


def with_everything_twice():
    """The last of a repeated field counts, messages merge, a map's key is there once."""
    first, second = usual(), usual()
    second.attributes.request.http.ClearField("method")
    second.attributes.request.http.path = "/second"
    second.attributes.request.http.headers["accept"] = "text/html"
    second.attributes.source.address.pipe.path = "/run/second"
    return first.SerializeToString(deterministic=True) + second.SerializeToString(deterministic=True)


def large():
    request = usual()
    request.attributes.request.http.headers["cookie"] = "; ".join(f"name{i}={'v' * 90}" for i in range(200))
    request.attributes.request.http.raw_body = bytes(200) * 40
    return request


def requests():
    yield "empty", external_auth_pb2.CheckRequest()
    yield "empty-attributes", external_auth_pb2.CheckRequest(attributes=attribute_context_pb2.AttributeContext())
    yield "usual", usual()
    yield "body", with_body()
    yield "raw-body", with_raw_body()
    yield "header-map", with_header_map()
    yield "header-map-text", with_header_map(text=True)
    yield "header-map-repeats", with_header_map(repeats=True)
    yield "peers", with_peers()
    yield "odd-sockets", with_odd_sockets()
    yield "context", with_context()
    yield "unknown-fields", with_unknown_fields()
    yield "everything-twice", with_everything_twice()
    yield "large", large()
    for number in range(24):
        yield f"random-{number}", random_request()


def ok():
    response = external_auth_pb2.CheckResponse()
    response.status.code = 0
    answer = response.ok_response
    append, overwrite = OPTION.APPEND_IF_EXISTS_OR_ADD, OPTION.OVERWRITE_IF_EXISTS_OR_ADD
    option = answer.headers.add(append_action=overwrite)
    option.header.key, option.header.value = "x-session-user-id", "7"
    option.append.value = False
    option = answer.headers.add(append_action=OPTION.ADD_IF_ABSENT, keep_empty_value=True)
    option.header.key, option.header.raw_value = "x-raw", b"\xff\x00"
    option = answer.headers.add(append_action=OPTION.OVERWRITE_IF_EXISTS)
    option.append.value = True
    answer.headers_to_remove.extend(["x-session-sub", "x-session-class"])
    option = answer.response_headers_to_add.add(append_action=append)
    option.header.key, option.header.value = "set-cookie", "sessionJwt=" + "x" * 700 + "; path=/"
    answer.query_parameters_to_set.add(key="a", value="é")
    answer.query_parameters_to_remove.append("b")
    session = {"outcome": "authenticated", "user": {"id": "7", "name": "Zoë"}, "n": 2, "half": 0.5, "l": [], "z": None}
    response.dynamic_metadata.update({"session": session})
    return response


def denied(error=False):
    response = external_auth_pb2.CheckResponse()
    response.status.code = 16
    response.status.message = "mwoauth-invalid-authorization"
    answer = response.error_response if error else response.denied_response
    answer.status.code = 503 if error else 401
    answer.body = json.dumps({"error": "mwoauth-invalid-authorization", "message": "ungültig"}, ensure_ascii=False)
    option = answer.headers.add()
    option.header.key, option.header.value = "www-authenticate", 'OAuth realm="wiki"'
    option.append.value = False
    return response


def deep():
    response = external_auth_pb2.CheckResponse()
    value = struct_pb2.Value(string_value="bottom")
    for level in range(40):
        outer = struct_pb2.Value()
        if level % 2:
            outer.list_value.values.append(value)
        else:
            outer.struct_value.fields["in"].CopyFrom(value)
        value = outer
    response.dynamic_metadata.fields["deep"].CopyFrom(value)
    return response


def responses():
    yield "empty", external_auth_pb2.CheckResponse()
    yield "ok", ok()
    yield "denied", denied()
    yield "error", denied(error=True)
    yield "unnamed-status", external_auth_pb2.CheckResponse(denied_response={"status": {"code": 418}})
    yield "deep", deep()


def record(kind, name, message):
    if isinstance(message, bytes):
        data, message = message, kind.FromString(message)
    else:
        data = message.SerializeToString(deterministic=True)
    content = json_format.MessageToDict(message)
    for context in ("metadataContext", "routeMetadataContext"):
        content.get("attributes", {}).get(context, {}).pop("typedFilterMetadata", None)
    entry = {"name": name, "message": base64.b64encode(data).decode(), "json": content}
    return json.dumps(entry, ensure_ascii=False, sort_keys=True)


def write(file, kind, messages):
    lines = [record(kind, name, message) for name, message in messages]
    (HERE / file).write_text("\n".join(lines) + "\n", encoding="utf-8")


write("requests.jsonl", external_auth_pb2.CheckRequest, requests())
write("responses.jsonl", external_auth_pb2.CheckResponse, responses())
