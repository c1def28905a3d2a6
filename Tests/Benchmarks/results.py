"""Figures beside their goals: the table, its JSON, and whether all is well.

Ratios of two programs on a shared machine are not good to a few per cent, so a figure fails only when it is beyond its
goal by MARGIN; between the goal and that it is `near`. Instructions and allocations are exact: see gates.py.
"""

import json
import os
import platform
import time
from dataclasses import asdict, dataclass
from pathlib import Path

MARGIN = 1.25
FOLDER = Path(__file__).with_name("results")


@dataclass
class Result:
    """One figure. `goal` and `reach` are upper bounds (lower: `at_least`); `cost` is in µs where there is a ratio."""

    name: str
    client: str
    value: float | None
    unit: str = "×"
    cost: float | None = None
    goal: float | None = None
    reach: float | None = None
    at_least: bool = False
    # Whether it is the same at every run: then there is no margin.
    exact: bool = False
    note: str = ""

    @property
    def verdict(self):
        if self.value is None:
            return "not measured"
        if self.goal is None:
            return ""

        def holds(bound):
            return self.value >= bound if self.at_least else self.value <= bound

        if self.reach is not None and holds(self.reach):
            return "reached"
        if holds(self.goal):
            return "ok"
        margin = 1 if self.exact else MARGIN
        return "near" if holds(self.goal / margin if self.at_least else self.goal * margin) else "MISSED"

    @property
    def failed(self):
        return self.verdict == "MISSED"

    def line(self):
        cost = f"{self.cost:9.2f}" if self.cost is not None else " " * 9
        value = shown(self.value, self.unit) if self.value is not None else ""
        sign = "≥ " if self.at_least else "≤ "
        goal = sign + shown(self.goal, self.unit) if self.goal is not None else ""
        reach = shown(self.reach, self.unit) if self.reach is not None else ""
        text = f"{self.name:<56}{self.client:<9}{cost}{value:>14}{goal:>14}{reach:>10}  {self.verdict}"
        return text.rstrip() + (f"  ({self.note})" if self.note else "")


def shown(value, unit):
    """A figure as people read it."""
    number = f"{value:,.0f}" if abs(value) >= 1000 else f"{value:.2f}" if abs(value) < 20 else f"{value:.1f}"
    return f"{number} {unit}".strip()


HEADING = f"{'row':<56}{'client':<9}{'CPU µs':>9}{'figure':>14}{'goal':>14}{'reach':>10}  verdict"


class Table:
    """Results, printed as they come."""

    def __init__(self):
        self.results = []

    def section(self, title):
        print(f"\n{title}\n{HEADING}", flush=True)

    def add(self, *results):
        for result in results:
            self.results.append(result)
            print(result.line(), flush=True)

    @property
    def failed(self):
        return [result for result in self.results if result.failed]


def machine():
    """What the figures were taken on."""
    with open("/proc/cpuinfo") as lines:
        models = [line.split(":", 1)[1].strip() for line in lines if line.startswith("model name")]
    return {
        "processor": (models or [platform.machine()])[0],
        "processors": os.cpu_count(),
        "system": platform.freedesktop_os_release()["PRETTY_NAME"],
        "date": time.strftime("%Y-%m-%d"),
    }


def write(name, results, **more):
    """Keeps results as JSON in the tree. Returns the file."""
    FOLDER.mkdir(exist_ok=True)
    document = {"machine": machine(), **more, "results": [asdict(it) | {"verdict": it.verdict} for it in results]}
    file = FOLDER / f"{name}.json"
    file.write_text(json.dumps(document, indent=2, ensure_ascii=False) + "\n")
    return file
