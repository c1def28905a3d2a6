"""Malformed calls, made by clients that are not ours: each has its answer, and the connection lives on."""

import http.client
import socket
import subprocess

import grpc
import pytest
import requests
import stack
from asking import METHOD, call
from envoy.config.core.v3.base_pb2 import HeaderMap, HeaderValue
from envoy.service.auth.v3.external_auth_pb2 import CheckRequest, CheckResponse

# Nothing of it is inside Envoy.
pytestmark = pytest.mark.ext_authz


@pytest.fixture
def channel(edge):
    with grpc.insecure_channel(f"127.0.0.1:{edge.ports['sessiongate']}") as opened:
        yield opened


def anonymous(**http_parts):
    request = CheckRequest()
    http_request = request.attributes.request.http
    http_request.method, http_request.path, http_request.host = "GET", "/w/api.php", "wiki.example"
    http_request.headers["user-agent"] = "test"
    for name, value in http_parts.items():
        setattr(http_request, name, value)
    return request


def assert_answers(channel):
    """The very next call on the same channel is answered."""
    answer = CheckResponse.FromString(call(channel, anonymous().SerializeToString()))
    assert answer.status.code == 0
    assert answer.dynamic_metadata["session"]["outcome"] == "anonymous"


def code_of(channel, payload, **options):
    with pytest.raises(grpc.RpcError) as error:
        call(channel, payload, **options)
    return error.value.code()


@pytest.mark.parametrize(
    "payload",
    [
        b"\x0a\x7f\x01",  # a length beyond the message
        b"\x0a\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01",  # a length beyond everything
        b"\x0a\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff",  # a varint without an end
        b"\x0b\x0b\x0b",  # groups without an end
        b"\x00",  # field number 0
        anonymous().SerializeToString()[:-1],  # truncated
    ],
)
def test_malformed_protobuf(channel, payload):
    assert code_of(channel, payload) == grpc.StatusCode.INVALID_ARGUMENT
    assert_answers(channel)


def test_empty_request_is_somebody_unknown(channel):
    answer = CheckResponse.FromString(call(channel, b""))
    assert answer.dynamic_metadata["session"]["outcome"] == "anonymous"


def test_unknown_fields_are_skipped(channel):
    extra = b"\xba\x06\x03abc" + b"\xc0\x06\x01" + b"\xcd\x06\x00\x00\x00\x00" + b"\xd1\x06" + bytes(8)
    answer = CheckResponse.FromString(call(channel, anonymous().SerializeToString() + extra))
    assert answer.status.code == 0


def test_compressed_message(channel):
    payload = anonymous(raw_body=bytes(10_000)).SerializeToString()  # so that compressing pays, and grpcio does it
    assert code_of(channel, payload, compression=grpc.Compression.Gzip) == grpc.StatusCode.UNIMPLEMENTED
    assert_answers(channel)


def test_other_method(channel):
    method = channel.unary_unary("/envoy.service.auth.v3.Authorization/Nothing")
    with pytest.raises(grpc.RpcError) as error:
        method(b"", timeout=5)
    assert error.value.code() == grpc.StatusCode.UNIMPLEMENTED
    assert_answers(channel)


def test_message_beyond_the_limit(edge, channel):
    payload = anonymous(raw_body=bytes(64 * 1024 * 1024)).SerializeToString()
    assert code_of(channel, payload) == grpc.StatusCode.RESOURCE_EXHAUSTED
    with grpc.insecure_channel(f"127.0.0.1:{edge.ports['sessiongate']}") as another:
        assert_answers(another)


def test_header_of_one_mebibyte(channel):
    request = anonymous()
    request.attributes.request.http.headers["x-long"] = "a" * 1024 * 1024
    assert CheckResponse.FromString(call(channel, request.SerializeToString())).status.code == 0
    request.attributes.request.http.headers["authorization"] = "OAuth " + "a" * 1024 * 1024
    answer = CheckResponse.FromString(call(channel, request.SerializeToString()))
    assert answer.status.code == 16 and answer.denied_response.status.code == 200


def test_bytes_that_are_not_utf8(channel):
    request = anonymous()
    raw = HeaderValue(key="authorization", raw_value=b'OAuth oauth_consumer_key="\xff\xfe", oauth_token="\xc3("')
    request.attributes.request.http.header_map.CopyFrom(HeaderMap(headers=[raw]))
    answer = CheckResponse.FromString(call(channel, request.SerializeToString()))
    assert answer.status.code == 16 and answer.denied_response.status.code == 200
    assert answer.dynamic_metadata["session"]["reason"] == "consumer-unknown"


@pytest.mark.parametrize(
    "method, path, content_type, body, status",
    [
        ("POST", METHOD, "application/json", b"{", 400),
        ("POST", METHOD, "application/json", b'{"attributes": {"nothing": 1}}', 400),
        ("POST", METHOD, "application/json", b"[" * 100_000, 400),
        ("POST", METHOD, "application/json", b'{"attributes": "\xff"}', 400),
        ("POST", METHOD, "text/plain", b"{}", 415),
        ("GET", METHOD, None, None, 405),
        ("GET", "/nothing", None, None, 404),
        ("POST", "/.well-known/jwks.json", "application/json", b"{}", 405),
    ],
)
def test_malformed_http(edge, method, path, content_type, body, status):
    connection = http.client.HTTPConnection("127.0.0.1", edge.ports["sessiongate"], timeout=5)
    headers = {"content-type": content_type} if content_type else {}
    connection.request(method, path, body=body, headers=headers)
    answer = connection.getresponse()
    answer.read()
    assert answer.status == status
    connection.request("GET", "/.well-known/jwks.json")
    assert connection.getresponse().status == 200


def curl_http2(edge, *options):
    command = ["curl", "--http2-prior-knowledge", "-sS", *options, f"{edge.sessiongate_url}{METHOD}"]
    return subprocess.run(command, capture_output=True, text=True, timeout=10, check=True)


def test_json_over_http2(edge):
    """The same JSON on an HTTP/2 stream."""
    done = curl_http2(edge, "-H", "content-type: application/json", "-d", "{}", "-w", "%{http_version}")
    assert '"anonymous"' in done.stdout
    assert done.stdout.endswith("\n2") or done.stdout.endswith("}2")


@pytest.mark.parametrize(
    "noise", [b"\x00" * 1000, b"HELLO\r\n\r\n", b"PRI * HTTP/2.0\r\n\r\nXX\r\n\r\n", b"\x16\x03\x01\x02\x00"]
)
def test_noise_on_the_socket(edge, noise):
    with socket.create_connection(("127.0.0.1", edge.ports["sessiongate"]), timeout=20) as connection:
        connection.sendall(noise)
        connection.shutdown(socket.SHUT_WR)
        while connection.recv(4096):
            pass
    assert requests.get(f"{edge.sessiongate_url}/.well-known/jwks.json", timeout=5).status_code == 200


def test_still_the_same_process(edge):
    assert edge.sessiongate.process.poll() is None
    assert stack.http_status(f"{edge.admin_url}/healthz") == 200
