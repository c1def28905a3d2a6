"""Every pair in proto-json/, asked in every way that Sessiongate can be asked: all must give the committed answer."""

import json
import re

import asking
import http_pairs
import jsonschema
import pinned
import proto_json
import pytest
import stack

NAMES, REQUESTS, RESPONSES = proto_json.pairs()
HTTP_NAMES, HTTP_REQUESTS, HTTP_RESPONSES = proto_json.pairs(http_pairs.PAIRS)


@pytest.fixture(scope="module", params=["gRPC", "JSON", "command line"])
def answers(request, tmp_path_factory):
    """All answers by name, from a process that has seen nothing before."""
    if request.param == "command line":
        given = asking.through_cli(proto_json.STATE, REQUESTS, "--clock", str(proto_json.CLOCK))
    else:
        ask = {"gRPC": asking.through_grpc, "JSON": asking.through_json}[request.param]
        with pinned.server(tmp_path_factory.mktemp("pairs")) as port:
            given = list(ask(port, REQUESTS))
    return dict(zip(NAMES, map(proto_json.placeholders, given), strict=True))


@pytest.mark.parametrize("name, expected", list(zip(NAMES, RESPONSES, strict=True)), ids=NAMES)
def test_pair(answers, name, expected):
    assert answers[name] == expected


def test_requests_are_what_other_peoples_signers_make():
    assert dict(zip(NAMES, REQUESTS, strict=True)) == proto_json.cases()


@pytest.fixture(scope="module")
def http_answers(tmp_path_factory):
    with pinned.server(tmp_path_factory.mktemp("pairs")) as port:
        return {name: http_pairs.answer(port, request) for name, request in zip(HTTP_NAMES, HTTP_REQUESTS, strict=True)}


@pytest.mark.parametrize("name, expected", list(zip(HTTP_NAMES, HTTP_RESPONSES, strict=True)), ids=HTTP_NAMES)
def test_pair_of_http(http_answers, name, expected):
    assert http_answers[name] == expected


def test_requests_of_http_are_what_other_peoples_signers_make():
    assert dict(zip(HTTP_NAMES, HTTP_REQUESTS, strict=True)) == http_pairs.cases()


@pytest.mark.parametrize("name", [name for name in HTTP_NAMES if name.startswith("identity-")])
def test_identities_hold_to_the_schema(name):
    schema = json.loads((proto_json.PAIRS / "identity.schema.json").read_text())
    body = dict(zip(HTTP_NAMES, HTTP_RESPONSES, strict=True))[name]["body"]
    jsonschema.validate(body, schema, cls=jsonschema.Draft202012Validator)


def test_the_readmes_examples_are_from_here():
    """Each JSON block of the README names the pair, and the part of it, that it is."""
    text = (stack.ROOT / "README.md").read_text()
    blocks = re.findall(r"<!-- proto-json/(\S+?)\.response\.json: (\w+) -->\n```json\n(.*?)```", text, re.S)
    assert blocks and text.count("```json") == len(blocks)
    for name, part, block in blocks:
        assert json.loads(block) == dict(zip(NAMES, RESPONSES, strict=True))[name][part]
