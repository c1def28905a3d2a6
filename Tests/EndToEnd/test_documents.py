"""README.md and the pages: what they name must exist. Nothing is started for this."""

import re

import pytest
import stack
import yaml

PAGES = [stack.ROOT / "README.md", *sorted((stack.ROOT / "deploy").glob("*.md")), stack.ROOT / "proto-json/README.md"]
COMMANDS = {
    *("serve", "init", "sign", "token", "check", "explain", "reasons", "config", "keys", "invalidate", "top", "health"),
    *("forecast", "version"),
}
EXAMPLE = stack.ROOT / "deploy/sessiongate.example.yaml"
COLUMN = r"\b(?:oarc|oaac|oaat|ug|bl|bt|ipb|gu|gug|gec|lu|user)_[a-z_]+\b"

over_pages = pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(stack.ROOT)))


def fenced(text):
    """The fenced blocks of a page, as pairs of language and text."""
    return re.findall(r"^```(\w*)\n(.*?)^```", text, re.M | re.S)


def prose(text):
    """A page without its fenced blocks."""
    return re.sub(r"^```.*?^```", "", text, flags=re.M | re.S)


def spans(text):
    """The words in backticks."""
    return re.findall(r"`([^`\n]+)`", prose(text))


def code(text):
    """All code of a page, one piece a line: words in backticks, indented and fenced blocks."""
    indented = re.findall(r"^    (.*)$", prose(text), re.M)
    return "\n".join([*spans(text), *indented, *(block for _, block in fenced(text))])


def anchors(page):
    """The anchors of a page's headings, as GitHub makes them."""
    headings = re.findall(r"^#+ (.*)$", prose(page.read_text()), re.M)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


def keys():
    """The keys of the configuration with a dot before and after each, and their variables, from the example file."""
    found, path, variable = {}, [], None
    for line in EXAMPLE.read_text().splitlines():
        if comment := re.match(r" *# (SESSIONGATE_\w+)$", line):
            variable = comment[1]
        elif name := re.match(r"( *)#?(\w+):", line):
            path = [*path[: len(name[1]) // 2], name[2]]
            if variable:
                found[".".join(path)] = variable
                variable = None
    return found


KEYS = keys()
SECTIONS = {key.rsplit(".", 1)[0] for key in KEYS if "." in key} | {key.split(".")[0] for key in KEYS}


def cases(name):
    """The raw values of an enumeration in the sources."""
    for file in (stack.ROOT / "Sources").rglob("*.swift"):
        if found := re.search(rf"enum {name}: String.*?\n}}", file.read_text(), re.S):
            return set(re.findall(r'case \w+ = "([a-z0-9-]+)"', found[0]))
    raise AssertionError(f"no enumeration {name}")


def sources(folder="", pattern="*.swift"):
    return "".join(file.read_text() for file in (stack.ROOT / "Sources" / folder).rglob(pattern))


@over_pages
def test_links_lead_somewhere(page):
    text = prose(page.read_text())
    links = re.findall(r"\]\(([^)\s]+)\)", text)
    for link in links:
        if link.startswith("https://"):
            continue
        name, _, anchor = link.partition("#")
        target = (page.parent / name).resolve() if name else page
        assert target.exists(), link
        assert target.is_relative_to(stack.ROOT), link
        if anchor:
            assert anchor in anchors(target), link


@over_pages
def test_paths_exist(page):
    for path in re.findall(r"(?<![\w/.-])(?:Sources|Tests|deploy|proto-json|\.ci)/[\w/.+-]+", code(page.read_text())):
        assert (stack.ROOT / path).exists(), path


@over_pages
def test_make_targets_exist(page):
    targets = set(re.findall(r"^([a-z0-9-]+):", (stack.ROOT / "Makefile").read_text(), re.M))
    for line in code(page.read_text()).splitlines():
        for target in re.findall(r"(?:^|[ (])make ([a-z0-9-]+)", line):
            assert target in targets, line


@over_pages
def test_commands_exist(page):
    for line in code(page.read_text()).splitlines():
        for command in re.findall(r"(?:^|[ (/])sessiongate ([a-z]+)\b", line):
            assert command in COMMANDS, line


@over_pages
def test_configuration_keys_exist(page):
    text = page.read_text()
    for span in spans(text):
        name = re.match(r"[a-z0-9_.]+", span)
        if name and name[0].split(".")[0] in SECTIONS and "." in name[0]:
            assert name[0] in KEYS or name[0] in SECTIONS, span
    for variable in re.findall(r"\bSESSIONGATE_[A-Z0-9_]+\b", code(text)):
        assert variable in KEYS.values(), variable


def leaves(value, path=""):
    """The keys that a table of a configuration sets."""
    if path in KEYS or not isinstance(value, dict):
        return [path]
    return [leaf for name, inner in value.items() for leaf in leaves(inner, f"{path}.{name}" if path else name)]


@over_pages
def test_yaml_is_valid(page):
    for language, block in fenced(page.read_text()):
        if language != "yaml":
            continue
        value = yaml.safe_load(block)
        assert isinstance(value, dict), block
        if "transport_socket" not in value:
            assert set(leaves(value)) <= set(KEYS), block


@over_pages
def test_metrics_exist(page):
    written = sources()
    for metric in re.findall(r"\bsessiongate_[a-z_]+\b", code(page.read_text())):
        assert f'"{metric}"' in written, metric


@pytest.mark.parametrize("name, heading", [("Reason", "Reasons"), ("Fault", "Faults")])
def test_every_reason_is_explained(name, heading):
    text = (stack.ROOT / "deploy/refusals.md").read_text()
    table = re.search(rf"^## {heading}\n(.*?)(?=^## |\Z)", text, re.M | re.S)[1]
    first = "\n".join(row.split("|")[1] for row in re.findall(r"^\| `.*$", table, re.M))
    explained = re.findall(r"`([a-z0-9-]+)`", first)
    assert len(explained) == len(set(explained))
    assert set(explained) == cases(name)


def test_tables_and_columns_are_those_that_are_read():
    read = sources("Storage/MediaWiki")
    tables = set(re.findall(r'(?:table(?::| =)|require\(|has\(|of:|name\()\s*"(\w+)"', read))
    page = (stack.ROOT / "deploy/mediawiki.md").read_text()
    rows = [row.split("|") for row in re.findall(r"^\| \W*`.*$", page.split("## Tables and columns")[1], re.M)]
    assert {name for row in rows for name in re.findall(r"`(\w+)`", row[1])} >= tables
    columns = {name for row in rows for name in re.findall(COLUMN, row[2])}
    # The columns of groups differ in their prefix alone, `ug_` and `gug_`, which the source puts before these endings.
    grouped = {name for name in columns if re.fullmatch(r"g?ug_(user|group|expiry)", name)}
    assert columns - grouped == set(re.findall(COLUMN, read)) - tables - grouped
    assert len(grouped) == 6
    readme = (stack.ROOT / "README.md").read_text()
    assert tables and all(f"`{table}`" in readme for table in tables)


LIMITS = re.findall(r"(?m)^\| [^|]+ \| (\S+) \| `([\w.]+)` \|$", (stack.ROOT / "deploy/SECURITY.md").read_text())


def defaults():
    """The defaults of all keys, and the limits that are part of the program."""
    found = {}
    for name in ("HTTP2/HTTP2Limits.swift", "Connection/ConnectionLimits.swift"):
        text = (stack.ROOT / "Sources/Transport" / name).read_text()
        for limit, value, shift in re.findall(r"package var (\w+) = ([\d_]+)(?: << (\d+))?$", text, re.M):
            number = int(value.replace("_", "")) << int(shift or 0)
            found[limit] = f"{number >> 20}MiB" if number >= 1 << 20 else str(number)
    path = []
    for line in EXAMPLE.read_text().splitlines():
        if entry := re.match(r"( *)#?(\w+): ?(.*)$", line):
            path = [*path[: len(entry[1]) // 2], entry[2]]
            found[".".join(path)] = entry[3].strip("\"'")
    return found


@pytest.mark.parametrize("limit, name", LIMITS)
def test_limits_are_those_of_the_program(limit, name):
    assert defaults()[name] == limit


def test_all_limits_of_connections_are_listed():
    listed = {name for _, name in LIMITS}
    wanted = {key for key in KEYS if re.match(r"server\.(max_.*|.*_timeout)$", key)} - {"server.drain_timeout"}
    assert wanted <= listed and len(listed) >= 20
