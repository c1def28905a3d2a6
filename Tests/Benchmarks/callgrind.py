"""Instructions and allocations of a program, counted by callgrind.

The same at every run, on every machine with these libraries.
"""

import os
import re
import subprocess
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path

ALLOCATORS = {"malloc", "calloc", "realloc", "aligned_alloc", "posix_memalign", "memalign"}


@dataclass
class Profile:
    """What one run cost."""

    instructions: int = 0
    # By the function that asked for memory.
    allocations: Counter = field(default_factory=Counter)

    @property
    def swift_allocations(self):
        """Those of Swift code; the others are C libraries' own."""
        return sum(count for name, count in self.allocations.items() if name.startswith("swift_"))

    @property
    def all_allocations(self):
        return self.allocations.total()


def read(path):
    """The profile in a callgrind output file."""
    profile = Profile()
    names = {}
    caller = callee = ""
    with Path(path).open() as lines:
        for line in lines:
            if named := re.match(r"(c?fn)=(\(\d+\))(?: (.*))?", line):
                kind, number, name = named.groups()
                if name:
                    names[number] = name.strip().split("'")[0]
                if kind == "fn":
                    caller = names[number]
                else:
                    callee = names[number]
            elif line.startswith("calls=") and callee in ALLOCATORS and caller not in ALLOCATORS:
                profile.allocations[caller] += int(line[6:].split()[0])
            # Where only a part of the run was counted, the totals have more in them than the summary of the part.
            elif line.startswith("summary:") or (line.startswith("totals:") and not profile.instructions):
                profile.instructions = int(line.split()[1])
    return profile


def environment():
    """Hash seeds are fixed: they decide how many probes a table takes."""
    return os.environ | {"SWIFT_DETERMINISTIC_HASHING": "1"}


def command(output, window=None):
    """Valgrind's command line; `window`: patterns of the names of two functions, between whose calls all is counted."""
    # The counts are forgotten at the first, and written into a file of their own, with ".1", at the second.
    bounds = [f"--zero-before={window[0]}", f"--dump-before={window[1]}"] if window else []
    return ["valgrind", "--tool=callgrind", *bounds, f"--callgrind-out-file={output}"]


def without_debug_information(program, folder):
    """A copy that valgrind can read: it stumbles over newer DWARF, and needs the names of functions only."""
    copy = Path(folder) / Path(program).name
    subprocess.run(["strip", "--strip-debug", "-o", copy, program], check=True, timeout=60)
    return copy


def run(arguments, output, window=None):
    """Runs a program to its end. Raises what it said when it fails."""
    done = subprocess.run(
        [*command(output, window), *map(str, arguments)], capture_output=True, text=True, env=environment(), timeout=900
    )
    if done.returncode:
        raise RuntimeError(f"{' '.join(map(str, arguments))}: {done.stderr[-2000:]}")
    return read(f"{output}.1" if window else output)
