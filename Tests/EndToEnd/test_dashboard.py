"""The dashboard: what it shows without scripts, and how it looks and works in a real browser."""

import html
import json
import re
import subprocess
from html.parser import HTMLParser

import pytest
import requests
import stack
from browser import Browser
from edge import Edge

POLICIES = {
    "strict": {"limits": {"established-user": {"MINUTE": 3}, "*": {"MINUTE": 2, "HOUR": 1000}}},
    "generous<&>": {"limits": {"*": {"MINUTE": 2000}}},
}


@pytest.fixture(scope="module")
def edge(tmp_path_factory):
    environment = {"SESSIONGATE_FORECAST_POLICIES": json.dumps(POLICIES)}
    with Edge(tmp_path_factory.mktemp("dashboard"), environment=environment) as edge:
        for _ in range(4):
            edge.get()
            edge.get(auth=edge.oauth1())
            edge.get(headers=edge.bearer("oauth2_owner_only"))
            edge.get(headers={"authorization": "Bearer junk"})
        cookie = edge.get(auth=edge.oauth1()).headers["set-cookie"].split(";")[0]
        edge.get(auth=edge.oauth1(), headers={"cookie": cookie})
        yield edge


class Page(HTMLParser):
    """The texts of a page, its links, and what it loads."""

    def __init__(self, text):
        super().__init__()
        self.links, self.loads, self.ids, self.open, self.words = [], [], [], [], []
        self.feed(text)

    def handle_starttag(self, tag, attributes):
        values = dict(attributes)
        if tag == "a":
            self.links.append(values["href"])
        self.loads += [values[name] for name in ("src",) if name in values]
        if tag == "link":
            self.loads.append(values["href"])
        if "id" in values:
            self.ids.append(values["id"])
        assert not any(name.startswith("on") or name == "style" for name in values), values

    def handle_data(self, data):
        self.words.append(data)

    @property
    def text(self):
        return re.sub(r"\s+", " ", " ".join(self.words))


@pytest.fixture
def page(edge):
    return Page(requests.get(edge.admin_url, timeout=10).text)


def test_everything_is_there_without_scripts(edge, page):
    expected = {"traffic", "outcomes", "refusals", "cookies", "latency", "caches", "stores", "keys", "forecast"}
    assert expected <= set(page.ids) and len(page.ids) == len(set(page.ids))
    for words in [
        "ready",
        "enforce",
        "authenticated: oauth1",
        "set for a client without one",
        "median",
    ]:
        assert words in page.text, words
    metrics = edge.metrics()
    for reason in re.findall(r'^sessiongate_refusals_total\{reason="([^"]+)"\} [1-9]', metrics, re.M):
        assert reason in page.text


def test_loads_nothing_from_elsewhere(edge, page):
    assert set(page.loads) == {"data:,", "/dashboard.css", "/dashboard.js"}
    for path, kind in [("/dashboard.css", "text/css"), ("/dashboard.js", "text/javascript")]:
        answer = requests.get(edge.admin_url + path, timeout=10)
        assert answer.headers["content-type"].startswith(kind)
        assert "://" not in answer.text and "url(" not in answer.text
    policy = requests.get(edge.admin_url, timeout=10).headers["content-security-policy"]
    assert policy.startswith("default-src 'none'") and "unsafe" not in policy


def test_every_number_is_a_link(edge):
    text = requests.get(edge.admin_url, timeout=10).text
    cells = re.findall(r"<td class=n>(.*?)</td>", text)
    assert len(cells) > 50 and all(re.fullmatch(r'<a href="[^"]+">[^<]+</a>|–', cell) for cell in cells), cells


def test_every_link_leads_to_what_it_is_made_of(edge, page):
    addresses = {link for link in page.links if not link.startswith("#")}
    assert len(addresses) > 10
    for address in addresses:
        answer = requests.get(edge.admin_url + address, timeout=10)
        assert answer.status_code == 200 and answer.text, address
        if name := re.fullmatch(r"/v1/metric\?name=(\w+)", address):
            assert f"# TYPE {name[1]} " in answer.text
    assert requests.get(f"{edge.admin_url}/v1/metric?name=x", timeout=10).status_code == 404


def test_forecast_with_a_choice(edge):
    def shown(query):
        return requests.get(f"{edge.admin_url}/{query}", timeout=10).text

    # The first policy over an hour, unless something else is chosen.
    assert "What strict would limit" in shown("") and "Hit hardest" in shown("")
    other = shown("?policy=generous%3C%26%3E&span=start")
    assert f"What {html.escape('generous<&>')} would limit" in other
    assert '<option value="start" selected>' in other
    assert "What strict would limit" in shown("?policy=%3Cscript%3E&span=x")


def test_in_a_browser(edge, tmp_path):
    """Narrow and wide, light and dark: nothing sticks out, nothing goes wrong, and it is live."""
    with Browser(tmp_path) as browser:
        for width in (360, 768, 1280, 1920):
            for scheme in ("light", "dark"):
                browser.open(edge.admin_url, width=width, scheme=scheme)
                # The page does not scroll sideways; wide tables do, in their own box.
                assert browser.run("document.documentElement.scrollWidth") <= width
                assert browser.run(
                    "[...document.querySelectorAll('section')].every(s => s.scrollWidth <= s.clientWidth)"
                )
        background = browser.run("getComputedStyle(document.body).backgroundColor")
        browser.open(edge.admin_url, width=1280, scheme="light")
        assert browser.run("getComputedStyle(document.body).backgroundColor") != background
        # With the keyboard: the first stop is the way past the header.
        browser.press("Tab")
        assert browser.run("document.activeElement.className") == "skip"
        # A choice is shown without a click.
        browser.run("document.querySelector('select[name=policy]').selectedIndex = 1")
        browser.run("document.querySelector('select[name=policy]').dispatchEvent(new Event('change', {bubbles: true}))")
        browser.wait("document.querySelector('#forecast caption').textContent.includes('generous')")
        # Live: a check that comes now is seen without a reload.
        browser.run("window.kept = true")
        before = browser.run("document.querySelector('#outcomes').textContent")
        edge.get()
        browser.wait(f"document.querySelector('#outcomes').textContent !== {json.dumps(before)}", seconds=20)
        assert browser.run("window.kept") is True
        assert browser.errors == []


def test_without_scripts_in_a_browser(edge, tmp_path):
    with Browser(tmp_path, scripts=False) as browser:
        browser.open(edge.admin_url, width=800)
        picture = browser.picture()
    assert picture.startswith(b"\x89PNG")


def test_before_anything_has_happened(tmp_path):
    state = tmp_path / "state"
    subprocess.run([stack.SESSIONGATE, "init", state], check=True, capture_output=True)
    ports = stack.free_ports(["sessiongate", "sessiongate_admin"])
    program = stack.start_sessiongate(state, ports, tmp_path / "log")
    try:
        text = Page(requests.get(f"http://127.0.0.1:{ports['sessiongate_admin']}/", timeout=10).text).text
        assert "None since the start." in text and "forecast.policies" in text
    finally:
        program.stop()
