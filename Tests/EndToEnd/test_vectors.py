"""MediaWiki's recorded verdicts, replayed as `make check-vectors` does."""

import json
import re
import subprocess

import pytest
import stack

FIXTURES = stack.ROOT / "Tests" / "Fixtures"


def replay(folder):
    command = [stack.BUILD / "release" / "Workbench", "vectors", folder]
    differences = ["--deliberate", FIXTURES / "deliberate-differences.json"]
    done = subprocess.run([*command, *differences, "--texts"], capture_output=True, text=True, timeout=110)
    counts = re.fullmatch(r"(\d+) passed, (\d+) failed, (\d+) deliberate", done.stdout.splitlines()[-1])
    return done, [int(count) for count in counts.groups()]


def test_every_recorded_verdict():
    done, (passed, failed, deliberate) = replay(FIXTURES / "vectors")
    assert done.returncode == 0, done.stdout
    assert failed == 0
    assert passed > 1000
    # All but a few are texts of refusals in which MediaWiki repeats what the client sent.
    assert deliberate < 70


@pytest.mark.parametrize("name", ["oauth1-protocol.jsonl"])
def test_a_verdict_that_differs_is_a_failure(tmp_path, name):
    """The replay can fail: with accepted and rejected exchanged it does, for nearly every line."""
    for part in ("fixtures.json", "oauth.sqlite", "keys"):
        (tmp_path / part).symlink_to(FIXTURES / "vectors" / part)
    text = (FIXTURES / "vectors" / name).read_text()
    swapped = text.replace('"rejected"', '"?"').replace('"accepted"', '"rejected"').replace('"?"', '"accepted"')
    (tmp_path / name).write_text(swapped)
    done, (_, failed, _) = replay(tmp_path)
    assert done.returncode == 1
    assert failed > len(text.splitlines()) / 2


def test_what_cannot_be_replayed_is_counted_as_failed(tmp_path):
    """Whatever a file is called and whatever stands in it, the last line has the counts, and none of it is left out."""
    good = {"id": "a", "function": "OAuthUtil::urlencode_rfc3986", "args": ["é"], "result": "%C3%A9"}
    lines = [
        json.dumps(good),
        json.dumps(good | {"id": "b", "result": "%C3"}),
        json.dumps({"id": "c", "function": "something", "args": [], "result": 1}),
        json.dumps({"id": "d", "request": {"method": "GET"}, "verdict_master": {"oauth_verdict": "accepted"}}),
        json.dumps({"id": "e"}),
        "{broken",
        "[]",
    ]
    (tmp_path / "other.jsonl").write_text("\n".join(lines) + "\n")
    done, counts = replay(tmp_path)
    assert done.returncode == 1
    assert counts == [1, 6, 0]
    failed = [line.split()[1].removesuffix(":") for line in done.stdout.splitlines()[:-1]]
    assert failed == ["b", "c", "d", "e", "other.jsonl:6", "other.jsonl:7"]
