"""The folders of installed versions and the link in PATH: which are a bundle's own, and which are not touched.

Each version has its own folder, so versions stand side by side. The same version installed again goes into a second folder
beside the first: the link leads to a whole installation at every moment, whenever this process is killed.
"""

import contextlib
import errno
import fcntl
import json
import os
import shutil
from typing import Dict, Iterator, List, Tuple

from .owners import check_owners
from .words import Refusal, translated

MARK = "toban-bundle.json"
"""In each folder that a bundle installs into: its version, and whether the installation came to its end."""
SECOND = "-again"
FREE, FOREIGN, PARTIAL, WHOLE = "free", "foreign", "partial", "whole"


def default_folders() -> Tuple[str, str]:
    """Where to install and where the command goes: for all users if root installs it. Both begin with `~` without a home."""
    if os.getuid() == 0:
        return "/opt/toban", "/usr/local/bin"
    home = os.path.expanduser("~")
    data = os.environ.get("XDG_DATA_HOME", "")
    if not os.path.isabs(data):
        data = os.path.join(home, ".local", "share")
    return os.path.join(data, "toban", "versions"), os.path.join(home, ".local", "bin")


def command_in(folder: str) -> str:
    return os.path.join(folder, "bin", "toban")


def state_of(folder: str) -> str:
    if not os.path.lexists(folder):
        return FREE
    if os.path.islink(folder) or not os.path.isdir(folder):
        return FOREIGN
    if not os.listdir(folder):
        return FREE
    if not os.path.lexists(os.path.join(folder, MARK)):
        return FOREIGN
    # The Python that the installation leads to may have left the machine.
    runs = all(os.path.exists(path) for path in (command_in(folder), os.path.join(folder, "bin", "python")))
    return WHOLE if runs and _read_mark(folder).get("complete") else PARTIAL


def whole_folders(folder: str) -> List[str]:
    """Where this version is installed already. Raises Refusal if a folder is not a bundle's, or another user's."""
    for place in (folder, folder + SECOND):
        check_owners(place)
    states = {place: state_of(place) for place in (folder, folder + SECOND)}
    for place, state in states.items():
        if state == FOREIGN:
            text = translated(
                "{folder} is there already and was not installed by a bundle; choose another folder with --to."
            )
            raise Refusal(text.format(folder=place))
    return [place for place, state in states.items() if state == WHOLE]


def folder_for(folder: str, link: str) -> str:
    whole = whole_folders(folder)
    for place in (folder, folder + SECOND):
        if place not in whole:
            return place
    return folder if linked_folder(link) == folder + SECOND else folder + SECOND


@contextlib.contextmanager
def claimed(folder: str) -> Iterator[int]:
    """Make `folder` and empty it, and hold it until the end; nothing is left of it if that is an exception.

    The descriptor is to be inherited by the processes that write into it: as long as one of them lives, the folder is claimed.
    """
    os.makedirs(folder, exist_ok=True)
    # Once more: another user may have made it meanwhile.
    check_owners(folder)
    mark = os.open(os.path.join(folder, MARK), os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW, 0o644)
    try:
        _lock(mark, folder)
        try:
            write_mark(mark, {})
            for name in os.listdir(folder):
                if name != MARK:
                    _remove(os.path.join(folder, name))
            yield mark
        except BaseException:
            shutil.rmtree(folder, ignore_errors=True)
            raise
    finally:
        os.close(mark)


def write_mark(mark: int, facts: Dict[str, object]) -> None:
    """Write the mark through its descriptor, and wait until the disk has it."""
    content = json.dumps(facts).encode()
    os.ftruncate(mark, 0)
    os.pwrite(mark, content, 0)
    os.fsync(mark)


def check_link(link: str) -> None:
    """Raise Refusal if `link` is another program, which is not replaced. A link that leads nowhere is replaced."""
    check_owners(os.path.dirname(link))
    os.makedirs(os.path.dirname(link), exist_ok=True)
    if os.path.lexists(link) and not (
        os.path.islink(link) and (linked_folder(link) or not os.path.exists(link))
    ):
        text = translated(
            "{link} is there already and was not made by a bundle; choose another folder with --bin."
        )
        raise Refusal(text.format(link=link))
    if not os.access(os.path.dirname(link), os.W_OK):
        raise PermissionError(errno.EACCES, os.strerror(errno.EACCES), os.path.dirname(link))


def linked_folder(link: str) -> str:
    """The folder of the installation that `link` leads to; "" if it leads to none."""
    if not os.path.islink(link):
        return ""
    command = os.path.join(os.path.dirname(link), os.readlink(link))
    folder = os.path.dirname(os.path.dirname(command))
    return folder if command == command_in(folder) and os.path.lexists(os.path.join(folder, MARK)) else ""


def make_link(command: str, link: str) -> None:
    new = f"{link}.{os.getpid()}"
    os.symlink(command, new)
    try:
        os.replace(new, link)
    except OSError:
        os.unlink(new)
        raise


def _lock(mark: int, folder: str) -> None:
    try:
        fcntl.flock(mark, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        text = translated("Another installation into {folder} is running; nothing was changed.")
        raise Refusal(text.format(folder=folder)) from None
    except OSError:
        # A file system without locks, such as an old NFS.
        return


def _read_mark(folder: str) -> Dict[str, object]:
    try:
        with open(os.path.join(folder, MARK), encoding="utf-8") as file:
            facts = json.load(file)
    except (OSError, ValueError):
        return {}
    return facts if isinstance(facts, dict) else {}


def _remove(path: str) -> None:
    if os.path.isdir(path) and not os.path.islink(path):
        shutil.rmtree(path)
    else:
        os.unlink(path)
