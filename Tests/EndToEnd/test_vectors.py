"""MediaWiki's recorded verdicts, replayed as `make check-vectors` does."""

import re
import subprocess

import pytest
import stack

FIXTURES = stack.ROOT / "Tests" / "Fixtures"


def replay(folder):
    command = [stack.BUILD / "release" / "Workbench", "vectors", folder]
    differences = ["--deliberate", FIXTURES / "deliberate-differences.json"]
    done = subprocess.run([*command, *differences], capture_output=True, text=True, timeout=110)
    counts = re.fullmatch(r"(\d+) passed, (\d+) failed, (\d+) deliberate", done.stdout.splitlines()[-1])
    return done, [int(count) for count in counts.groups()]


def test_every_recorded_verdict():
    done, (passed, failed, deliberate) = replay(FIXTURES / "vectors")
    assert done.returncode == 0, done.stdout
    assert failed == 0
    assert passed > 1000
    assert deliberate < 10


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
