"""Refusals as clients get them through a real Envoy: MediaWiki's statuses and formats, at each place of the wiki."""

import xml.etree.ElementTree as xml

import pytest
import requests
import stack
from edge import WAYS
from proxies import KINDS

JUNK = {"authorization": "Bearer x"}
CODE = "mwoauth-invalid-authorization"
TEXT = "The authorization headers in your request are not valid: Invalid access token"
REASON = "access-token-malformed"
METHODS = ["GET", "HEAD", "POST", "PUT", "DELETE", "PATCH"]


def ask(edge, path, method="GET", **options):
    options["headers"] = JUNK | options.pop("headers", {})
    return requests.request(method, edge.url + path, timeout=10, **options)


@pytest.mark.contract("refusal: status, headers, body")
@pytest.mark.parametrize("method", METHODS)
def test_a_refusal_of_status_200_lets_nothing_pass(edge, wiki, method):
    response = ask(edge, "/w/api.php?action=query&format=json", method)
    assert response.status_code == 200
    assert response.headers["mediawiki-api-error"] == CODE
    assert response.headers["cache-control"] == "private, no-store"
    if method != "HEAD":
        assert response.json() == {"error": {"code": CODE, "info": TEXT, "reason": REASON}}
    assert wiki.seen == []


@pytest.mark.parametrize(
    "query, error",
    [
        ("errorformat=plaintext", {"code": CODE, "*": TEXT, "module": "main", "reason": REASON}),
        ("errorformat=html&formatversion=2", {"code": CODE, "html": TEXT, "module": "main", "reason": REASON}),
        ("errorformat=none", {"code": CODE, "module": "main", "reason": REASON}),
    ],
)
def test_errors_in_the_format_that_was_asked_for(edge, query, error):
    assert ask(edge, f"/w/api.php?format=json&{query}").json() == {"errors": [error]}


def test_xml(edge):
    response = ask(edge, "/w/api.php?format=xml&errorformat=wikitext")
    assert response.headers["content-type"] == "text/xml; charset=utf-8"
    error = xml.fromstring(response.content).find("errors/error")
    assert (error.get("code"), error.get("module"), error.text) == (CODE, "main", TEXT)
    assert xml.fromstring(ask(edge, "/w/api.php?format=xml").content).find("error").get("info") == TEXT


def test_php(edge):
    response = ask(edge, "/w/api.php?format=php")
    assert response.headers["content-type"] == "application/vnd.php.serialized; charset=utf-8"
    assert response.text.startswith('a:1:{s:5:"error";a:3:{s:4:"code";s:29:"mwoauth-invalid-authorization";')


@pytest.mark.contract("signed form bodies")
def test_what_a_signed_form_says_counts_before_the_query(edge):
    request = edge.signed("POST", f"{edge.api}?format=xml", data={"format": "json", "errorformat": "plaintext"})
    request.url += "&changed=1"
    with requests.Session() as session:
        errors = session.send(request, timeout=10).json()["errors"]
    assert [error["reason"] for error in errors] == ["signature-invalid"]


def test_other_places(edge, wiki):
    rest = ask(edge, "/w/rest.php/v1/page/Main_Page")
    assert rest.status_code == 403
    assert rest.json() == {
        "errorKey": CODE,
        "messageTranslations": {"en": TEXT},
        "httpCode": 403,
        "httpReason": "Forbidden",
        "reason": REASON,
    }
    for path, status in (("/wiki/Main_Page", 400), ("/w/index.php?title=A", 400), ("/w/x.php?f=A", 401)):
        assert ask(edge, path).status_code == status
    assert wiki.seen == []


@pytest.mark.parametrize("path", ["/w/api.php?format=json", "/w/rest.php/v1/page/A", "/wiki/A"])
def test_a_script_of_another_site_can_read_it(edge, path):
    headers = ask(edge, path, headers={"origin": "https://app.example"}).headers
    assert headers["access-control-allow-origin"] == "https://app.example"
    assert headers["access-control-allow-credentials"] == "true"
    exposed = {name.strip().lower() for name in headers["access-control-expose-headers"].split(",")}
    assert exposed == {"mediawiki-api-error", "retry-after", "www-authenticate"}
    assert headers["vary"] == "Origin"
    assert "access-control-allow-origin" not in ask(edge, path, headers={"origin": "https://a/<b>"}).headers


def unauthorized(text):
    assert text.count("\nrefusals:\n") == 1
    return text.replace("\nrefusals:\n", "\nrefusals:\n  status: 401\n")


def test_the_operator_may_want_401_everywhere(way, tmp_path):
    with WAYS[way](tmp_path, configure=unauthorized) as running:
        for path in ("/w/api.php?format=xml", "/w/rest.php/v1/page/A", "/wiki/A", "/w/x.php"):
            response = ask(running, path)
            assert response.status_code == 401
            assert response.json()["error"].keys() == {"code", "info", "reason"}
        assert running.wiki.seen == []


@pytest.mark.parametrize("kind", KINDS)
def test_over_plain_http_it_is_never_2xx(tmp_path, kind):
    """With the type of what is in it, and readable by a script of another site."""
    with KINDS[kind](tmp_path) as running:
        page = 400 if kind == "envoy-http" else 401
        for path, status in (("/w/api.php?format=xml", 401), ("/w/rest.php/v1/page/A", 403), ("/wiki/A", page)):
            response = ask(running, path, headers={"origin": "https://app.example"})
            assert response.status_code == status, path
            assert response.headers["mediawiki-api-error"].startswith("mwoauth-")
            assert response.headers["access-control-allow-origin"] == "https://app.example"
            if kind != "nginx" and status == 401 and "format=xml" in path:
                assert response.headers["content-type"].startswith("text/xml")
                assert xml.fromstring(response.content).find("error").get("info") == TEXT
        assert running.wiki.seen == []
        running.sessiongate.stop()
        response = running.get(auth=running.oauth1())
        assert response.status_code == 503 and response.headers["retry-after"] == "5"


def test_the_samples_say_when_to_try_again_as_sessiongate_does():
    source = (stack.ROOT / "Sources/Transport/Exchange/Reply.swift").read_text()
    assert 'retryAfter: StaticString = "5"' in source
