"""Every pair in proto-json/, asked in every way that Sessiongate can be asked: all must give the committed answer."""

import json
import re
from pathlib import Path

import asking
import proto_json
import pytest
import stack

NAMES, REQUESTS, RESPONSES = proto_json.pairs()


def pinned_clock():
    """Environment variables that make a program believe that it is the pairs' time; its timers run on."""
    library = next(Path("/usr/lib").glob("*/faketime/libfaketimeMT.so.1"), None)
    assert library, "libfaketime is missing: make deps"
    return {
        "LD_PRELOAD": str(library),
        "FAKETIME": "2026-03-01 12:00:00",
        "FAKETIME_DONT_FAKE_MONOTONIC": "1",
        "TZ": "UTC",
    }


@pytest.fixture(scope="module", params=["gRPC", "JSON", "command line"])
def answers(request, tmp_path_factory):
    """All answers by name, from a process that has seen nothing before."""
    if request.param == "command line":
        given = asking.through_cli(proto_json.STATE, REQUESTS, "--clock", str(proto_json.CLOCK))
    else:
        ports = stack.free_ports(["sessiongate", "sessiongate_admin"])
        log = tmp_path_factory.mktemp("pairs") / "sessiongate.log"
        # Through `env`, since the library changes the environment that Swift's runtime finds the arguments by.
        program = stack.start_sessiongate(proto_json.STATE, ports, log, pinned_clock(), wrapper=["/usr/bin/env"])
        try:
            ask = {"gRPC": asking.through_grpc, "JSON": asking.through_json}[request.param]
            given = list(ask(ports["sessiongate"], REQUESTS))
        finally:
            program.stop()
            for left in Path("/dev/shm").glob(f"*faketime_*_{program.process.pid}"):
                left.unlink()
    return dict(zip(NAMES, map(proto_json.placeholders, given), strict=True))


@pytest.mark.parametrize("name, expected", list(zip(NAMES, RESPONSES, strict=True)), ids=NAMES)
def test_pair(answers, name, expected):
    assert answers[name] == expected


def test_requests_are_what_other_peoples_signers_make():
    assert dict(zip(NAMES, REQUESTS, strict=True)) == proto_json.cases()


def test_the_readmes_examples_are_from_here():
    """Each JSON block of the README names the pair, and the part of it, that it is."""
    text = (stack.ROOT / "README.md").read_text()
    blocks = re.findall(r"<!-- proto-json/(\S+?)\.response\.json: (\w+) -->\n```json\n(.*?)```", text, re.S)
    assert blocks and text.count("```json") == len(blocks)
    for name, part, block in blocks:
        assert json.loads(block) == dict(zip(NAMES, RESPONSES, strict=True))[name][part]
