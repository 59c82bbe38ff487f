"""A real PostgreSQL server in a folder of its own, which tests start, stop and kill. initdb and the server
refuse root, so as root both run as another user of the machine."""

import os
import pwd
import shutil
import signal
import socket
import subprocess
import tempfile
import threading
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

NEEDED = "NEEDS_POSTGRESQL"
"""Environment variable: "1" where a missing PostgreSQL fails the tests instead of skipping them."""
OWNER = "owner"  # The superuser; no password is asked for
_ACCOUNTS = ("postgres", "nobody")
_READY = b"database system is ready to accept connections"
_LIMIT = 60.0
_NEEDS = os.environ.get(NEEDED) == "1"
"""Read at the start, because every test begins with a clean environment."""


def binaries() -> Path | None:
    """The folder with initdb and postgres, the newest version's; None if there is none."""
    installed = [path.parent for path in Path("/usr/lib/postgresql").glob("*/bin/initdb")]
    if installed:
        return max(installed, key=lambda folder: float(folder.parent.name))
    named = shutil.which("initdb")
    return Path(named).resolve().parent if named else None


def require_postgresql() -> Path:
    """The folder with the programs; skips the test without them, or fails it where they are needed."""
    folder = binaries()
    if folder is None:
        message = "PostgreSQL is not installed (Debian: apt install postgresql)"
        if _NEEDS:
            pytest.fail(message)
        pytest.skip(message)
    return folder


class PostgresqlServer:
    """`with PostgresqlServer() as server:` a running server, without other users' access to its folder. It
    listens on loopback and on a socket in its folder; `kill` and `restart` keep its data."""

    def __init__(self) -> None:
        self._programs = require_postgresql()
        self._account = _account()
        self.folder = Path(tempfile.mkdtemp(prefix="toban-postgresql-"))
        self.port = _free_port()
        self._process: subprocess.Popen[bytes] | None = None
        self._ready = threading.Event()
        self._log: deque[bytes] = deque(maxlen=50)
        self._reader: threading.Thread | None = None

    def __enter__(self) -> "PostgresqlServer":
        try:
            if self._account:
                os.chown(self.folder, self._account.pw_uid, self._account.pw_gid)
            self._run("initdb", "-D", "data", "-U", OWNER, "-E", "UTF8", "--locale=C", "-A", "trust", "-N")
            self.start()
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_error: object) -> None:
        self.stop(signal.SIGQUIT)
        shutil.rmtree(self.folder, ignore_errors=True)

    def address(self, database: str = "postgres", *, user: str = OWNER, options: str = "") -> str:
        """The address as in a configuration; `options` is what follows the `?`."""
        return f"postgresql://{user}@127.0.0.1:{self.port}/{database}{options and '?' + options}"

    def socket_address(self, database: str = "postgres", *, user: str = OWNER) -> str:
        """As `address`, over the socket in the folder."""
        return f"postgresql://{user}@/{database}?host={self.folder}&port={self.port}"

    def sql(self, statements: str, *, database: str = "postgres", user: str = OWNER) -> str:
        """Run statements as psql does; what they print."""
        where = ("-h", str(self.folder), "-p", str(self.port), "-U", user, "-d", database)
        return self._run("psql", "-X", "-q", "-A", "-t", "-v", "ON_ERROR_STOP=1", *where, text=statements)

    def start(self) -> None:
        """Start it on its data, and wait until it accepts connections."""
        self._ready.clear()
        self._process = subprocess.Popen(
            [
                self._programs / "postgres",
                *("-D", "data", "-p", str(self.port), "-k", str(self.folder)),
                *("-c", "listen_addresses=127.0.0.1", "-c", "max_connections=200"),
            ],
            cwd=self.folder,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            start_new_session=True,
            **self._as_account(),
        )
        self._reader = threading.Thread(target=self._read_log, args=(self._process,), daemon=True)
        self._reader.start()
        self._ready.wait(_LIMIT)
        if self._process.poll() is not None or not self._ready.is_set():
            raise RuntimeError(b"".join(self._log).decode(errors="replace"))

    def stop(self, how: signal.Signals = signal.SIGINT) -> None:
        """Stop it: SIGINT disconnects everybody and writes all to disk, SIGQUIT does not."""
        process, self._process = self._process, None
        if process is None:
            return
        process.send_signal(how)
        process.wait(_LIMIT)
        if self._reader is not None:
            # Its pipe ends with the last of the server's processes, and then a new server may start.
            self._reader.join(_LIMIT)

    def kill(self) -> None:
        """End it at once as a power failure would, but for what the disk has acknowledged."""
        self.stop(signal.SIGQUIT)

    def restart(self) -> None:
        """Kill it and start it again."""
        self.kill()
        self.start()

    @contextmanager
    def stopped(self) -> Iterator[None]:
        """None of its processes does anything; connections are taken by the kernel alone."""
        assert self._process is not None
        children = f"/proc/{self._process.pid}/task/{self._process.pid}/children"
        # The parent first, which would start others.
        os.kill(self._process.pid, signal.SIGSTOP)
        processes = [self._process.pid, *map(int, Path(children).read_text().split())]
        for pid in processes:
            os.kill(pid, signal.SIGSTOP)
        try:
            yield
        finally:
            for pid in reversed(processes):
                os.kill(pid, signal.SIGCONT)

    def _read_log(self, process: "subprocess.Popen[bytes]") -> None:
        assert process.stderr is not None
        with process.stderr as lines:
            for line in lines:
                self._log.append(line)
                if _READY in line:
                    self._ready.set()
        # Whoever waits for the start learns that there is none.
        self._ready.set()

    def _run(self, program: str, *arguments: str, text: str = "") -> str:
        ended = subprocess.run(
            [self._programs / program, *arguments],
            cwd=self.folder,
            input=text,
            capture_output=True,
            text=True,
            timeout=_LIMIT,
            check=False,
            **self._as_account(),
        )
        if ended.returncode:
            raise RuntimeError(f"{program}: {ended.stderr}")
        return str(ended.stdout)

    def _as_account(self) -> "dict[str, Any]":
        account = self._account
        environment = {"PATH": os.environ.get("PATH", ""), "LC_ALL": "C", "HOME": str(self.folder)}
        if account is None:
            return {"env": environment}
        return {"env": environment, "user": account.pw_uid, "group": account.pw_gid, "extra_groups": []}


def _account() -> "pwd.struct_passwd | None":
    """Who runs the server; None: who runs the tests."""
    if os.getuid():
        return None
    names = {entry.pw_name: entry for entry in pwd.getpwall()}
    return next(names[name] for name in _ACCOUNTS if name in names)


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port
