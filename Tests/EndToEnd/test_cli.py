"""The command line, as somebody new to it and as a script would use it."""

import json
import os
import re
import socket
import subprocess
import time

import proto_json
import pytest
import stack

# One way is enough: the edge only lends its state.
pytestmark = pytest.mark.ext_authz


def sessiongate(*arguments, **options):
    return subprocess.run(
        [stack.SESSIONGATE, *arguments], capture_output=True, text=True, timeout=30, stdin=subprocess.DEVNULL, **options
    )


@pytest.mark.parametrize(
    "command", [[], ["serve"], ["init"], ["sign"], ["token"], ["check"], ["explain"], ["forecast"], ["config", "check"]]
)
def test_help(command):
    done = sessiongate(*command, "--help")
    assert done.returncode == 0
    assert "USAGE" in done.stdout


# A server that does not stay, questions to one, a request that is not sent: what is tested is what stands on the lines.
PASTED = """
set -euo pipefail
sessiongate() {
    case "$1 ${2-}" in serve* | "forecast --span" | "forecast --instances") ;; *) "$SESSIONGATE" "$@" ;; esac
}
curl() { :; }
"""


@pytest.mark.parametrize(
    "command",
    [
        *([name] for name in ("serve", "init", "sign", "token", "check", "explain", "reasons", "forecast")),
        ["forecast", "export"],
        *(["config", name] for name in ("check", "show", "example", "reference")),
    ],
    ids=" ".join,
)
def test_examples_in_help_can_be_pasted(command, tmp_path):
    described = sessiongate(*command, "--help").stdout.split("USAGE")[0]
    example = [line[2:] for line in described.splitlines() if line.startswith("  ")]
    assert example
    if not any(line.startswith("sessiongate init") for line in example):
        assert sessiongate("init", tmp_path / "demo").returncode == 0
    (tmp_path / "recorded.jsonl").write_text('{"attributes":{"request":{"time":"2026-03-01T12:00:00Z"}}}\n')
    (tmp_path / "decisions.jsonl").write_text('{"time":"2026-03-01T12:00:00Z","outcome":"anonymous"}\n')
    (tmp_path / "new.yaml").write_text('policies: {new: {limits: {"*": {MINUTE: 5}}}}\n')
    done = subprocess.run(
        ["bash", "-c", PASTED + "\n".join(example)],
        cwd=tmp_path,
        env={**os.environ, "SESSIONGATE": str(stack.SESSIONGATE)},
        capture_output=True,
        text=True,
        timeout=30,
    )
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize("argument", ["version", "--version"])
def test_version(argument):
    done = sessiongate(argument)
    assert done.returncode == 0
    said = re.fullmatch(r"sessiongate \d+\.\d+\.\d+( \((\w{12}\+?), (\d{4}-\d\d-\d\d)\))?\n", done.stdout)
    assert said
    provenance = subprocess.run([stack.ROOT / ".ci/provenance"], capture_output=True, text=True, check=True).stdout
    known = dict(line.split("=", 1) for line in provenance.splitlines())
    # Built by hand, it does not know; of another commit, it is an old build.
    assert not said[1] or not known["SOURCE_COMMIT"] or said[3] <= known["SOURCE_DATE"]


@pytest.mark.parametrize(
    "command", [["config", "example"], ["config", "reference"], ["version"], ["--help"], ["--version"]]
)
def test_output_that_can_not_be_written_is_an_error(command):
    with open("/dev/full", "w") as full:
        done = subprocess.run([stack.SESSIONGATE, *command], stdout=full, stderr=subprocess.PIPE, text=True, timeout=30)
    assert done.returncode == 74
    assert "No space left on device" in done.stderr


def test_init_makes_a_ready_state_once(tmp_path):
    folder = tmp_path / "state"
    first = sessiongate("init", folder)
    assert first.returncode == 0, first.stderr
    demo = json.loads((folder / "demo.json").read_text())
    for name in ("oauth1", "oauth1_other_user", "oauth1_owner_only", "oauth1_rsa"):
        assert {"consumer_key", "consumer_secret", "token", "token_secret", "user_id", "user_name"} <= set(demo[name])
    assert "PRIVATE KEY" in demo["oauth1_rsa"]["private_key_pem"]
    for name in ("oauth2_owner_only", "oauth2", "oauth2_client_credentials", "oauth2_revoked"):
        assert {"access_token", "client_id"} <= set(demo[name])
    assert {"issuer", "cookie_name"} <= set(demo)
    secrets = [path for path in folder.rglob("*") if path.is_file() and b"PRIVATE KEY" in path.read_bytes()]
    assert secrets
    for path in [*secrets, folder / "demo.json"]:
        assert path.stat().st_mode & 0o077 == 0, path
    assert sessiongate("config", "check", "--config", folder / "sessiongate.yaml").returncode == 0
    before = {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()}
    again = sessiongate("init", folder)
    assert again.returncode != 0
    assert before == {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def test_configuration_errors_are_told_all_at_once(tmp_path):
    file = tmp_path / "sessiongate.yaml"
    file.write_text("mode: enforced\nserverr: {}\ncookie:\n  lifetime: soon\n")
    done = sessiongate("config", "check", "--config", file)
    assert done.returncode != 0
    for expected in ("mode", "serverr", "cookie.lifetime", "sessiongate.yaml:1", "sessiongate.yaml:4"):
        assert expected in done.stderr + done.stdout, expected


def test_serve_refuses_a_bad_configuration(tmp_path):
    done = sessiongate("serve", "--config", tmp_path / "missing.yaml")
    assert done.returncode != 0
    assert "missing.yaml" in done.stderr


def test_what_is_missing_is_warned_of(tmp_path):
    sessiongate("init", tmp_path / "state")
    file = tmp_path / "state" / "sessiongate.yaml"
    file.write_text(re.sub(r"(?m)^  (secret_key_file|access_token): .*$", "", file.read_text()))
    done = sessiongate("config", "check", "--config", file)
    assert done.returncode == 0
    warnings = [line for line in done.stderr.splitlines() if line.startswith("warning: ")]
    assert len(warnings) == 2
    assert "oauth1.secret_key_file: missing" in warnings[0] and "keys.access_token: missing" in warnings[1]


@pytest.mark.parametrize("lifetime", ["0", "-1", "9223372036854775807", "9223372036854775808"])
def test_a_lifetime_that_no_token_can_have(lifetime):
    done = sessiongate("token", "--demo", "nowhere", f"--lifetime={lifetime}")
    assert done.returncode == 64
    assert "--lifetime" in done.stderr


def test_a_socket_of_another_process_is_left_to_it(edge, tmp_path):
    taken = socket.socket(socket.AF_UNIX)
    taken.bind(str(tmp_path / "taken.sock"))
    taken.listen()
    (tmp_path / "file").touch()
    for name, why in [("taken.sock", "another process is listening there"), ("file", "not a socket")]:
        address = {"SESSIONGATE_SERVER_LISTEN": f"unix:{tmp_path / name}", "SESSIONGATE_SERVER_ADMIN": "none"}
        done = sessiongate("serve", "--config", edge.state / "sessiongate.yaml", env={**os.environ, **address})
        assert done.returncode == 1
        assert f"server.listen: can't listen on unix:{tmp_path / name}: " in done.stderr and why in done.stderr
        assert (tmp_path / name).exists()


def test_environment_overrides(edge):
    config = edge.state / "sessiongate.yaml"
    bad = sessiongate(
        "config", "check", "--config", config, env={**os.environ, "SESSIONGATE_SERVER_EVENT_LOOPS": "many"}
    )
    assert bad.returncode != 0
    assert "SESSIONGATE_SERVER_EVENT_LOOPS" in bad.stderr + bad.stdout


def test_check_reads_a_pretty_printed_request(edge):
    config = edge.state / "sessiongate.yaml"
    request = json.dumps({"attributes": {"request": {"http": {"method": "GET", "path": "/", "host": "h"}}}}, indent=4)
    done = subprocess.run(
        [stack.SESSIONGATE, "check", "--config", config], input=request, capture_output=True, text=True, timeout=30
    )
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["dynamicMetadata"]["session"]["outcome"] == "anonymous"


def test_check_goes_on_after_a_bad_line(edge):
    config = edge.state / "sessiongate.yaml"
    done = subprocess.run(
        [stack.SESSIONGATE, "check", "--config", config],
        input="{}\n{nothing\n{}\n",
        capture_output=True,
        text=True,
        timeout=30,
    )
    assert done.returncode == 2
    assert len(done.stdout.splitlines()) == 2
    assert "2" in done.stderr


def explain(*cases):
    command = [stack.SESSIONGATE, "explain", "--config", proto_json.STATE / "sessiongate.yaml"]
    files = [stack.ROOT / "proto-json" / f"{case}.request.json" for case in cases]
    requests = [json.dumps(json.loads(file.read_text())) for file in files]
    return subprocess.run(
        [*command, "--clock", str(proto_json.CLOCK)],
        input="\n".join(requests),
        capture_output=True,
        text=True,
        timeout=30,
    )


def test_explain_shows_the_way_of_a_request_and_the_check_that_failed():
    done = explain("oauth1-bad-signature")
    assert done.returncode == 0, done.stderr
    failed = [line for line in done.stdout.splitlines() if "FAILED" in line]
    assert failed == ["  FAILED  signature is valid"]
    for expected in (
        "OAuth 1.0a (Authorization: OAuth",
        "oauth_signature_method = HMAC-SHA1",
        "GET&http",
        "refused: signature-invalid (mwoauth-invalid-authorization)",
        "www-authenticate: OAuth",
    ):
        assert expected in done.stdout, expected
    assert "\x1b[" not in done.stdout


def test_explain_gives_user_consumer_and_cookie_and_no_secret():
    done = explain("oauth1-first", "oauth2-owner-only")
    assert done.returncode == 0, done.stderr
    assert "FAILED" not in done.stdout
    for expected in ("acceptance", "consumer", "limit key  jwt-sub:mw:", "none came with the request: one is set"):
        assert expected in done.stdout, expected
    # No JWT and no signature in full: neither a payload segment nor the 28 characters of an HMAC.
    assert not re.search(r"eyJ[\w-]{10,}\.", done.stdout)
    assert not re.search(r"oauth_signature = [^ ]{9,}", done.stdout)


def test_check_answers_ten_thousand_lines_in_time(edge):
    request = json.dumps({"attributes": {"request": {"http": {"method": "GET", "path": "/w/api.php", "host": "h"}}}})
    started = time.monotonic()
    done = subprocess.run(
        [stack.SESSIONGATE, "check", "--config", edge.state / "sessiongate.yaml"],
        input=(request + "\n") * 10_000,
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert done.returncode == 0, done.stderr
    assert len(done.stdout.splitlines()) == 10_000
    assert time.monotonic() - started < 5
