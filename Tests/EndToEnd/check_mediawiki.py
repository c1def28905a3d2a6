"""`make mediawiki`: MediaWiki's own schema, as its packages and repositories have it, on MariaDB behind Envoy.

Core's tables are those of Debian's package, the extensions' those of their repositories: OAUTH and CENTRALAUTH name
other ones than Wikimedia's, and BRANCHES others than of the package's release and the newest. Nothing of them is kept.
"""

import os
import sqlite3
import subprocess
from pathlib import Path

import database_server
import pytest
import stack
from database_server import DatabaseServer
from edge import Edge

GERRIT = "https://gerrit.wikimedia.org/r/mediawiki/extensions"
OAUTH = os.environ.get("OAUTH", f"{GERRIT}/OAuth")
CENTRAL_AUTH = os.environ.get("CENTRALAUTH", f"{GERRIT}/CentralAuth")
BRANCHES = os.environ.get("BRANCHES", "REL1_39 REL1_43 master").split()
LAYOUTS = {"binary": "ENGINE=InnoDB, DEFAULT CHARSET=binary", "utf8mb4": "ENGINE=InnoDB, DEFAULT CHARSET=utf8mb4"}


@pytest.fixture(scope="session")
def core(tmp_path_factory):
    """The statements for core's tables."""
    installed = Path("/usr/share/mediawiki/maintenance/tables-generated.sql")
    if installed.exists():
        return installed.read_text()
    folder = tmp_path_factory.mktemp("core")
    folder.chmod(0o755)
    subprocess.run(["apt-get", "download", "-q", "mediawiki"], cwd=folder, check=True, timeout=300)
    (package,) = folder.glob("*.deb")
    subprocess.run(["dpkg-deb", "-x", package, folder / "files"], check=True, timeout=300)
    return (folder / "files" / str(installed).lstrip("/")).read_text()


@pytest.fixture(scope="session")
def extension(tmp_path_factory):
    """A function that returns the statements for an extension's tables."""

    def read(repository, branch):
        folder = tmp_path_factory.mktemp("extension")
        command = ["git", "clone", "-q", "--depth", "1", "--branch", branch, repository, folder]
        subprocess.run(command, check=True, timeout=300)
        for name in ("schema/mysql/tables-generated.sql", "schema/tables-generated.sql", "central-auth.sql"):
            if (folder / name).exists():
                return (folder / name).read_text()
        raise AssertionError(f"{repository} {branch} has no schema for MySQL")

    return read


class SchemaEdge(Edge):
    """An edge whose rows are in tables that MediaWiki's own statements made."""

    def __init__(self, folder, scripts, layout, prefix, central):
        self.database = DatabaseServer(folder / "db")
        self.scripts = scripts
        self.layout = layout
        self.prefix = prefix
        self.central = central
        environment = {"SESSIONGATE_STORE_TABLE_PREFIX": prefix} if prefix else {}
        if central:
            environment["SESSIONGATE_USERS_SOURCE"] = "CentralAuth"
        super().__init__(folder, configure=self.configured, environment=environment)

    def __enter__(self):
        self.database.__enter__()
        return super().__enter__()

    def __exit__(self, *arguments):
        super().__exit__(*arguments)
        self.database.__exit__()

    def configured(self, text):
        """The tables are filled when the demo's rows and configuration are there."""
        charset = "binary" if "binary" in self.layout else "utf8mb4"
        self.database.client(f"CREATE DATABASE wiki CHARACTER SET {charset}")
        for script in self.scripts:
            script = script.replace("/*_*/", self.prefix).replace("/*i*/", "")
            self.database.client(f"USE wiki; {script.replace('/*$wgDBTableOptions*/', self.layout)}")
        copy_rows(self.state / "oauth.sqlite", self.database, self.prefix)
        self.database.grant("wiki", prefix=self.prefix)
        if self.central:
            names = f"SELECT user_id, user_name FROM wiki.{self.prefix}user"
            insert = f"REPLACE INTO wiki.{self.prefix}globaluser (gu_id, gu_name) {names}"
            self.database.client(f"SET sql_mode = ''; {insert}")
        return database_server.configure(text, [self.database], self.folder)


def copy_rows(file, database, prefix):
    """Copies the demo's rows into the columns that MediaWiki has; others of its columns take what they take."""
    rows = sqlite3.connect(file)
    rows.text_factory = bytes
    for (table,) in rows.execute("SELECT name FROM sqlite_schema WHERE type = 'table'").fetchall():
        name = prefix + table.decode()
        query = f"SELECT COLUMN_NAME FROM information_schema.COLUMNS WHERE TABLE_NAME = '{name}'"
        present = database.client(f"{query} AND TABLE_SCHEMA = 'wiki'").stdout.decode().split()
        known = [row[1].decode() for row in rows.execute(f"PRAGMA table_info('{table.decode()}')")]
        columns = [column for column in known if column in present]
        if not columns:
            continue
        for row in rows.execute(f"SELECT {', '.join(columns)} FROM {table.decode()}"):
            values = b", ".join(map(database_server.literal, row))
            insert = f"SET sql_mode = ''; INSERT INTO wiki.`{name}` ({', '.join(columns)}) VALUES (".encode()
            database.client(insert + values + b")")


@pytest.mark.parametrize("central", [False, True], ids=["local", "central"])
@pytest.mark.parametrize("prefix", ["", "mw_"], ids=["plain", "prefix"])
@pytest.mark.parametrize("layout", LAYOUTS)
@pytest.mark.parametrize("branch", BRANCHES)
def test_schema(tmp_path, core, extension, branch, layout, prefix, central):
    scripts = [core, extension(OAUTH, branch)]
    if central:
        scripts.append(extension(CENTRAL_AUTH, branch))
    with SchemaEdge(tmp_path, scripts, LAYOUTS[layout], prefix, central) as edge:
        config = edge.state / "sessiongate.yaml"
        check = [stack.SESSIONGATE, "config", "check", "--config", config]
        environment = {**os.environ, **edge.environment}
        done = subprocess.run(check, capture_output=True, text=True, timeout=20, env=environment)
        assert done.returncode == 0 and "is missing, or" not in done.stderr, done.stderr
        assert edge.get(auth=edge.oauth1()).status_code == 200
        assert edge.get(headers=edge.bearer("oauth2_owner_only")).status_code == 200
        subject = edge.wiki.last["headers"]["x-session-sub"]
        assert subject.startswith("mw:CentralAuth::" if central else "mw:local:"), subject
