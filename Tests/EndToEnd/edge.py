"""The edge under test: Envoy with deploy/envoy.yaml, Sessiongate with a fresh demo state, and a small wiki."""

import http.client
import json
import re
import subprocess
from functools import cached_property

import inside
import requests
import stack
from mediawiki import Wiki
from requests_oauthlib import OAuth1

# Far from any limit, for all tests but those of the limits.
PLENTY = "{ max_tokens: 100000, tokens_per_fill: 100000, fill_interval: 1s }"
# The identity headers, as somebody might write them who wants to be somebody else.
FORGED = {
    "x-session-user-id": "1",
    "x-session-sub": "mw:local:wiki:1",
    "x-session-consumer": "forged",
    "x-session-class": "approved-bot",
    "x-session-type": "oauth1",
}


def plenty(text):
    """deploy/envoy.yaml with buckets that no test empties, with time for a machine that is busy with other things, and
    with clients' identity headers reaching Sessiongate, but for names that only CGI takes for ours."""
    text = text.replace("timeout: 2s", "timeout: 5s")
    names = 'regex: "x-session(gate)?-.*"'
    assert text.count(names) == 1
    return re.sub(r"token_bucket: \{.*\}", f"token_bucket: {PLENTY}", text.replace(names, 'regex: "x-sessiongate-.*"'))


def without_filter(text):
    """The file less ext_authz: Envoy alone, to compare with."""
    text, filters = re.subn(
        r" +- name: envoy.filters.http.ext_authz\n.*?(?= +- name: envoy)", "", text, flags=re.DOTALL
    )
    text, routes = re.subn(r"^( +)typed_per_filter_config:\n(?:\1 +.*\n)+", "", text, flags=re.MULTILINE)
    assert filters == 1 and routes >= 1
    return text


class Edge:
    """All programs of one edge; a context manager that ends them."""

    # What stands behind the proxy.
    upstream = Wiki

    def __init__(self, folder, change=plenty, environment=None, source=stack.ENVOY_YAML, configure=None):
        """`source` is Envoy's configuration, edited by `change`; `configure` edits the text of Sessiongate's."""
        self.folder = folder
        self.change = change
        self.source = source
        self.configure = configure
        self.environment = environment or {}
        self.programs = []
        self.ports = stack.free_ports([*stack.PORTS, *stack.MORE_PORTS, "sessiongate_admin"])
        self.url = f"http://127.0.0.1:{self.ports['envoy']}"
        self.api = f"{self.url}/w/api.php"
        self.sessiongate_url = f"http://127.0.0.1:{self.ports['sessiongate']}"
        self.admin_url = f"http://127.0.0.1:{self.ports['sessiongate_admin']}"

    def __enter__(self):
        try:
            self.state = self.folder / "state"
            if not self.state.exists():
                subprocess.run([stack.SESSIONGATE, "init", self.state], check=True, capture_output=True)
            if self.configure:
                file = self.state / "sessiongate.yaml"
                file.write_text(self.configure(file.read_text()))
            self.wiki = self.upstream(self.ports["upstream"], self.user_names)
            self.start_sessiongate()
            self.start_proxy()
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_):
        for program in reversed(self.programs):
            program.stop()
        if hasattr(self, "wiki"):
            self.wiki.shutdown()
            self.wiki.server_close()

    def start_proxy(self):
        """Starts Envoy."""
        config = stack.write_envoy_config(
            self.folder / "envoy.yaml", self.ports, source=self.source, change=self.change
        )
        self.envoy = stack.start_envoy(config, self.ports, self.folder / "envoy.log")
        self.programs.append(self.envoy)

    def start_sessiongate(self):
        """Starts Sessiongate (again)."""
        log = self.folder / "sessiongate.log"
        self.sessiongate = stack.start_sessiongate(self.state, self.ports, log, self.environment)
        self.programs.append(self.sessiongate)

    @cached_property
    def demo(self):
        """The credentials in demo.json."""
        return json.loads((self.state / "demo.json").read_text())

    @cached_property
    def cookie_key(self):
        """The private key of the session cookie, PEM."""
        return (self.state / "keys" / "session-cookie.key").read_text()

    @cached_property
    def access_token_key(self):
        """The public key of access tokens, PEM."""
        return (self.state / "keys" / "access-token.pub").read_bytes()

    @staticmethod
    def subject(user_id):
        """The `sub` of a user of the demo wiki."""
        return f"mw:local:demowiki:{user_id}"

    @cached_property
    def user_names(self):
        """Names by user id, as the wiki shows them."""
        users = [entry for entry in self.demo.values() if isinstance(entry, dict) and "user_name" in entry]
        return {entry["user_id"]: entry["user_name"] for entry in users}

    def oauth1(self, name="oauth1", **options):
        """A signer for requests, with the credentials of this name in demo.json."""
        keys = self.demo[name]
        return OAuth1(keys["consumer_key"], keys["consumer_secret"], keys["token"], keys["token_secret"], **options)

    def bearer(self, name):
        """The Authorization header for an access token in demo.json."""
        return {"authorization": f"Bearer {self.demo[name]['access_token']}"}

    def get(self, path="/w/api.php", **options):
        """A GET through Envoy, without a cookie jar."""
        options.setdefault("params", {"action": "query", "meta": "userinfo", "format": "json"})
        return requests.get(self.url + path, timeout=10, **options)

    def outcome(self, **options):
        """What became of a GET: its status, or the reason of a refusal, which at api.php has the status 200 as well."""
        answer = self.get(**options)
        refusal = answer.json().get("error", {}) if answer.status_code == 200 else {}
        return refusal.get("reason", answer.status_code)

    def post(self, form, **options):
        """A form posted to the API through Envoy."""
        return requests.post(self.api, data=form, timeout=10, **options)

    def signed(self, method="GET", url=None, **options):
        """A prepared request, signed by requests-oauthlib."""
        auth = options.pop("auth", None) or self.oauth1()
        url = url or f"{self.api}?action=query&meta=userinfo&format=json"
        return requests.Request(method, url, auth=auth, **options).prepare()

    def metrics(self):
        """The text of /metrics."""
        return requests.get(f"{self.admin_url}/metrics", timeout=5).text

    def raw(self, method, path, headers):
        """A request with exactly these headers, repeated ones too."""
        connection = http.client.HTTPConnection("127.0.0.1", self.ports["envoy"], timeout=10)
        connection.putrequest(method, path, skip_accept_encoding=True)
        for name, value in headers:
            connection.putheader(name, value)
        connection.endheaders()
        answer = connection.getresponse()
        answer.read()
        connection.close()
        return answer


class ModuleEdge(Edge):
    """The same edge with Sessiongate inside Envoy."""

    log_level = "warn"

    def __init__(self, folder, change=plenty, **options):
        super().__init__(folder, change=change, source=options.pop("source", stack.MODULE_YAML), **options)

        # What is published is on the admin listener there.
        self.sessiongate_url = self.admin_url
        self.ports["sessiongate"] = self.ports["sessiongate_admin"]

    def start_sessiongate(self):
        """Nothing: Envoy starts it."""

    def start_proxy(self):
        """Starts Envoy."""

        def change(text):
            text = inside.flattened(self.change(text))
            text = inside.with_module(text) if f"name: {inside.EXT_AUTHZ}\n" in text else text
            return stack.module_config(self.state)(text)

        config = stack.write_envoy_config(self.folder / "envoy.yaml", self.ports, source=self.source, change=change)
        environment = stack.module_environment(self.ports) | self.environment
        self.envoy = stack.start_envoy(
            config, self.ports, self.folder / "envoy.log", environment=environment, log_level=self.log_level
        )
        self.programs.append(self.envoy)
        self.sessiongate = self.envoy


# The ways in which Envoy asks, by what the filter is called.
WAYS = {"ext_authz": Edge, "module": ModuleEdge}
