"""Run by root, it enters each login into the system's record of logins: sshd has no option against that."""

import os
import pwd
import shutil
import socket
import subprocess
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import NamedTuple

_START_LIMIT = 5.0
_TRIES = 3  # Another process may take the free port before the server does
_SEPARATION = Path("/run/sshd")  # What sshd wants to have when root starts it
_CONFIG = """\
Port {port}
ListenAddress 127.0.0.1
HostKey {folder}/host_key
AuthorizedKeysFile {folder}/authorized_keys
PidFile none
StrictModes no
UsePAM no
PasswordAuthentication no
KbdInteractiveAuthentication no
PrintMotd no
PrintLastLog no
"""


class NoServer(RuntimeError):
    pass


class Server(NamedTuple):
    port: int
    folder: Path

    def command(self, port: int, remote: str, *, compress: bool, options: Sequence[str] = ()) -> list[str]:
        """`remote` are a shell's words; `options` as NAME=VALUE."""
        ours = {
            "ControlPath": "none",
            "StrictHostKeyChecking": "no",
            "UserKnownHostsFile": str(self.folder / "known_hosts"),
            "IdentityFile": str(self.folder / "key"),
            "IdentitiesOnly": "yes",
            "IdentityAgent": "none",
            "BatchMode": "yes",
            "LogLevel": "ERROR",
            "Compression": "yes" if compress else "no",
        }
        words = [
            word
            for each in (*options, *(f"{name}={value}" for name, value in ours.items()))
            for word in ("-o", each)
        ]
        user = pwd.getpwuid(os.getuid()).pw_name
        return ["ssh", "-tt", "-F", "none", "-p", str(port), *words, f"{user}@127.0.0.1", remote]


@contextmanager
def running_sshd(folder: Path) -> Iterator[Server]:
    """Keeps everything in `folder`; raises NoServer."""
    program = shutil.which("sshd", path=f"{os.environ.get('PATH', os.defpath)}:/usr/sbin:/usr/local/sbin")
    if program is None or shutil.which("ssh") is None or shutil.which("ssh-keygen") is None:
        raise NoServer("not installed")
    for name in ("host_key", "key"):
        _run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", str(folder / name)])
    shutil.copy(folder / "key.pub", folder / "authorized_keys")
    with _separation():
        process, server = _start(program, folder)
        try:
            _run(server.command(server.port, "true", compress=False))
            yield server
        finally:
            process.terminate()
            process.wait()


def _run(command: Sequence[str]) -> None:
    try:
        subprocess.run(command, check=True, capture_output=True, timeout=20, stdin=subprocess.DEVNULL)
    except (subprocess.CalledProcessError, subprocess.TimeoutExpired) as error:
        raise NoServer("no login") from error


@contextmanager
def _separation() -> Iterator[None]:
    missing = os.getuid() == 0 and not _SEPARATION.exists()
    if missing:
        _SEPARATION.mkdir(mode=0o755)
    try:
        yield
    finally:
        if missing:
            with suppress(OSError):
                _SEPARATION.rmdir()


def _start(program: str, folder: Path) -> "tuple[subprocess.Popen[bytes], Server]":
    config = folder / "sshd_config"
    for _try in range(_TRIES):
        with socket.create_server(("127.0.0.1", 0)) as free:
            port = free.getsockname()[1]
        config.write_text(_CONFIG.format(port=port, folder=folder))
        with (folder / "sshd.log").open("ab") as log:
            process = subprocess.Popen(
                [program, "-D", "-e", "-f", str(config)],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )
        if _answers(process, port):
            return process, Server(port, folder)
        process.kill()
        process.wait()
    raise NoServer("does not start")


def _answers(process: "subprocess.Popen[bytes]", port: int) -> bool:
    deadline = time.monotonic() + _START_LIMIT
    while time.monotonic() < deadline and process.poll() is None:
        with suppress(OSError), socket.create_connection(("127.0.0.1", port), 1.0):
            return True
        time.sleep(0.02)
    return False
