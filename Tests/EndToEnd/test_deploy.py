"""What lies in deploy/ to be installed: units, manifests, the image, the package's parts. Programs that know them check
them."""

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
import stack
import yaml
from spdx_tools.spdx.parser.parse_anything import parse_file
from spdx_tools.spdx.validation.document_validator import validate_full_spdx_document

DEPLOY = stack.ROOT / "deploy"
TOOLS = Path(sys.executable).parent
VERSION = re.search(r'current = "(.*)"', (stack.ROOT / "Sources/Provenance/Version.swift").read_text())[1]
KUBERNETES = sorted((DEPLOY / "kubernetes").glob("*.yaml"))
# The oldest release that has all fields used, and one of the newest.
RELEASES = ["1.32", "1.37"]
# How exposed systemd may find the service, of 100. A service without any protection has 96.
EXPOSURE = 20


def run(*command, **options):
    done = subprocess.run([str(part) for part in command], capture_output=True, text=True, timeout=60, **options)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout + done.stderr


@pytest.fixture(scope="module")
def units(tmp_path_factory):
    """The units with the built program in the place of the installed one."""
    folder = tmp_path_factory.mktemp("units")
    for file in (DEPLOY / "systemd").iterdir():
        text = file.read_text().replace("/usr/bin/sessiongate", str(stack.SESSIONGATE))
        (folder / file.name).write_text(text)
    return folder


def test_units_are_valid(units):
    assert run("systemd-analyze", "verify", "--man=no", *units.iterdir()) == ""


def test_the_service_is_confined(units):
    service = units / "sessiongate.service"
    run("systemd-analyze", "security", "--offline=true", f"--threshold={EXPOSURE}", service)
    with pytest.raises(AssertionError):
        run("systemd-analyze", "security", "--offline=true", "--threshold=1", service)


def test_times_of_the_unit_and_the_program_agree():
    text = (DEPLOY / "systemd/sessiongate.service").read_text()
    reference = run(stack.SESSIONGATE, "config", "reference", "server")
    drain = int(re.search(r"server.drain_timeout  \(default (\d+)s\)", reference)[1])
    assert int(re.search(r"TimeoutStopSec=(\d+)", text)[1]) > drain + 5
    assert "RestartPreventExitStatus=78" in text
    connections = int(re.search(r"server.max_connections  \(default (\d+)\)", reference)[1])
    assert int(re.search(r"LimitNOFILE=(\d+)", text)[1]) > 2 * connections


def test_the_socket_unit_names_the_default_listeners():
    text = (DEPLOY / "systemd/sessiongate.socket").read_text()
    reference = run(stack.SESSIONGATE, "config", "reference", "server")
    defaults = [re.search(rf"{key}  \(default \[?([^])]+)", reference)[1] for key in ("server.listen", "server.admin")]
    assert re.findall(r"ListenStream=(.*)", text) == defaults


@pytest.mark.parametrize("release", RELEASES)
@pytest.mark.parametrize("file", KUBERNETES, ids=lambda file: file.name)
def test_manifests_have_the_published_schemas(file, release, tmp_path):
    run(TOOLS / "kubernetes-validate", "--strict", "-k", release, file)
    wrong = tmp_path / "wrong.yaml"
    wrong.write_text(file.read_text().replace("readOnlyRootFilesystem", "readOnlyRootFileSystem"))
    with pytest.raises(AssertionError):
        run(TOOLS / "kubernetes-validate", "--strict", "-k", release, wrong)


def documents(file):
    return [document for document in yaml.safe_load_all(file.read_text()) if document]


@pytest.mark.parametrize("file", KUBERNETES, ids=lambda file: file.name)
def test_configurations_in_manifests_are_good(file, tmp_path):
    """With keys and a database where the manifest mounts them, there is nothing to complain about."""
    state = tmp_path / "state"
    run(stack.SESSIONGATE, "init", state)
    [text] = [each["data"]["sessiongate.yaml"] for each in documents(file) if each["kind"] == "ConfigMap"]
    text = text.replace("/var/lib/wiki/wiki.sqlite", str(state / "oauth.sqlite"))
    (state / "sessiongate.yaml").write_text(text)
    token = state / "keys/admin-token"
    token.write_text("0123456789abcdef0123456789abcdef\n")
    token.chmod(0o600)
    run(stack.SESSIONGATE, "config", "check", "--config", state / "sessiongate.yaml")
    # Each secret file that it names is mounted.
    mounted = set(re.findall(r"path: (keys/[\w.-]+)", file.read_text()))
    assert set(re.findall(r"keys/[\w.-]+", text)) == mounted


def pods(file):
    for document in documents(file):
        if document["kind"] == "Deployment":
            yield document["spec"]["template"]["spec"], document["spec"]


@pytest.mark.parametrize("file", KUBERNETES, ids=lambda file: file.name)
def test_pods_are_confined_and_have_time_to_end(file):
    for pod, _ in pods(file):
        assert pod["securityContext"]["runAsNonRoot"] and not pod["automountServiceAccountToken"]
        containers = [*pod.get("initContainers", []), *pod["containers"]]
        slept = sum(
            each.get("lifecycle", {}).get("preStop", {}).get("sleep", {}).get("seconds", 0) for each in containers
        )
        assert pod["terminationGracePeriodSeconds"] >= slept + 20
        for container in containers:
            context = container["securityContext"]
            assert context["readOnlyRootFilesystem"] and not context["allowPrivilegeEscalation"]
            assert context["capabilities"] == {"drop": ["ALL"]}
            assert container["resources"]["limits"]["memory"]
            mounts = {mount["name"] for mount in container["volumeMounts"]}
            assert mounts <= {volume["name"] for volume in pod["volumes"]}


@pytest.mark.parametrize("file", KUBERNETES, ids=lambda file: file.name)
def test_images_of_manifests_have_the_version(file):
    assert set(re.findall(r"/sessiongate:(\S+)", file.read_text())) == {VERSION}


def test_the_image():
    """It can't be built here, without a container engine: linted, and what it copies is there and not ignored."""
    file = DEPLOY / "Dockerfile"
    run(TOOLS / "hadolint", file)
    text = file.read_text()
    copied = [line.split()[1:-1] for line in re.findall(r"(?m)^COPY (?!--from).*$", text)]
    shown = re.findall(r"(?m)^!(.*)$", (stack.ROOT / ".dockerignore").read_text())
    for path in sum(copied, []):
        assert (stack.ROOT / path).exists() and path in shown
    users = re.findall(r"(?m)^USER (\d+):\d+$", text)
    assert users and all(int(user) > 0 for user in users)
    stages = re.findall(r"(?m)^FROM (\S+)", text)
    assert stages[-1] == "scratch"


def test_the_image_holds_nothing_but_the_program_and_its_libraries(tmp_path):
    run(DEPLOY / "package/root", stack.SESSIONGATE, tmp_path)
    files = [path for path in tmp_path.rglob("*") if path.is_file()]
    programs = [path for path in files if path.stat().st_mode & 0o111 and ".so" not in path.name]
    assert [path.name for path in programs] == ["sessiongate"]
    assert not [path for path in files if "swift" in path.name or "Foundation" in path.name]


def test_manuals_are_valid(tmp_path):
    run(DEPLOY / "package/manual.py", stack.SESSIONGATE, tmp_path)
    pages = sorted(tmp_path.iterdir())
    assert {"sessiongate.1", "sessiongate-serve.1", "sessiongate.yaml.5"} <= {page.name for page in pages}
    assert run("mandoc", "-T", "lint", "-W", "warning", *pages) == ""
    shown = run("mandoc", "-T", "utf8", tmp_path / "sessiongate-serve.1")
    assert "LISTEN_FDS" in re.sub(".\b", "", shown)


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_completions(shell):
    text = run(stack.SESSIONGATE, "--generate-completion-script", shell)
    for command in ("serve", "explain", "config"):
        assert command in text
    if shell == "bash":
        run("bash", "-n", "/dev/stdin", input=text)


def test_the_bill_of_materials(tmp_path):
    file = tmp_path / "sessiongate.spdx.json"
    provenance = dict(line.split("=", 1) for line in run(stack.ROOT / ".ci/provenance").splitlines())
    command = [DEPLOY / "package/sbom.py", stack.SESSIONGATE]
    file.write_text(run(*command, env={**os.environ, **provenance}, cwd=stack.ROOT))
    assert validate_full_spdx_document(parse_file(str(file))) == []
    document = json.loads(file.read_text())
    versions = {package["name"]: package["versionInfo"] for package in document["packages"]}
    pinned = re.findall(r'url: "[^"]*/([^"]+)", exact: "([^"]+)"', (stack.ROOT / "Package.swift").read_text())
    assert len(pinned) >= 7 and dict(pinned).items() <= versions.items()
    assert versions["sessiongate"] == VERSION and {"swift", "libssl3", "libnghttp2-14"} <= versions.keys()


def test_the_change_log_has_this_version():
    text = (DEPLOY / "CHANGELOG.md").read_text()
    assert re.search(r"(?m)^## (\S+), \d{4}-\d\d-\d\d$", text)[1] == VERSION
    debian = run(DEPLOY / "package/changelog.py", DEPLOY / "CHANGELOG.md")
    assert debian.startswith(f"sessiongate ({VERSION}) ")


def test_the_packaged_configuration_lacks_what_it_says():
    """It names the keys to fill in, and has no other mistake."""
    file = DEPLOY / "debian/sessiongate.yaml"
    done = subprocess.run(
        [stack.SESSIONGATE, "config", "check", "--config", file], capture_output=True, text=True, timeout=30
    )
    assert done.returncode == 78
    lines = enumerate(file.read_text().splitlines(), 1)
    missing = {number for number, line in lines if not line.startswith("#") and re.search(r"<.*>|keys/", line)}
    assert len(missing) == 8
    assert {int(number) for number in re.findall(r"sessiongate\.yaml:(\d+)", done.stderr)} == missing
