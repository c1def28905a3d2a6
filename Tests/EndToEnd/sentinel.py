"""Two Redis servers, of which one copies the other, and Debian's Sentinel that says which is the master."""

import subprocess
import tempfile
from pathlib import Path

import stack
from farm import eventually

NAME = "main"
# Milliseconds: a Sentinel in use waits longer before it calls a master gone.
SENTINEL = """\
port {port}
bind 127.0.0.1
dir {folder}
sentinel monitor {name} 127.0.0.1 {master} 1
sentinel down-after-milliseconds {name} 500
sentinel failover-timeout {name} 2000
"""


class SentinelRedis:
    """What `farm.Farm` takes for a Redis: a master, its replica, and a Sentinel whose word alone is enough."""

    def __init__(self):
        self.folder = tempfile.TemporaryDirectory(prefix="sg-sentinel-")
        self.ports = stack.free_ports(["first", "second", "sentinel"])
        self.url = f"redis+sentinel://127.0.0.1:{self.ports['sentinel']}/{NAME}"
        self.programs = {}

    def __enter__(self):
        try:
            self.start_server("first")
            self.start_server("second", "--replicaof", "127.0.0.1", self.ports["first"])
            eventually(lambda: "master_link_status:up" in self.ask("second", "INFO", "replication"))
            self.start_sentinel()
            eventually(self.is_replica_known)
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_):
        for program in self.programs.values():
            program.process.kill()
            program.process.wait()
        self.folder.cleanup()

    def start_server(self, name, *options):
        """Starts one of the two servers, empty."""
        folder = Path(self.folder.name) / name
        folder.mkdir(exist_ok=True)
        command = ["redis-server", "--bind", "127.0.0.1", "--port", self.ports[name], "--dir", folder, "--save", ""]
        # A replica gets all that is there at once, without a file and without a wait for others.
        self.start(name, [*command, "--repl-diskless-sync-delay", "0", *options])

    def start_sentinel(self):
        file = Path(self.folder.name) / "sentinel.conf"
        values = {"port": self.ports["sentinel"], "folder": self.folder.name, "name": NAME}
        file.write_text(SENTINEL.format(master=self.ports["first"], **values))
        self.start("sentinel", ["redis-server", file, "--sentinel"])

    def start(self, name, command):
        program = stack.Program(name, command, Path(self.folder.name) / f"{name}.log")
        self.programs[name] = program.wait_for(lambda: stack.is_taken(self.ports[name]))

    def ask(self, name, *words):
        """What redis-cli says."""
        command = ["redis-cli", "-p", str(self.ports[name]), *words]
        return subprocess.run(command, check=True, capture_output=True, text=True, timeout=10).stdout.strip()

    def is_replica_known(self):
        """Whether the Sentinel has heard from the replica itself: before that it makes it no master."""
        words = self.ask("sentinel", "SENTINEL", "replicas", NAME).splitlines()
        facts = dict(zip(words[::2], words[1::2], strict=False))
        return facts.get("flags") == "slave" and facts["info-refresh"] != "0"

    @property
    def master(self):
        """Which of the two servers the Sentinel names."""
        port = self.ask("sentinel", "SENTINEL", "get-master-addr-by-name", NAME).splitlines()[1]
        return next(name for name, number in self.ports.items() if str(number) == port)

    def is_copied(self):
        """Whether both servers have as many keys, and any."""
        # WAIT does not tell: it is about the writes of its own connection.
        first, second = (self.ask(name, "DBSIZE") for name in ("first", "second"))
        return first == second != "0"

    def kill(self, name):
        """Ends a server at once."""
        self.programs[name].process.kill()
        self.programs[name].process.wait()
