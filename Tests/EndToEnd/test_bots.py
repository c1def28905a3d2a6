"""Bot frameworks, as their users configure them, log in and edit through Envoy and Sessiongate."""

import os
import subprocess
import sys

import mwclient
import pytest

CONFIG = """
family = 'demo'
mylang = 'demo'
family_files['demo'] = {api!r}
usernames['demo']['demo'] = {user!r}
authenticate[{host!r}] = {keys!r}
put_throttle = minthrottle = 0
"""

SCRIPT = """
import pywikibot
site = pywikibot.Site()
site.login()
print('user:', site.user(), site.logged_in())
answer = site.simple_request(action='edit', title='Page', text='h\\u00e4llo & b + = ~', token='x').submit()
print('edit:', answer['edit']['result'])
"""


def mwclient_site(edge, **options):
    return mwclient.Site(f"127.0.0.1:{edge.ports['envoy']}", scheme="http", path="/w/", **options)


@pytest.mark.parametrize("name", ["oauth1", "oauth1_owner_only"])
def test_mwclient_oauth1(edge, wiki, name):
    keys = edge.demo[name]
    site = mwclient_site(
        edge,
        consumer_token=keys["consumer_key"],
        consumer_secret=keys["consumer_secret"],
        access_token=keys["token"],
        access_secret=keys["token_secret"],
    )
    assert site.logged_in and site.username == keys["user_name"]
    assert site.pages["Page"].edit("some text: ünï & + = ~", "summary")["result"] == "Success"
    assert {request["headers"].get("x-session-user-id") for request in wiki.seen} == {str(keys["user_id"])}
    assert any(request["method"] == "POST" for request in wiki.seen)


@pytest.mark.parametrize("name", ["oauth2_owner_only", "oauth2"])
def test_mwclient_access_token(edge, wiki, name):
    site = mwclient_site(edge, custom_headers={"Authorization": f"Bearer {edge.demo[name]['access_token']}"})
    assert site.pages["Page"].edit("text", "summary")["result"] == "Success"
    assert {request["headers"].get("x-session-user-id") for request in wiki.seen} == {str(edge.demo[name]["user_id"])}


def test_mwclient_is_told_the_error_of_the_api(edge, wiki):
    """What its callers handle, and no HTTP error: when it logs in, and when a token ends later."""
    with pytest.raises(mwclient.errors.OAuthAuthorizationError):
        mwclient_site(edge, custom_headers=edge.bearer("oauth2_revoked"))
    assert wiki.seen == []
    site = mwclient_site(edge, custom_headers=edge.bearer("oauth2_owner_only"))
    site.connection.headers.update(Authorization=edge.bearer("oauth2_revoked")["authorization"])
    wiki.seen.clear()
    for call in (lambda: site.api("query", meta="userinfo"), lambda: site.pages["Page"].edit("text", "summary")):
        with pytest.raises(mwclient.errors.APIError) as error:
            call()
        assert error.value.code == "mwoauth-invalid-authorization"
        assert error.value.info.endswith(": Invalid access token")
    assert wiki.seen == []


@pytest.mark.parametrize("name", ["oauth1", "oauth1_owner_only"])
def test_pywikibot(edge, wiki, tmp_path, name):
    keys = edge.demo[name]
    four = tuple(keys[part] for part in ("consumer_key", "consumer_secret", "token", "token_secret"))
    (tmp_path / "user-config.py").write_text(
        CONFIG.format(api=edge.api, host=f"127.0.0.1:{edge.ports['envoy']}", user=keys["user_name"], keys=four)
    )
    (tmp_path / "bot.py").write_text(SCRIPT)
    bot = subprocess.run(
        [sys.executable, "bot.py"],
        cwd=tmp_path,
        env={**os.environ, "PYWIKIBOT_DIR": str(tmp_path)},
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert bot.returncode == 0, bot.stderr
    assert bot.stdout.splitlines() == [f"user: {keys['user_name']} True", "edit: Success"]
    assert {request["headers"].get("x-session-user-id") for request in wiki.seen} == {str(keys["user_id"])}
