"""Session cookies, read and made without our own code."""

import base64
import re
import time
import uuid

import jwt
import requests

ATTRIBUTES = re.compile(
    r"^sessionJwt=(?P<jwt>[\w-]+\.[\w-]+\.[\w-]+); "
    r"expires=(?P<expires>\w{3}, \d{2} \w{3} \d{4} \d{2}:\d{2}:\d{2} GMT); Max-Age=14400; path=/; secure; HttpOnly$"
)


def set_cookies(response):
    """All Set-Cookie headers of a response."""
    return response.raw.headers.getlist("set-cookie")


def session_jwt(response):
    """The JWT of the one session cookie that the response sets."""
    cookies = set_cookies(response)
    assert len(cookies) == 1, cookies
    match = ATTRIBUTES.match(cookies[0])
    assert match, cookies[0]
    return match["jwt"]


def verified_claims(edge, token, algorithm="RS256"):
    """The claims, after PyJWT has verified the signature with the published key that the header names."""
    key = jwt.PyJWKClient(f"{edge.sessiongate_url}/.well-known/jwks.json").get_signing_key_from_jwt(token)
    return jwt.decode(token, key, algorithms=[algorithm], issuer=edge.demo["issuer"])


def make_cookie(edge, user_id, **changes):
    """A session cookie signed with the demo's own key; `changes` replace claims, None leaves one out."""
    now = int(time.time())
    claims = {
        "iss": edge.demo["issuer"],
        "sxp": now + 14400,
        "jti": base64.b64encode(uuid.uuid4().bytes).decode(),
        "sub": edge.subject(user_id),
        "iat": now,
    } | changes
    claims = {name: value for name, value in claims.items() if value is not None}
    return jwt.encode(claims, edge.cookie_key, algorithm="RS256")


def make_centralauth_token(edge, user_id, **changes):
    """A CentralAuth token signed with the demo's own key."""
    claims = {"sub": f"mw:CentralAuth::{user_id}", "sxp": int(time.time()) + 60, "CAToken": "a1b2c3"}
    return make_cookie(edge, user_id, **claims | changes)


def central_users(text):
    """Sessiongate's configuration with CentralAuth's users; the demo's database has them too."""
    changed = text.replace("  #source: local", "  source: CentralAuth\n  scope: 'CentralAuth:'")
    assert changed != text
    return changed


def get_with_cookie(edge, cookie, **options):
    """A GET through Envoy with exactly this Cookie header."""
    headers = {"cookie": cookie} | options.pop("headers", {})
    return edge.get(headers=headers, **options)


def published_keys(edge):
    """The JWKS."""
    return requests.get(f"{edge.sessiongate_url}/.well-known/jwks.json", timeout=5)
