"""Makes the pairs in proto-json/ and the state that they are decided by; `make proto-json` runs all three steps.

    state       keys (made once), database and configuration in Tests/Fixtures/proto-json-state
    requests    proto-json/<case>.request.json, signed by oauthlib and PyJWT
    responses   proto-json/<case>.response.json, recorded from `sessiongate check`: to be reviewed

The clock stands still at CLOCK and all else is derived from names, so that nothing changes but what is meant to.
"""

import base64
import hashlib
import hmac
import json
import re
import sqlite3
import sys
from datetime import UTC, datetime

import asking
import jwt
import stack
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from oauthlib.oauth1 import SIGNATURE_HMAC, SIGNATURE_RSA, Client

CLOCK = 1772366400  # 2026-03-01T12:00:00Z
STATE = stack.ROOT / "Tests" / "Fixtures" / "proto-json-state"
PAIRS = stack.ROOT / "proto-json"
SERVER = "https://wiki.example"
API = "/w/api.php?action=query&meta=userinfo&format=json"
SECRET_KEY = "demo-oauth-secret-key"
ALICE, BOB = 3, 5

SCHEMA = """
CREATE TABLE oauth_registered_consumer (
  oarc_id INTEGER PRIMARY KEY AUTOINCREMENT NOT NULL, oarc_consumer_key BLOB NOT NULL, oarc_name BLOB NOT NULL,
  oarc_user_id INTEGER UNSIGNED NOT NULL, oarc_version BLOB NOT NULL, oarc_callback_url BLOB NOT NULL,
  oarc_callback_is_prefix BLOB DEFAULT NULL, oarc_description BLOB NOT NULL, oarc_email BLOB NOT NULL,
  oarc_email_authenticated BLOB DEFAULT NULL, oarc_developer_agreement SMALLINT DEFAULT 0 NOT NULL,
  oarc_owner_only SMALLINT DEFAULT 0 NOT NULL, oarc_wiki BLOB NOT NULL, oarc_grants BLOB NOT NULL,
  oarc_registration BLOB NOT NULL, oarc_secret_key BLOB DEFAULT NULL, oarc_rsa_key BLOB DEFAULT NULL,
  oarc_restrictions BLOB NOT NULL, oarc_stage SMALLINT UNSIGNED DEFAULT 0 NOT NULL, oarc_stage_timestamp BLOB NOT NULL,
  oarc_deleted SMALLINT UNSIGNED DEFAULT 0 NOT NULL, oarc_oauth_version SMALLINT DEFAULT 1 NOT NULL,
  oarc_oauth2_allowed_grants BLOB DEFAULT NULL, oarc_oauth2_is_confidential SMALLINT DEFAULT 1 NOT NULL);
CREATE UNIQUE INDEX oarc_consumer_key ON oauth_registered_consumer (oarc_consumer_key);
CREATE TABLE oauth_accepted_consumer (
  oaac_id INTEGER PRIMARY KEY AUTOINCREMENT NOT NULL, oaac_wiki BLOB NOT NULL, oaac_user_id INTEGER UNSIGNED NOT NULL,
  oaac_consumer_id INTEGER UNSIGNED NOT NULL, oaac_access_token BLOB NOT NULL, oaac_access_secret BLOB NOT NULL,
  oaac_grants BLOB NOT NULL, oaac_accepted BLOB NOT NULL, oaac_oauth_version SMALLINT DEFAULT 1 NOT NULL);
CREATE UNIQUE INDEX oaac_access_token ON oauth_accepted_consumer (oaac_access_token);
CREATE TABLE oauth2_access_tokens (
  oaat_id INTEGER PRIMARY KEY AUTOINCREMENT NOT NULL, oaat_identifier VARCHAR(255) NOT NULL, oaat_expires BLOB NOT NULL,
  oaat_acceptance_id INTEGER UNSIGNED NOT NULL, oaat_revoked SMALLINT DEFAULT 0 NOT NULL);
CREATE UNIQUE INDEX oaat_identifier ON oauth2_access_tokens (oaat_identifier);
CREATE TABLE user (
  user_id INTEGER PRIMARY KEY AUTOINCREMENT NOT NULL, user_name BLOB NOT NULL, user_registration BLOB DEFAULT NULL,
  user_editcount INTEGER UNSIGNED DEFAULT NULL);
CREATE TABLE user_groups (ug_user INTEGER UNSIGNED NOT NULL, ug_group BLOB NOT NULL, ug_expiry BLOB DEFAULT NULL,
  PRIMARY KEY (ug_user, ug_group));
"""

CONFIGURATION = f"""# The state that decides the pairs in proto-json/. Test data: every key and secret here is public.
store:
  sqlite:
    file: oauth.sqlite
wikis:
  default:
    id: wiki
    server: {SERVER}
  hosts:
    other.example: {{id: otherwiki, server: {SERVER}}}
keys:
  access_token: [keys/access-token.pub]
  cookie: keys/session-cookie.key
oauth1:
  secret_key: {SECRET_KEY}
cookie:
  issuer: {SERVER}
edge:
  profiles:
    gateway: {{inject_cookie: true}}
"""

# name: (stage, owner only, OAuth version, wiki); the owner is Alice.
CONSUMERS = {
    "tool": (1, 0, 1, "*"),
    "alices-bot": (1, 1, 1, "*"),
    "rsa-tool": (1, 0, 1, "*"),
    "disabled-tool": (4, 0, 1, "*"),
    "other-wikis-tool": (1, 0, 1, "otherwiki"),
    "alices-oauth2-bot": (1, 1, 2, "*"),
    "oauth2-tool": (1, 0, 2, "*"),
    "oauth2-service": (1, 0, 2, "*"),
}
# name: (consumer, user)
ACCEPTANCES = {
    "tool-alice": ("tool", ALICE),
    "tool-bob": ("tool", BOB),
    "alices-bot": ("alices-bot", ALICE),
    "rsa-tool-alice": ("rsa-tool", ALICE),
    "disabled-tool-alice": ("disabled-tool", ALICE),
    "other-wikis-tool-alice": ("other-wikis-tool", ALICE),
    "alices-oauth2-bot": ("alices-oauth2-bot", ALICE),
    "oauth2-tool-alice": ("oauth2-tool", ALICE),
}
# name: (acceptance or None, client, lifetime, revoked)
ACCESS_TOKENS = {
    "owner-only": ("alices-oauth2-bot", "alices-oauth2-bot", 31_557_600_000, 0),
    "regular": ("oauth2-tool-alice", "oauth2-tool", 14_400, 0),
    "expired": ("oauth2-tool-alice", "oauth2-tool", -1, 0),
    "revoked": ("oauth2-tool-alice", "oauth2-tool", 14_400, 1),
    "client-credentials": (None, "oauth2-service", 14_400, 0),
}


def named(kind, name):
    """32 hex digits for a name: keys, tokens and stored secrets as MediaWiki makes them, but always the same."""
    return hashlib.sha256(f"{kind} {name}".encode()).hexdigest()[:32]


def secret(kind, name):
    """The real secret that a client holds, as MediaWiki derives it from the stored one."""
    return hmac.new(SECRET_KEY.encode(), named(kind, name).encode(), "sha1").hexdigest()


def key(name):
    """The text of a private key."""
    return (STATE / "keys" / f"{name}.key").read_text()


def make_state():
    (STATE / "keys").mkdir(parents=True, exist_ok=True)
    for name in ("access-token", "session-cookie", "rsa-tool"):
        make_key(name)
    (STATE / "sessiongate.yaml").write_text(CONFIGURATION)
    (STATE / "oauth.sqlite").unlink(missing_ok=True)
    with sqlite3.connect(STATE / "oauth.sqlite") as database:
        database.executescript(SCHEMA)
        fill(database)
    database.close()


def make_key(name):
    file = STATE / "keys" / f"{name}.key"
    if not file.exists():
        private = rsa.generate_private_key(public_exponent=65537, key_size=2048)
        none = serialization.NoEncryption()
        form = serialization.PrivateFormat.PKCS8
        file.write_bytes(private.private_bytes(serialization.Encoding.PEM, form, none))
        form = serialization.PublicFormat.SubjectPublicKeyInfo
        file.with_suffix(".pub").write_bytes(private.public_key().public_bytes(serialization.Encoding.PEM, form))


def fill(database):
    # Alice is an established user (edits, age); Bob is new.
    users = [(ALICE, "Alice", "20150101000000", 25_000), (BOB, "Bob", "20260225000000", 12)]
    database.executemany("INSERT INTO user VALUES (?, ?, ?, ?)", users)
    consumer_ids = {name: number for number, name in enumerate(CONSUMERS, 1)}
    for name, (stage, owner_only, version, wiki) in CONSUMERS.items():
        rsa_key = (STATE / "keys" / "rsa-tool.pub").read_text() if name == "rsa-tool" else ""
        row = {
            "oarc_id": consumer_ids[name],
            "oarc_consumer_key": named("consumer", name),
            "oarc_name": name.replace("-", " ").capitalize(),
            "oarc_user_id": ALICE,
            "oarc_version": "1.0",
            "oarc_callback_url": "https://tool.example/callback",
            "oarc_description": "",
            "oarc_email": "tool@example.org",
            "oarc_owner_only": owner_only,
            "oarc_wiki": wiki,
            "oarc_grants": '["basic","editpage"]',
            "oarc_registration": "20260101000000",
            "oarc_secret_key": named("consumer secret", name),
            "oarc_rsa_key": rsa_key,
            "oarc_restrictions": '{"IPAddresses":["0.0.0.0/0","::/0"]}',
            "oarc_stage": stage,
            "oarc_stage_timestamp": "20260101000000",
            "oarc_oauth_version": version,
        }
        insert(database, "oauth_registered_consumer", row)
    acceptance_ids = {name: number for number, name in enumerate(ACCEPTANCES, 1)}
    for name, (consumer, user) in ACCEPTANCES.items():
        row = {
            "oaac_id": acceptance_ids[name],
            "oaac_wiki": "*",
            "oaac_user_id": user,
            "oaac_consumer_id": consumer_ids[consumer],
            "oaac_access_token": named("token", name),
            "oaac_access_secret": named("token secret", name),
            "oaac_grants": '["basic","editpage"]',
            "oaac_accepted": "20260102000000",
            "oaac_oauth_version": CONSUMERS[consumer][2],
        }
        insert(database, "oauth_accepted_consumer", row)
    for name, (acceptance, _, lifetime, revoked) in ACCESS_TOKENS.items():
        expires = datetime.fromtimestamp(CLOCK + lifetime, UTC) if lifetime < 10**9 else None
        row = {
            "oaat_identifier": named("jti", name),
            "oaat_expires": expires.strftime("%Y%m%d%H%M%S") if expires else "infinity",
            "oaat_acceptance_id": acceptance_ids.get(acceptance, 0),
            "oaat_revoked": revoked,
        }
        insert(database, "oauth2_access_tokens", row)


def insert(database, table, row):
    columns, marks = ", ".join(row), ", ".join("?" for _ in row)
    database.execute(f"INSERT INTO {table} ({columns}) VALUES ({marks})", list(row.values()))


def oauth1(acceptance, nonce, method="GET", path=API, body=None, timestamp=CLOCK, rsa_key=None):
    """The Authorization header, by oauthlib."""
    consumer = ACCEPTANCES[acceptance][0]
    client = Client(
        named("consumer", consumer),
        client_secret=secret("consumer secret", consumer),
        resource_owner_key=named("token", acceptance),
        resource_owner_secret=secret("token secret", acceptance),
        signature_method=SIGNATURE_RSA if rsa_key else SIGNATURE_HMAC,
        rsa_key=rsa_key,
        nonce=nonce,
        timestamp=str(timestamp),
    )
    headers = {"Content-Type": "application/x-www-form-urlencoded"} if body else {}
    return client.sign(SERVER + path, method, body=body, headers=headers)[1]["Authorization"]


def access_token(name):
    """A Bearer header with an access token as MediaWiki issues it, by PyJWT."""
    acceptance, client, lifetime, _ = ACCESS_TOKENS[name]
    claims = {
        "aud": named("consumer", client),
        "jti": named("jti", name),
        "iat": CLOCK - 3600,
        "nbf": CLOCK - 3600,
        "exp": CLOCK + lifetime,
        "sub": f"mw:local:wiki:{ACCEPTANCES[acceptance][1]}" if acceptance else "",
        "iss": SERVER,
        "scopes": ["basic", "editpage"],
    }
    return f"Bearer {jwt.encode(claims, key('access-token'), algorithm='RS256')}"


def session_cookie(user, left, **more):
    """A Cookie header with a session that softly expires in `left` seconds, between other cookies."""
    return f"theme=dark; sessionJwt={session_token(user, left, **more)}; lang=en"


def session_token(user, left, **more):
    """A JWT as session cookies and CentralAuth tokens are."""
    claims = {
        "iss": SERVER,
        "sxp": CLOCK + left,
        "jti": base64.b64encode(hashlib.md5(f"{user} {left}".encode()).digest()).decode(),
        "sub": f"mw:local:wiki:{user}",
        "iat": CLOCK + left - 14_400,
    } | more
    return jwt.encode(claims, key("session-cookie"), algorithm="RS256")


def check_request(number, method="GET", path=API, headers=None, body=None, raw=False, route=None):
    """A CheckRequest as Envoy sends it; `route` is what its per-route configuration adds (context_extensions)."""
    all_headers = {
        ":authority": "wiki.example",
        ":method": method,
        ":path": path,
        ":scheme": "https",
        "user-agent": "demo/1.0",
        "x-forwarded-proto": "https",
        "x-request-id": f"00000000-0000-4000-8000-{number:012}",
    } | (headers or {})
    http = {"id": str(10**15 + number), "method": method}
    if raw:
        encoded = {name: base64.b64encode(value.encode()).decode() for name, value in all_headers.items()}
        http["headerMap"] = {"headers": [{"key": name, "rawValue": value} for name, value in encoded.items()]}
    else:
        http["headers"] = all_headers
    http |= {"path": path, "host": "wiki.example", "scheme": "https", "size": "-1" if body is None else str(len(body))}
    http["protocol"] = "HTTP/2"
    if body is not None:
        http["body"] = body
    return {
        "attributes": ({"contextExtensions": route} if route else {})
        | {
            "source": {"address": {"socketAddress": {"address": "203.0.113.5", "portValue": 40_000 + number}}},
            "destination": {"address": {"socketAddress": {"address": "198.51.100.1", "portValue": 443}}},
            "request": {"time": datetime.fromtimestamp(CLOCK, UTC).isoformat().replace("+00:00", "Z"), "http": http},
        }
    }


def cases():
    """All requests by name. The order of the names is the order in which they are decided."""
    form = {"content-type": "application/x-www-form-urlencoded"}
    edit = "action=edit&title=Sandbox&text=f%C3%BCnf+%26+six&token=0123456789abcdef%2B%5C"
    forged = {"x-session-user-id": "1", "x-session-sub": "mw:local:wiki:1", "x-session-class": "approved-bot"}

    def signed(acceptance, nonce, **options):
        return {"authorization": oauth1(acceptance, nonce, **options)}

    first = signed("tool-alice", "first")
    posted = signed("tool-alice", "form", method="POST", path="/w/api.php", body=edit) | form
    wrong = re.sub(r'oauth_signature="....', 'oauth_signature="AAAA', oauth1("tool-alice", "wrong"))
    requests = {
        "anonymous": {},
        "anonymous-forged-identity-headers": {"headers": forged | {"x-session-type": "oauth1"}},
        "cookie-alone": {"headers": {"cookie": session_cookie(ALICE, 9_000)}},
        "centralauth-token": {"headers": {"authorization": f"CentralAuthToken {session_token(ALICE, 60)}"}},
        "cookie-alone-expired": {"headers": {"cookie": session_cookie(ALICE, -1)}},
        "cookie-alone-with-a-class": {"headers": {"cookie": session_cookie(ALICE, 9_000, rlc="approved-bot")}},
        "gateway-anonymous": {"headers": {"x-wmf-user-id": "forged"}, "route": {"sessiongate.profile": "gateway"}},
        "gateway-cookie-injected": {
            "headers": signed("tool-alice", "gateway") | {"cookie": "theme=dark; lang=en"},
            "route": {"sessiongate.profile": "gateway"},
        },
        "gateway-cookie-kept": {
            "headers": signed("tool-alice", "kept") | {"cookie": session_cookie(ALICE, 14_000)},
            "route": {"sessiongate.profile": "gateway"},
        },
        "oauth1-bad-signature": {"headers": {"authorization": wrong}},
        "oauth1-disabled-consumer": {"headers": signed("disabled-tool-alice", "disabled")},
        "oauth1-expired-timestamp": {"headers": signed("tool-alice", "late", timestamp=CLOCK - 301)},
        "oauth1-first": {"headers": first},
        "oauth1-first-replayed": {"headers": first},
        "oauth1-first-retried": {"headers": first},
        "oauth1-forged-identity-headers": {"headers": forged | signed("tool-alice", "forged")},
        "oauth1-form-body": {"method": "POST", "path": "/w/api.php", "headers": posted, "body": edit},
        "oauth1-form-body-partial": {
            "method": "POST",
            "path": "/w/api.php",
            "headers": signed("tool-alice", "part", method="POST", path="/w/api.php", body=edit)
            | form
            | {"x-envoy-auth-partial-body": "true"},
            "body": edit[:20],
        },
        "oauth1-observed": {"headers": {"authorization": wrong}, "route": {"sessiongate.mode": "observe"}},
        "oauth1-on-a-route-of-another-wiki": {
            "headers": signed("other-wikis-tool-alice", "routed"),
            "route": {"sessiongate.wiki": "otherwiki"},
        },
        "oauth1-not-the-api": {
            "path": "/w/index.php?title=Main_Page",
            "headers": signed("tool-alice", "page", path="/w/index.php?title=Main_Page"),
        },
        "oauth1-other-user-of-the-consumer": {"headers": signed("tool-bob", "bob")},
        "oauth1-owner-only": {"headers": signed("alices-bot", "owner")},
        "oauth1-raw-headers": {"headers": signed("tool-alice", "raw"), "raw": True},
        "oauth1-rsa-sha1": {"headers": signed("rsa-tool-alice", "rsa", rsa_key=key("rsa-tool"))},
        "oauth1-unknown-consumer": {
            "headers": {
                "authorization": signed("tool-alice", "unknown")["authorization"].replace(
                    named("consumer", "tool"), named("consumer", "nobody")
                )
            }
        },
        "oauth1-with-a-cookie-due-for-refresh": {
            "headers": signed("tool-alice", "due") | {"cookie": session_cookie(ALICE, 10_799)}
        },
        "oauth1-with-a-fresh-cookie": {
            "headers": signed("tool-alice", "fresh") | {"cookie": session_cookie(ALICE, 10_800)}
        },
        "oauth1-with-another-users-cookie": {
            "headers": signed("tool-alice", "another") | {"cookie": session_cookie(BOB, 14_000)}
        },
        "oauth1-wrong-wiki": {"headers": signed("other-wikis-tool-alice", "wiki")},
        "oauth2-client-credentials": {"headers": {"authorization": access_token("client-credentials")}},
        "oauth2-expired": {"headers": {"authorization": access_token("expired")}},
        "oauth2-owner-only": {"headers": {"authorization": access_token("owner-only")}},
        "oauth2-owner-only-with-a-fresh-cookie": {
            "headers": {"authorization": access_token("owner-only"), "cookie": session_cookie(ALICE, 14_000)}
        },
        "oauth2-regular": {"headers": {"authorization": access_token("regular")}},
        "oauth2-revoked": {"headers": {"authorization": access_token("revoked")}},
    }
    documents = {}
    for number, (name, options) in enumerate(sorted(requests.items()), 1):
        # Envoy repeats a check under the id of the first attempt; a replay comes as a request of its own.
        same_as = {"oauth1-first-retried": "oauth1-first"}.get(name)
        documents[name] = documents[same_as] if same_as else check_request(number, **options)
    return documents


def placeholders(document):
    """The document with each JWT in its strings written out: header and claims, `jti` as *, without the signature."""
    if isinstance(document, dict):
        return {name: placeholders(value) for name, value in document.items()}
    if isinstance(document, list):
        return [placeholders(value) for value in document]
    if isinstance(document, str):
        return re.sub(r"eyJ[\w-]+\.[\w-]+\.[\w-]+", lambda match: written_out(match[0]), document)
    return document


def written_out(token):
    """`<JWT header claims>` for a session JWT, whose signature must hold."""
    public = (STATE / "keys" / "session-cookie.pub").read_text()
    claims = jwt.decode(token, public, algorithms=["RS256"], options={"verify_iat": False})
    assert len(base64.b64decode(claims["jti"], validate=True)) == 16
    parts = (jwt.get_unverified_header(token), claims | {"jti": "*"})
    return "<JWT " + " ".join(json.dumps(part, sort_keys=True, separators=(",", ":")) for part in parts) + ">"


def pairs(folder=PAIRS):
    """Names, requests and responses as committed, in the order in which they are decided."""
    names = sorted(file.name.removesuffix(".request.json") for file in folder.glob("*.request.json"))
    requests = [json.loads((folder / f"{name}.request.json").read_text()) for name in names]
    responses = [json.loads((folder / f"{name}.response.json").read_text()) for name in names]
    return names, requests, responses


def write(name, kind, document, folder=PAIRS):
    text = json.dumps(document, indent=2, ensure_ascii=False) + "\n"
    (folder / f"{name}.{kind}.json").write_text(text)


def record():
    documents = cases()
    answers = asking.through_cli(STATE, documents.values(), "--clock", str(CLOCK))
    for name, answer in zip(documents, answers, strict=True):
        write(name, "response", placeholders(answer))


if __name__ == "__main__":
    for step in sys.argv[1:]:
        if step == "state":
            make_state()
        elif step == "requests":
            for case, case_request in cases().items():
                write(case, "request", case_request)
        elif step == "responses":
            record()
        else:
            sys.exit(__doc__)
