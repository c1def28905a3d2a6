"""A very small MediaWiki: the API calls that mwclient and pywikibot make to log in, read who they are, and edit.

It believes the identity headers alone, as a backend behind Envoy and Sessiongate may. Whatever is not an API call is
echoed, and every request is remembered for the tests to look at.
"""

import threading
from urllib.parse import parse_qsl, urlsplit

from upstream import Echo, LoopbackServer

NAMESPACES = {
    "-1": ("Special", "Special"),
    "0": ("", ""),
    "1": ("Talk", "Talk"),
    "2": ("User", "User"),
    "3": ("User talk", "User talk"),
    "4": ("Project", "Project"),
    "6": ("File", "File"),
    "10": ("Template", "Template"),
    "14": ("Category", "Category"),
}


class MediaWiki(Echo):
    """One request to the wiki."""

    def answer(self, body):
        self.server.remember(self.describe(body))
        url = urlsplit(self.path)
        if not url.path.endswith("/api.php"):
            return self.server.status, self.server.extra_headers, self.describe(body)
        parameters = dict(parse_qsl(url.query, keep_blank_values=True))
        if self.headers.get("content-type", "").startswith("application/x-www-form-urlencoded"):
            parameters |= dict(parse_qsl(body.decode(), keep_blank_values=True))
        return 200, self.server.extra_headers, self.api(parameters)

    def api(self, parameters):
        match parameters.get("action"):
            case "query":
                return self.query(parameters)
            case "edit":
                return {
                    "edit": {
                        "result": "Success",
                        "title": parameters["title"],
                        "pageid": 1,
                        "newrevid": 2,
                        "newtimestamp": "2026-03-01T12:00:00Z",
                    }
                }
            case other:
                return {"error": {"code": "badvalue", "info": f"Unrecognized value for parameter action: {other}"}}

    def query(self, parameters):
        old_format = parameters.get("formatversion", "1") == "1"
        result = {}
        for meta in names(parameters, "meta"):
            if meta == "siteinfo":
                result |= self.siteinfo(old_format)
            if meta == "userinfo":
                result["userinfo"] = self.userinfo()
            if meta == "tokens":
                kinds = names(parameters, "type") or ["csrf"]
                result["tokens"] = {f"{kind}token": "0123456789abcdef+\\" for kind in kinds}
        titles = names(parameters, "titles")
        if titles:
            pages = [page(title) for title in titles]
            result["pages"] = {str(entry["pageid"]): entry for entry in pages} if old_format else pages
        return {"batchcomplete": "" if old_format else True, "query": result}

    def siteinfo(self, old_format):
        site = f"http://{self.headers['host']}"
        return {
            "general": {
                "mainpage": "Main Page",
                "base": f"{site}/wiki/Main_Page",
                "sitename": "Demo",
                "generator": "MediaWiki 1.47.0",
                "case": "first-letter",
                "lang": "en",
                "wikiid": "wiki",
                "time": "2026-03-01T12:00:00Z",
                "timezone": "UTC",
                "server": site,
                "servername": self.headers["host"],
                "articlepath": "/wiki/$1",
                "scriptpath": "/w",
                "script": "/w/index.php",
                "writeapi": "" if old_format else True,
                "legaltitlechars": " %!\"$&'()*,\\-.\\/0-9:;=?@A-Z\\\\^_`a-z~\\x80-\\xFF+",
                "magiclinks": {},
                "thumblimits": {},
                "imagelimits": {},
                "galleryoptions": {},
                "linktrail": "/^([a-z]+)(.*)$/sD",
            },
            "namespaces": {
                number: {"id": int(number), "case": "first-letter", "content": number == "0", "canonical": canonical}
                | ({"*": name} if old_format else {"name": name})
                for number, (name, canonical) in NAMESPACES.items()
            },
            "namespacealiases": [],
            "extensions": [],
            "magicwords": [],
            "interwikimap": [],
            "languages": [],
            "restrictions": {"types": ["edit"], "levels": [""], "cascadinglevels": [], "semiprotectedlevels": []},
        }

    def userinfo(self):
        identity = self.headers.get("x-session-user-id")
        if identity is None:
            return {"id": 0, "name": "127.0.0.1", "anon": "", "groups": ["*"], "rights": ["read"]}
        return {
            "id": int(identity),
            "name": self.server.user_names[identity],
            "groups": ["*", "user", "autoconfirmed"],
            "rights": ["read", "edit", "createpage", "writeapi", "apihighlimits"],
        }


def names(parameters, key):
    """The values of a multi-value parameter."""
    return [value for value in parameters.get(key, "").split("|") if value]


def page(title):
    """A page that doesn't exist yet and that anybody may edit."""
    return {
        "pageid": -1,
        "ns": 0,
        "title": title,
        "missing": "",
        "contentmodel": "wikitext",
        "pagelanguage": "en",
        "restrictiontypes": ["edit"],
        "protection": [],
        "actions": {"edit": ""},
        "lastrevid": 0,
        "length": 0,
    }


class Wiki(LoopbackServer):
    """The wiki's server. `seen` holds what arrived, oldest first; `status` is that of whatever is not an API call."""

    def __init__(self, port, user_names):
        super().__init__(port, MediaWiki)
        self.user_names = {str(identity): name for identity, name in user_names.items()}
        self.extra_headers = {}
        self.status = 200
        self.seen = []
        self._lock = threading.Lock()
        threading.Thread(target=self.serve_forever, daemon=True).start()

    def remember(self, request):
        with self._lock:
            self.seen.append(request)

    @property
    def last(self):
        """The newest request that arrived."""
        return self.seen[-1]
