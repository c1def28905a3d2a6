"""`workbench load` itself: a generator that takes wrong answers for right ones, or hides a stall, measures nothing."""

import json
import signal
import subprocess
import threading

import pytest
import stack

WORKBENCH = stack.BUILD / "release" / "Workbench"
KINDS = ("anonymous", "oauth1", "oauth1-cookie", "owner", "owner-cookie", "cookie", "new-token", "forged")


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    """Sessiongate on a state of 20 users and 7 consumers: its program and port."""
    folder = tmp_path_factory.mktemp("load")
    state = folder / "state"
    subprocess.run([WORKBENCH, "state", state, "--users", "20", "--consumers", "7"], check=True, timeout=60)
    ports = stack.free_ports(["sessiongate", "sessiongate_admin"])
    program = stack.start_sessiongate(state, ports, folder / "log", {"SESSIONGATE_LOG_LEVEL": "warning"})
    yield program, ports["sessiongate"]
    program.stop()


def load(port, *options):
    command = [WORKBENCH, "load", f"127.0.0.1:{port}", "--json", "--users", "20", *options]
    return subprocess.run([str(part) for part in command], capture_output=True, text=True, timeout=60)


@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_gets_what_it_must(server, kind):
    done = load(server[1], "--consumers", 7, "--mix", kind, "--tokens", 50, "--requests", 50, "--warm")
    assert done.returncode == 0, done.stderr
    said = json.loads(done.stdout)
    assert (said["requests"], said["wrong"]) == (50, 0)


def test_wrong_answers_are_counted_and_named(server):
    # Users beyond the sixth have another consumer than the generator thinks.
    done = load(server[1], "--consumers", 6, "--mix", "oauth1", "--requests", 20)
    assert done.returncode == 1
    assert json.loads(done.stdout)["wrong"] == 14
    assert "refused (token-invalid) instead of authenticated" in done.stderr


def test_a_stall_is_seen_by_all_that_were_due_meanwhile(server):
    program, port = server
    pause = threading.Timer(1, lambda: program.process.send_signal(signal.SIGSTOP))
    resume = threading.Timer(2, lambda: program.process.send_signal(signal.SIGCONT))
    for timer in (pause, resume):
        timer.start()
    done = load(port, "--consumers", 7, "--mix", "anonymous", "--rate", 200, "--duration", 3)
    for timer in (pause, resume):
        timer.join()
    latency = json.loads(done.stdout)["latency_us"]
    # A third of all were due within that second.
    assert latency["p90"] > 400_000
    assert latency["max"] > 800_000
