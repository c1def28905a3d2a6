"""`make bench`: what a check costs, beside what else one could run, with goals.

Servers have one core and clients the other; CPU time is the server process's own, as the kernel's scheduler counts it.
Rows alternate round after round, figures are medians. `h2load` repeats one stored request, `load` (`workbench load`)
makes distinct ones; a row and what it is compared with have the same client. A figure fails beyond its goal × 1.25,
since timings on shared machines are not exact; instructions and allocations (gates.py) are.

QUICK=1: three minutes, smaller counts. SOAK=1: ten million requests. ONLY="warm latency": only these sections.
UNDER="env LD_PRELOAD=…": Sessiongate runs under this.
"""

import os
import subprocess
import sys
import tempfile
import time
from functools import partial
from pathlib import Path

import callgrind
import chart
import clients
import distinct
import gates
import http_modes
import latency
import measure
import results
import scale
import servers
import shared
import stack
import starts
import storms
import warm
from results import Result

PROBLEMS = (clients.ClientError, stack.StartError, subprocess.SubprocessError, OSError, LookupError, ArithmeticError)


def sections(folder, table):
    """Title and work of each section, by name."""

    def state(users=1000, consumers=1000):
        return servers.large_state(folder, users, consumers)

    return {
        "warm": ("Everything warm", [partial(warm.stored, folder, table)]),
        "distinct": ("Everything warm, no two requests the same", [partial(distinct.all_rows, folder, table)]),
        "http": ("HTTP modes beside gRPC", [partial(http_modes.all_rows, folder, table)]),
        "redis": ("Nonces that all instances share", [partial(shared.all_rows, folder, table)]),
        "counted": ("Instructions and allocations", [partial(counted, folder, table)]),
        "latency": ("One request at a time on a connection", [partial(latency.all_rows, folder, table)]),
        "scale": (
            "Large",
            [
                partial(scale.idle, folder, table),
                partial(scale.connections, folder, table),
                partial(starts.loops, folder, table),
                lambda: starts.start(table, state(consumers=starts.CONSUMERS)),
                lambda: scale.nonces(folder, table, state()),
                lambda: scale.users(folder, table, state(scale.USERS)),
                lambda: scale.bearers(folder, table, state(scale.SIGNED_TOKENS, scale.SIGNED_TOKENS)),
                lambda: scale.tokens(folder, table, state()),
            ],
        ),
        "storms": (
            "Bad moments",
            [
                lambda: storms.mint(folder, table, state(storms.STORM_USERS)),
                lambda: storms.cold(folder, table, state(scale.USERS)),
                lambda: storms.cold_mariadb(folder, table, state(storms.COLD)),
                lambda: storms.soak(folder, table, state()),
            ],
        ),
    }


def measure_all(folder, table):
    """Runs the sections asked for; returns what could not be measured."""
    problems = []
    all_sections = sections(folder, table)
    for name in os.environ.get("ONLY", "").split() or all_sections:
        title, works = all_sections[name]
        table.section(title)
        for work in works:
            try:
                work()
            except PROBLEMS as problem:
                print(f"error: {type(problem).__name__}: {problem}", flush=True)
                problems.append(f"{name}: {str(problem).splitlines()[0][:160]}")
    return problems


def draw(table):
    """The chart of the rows that h2load drove."""
    rows, base = [], None
    names = {name for name, *_ in warm.STORED}
    for result in table.results:
        if result.name == warm.BASE:
            base = result.cost
        if result.name == http_modes.BASE:
            continue
        if base and result.cost and (result.unit, result.client) == ("×", "h2load"):
            if result.name in names:
                rows.append((result.name, result.cost, result.goal * base, "ours"))
            elif result.name == warm.BASE or result.goal is None:
                rows.append((result.name, result.cost, None, "other"))
    foot = f"h2load -c 8 -m 32, one core for the server, {results.machine()['processor']}; red: the goal"
    text = chart.bars("Sessiongate: CPU time per request, everything warm", rows, foot)
    (results.FOLDER / "bench.svg").write_text(text)


def counted(folder, table):
    """Instructions and allocations of a whole OAuth 1 call: exact, whatever else the machine does."""
    program = callgrind.without_debug_information(clients.WORKBENCH, folder)
    figures = gates.measure(program, "callOAuth1")
    table.add(
        Result(
            "instructions, OAuth 1 warm, cookie in hand",
            "callgrind",
            figures["instructions"],
            "",
            goal=45_000,
            reach=32_000,
            exact=True,
        ),
        Result("allocations of ours, the same", "callgrind", figures["swift_allocations"], "", goal=2, exact=True),
    )


def main():
    print(f"{results.machine()}, load {os.getloadavg()[0]:.1f}; medians of {measure.ROUNDS} rounds", flush=True)
    begin = time.monotonic()
    table = results.Table()
    with tempfile.TemporaryDirectory() as folder:
        problems = measure_all(Path(folder), table)
    if "ONLY" not in os.environ and not measure.QUICK:
        results.write("bench", table.results, not_measured=problems)
        draw(table)
    gate = 0 if "ONLY" in os.environ else gates.main()
    print(f"\n{time.monotonic() - begin:.0f} s")
    for result in table.failed:
        bound = results.shown(result.goal, result.unit)
        print(f"error: {result.name}: {results.shown(result.value, result.unit)}, the goal is {bound}")
    for problem in problems:
        print(f"error: not measured: {problem}")
    return 1 if table.failed or problems or gate else 0


if __name__ == "__main__":
    sys.exit(main())
