"""AWS emulators in processes of their own: moto, which the project has, and others that are asked for a
second opinion. The embedded AWS uses moto in the tests' own process; a server beside it shares no state with
it."""

import os
import re
import socket
import subprocess
import sys
import tempfile
import threading
import urllib.error
import urllib.request
from collections import deque
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[2]
_LIMIT = 90.0
_STARTED = re.compile(rb"Running on http")


class EmulatorServer:
    """`with EmulatorServer(...) as server:` a program that speaks AWS's protocols on a port of loopback."""

    def __init__(self, command: Sequence[str], environment: Mapping[str, str] | None = None) -> None:
        """`{port}` in the command and in the environment's values is the port."""
        self.port = _free_port()
        self._command = [part.format(port=self.port) for part in command]
        self._environment = {
            name: value.format(port=self.port) for name, value in (environment or {}).items()
        }
        self._folder = tempfile.TemporaryDirectory(prefix="toban-emulator-")
        self._process: subprocess.Popen[bytes] | None = None
        self._log: deque[bytes] = deque(maxlen=50)
        self._started = threading.Event()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def __enter__(self) -> "EmulatorServer":
        self._process = subprocess.Popen(
            self._command,
            cwd=self._folder.name,
            env={
                "PATH": os.environ.get("PATH", ""),
                "HOME": self._folder.name,
                "PYTHONUNBUFFERED": "1",
                "AWS_ACCESS_KEY_ID": "test",
                "AWS_SECRET_ACCESS_KEY": "test",
                **self._environment,
            },
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
        threading.Thread(target=self._read_log, args=(self._process,), daemon=True).start()
        self._started.wait(_LIMIT)
        try:
            self._require_answer()
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_error: object) -> None:
        process, self._process = self._process, None
        if process is not None:
            process.kill()
            process.wait(_LIMIT)
        self._folder.cleanup()

    def _require_answer(self) -> None:
        """Any HTTP answer will do."""
        try:
            with urllib.request.urlopen(self.url, timeout=_LIMIT):
                pass
        except urllib.error.HTTPError:
            pass
        except OSError as error:
            raise RuntimeError(b"".join(self._log).decode(errors="replace")) from error

    def _read_log(self, process: "subprocess.Popen[bytes]") -> None:
        assert process.stdout is not None
        with process.stdout as lines:
            for line in lines:
                self._log.append(line)
                if _STARTED.search(line):
                    self._started.set()
        self._started.set()


def moto_server() -> EmulatorServer:
    """moto, which answers one request after the other."""
    return EmulatorServer(
        (sys.executable, "-m", "tests.tools.moto_server", "{port}"), {"PYTHONPATH": str(ROOT)}
    )


def serve_moto(port: int) -> None:
    """Serve moto for ever. moto looks whether a condition holds and then writes, in two steps: its own server
    answers in threads, and lets two of eight writers put the same object with If-None-Match now and then."""
    from moto.moto_server.werkzeug_app import DomainDispatcherApplication, create_backend_app
    from werkzeug.serving import run_simple

    answer = DomainDispatcherApplication(create_backend_app)
    turn = threading.Lock()

    def one_at_a_time(environ: dict[str, Any], start_response: Any) -> Any:
        with turn:
            return answer(environ, start_response)

    run_simple("127.0.0.1", port, one_at_a_time, threaded=True)


def ministack_program() -> Path | None:
    """The program that `make emulators` installs; None if it has not."""
    program = ROOT / ".peers/ministack/bin/ministack"
    return program if program.exists() else None


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


if __name__ == "__main__":
    serve_moto(int(sys.argv[1]))
