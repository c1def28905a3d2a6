"""A MariaDB server of our own, with what an SQLite file holds: for end-to-end tests and for measurements."""

import os
import re
import signal
import sqlite3
import subprocess
import time
from pathlib import Path

import stack

USER = ["--user=root"] if os.geteuid() == 0 else []
# What is committed survives a crash of the server, not one of the machine.
SMALL = ["--innodb-log-file-size=32M", "--innodb-buffer-pool-size=256M", "--innodb-flush-log-at-trx-commit=2"]
GRANTS = re.compile(r"^GRANT SELECT \((.*)\) ON \w+\.(\w+) TO sessiongate;$", re.MULTILINE)


class DatabaseServer:
    """Listens on a Unix socket in its folder; ends with its `with` block."""

    def __init__(self, folder, options=()):
        self.folder = Path(folder)
        self.options = list(options)
        self.socket = self.folder / "socket"

    def __enter__(self):
        self.folder.mkdir(parents=True, exist_ok=True)
        install = ["mariadb-install-db", "--no-defaults", "--auth-root-authentication-method=normal", "--skip-test-db"]
        data = f"--datadir={self.folder / 'data'}"
        subprocess.run([*install, data, *USER, *SMALL], check=True, capture_output=True, timeout=120)
        self.start()
        return self

    def __exit__(self, *_):
        self.go_on()
        self.program.stop()

    def start(self):
        """Starts it (again), and waits until it answers."""
        paths = [f"--datadir={self.folder / 'data'}", f"--socket={self.socket}", f"--pid-file={self.folder / 'pid'}"]
        options = ["--no-defaults", *paths, "--skip-networking", *USER, *SMALL, *self.options]
        self.program = stack.Program("mariadbd", ["/usr/sbin/mariadbd", *options], self.folder / "log")
        self.program.wait_for(lambda: self.client("SELECT 1", check=False).returncode == 0)

    def kill(self):
        """Ends it at once, as a crash would."""
        self.program.process.kill()
        self.program.process.wait()

    def hang(self):
        """Keeps its connections, and answers nothing."""
        self.program.process.send_signal(signal.SIGSTOP)

    def go_on(self):
        """Ends `hang`."""
        if self.program.process.poll() is None:
            self.program.process.send_signal(signal.SIGCONT)

    def client(self, script, check=True):
        """Runs statements as the administrator."""
        command = ["mariadb", "--no-defaults", "-N", f"--socket={self.socket}", "--default-character-set=binary"]
        encoded = script if isinstance(script, bytes) else script.encode()
        done = subprocess.run(command, input=encoded, capture_output=True, timeout=300)
        assert done.returncode == 0 or not check, done.stderr.decode(errors="replace")
        return done

    def load(self, file, name):
        """Makes the database `name` of an SQLite file's tables, rows and indexes."""
        database = sqlite3.connect(file)
        database.text_factory = bytes
        tables = [row[0].decode() for row in database.execute("SELECT name FROM sqlite_schema WHERE type = 'table'")]
        self.client(f"CREATE DATABASE {name} CHARACTER SET binary")
        for table in tables:
            if not table.startswith("sqlite_"):
                self.client(b"".join(statements(database, name, table)))

    def grant(self, name, account="sessiongate", password="a long password", prefix=""):
        """The account of deploy/mariadb.md, with exactly the rights there."""
        page = (stack.ROOT / "deploy" / "mariadb.md").read_text()
        present = {}
        columns = "SELECT TABLE_NAME, COLUMN_NAME FROM information_schema.COLUMNS WHERE TABLE_SCHEMA ="
        for line in self.client(f"{columns} '{name}'").stdout.decode().splitlines():
            table, column = line.split("\t")
            present.setdefault(table, set()).add(column)
        script = [f"CREATE USER {account} IDENTIFIED BY '{password}'"]
        script.append(f"GRANT REPLICA MONITOR ON *.* TO {account}")
        for granted, table in GRANTS.findall(page):
            names = [column for column in granted.split(", ") if column in present.get(prefix + table, ())]
            if names:
                script.append(f"GRANT SELECT ({', '.join(names)}) ON {name}.`{prefix}{table}` TO {account}")
        self.client(";".join(script))


def statements(database, name, table):
    """The statements that make a table, fill it and index it."""
    columns = list(database.execute(f"PRAGMA table_info('{table}')"))
    keys = [row[1].decode() for row in sorted(columns, key=lambda row: row[5]) if row[5]]
    indexed = set(keys)
    indexes = []
    for _, index, unique, origin, *_ in database.execute(f"PRAGMA index_list('{table}')").fetchall():
        parts = [row[2].decode() for row in database.execute(f"PRAGMA index_info('{index.decode()}')")]
        indexed.update(parts)
        if origin != b"pk":
            indexes.append(f"{'UNIQUE ' if unique else ''}INDEX (`{'`, `'.join(parts)}`)")
    defined = []
    for _, column, kind, *_ in columns:
        text = "VARBINARY(255)" if column.decode() in indexed else "BLOB"
        defined.append(f"`{column.decode()}` {'BIGINT' if b'INT' in kind.upper() else text}")
    if keys:
        defined.append(f"PRIMARY KEY (`{'`, `'.join(keys)}`)")
    yield f"SET sql_mode = ''; USE {name}; CREATE TABLE `{table}` ({', '.join(defined + indexes)});\n".encode()
    rows = database.execute(f'SELECT * FROM "{table}"')
    while block := rows.fetchmany(500):
        values = b",".join(b"(" + b",".join(map(literal, row)) + b")" for row in block)
        yield b"INSERT INTO `" + table.encode() + b"` VALUES " + values + b";\n"


def literal(value):
    """A value in a statement."""
    if value is None:
        return b"NULL"
    if isinstance(value, int | float):
        return str(value).encode()
    return b"X'" + (value if isinstance(value, bytes) else value.encode()).hex().encode() + b"'"


def configure(text, servers, folder, primary=None, **settings):
    """Sessiongate's configuration with these servers in place of the SQLite file."""
    password = Path(folder) / "database-password"
    password.write_text("a long password\n")
    password.chmod(0o600)
    lines = {
        "replicas": f"[{', '.join(f'unix:{server.socket}' for server in servers)}]",
        "user": "sessiongate",
        "password_file": password,
        "database": "wiki",
        **({"primary": f"unix:{primary.socket}"} if primary else {}),
        **settings,
    }
    section = "".join(f"    {key}: {value}\n" for key, value in lines.items())
    # The keys of the example are comments there, below headings that count as given.
    text = re.sub(r"^  mariadb:\n(?:    .*\n|\n)*", "", text, flags=re.MULTILINE)
    text, count = re.subn(
        r"^  sqlite:\n(?:    .*\n|\n)*?(?=  \S|\S)", f"  mariadb:\n{section}", text, flags=re.MULTILINE
    )
    assert count == 1, text
    return text


def soon(condition, seconds=15):
    """Whether the condition holds before the time is over."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if condition():
            return True
        time.sleep(0.1)
    return False
