"""The gates: instructions and allocations per call of each stage may not grow beyond what gates.json says.

`make gates` checks; `make gates STAGES="oauth1 cookie"` only these; `gates.py --write` takes today's figures as the new
bounds. Counted is what happens between two marks of the Workbench: the stage, again and again, without start,
preparation and the first calls.
"""

import json
import os
import sys
import tempfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import callgrind

WORKBENCH = Path(".build/release/Workbench")
FILE = Path(__file__).with_name("gates.json")
# Multiples of 32, which is how many calls come at once. RSA signatures are verified less often.
CALLS = 1024
COSTLY = {"unseenToken": 128}
# A whole run may have this many allocations more than its bound. Arrays and tables grow now and then, and when they do
# depends on hashes and on the machine's malloc, whose spare room Swift uses. One more per call is 128 or more in a run.
GROWTH = 32
MARKS = ("$s9Workbench17measurementBegins*", "$s9Workbench15measurementEnds*")
# Instructions may grow by this much before it counts: compilers and libraries differ a little from release to release.
MARGIN = 1.02
# A stage that costs this little of its bound may have stopped doing its work.
LEAST = 0.8
# Almost all of the first is libcrypto's, whose code depends on the processor. The places of nonces depend on a hash
# whose key is new in each process: probes for them are much of the second.
WIDE_MARGINS = {"unseenToken": 1.05, "nonce": 1.05}

# A check that a forecast counts may cost this much of one that is not counted, on its event loop.
FORECASTS = {"callAnonymousForecast": ("callAnonymous", 1.05), "callOAuth1Forecast": ("callOAuth1", 1.05)}


def measure(program, stage):
    """Instructions, allocations of Swift code, and all allocations, per call."""
    calls = COSTLY.get(stage, CALLS)
    profile = callgrind.run([program, "micro", stage, calls], program.with_name(stage), MARKS)
    return {
        "instructions": round(profile.instructions / calls),
        "swift_allocations": round(profile.swift_allocations / calls, 2),
        "all_allocations": round(profile.all_allocations / calls, 2),
    }


def main():
    bounds = json.loads(FILE.read_text())
    asked = os.environ.get("STAGES", "").split() or list(bounds)
    with tempfile.TemporaryDirectory() as folder, ThreadPoolExecutor(os.cpu_count()) as pool:
        program = callgrind.without_debug_information(WORKBENCH, folder)
        measured = dict(zip(asked, pool.map(lambda stage: measure(program, stage), asked), strict=True))
    if "--write" in sys.argv:
        FILE.write_text(json.dumps(bounds | measured, indent=2) + "\n")
        return 0
    failed = []
    print(f"{'stage':<22}{'instructions':>14}{'bound':>10}{'Swift allocations':>20}{'bound':>8}{'all':>8}")
    for stage, is_now in measured.items():
        bound = bounds[stage]
        print(
            f"{stage:<22}{is_now['instructions']:>14,}{bound['instructions']:>10,}"
            f"{is_now['swift_allocations']:>20}{bound['swift_allocations']:>8}{is_now['all_allocations']:>8}"
        )
        margin = WIDE_MARGINS.get(stage, MARGIN)
        if is_now["instructions"] > bound["instructions"] * margin:
            failed.append(
                f"{stage}: {is_now['instructions']:,} instructions, at most {bound['instructions']:,} × {margin}"
            )
        if is_now["instructions"] < bound["instructions"] * LEAST:
            failed.append(f"{stage}: only {is_now['instructions']:,} instructions: if it does all that it did, --write")
        base, most = FORECASTS.get(stage, (stage, 1))
        if base in measured and is_now["instructions"] > measured[base]["instructions"] * most:
            failed.append(f"{stage}: {is_now['instructions']:,} instructions, at most {most} × {base}")
        for kind in ("swift_allocations", "all_allocations"):
            if is_now[kind] > bound[kind] + max(0.05, GROWTH / COSTLY.get(stage, CALLS)):
                failed.append(f"{stage}: {is_now[kind]} {kind.replace('_', ' ')}, at most {bound[kind]}")
    for line in failed:
        print(f"error: {line}")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
