"""Decides whose log lines about a journal are trusted: any user may send to syslog, only some may write the journal."""

import grp
import os
import pwd
import stat
from collections.abc import Iterable, Iterator
from contextlib import suppress
from pathlib import Path

from services.i18n import _
from services.journal.anchors.checkpoints import Checkpoint


class TrustedSenders:
    def __init__(self, path: Path, people: Iterable[str]) -> None:
        self._allowed = {0, os.geteuid(), *_named(people), *_permitted(path), *_permitted(path.parent)}

    def doubt(self, checkpoint: Checkpoint) -> str:
        """Why a log line is not trusted, in words; "" if it is."""
        if checkpoint.source:
            return _("{log} does not record who sent it", log=checkpoint.source)
        if checkpoint.sender is not None and checkpoint.sender not in self._allowed:
            return _("it was sent by {user}, who does not write this journal", user=_name(checkpoint.sender))
        return ""


def _permitted(path: Path) -> Iterator[int]:
    with suppress(OSError):
        status = path.stat()
        yield status.st_uid
        if status.st_mode & stat.S_IWGRP:
            yield from _members(status.st_gid)


def _members(group: int) -> Iterator[int]:
    with suppress(KeyError):
        yield from _named(grp.getgrgid(group).gr_mem)
    yield from (user.pw_uid for user in pwd.getpwall() if user.pw_gid == group)


def _named(people: Iterable[str]) -> Iterator[int]:
    for name in people:
        # `alice (sudo: bob)`
        with suppress(KeyError, ValueError):
            yield pwd.getpwnam(name.partition(" ")[0]).pw_uid


def _name(uid: int) -> str:
    try:
        return f"{pwd.getpwuid(uid).pw_name} (uid {uid})"
    except (KeyError, OverflowError):
        return f"uid {uid}"
