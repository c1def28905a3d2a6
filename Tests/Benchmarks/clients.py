"""The two clients: h2load repeats one stored request, `workbench load` makes distinct, validly signed ones."""

import json
import re
import statistics
import subprocess
import tempfile
from pathlib import Path

import measure
import stack

WORKBENCH = stack.BUILD / "release" / "Workbench"
CHECK = "/envoy.service.auth.v3.Authorization/Check"
GRPC = ("-H", "content-type: application/grpc", "-H", "te: trailers")
PARALLEL = ("-c", "8", "-m", "32")


class ClientError(Exception):
    """A client that could not do what it was asked to, or got other answers than it must get."""


def h2load(url, count, *options, prefix=measure.ON_CLIENT_CORE):
    """`count` requests; each must be answered with a status of 2xx."""
    command = [*prefix, "h2load", "-t", "1", "-n", str(count), *map(str, options), url]
    done = subprocess.run(command, capture_output=True, text=True, timeout=600)
    answered = re.search(r"status codes: (\d+) 2xx", done.stdout)
    if done.returncode or not answered or int(answered[1]) != count:
        raise ClientError(f"{' '.join(command)}: {done.stdout[-1500:]}{done.stderr[-500:]}")


def h2load_median(url, count, *options):
    """The median of the times, in microseconds, that h2load logs for each request."""
    with tempfile.TemporaryDirectory() as folder:
        log = Path(folder) / "times"
        h2load(url, count, *options, f"--log-file={log}")
        return statistics.median(int(line.split()[2]) for line in log.read_text().splitlines())


def load(port, *options, prefix=measure.ON_CLIENT_CORE):
    """What `workbench load` says about its run; each answer must be what its kind of request must get."""
    return finish(start_load(port, *options, prefix=prefix))


def start_load(port, *options, prefix=measure.ON_CLIENT_CORE):
    """Begins a run that goes on beside others."""
    command = [*prefix, WORKBENCH, "load", f"127.0.0.1:{port}", "--json", *options]
    command = [str(part) for part in command]
    return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


def wait_until_warm(process):
    """Waits until all users of a run with `--warm` have made a request."""
    if process.stderr.readline() != "warm\n":
        finish(process)
        raise ClientError("the run did not say that it was warm")


def finish(process, seconds=900):
    """Waits for such a run, and reads what it says."""
    try:
        said, problem = process.communicate(timeout=seconds)
    except BaseException:
        process.kill()
        process.wait()
        raise
    if process.returncode:
        raise ClientError(f"{' '.join(process.args)}: status {process.returncode}: {problem[-1500:]}")
    return json.loads(said)
