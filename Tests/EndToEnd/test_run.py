"""`make run`'s program: what it prints works when pasted, and nothing of it survives it."""

import os
import re
import shutil
import signal
import subprocess
import sys
import time
from contextlib import contextmanager
from pathlib import Path

import pytest
import stack

READY = "Ctrl-C ends everything."


def children(pid):
    """All descendants of a process."""
    listed = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    return [int(child) for child in listed] + [each for child in listed for each in children(int(child))]


def alive(pid):
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0]
    except FileNotFoundError:
        return False
    return state != "Z"


@contextmanager
def running(folder, **environment):
    """The demo on free ports, with its output so far."""
    ports = stack.free_ports([*stack.PORTS, "sessiongate_admin"])
    environment |= {f"{name.upper()}_PORT": str(port) for name, port in ports.items()}
    output = folder / "output"
    with output.open("wb") as file:
        process = subprocess.Popen(
            [sys.executable, stack.ROOT / "deploy/demo/run.py"],
            cwd=stack.ROOT,
            stdout=file,
            stderr=subprocess.STDOUT,
            env={**os.environ, **environment, "DEMO_DIR": str(folder / "state")},
        )
    try:
        deadline = time.monotonic() + 30
        while READY not in output.read_text():
            assert process.poll() is None and time.monotonic() < deadline, output.read_text()
            time.sleep(0.1)
        yield process, output
    finally:
        process.kill()
        process.wait()


@pytest.fixture
def demo(tmp_path):
    with running(tmp_path) as started:
        yield started


def paste(text, number):
    """Runs the printed request of this number in a shell."""
    command = re.search(rf"^{number}\. .*?\n +((?:curl|eval) .*)$", text, re.DOTALL | re.MULTILINE)[1].splitlines()[0]
    done = subprocess.run(["bash", "-c", command], cwd=stack.ROOT, capture_output=True, text=True, timeout=20)
    assert done.returncode == 0, done.stderr
    return done.stdout


def wait_for_log(output, count):
    """The first lines of Envoy's access log, as the demo shows it."""
    deadline = time.monotonic() + 10
    while len(lines := [line for line in output.read_text().split(READY)[1].splitlines() if line]) < count:
        assert time.monotonic() < deadline, lines
        time.sleep(0.05)
    return lines


def test_the_printed_requests_work_and_ctrl_c_ends_everything(demo):
    process, output = demo
    text = output.read_text()
    anonymous, oauth1, owner_only = (paste(text, number) for number in (1, 2, 3))
    assert "200 OK" in anonymous and "x-session-" not in anonymous
    for answer in (oauth1, owner_only):
        assert "200 OK" in answer
        assert "set-cookie: sessionJwt=" in answer
        assert '"x-session-user-id"' in answer
    assert '"x-session-type": "oauth1"' in oauth1
    assert '"x-session-type": "oauth2-owner"' in owner_only
    lines = wait_for_log(output, 3)
    assert "outcome=anonymous" in lines[0] and "type=oauth1" in lines[1] and "type=oauth2-owner" in lines[2]
    assert not any("oauth_" in line or "?" in line for line in lines)
    programs = children(process.pid)
    assert len(programs) == 3
    process.send_signal(signal.SIGINT)
    assert process.wait(20) == 0
    assert not any(alive(program) for program in programs)


def test_killed_it_leaves_nothing_behind(demo):
    process, _ = demo
    programs = children(process.pid)
    process.kill()
    process.wait()
    deadline = time.monotonic() + 5
    while any(alive(program) for program in programs):
        assert time.monotonic() < deadline
        time.sleep(0.05)


def test_a_taken_port_is_named(edge):
    environment = {**os.environ, "ENVOY_PORT": str(edge.ports["envoy"])}
    command = [sys.executable, stack.ROOT / "deploy/demo/run.py"]
    done = subprocess.run(command, capture_output=True, text=True, timeout=20, env=environment)
    assert done.returncode != 0
    assert str(edge.ports["envoy"]) in done.stderr and "ENVOY_PORT" in done.stderr


def before_build(folder, **environment):
    """What `make run` does first, where nothing is built."""
    if not folder.exists():
        shutil.copytree(stack.ROOT / "deploy/demo", folder / "deploy/demo")
    command = [sys.executable, folder / "deploy/demo/run.py", "--before-build"]
    return subprocess.run(command, capture_output=True, text=True, timeout=20, env={**os.environ, **environment})


def test_the_first_build_is_announced(edge, tmp_path):
    ports = stack.free_ports([*stack.PORTS, "sessiongate_admin"])
    environment = {f"{name.upper()}_PORT": str(port) for name, port in ports.items()}
    done = before_build(tmp_path / "clone", **environment)
    assert done.returncode == 0
    minutes, size = re.search(
        r"takes (\d+ to \d+ minutes) on two processors .* ([\d.]+ GB) in \.build", done.stdout
    ).groups()
    readme = (stack.ROOT / "README.md").read_text()
    assert minutes in readme and f"grows to {size}" in readme
    # A port that is taken is told before minutes are spent.
    done = before_build(tmp_path / "clone", **environment | {"ENVOY_PORT": str(edge.ports["envoy"])})
    assert done.returncode != 0 and "ENVOY_PORT" in done.stderr and done.stdout == ""


def test_without_envoy(tmp_path):
    with running(tmp_path, ENVOY_BINARY="/nonexistent") as (process, output):
        text = output.read_text()
        assert "Envoy is not installed" in text
        anonymous, oauth1, owner_only = (paste(text, number) for number in (1, 2, 3))
        assert '"anonymous"' in anonymous
        assert '"authenticated"' in oauth1 and '"authenticated"' in owner_only
        process.send_signal(signal.SIGTERM)
        assert process.wait(20) == 0
