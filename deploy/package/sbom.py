#!/usr/bin/env python3
"""Writes the program's bill of materials as SPDX 2.3 JSON: the Swift packages that Package.resolved pins, the Swift
runtime that is linked in, and the Debian libraries that the program loads. The same sources give the same document.

    deploy/package/sbom.py PROGRAM
"""

import json
import os
import re
import subprocess
import sys
import time
import uuid
from pathlib import Path

NAMESPACE = "https://sessiongate.invalid/spdx/"
# First lines of licence texts, and what SPDX calls them.
LICENCES = {"Apache License": "Apache-2.0", "MIT License": "MIT"}
SWIFT = "Apache-2.0 WITH Swift-exception"


def run(*command):
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout


def package(name, version, location, reference, licence="NOASSERTION", purpose="LIBRARY", **more):
    """One package; `reference` is its package URL."""
    return {
        "SPDXID": "SPDXRef-" + re.sub("[^A-Za-z0-9.]+", "-", name),
        "name": name,
        "versionInfo": version,
        "downloadLocation": location,
        "filesAnalyzed": False,
        "licenseConcluded": "NOASSERTION",
        "licenseDeclared": licence,
        "copyrightText": "NOASSERTION",
        "primaryPackagePurpose": purpose,
        "externalRefs": [
            {"referenceCategory": "PACKAGE-MANAGER", "referenceType": "purl", "referenceLocator": reference}
        ],
        **more,
    }


def licence(folder):
    """What a package's own licence file says."""
    for file in sorted(folder.glob("LICENSE*")):
        head = file.read_text()[:500]
        return next((name for text, name in LICENCES.items() if text in head), "NOASSERTION")
    return "NOASSERTION"


def swift_packages():
    """All that is pinned, directly or by another package. `exact:` in Package.swift must be what is there."""
    asked = dict(re.findall(r'url: "https://([^"]+)", exact: "([^"]+)"', Path("Package.swift").read_text()))
    for pin in json.loads(Path("Package.resolved").read_text())["pins"]:
        location, state = pin["location"].removesuffix(".git"), pin["state"]
        path = location.removeprefix("https://")
        if asked.pop(path, state["version"]) != state["version"]:
            sys.exit(f"Package.resolved has another version of {path} than Package.swift: swift package resolve")
        yield package(
            path.rsplit("/", 1)[1],
            state["version"],
            f"git+{location}@{state['revision']}",
            f"pkg:swift/{path}@{state['version']}",
            licence(Path(".build/checkouts") / path.rsplit("/", 1)[1]),
        )
    if asked:
        sys.exit(f"Package.resolved lacks {', '.join(asked)}: swift package resolve")


def runtime():
    """The part of the toolchain that is in the program."""
    found = re.search(r"swift-(\S+)-RELEASE|Swift version (\S+)", run("swift", "--version"))
    version = found[1] or found[2]
    tag = f"swift-{version}-RELEASE"
    reference = f"pkg:github/swiftlang/swift@{tag}"
    return package("swift", version, f"git+https://github.com/swiftlang/swift@{tag}", reference, SWIFT)


def owner(file):
    """The Debian package that a file is from. dpkg knows some by their place before /lib became a link to /usr/lib."""
    for path in (file, file.removeprefix("/usr")):
        done = subprocess.run(["dpkg", "--search", path], capture_output=True, text=True)
        if done.returncode == 0:
            return done.stdout.split(":")[0]
    sys.exit(f"{file} is from no Debian package: was the program built by `make build`?")


def debian_packages(program):
    """The packages of the libraries that the loader finds."""
    release = dict(line.split("=", 1) for line in Path("/etc/os-release").read_text().splitlines() if "=" in line)
    suite = release.get("VERSION_CODENAME", "bookworm")
    files = {os.path.realpath(path) for path in re.findall(r"(/\S+) \(0x", run("ldd", program))}
    names = {owner(file) for file in files}
    for name in sorted(names):
        version, machine, source = run(
            "dpkg-query", "--show", "--showformat", "${Version}\t${Architecture}\t${source:Package}", name
        ).split("\t")
        location = (
            f"http://deb.debian.org/debian/pool/main/{source[:4] if source.startswith('lib') else source[0]}/{source}"
        )
        yield package(name, version, location, f"pkg:deb/debian/{name}@{version}?arch={machine}&distro={suite}")


def document(program, version, parts):
    """The whole, with what the program contains and what it loads."""
    parts = {kind: list(packages) for kind, packages in parts.items()}
    commit = os.environ.get("SOURCE_COMMIT", "")
    created = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(int(os.environ["SOURCE_DATE_EPOCH"])))
    own = package(
        "sessiongate", version, "NOASSERTION", f"pkg:generic/sessiongate@{version}", "Apache-2.0", "APPLICATION"
    )
    relationships = [("SPDXRef-DOCUMENT", "DESCRIBES", own["SPDXID"])]
    relationships += [(own["SPDXID"], kind, each["SPDXID"]) for kind, packages in parts.items() for each in packages]
    identity = uuid.uuid5(uuid.NAMESPACE_URL, json.dumps([version, commit, created, parts]))
    return {
        "spdxVersion": "SPDX-2.3",
        "dataLicense": "CC0-1.0",
        "SPDXID": "SPDXRef-DOCUMENT",
        "name": f"sessiongate-{version}",
        "documentNamespace": f"{NAMESPACE}sessiongate-{version}-{identity}",
        "creationInfo": {"created": created, "creators": ["Tool: sessiongate-sbom"]},
        "packages": [own, *(each for packages in parts.values() for each in packages)],
        "relationships": [
            {"spdxElementId": one, "relationshipType": kind, "relatedSpdxElement": other}
            for one, kind, other in relationships
        ],
    }


def main(program):
    version = re.search(r'current = "(.*)"', Path("Sources/Provenance/Version.swift").read_text())[1]
    parts = {"STATIC_LINK": [*swift_packages(), runtime()], "DYNAMIC_LINK": debian_packages(program)}
    json.dump(document(program, version, parts), sys.stdout, indent=1)
    print()


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    main(sys.argv[1])
