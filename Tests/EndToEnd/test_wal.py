"""A database in WAL mode and two users: reading it as another user than the wiki's must not lock the wiki out.

The wiki is a process of one user that writes with SQLite's own library, Sessiongate a process of another user in the
same group. No account is needed for either: they are numbers.
"""

import json
import os
import shutil
import sqlite3
import subprocess
import tempfile
import time
from contextlib import contextmanager
from pathlib import Path

import pytest
import requests
import stack

WIKI, SERVICE, GROUP = 61001, 61002, 61000

pytestmark = pytest.mark.skipif(os.geteuid() != 0, reason="needs root, to be two other users")


def as_wiki(work):
    """Runs `work` in a process of the wiki's user."""
    child = os.fork()
    if child == 0:
        try:
            os.setgroups([])
            os.setresgid(GROUP, GROUP, GROUP)
            os.setresuid(WIKI, WIKI, WIKI)
            work()
        except BaseException as error:
            os.write(2, f"{error!r}\n".encode())
            os._exit(1)
        os._exit(0)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0


class Site:
    """A folder with a database, and both programs."""

    def __init__(self, folder):
        self.state = folder / "state"
        # The build's own folder may be closed to other users.
        self.program = folder / "sessiongate"
        shutil.copy(stack.SESSIONGATE, self.program)
        subprocess.run([self.program, "init", self.state], check=True, capture_output=True)
        self.database = self.state / "data" / "oauth.sqlite"
        self.database.parent.mkdir()
        (self.state / "oauth.sqlite").rename(self.database)
        config = self.state / "sessiongate.yaml"
        text = config.read_text().replace("oauth.sqlite", "data/oauth.sqlite")
        # Otherwise clients that are known would go on for a while.
        config.write_text(text.replace("  #stale_if_error: 5m", "  stale_if_error: 0s"))
        for path in [folder, self.state, *self.state.rglob("*")]:
            os.chown(path, WIKI, GROUP)
            path.chmod(0o770 if path.is_dir() else 0o660)
        folder.chmod(0o755)
        self.program.chmod(0o755)
        self.database.parent.chmod(0o2770)
        self.ports = stack.free_ports(["sessiongate", "sessiongate_admin"])

    def journal(self, mode):
        """Sets the journal mode, as the wiki's user."""

        def work():
            with self.connected() as connection:
                assert connection.execute(f"PRAGMA journal_mode = {mode}").fetchone()[0] == mode

        as_wiki(work)

    @contextmanager
    def connected(self):
        connection = sqlite3.connect(self.database, timeout=5)
        try:
            yield connection
        finally:
            connection.close()

    def write(self):
        """An edit: the wiki writes to its database and closes it, as PHP does after each request."""

        def work():
            with self.connected() as connection:
                connection.execute("UPDATE user SET user_editcount = user_editcount + 1")
                connection.commit()

        as_wiki(work)

    @contextmanager
    def wiki_connected(self):
        """A wiki's process that keeps its connection open, so that the log's files exist."""
        (up, ready), (release, down) = os.pipe(), os.pipe()
        child = os.fork()
        if child == 0:
            os.close(down)
            os.setgroups([])
            os.setresgid(GROUP, GROUP, GROUP)
            os.setresuid(WIKI, WIKI, WIKI)
            with self.connected() as connection:
                connection.execute("UPDATE user SET user_editcount = user_editcount + 1")
                connection.commit()
                os.write(ready, b".")
                os.read(release, 1)
            os._exit(0)
        os.close(ready)
        assert os.read(up, 1) == b"."
        yield
        for end in (down, up, release):
            os.close(end)
        os.waitpid(child, 0)

    def run(self, *arguments, user=SERVICE, **options):
        return subprocess.run(
            [self.program, *arguments, "--config", self.state / "sessiongate.yaml"],
            capture_output=True,
            check=False,
            text=True,
            timeout=30,
            user=user,
            group=GROUP,
            extra_groups=[],
            **options,
        )

    @contextmanager
    def serving(self, user):
        """Sessiongate as a server of this user."""
        environment = {
            "SESSIONGATE_SERVER_LISTEN": f"127.0.0.1:{self.ports['sessiongate']}",
            "SESSIONGATE_SERVER_ADMIN": f"127.0.0.1:{self.ports['sessiongate_admin']}",
            "SESSIONGATE_CACHE_LIFETIME": "1s",
            "SESSIONGATE_CACHE_NEGATIVE_LIFETIME": "1s",
        }
        process = subprocess.Popen(
            [self.program, "serve", "--config", self.state / "sessiongate.yaml"],
            stderr=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            user=user,
            group=GROUP,
            extra_groups=[],
            env={**os.environ, **environment},
        )
        try:
            assert process.stdout.readline().startswith("ready"), process.stderr.read()
            yield process
        finally:
            process.terminate()
            process.communicate(timeout=20)

    def readiness(self, status):
        """What /readyz says, once it has this status."""
        deadline = time.monotonic() + 10
        while True:
            answer = requests.get(f"http://127.0.0.1:{self.ports['sessiongate_admin']}/readyz", timeout=5)
            if answer.status_code == status or time.monotonic() > deadline:
                assert answer.status_code == status, answer.text
                return answer.text
            time.sleep(0.1)

    def identity(self):
        """Who the demo's OAuth 2 bot is."""
        token = json.loads((self.state / "demo.json").read_text())["oauth2"]["access_token"]
        return requests.get(
            f"http://127.0.0.1:{self.ports['sessiongate']}/v1/identity",
            headers={"authorization": f"Bearer {token}"},
            timeout=5,
        ).status_code

    def owners(self):
        """The users that own the database and the files beside it."""
        return {path.stat().st_uid for path in self.database.parent.iterdir()}

    def files(self):
        return sorted(path.name for path in self.database.parent.iterdir())


@pytest.fixture
def site():
    # pytest's own folders are closed to other users.
    folder = Path(tempfile.mkdtemp(prefix="wal-"))
    yield Site(folder)
    shutil.rmtree(folder)


def expect_advice(site, text):
    for part in ["WAL mode", f"{site.database}-wal", f"uid {WIKI}", "PRAGMA journal_mode=DELETE"]:
        assert part in text, text


def test_another_user_is_refused_whether_the_log_exists_or_not(site):
    site.journal("wal")
    idle = site.run("config", "check")
    assert idle.returncode == 78
    expect_advice(site, idle.stderr)
    assert site.files() == ["oauth.sqlite"]
    site.write()
    with site.wiki_connected():
        assert len(site.files()) == 3
        busy = site.run("config", "check")
        assert (busy.returncode, busy.stderr) == (idle.returncode, idle.stderr)
        site.write()
    site.write()
    assert site.run("config", "check").stderr == idle.stderr
    assert site.files() == ["oauth.sqlite"]
    assert site.owners() == {WIKI}


def test_the_wikis_own_user_reads_in_every_order(site):
    site.journal("wal")
    with site.serving(WIKI):
        site.readiness(200)
        assert site.identity() == 200
        site.write()
        with site.wiki_connected():
            site.write()
            time.sleep(1.1)
            assert site.identity() == 200
        site.write()
        site.readiness(200)
    site.write()
    with site.wiki_connected(), site.serving(WIKI):
        assert site.identity() == 200
        site.write()
    site.write()
    assert site.owners() == {WIKI}


def test_root_leaves_files_of_the_wikis_user(site):
    site.journal("wal")
    assert site.run("config", "check", user=0).returncode == 0
    assert site.owners() == {WIKI}
    site.write()


def test_a_database_that_changes_to_wal_mode_while_it_is_read(site):
    with site.serving(SERVICE):
        site.readiness(200)
        assert site.identity() == 200
        deadline = time.monotonic() + 10
        # Changing the mode needs the file alone for a moment.
        while True:
            try:
                site.journal("wal")
                break
            except AssertionError:
                assert time.monotonic() < deadline
        expect_advice(site, site.readiness(503))
        site.write()
        time.sleep(1.1)
        assert site.identity() == 503
        assert site.owners() == {WIKI}
        site.journal("delete")
        site.readiness(200)
        assert site.identity() == 200
    site.write()


def test_without_wal_mode_another_user_reads(site):
    site.journal("delete")
    with site.serving(SERVICE):
        assert site.identity() == 200
        site.write()
        assert site.files() == ["oauth.sqlite"]
    site.write()


def test_a_directory_that_its_owner_can_not_write(site):
    site.journal("wal")
    site.database.parent.chmod(0o500)
    done = site.run("config", "check", user=WIKI)
    assert done.returncode == 78
    for part in ["WAL mode", str(site.database.parent), "can't be written"]:
        assert part in done.stderr, done.stderr


def test_a_group_that_is_not_the_databases(site):
    """Another member of the database's group could not write to files of the wrong group."""
    site.journal("wal")
    site.database.parent.chmod(0o770)
    done = subprocess.run(
        [site.program, "config", "check", "--config", site.state / "sessiongate.yaml"],
        capture_output=True,
        check=False,
        text=True,
        timeout=30,
        user=WIKI,
        group=61003,
        extra_groups=[GROUP],
    )
    assert done.returncode == 78
    assert f"gid {GROUP}" in done.stderr
    assert site.files() == ["oauth.sqlite"]
