"""What a server process spends: processor time as the kernel's scheduler counts it, memory, its own metrics.

Interleaved rounds (A B C A B C …), many short ones: whatever else the machine does meanwhile hits every row alike.
"""

import os
import re
import statistics
import time
import urllib.request
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

QUICK = bool(os.environ.get("QUICK"))
ROUNDS = 5 if QUICK else 11
# The server has one core, with all of its threads; the clients have the other.
SERVER_CORE, CLIENT_CORE = "0", "1"
ON_SERVER_CORE = ("taskset", "-c", SERVER_CORE)
ON_CLIENT_CORE = ("taskset", "-c", CLIENT_CORE)


def cpu_seconds(pid):
    """Processor time of a process: of its threads, to the nanosecond; and with threads that have ended, to 10 ms."""
    running = sum(int(file.read_text().split()[0]) for file in Path(f"/proc/{pid}/task").glob("*/schedstat"))
    fields = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
    return running / 1e9, (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def cpu_spent(pid, work):
    """Processor seconds that the process spends on `work()`."""
    before = cpu_seconds(pid)
    work()
    running, whole = (now - then for now, then in zip(cpu_seconds(pid), before, strict=True))
    # Where more was spent than by the threads that are there, some have ended.
    return running if whole - running < 0.03 else whole


def resident_bytes(pid):
    """Memory that the process has in use."""
    return int(re.search(r"VmRSS:\s+(\d+) kB", Path(f"/proc/{pid}/status").read_text())[1]) * 1024


def settled_bytes(pid):
    """The same, once work that goes on after the last answer has ended."""
    before, now = -1, resident_bytes(pid)
    while abs(now - before) > 64 * 1024:
        time.sleep(0.5)
        before, now = now, resident_bytes(pid)
    return now


def counters(admin_port):
    """All samples of /metrics by name and labels."""
    with urllib.request.urlopen(f"http://127.0.0.1:{admin_port}/metrics", timeout=10) as answer:
        lines = answer.read().decode().splitlines()
    return {name: float(value) for name, value in (line.rsplit(" ", 1) for line in lines if line[:1] not in "#")}


@dataclass
class Row:
    """One line of work: `drive(count)` makes `count` requests, `pid` is the process that answers them."""

    name: str
    client: str
    pid: int
    drive: Callable[[int], None]
    count: int
    base: str = ""
    # CPU microseconds a request, one figure per round.
    spent: list[float] = field(default_factory=list)

    def measure(self):
        self.spent.append(cpu_spent(self.pid, lambda: self.drive(self.count)) / self.count * 1e6)

    @property
    def microseconds(self):
        return statistics.median(self.spent)

    def ratio(self, base):
        """Of this row's cost to another's."""
        return self.microseconds / base.microseconds


def interleave(rows, rounds=ROUNDS, prepare=None):
    """Measures all rows, round after round; `prepare()` runs before each of them. The first, shorter one only warms."""
    for number in range(rounds + 1):
        if prepare:
            prepare()
        for row in rows:
            if number == 0:
                row.drive(max(1, row.count // 10))
            else:
                row.measure()
    return {row.name: row for row in rows}
