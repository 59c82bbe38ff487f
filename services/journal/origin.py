import os
import pwd
import socket
from collections.abc import Mapping
from functools import cache
from pathlib import Path

from services.models.identity import Identity
from services.models.journal import Person

_LOGIN = Path("/proc/self/loginuid")
"""The user that the session began as; `sudo` and `su` do not change it. Linux with auditing only."""
_NOBODY = 0xFFFFFFFF


def person(identity: Identity | None) -> Person:
    return _machine().model_copy(update={"identity": identity.arn if identity else ""})


@cache
def _machine() -> Person:
    return observed(os.environ, os.getuid(), login=_login(), terminal=_terminal(), host=socket.gethostname())


def observed(
    environment: Mapping[str, str], uid: int, *, login: int | None, terminal: str, host: str
) -> Person:
    """The person identified by these facts, without the AWS identity. `SUDO_USER` and `SSH_CONNECTION` are
    set by sudo and sshd, but their user could have changed them."""
    user = _name(uid)
    sudo = environment.get("SUDO_USER", "")
    if sudo and sudo != user:
        user = f"{user} (sudo: {sudo})"
    elif login is not None and login != uid:
        user = f"{user} (login: {_name(login)})"
    connection = environment.get("SSH_CONNECTION") or environment.get("SSH_CLIENT") or ""
    peer = connection.split()[:1]
    return Person(user=user, origin=f"ssh {peer[0]}" if peer else terminal, host=host)


def _name(uid: int) -> str:
    try:
        return pwd.getpwuid(uid).pw_name
    except KeyError:
        return f"uid {uid}"


def _login() -> int | None:
    try:
        uid = int(_LOGIN.read_text("ascii"))
    except (OSError, ValueError):
        return None
    return None if uid == _NOBODY else uid


def _terminal() -> str:
    for descriptor in (0, 1, 2):
        try:
            return os.ttyname(descriptor).removeprefix("/dev/")
        except OSError:
            continue
    return ""
