"""Whether another user of the machine could replace what is installed: all users run what root installs."""

import os
import stat

from .words import Refusal, translated

_MOST_LINKS = 40


def check_owners(path: str) -> None:
    """Raise Refusal if another user owns or may write a folder on the way to `path`, or a link on it, or `path` itself.

    In a folder such as /tmp everybody may make files, but replace only their own. What a group may write stays allowed: its
    members were chosen, and on Debian /usr/local/bin is such a folder.
    """
    place, rest, links = "/", path.split("/")[::-1], 0
    _check_folder(place)
    while rest:
        name = rest.pop()
        inner = os.path.normpath(os.path.join(place, name))
        if not os.path.lexists(inner):
            return
        status = os.lstat(inner)
        if stat.S_ISLNK(status.st_mode) and links < _MOST_LINKS:
            _check_owner(inner, status)
            target = os.readlink(inner)
            rest.extend(target.split("/")[::-1])
            place, links = "/" if os.path.isabs(target) else place, links + 1
        else:
            _check_folder(inner)
            place = inner


def closed_folder(path: str) -> str:
    """The first folder on the way to `path` that other users may not enter; "" without one."""
    place = os.path.dirname(os.path.realpath(path))
    parents = [place]
    while place != "/":
        place = os.path.dirname(place)
        parents.append(place)
    return next((each for each in reversed(parents) if not os.stat(each).st_mode & stat.S_IXOTH), "")


def _check_folder(path: str) -> None:
    status = os.stat(path)
    _check_owner(path, status)
    if status.st_mode & stat.S_IWOTH and not status.st_mode & stat.S_ISVTX:
        text = translated(
            "All users may write into {folder} and could replace what is installed. Forbid it (chmod o-w), or choose "
            "another folder with --to and --bin."
        )
        raise Refusal(text.format(folder=path))


def _check_owner(path: str, status: os.stat_result) -> None:
    # In a container's own users, the machine's root has another number.
    if status.st_uid not in (0, os.getuid(), os.stat("/").st_uid):
        text = translated(
            "{folder} belongs to another user, who could replace what is installed; choose another folder with --to and "
            "--bin."
        )
        raise Refusal(text.format(folder=path))
