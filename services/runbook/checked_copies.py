"""Copies of runbooks that were checked, in the user's cache folder: a start neither parses nor checks the same file again.

A copy holds for the very bytes of the file, this Python, these versions of pydantic and of Toban's own source: of every
file that took part in the check. Anything else about it that is odd, be it damaged, cut off or of another owner, and the
runbook is checked as if there were no copy. Without a folder to write to, none is kept.

Runs neither code nor checks from a copy: see `services.runbook.frozen_values`.
"""

import hashlib
import os
import stat
import sys
from contextlib import suppress
from pathlib import Path

import orjson
import pydantic
from platformdirs import user_cache_path

from services.host import regular_files
from services.host.private_files import make_folder
from services.host.state_files import write_private
from services.models.runbook import Runbook
from services.runbook.frozen_values import Unknown, from_json, to_json

MOST = 8  # Copies in the folder; the oldest go
_HOUSE = Path(__file__).parents[1]
_BROKEN = (Unknown, OSError, ValueError, TypeError, KeyError, AttributeError, RecursionError, ArithmeticError)
"""What reading a damaged or foreign copy raises."""


def recall(content: bytes) -> Runbook | None:
    try:
        place = _place(content)
        for part in (*_folders(place), place):
            _refuse_foreign(part)
        copy = regular_files.read(place)
        digest, _line, text = copy.partition(b"\n")
        if digest != _digest(text):
            return None
        key, sources, runbook = orjson.loads(text)
        if key != _key(content) or not all(_state(path) == tuple(state) for path, *state in sources):
            return None
        value = from_json(runbook)
    except _BROKEN:
        return None
    return value if isinstance(value, Runbook) else None


def store(content: bytes, runbook: Runbook) -> None:
    """Keep a copy of the runbook that was checked just now, if there is a folder for it; raises nothing."""
    with suppress(*_BROKEN):
        place = _place(content)
        text = orjson.dumps([_key(content), _sources(), to_json(runbook)])
        if from_json(orjson.loads(text)[2]) != runbook:
            # JSON has no word for a value, such as a number that is not finite.
            return
        make_folder(place.parent)
        for folder in _folders(place):
            _refuse_foreign(folder)
        write_private(place, f"{_digest(text).decode()}\n{text.decode()}")
        _prune(place.parent)


def _place(content: bytes) -> Path:
    folder = user_cache_path("toban") / "runbooks"
    if not folder.is_absolute():
        # Nobody's home: a relative folder could be anybody's.
        raise Unknown(str(folder))
    return folder / f"{_digest(content).decode()[:32]}.json"


def _digest(content: bytes) -> bytes:
    return hashlib.sha256(content).hexdigest().encode()


def _key(content: bytes) -> list[object]:
    made_by = [sys.version, pydantic.VERSION, str(_HOUSE)]
    return [_digest(content).decode(), len(content), *made_by]


def _sources() -> list[tuple[str, int, int, int]]:
    modules = {
        file
        for name, module in tuple(sys.modules.items())
        if name.startswith("services.") and (file := getattr(module, "__file__", None))
    }
    paths = sorted({*modules, *map(str, _HOUSE.rglob("*.toml"))})
    return [(path, *_state(path)) for path in paths]


def _state(path: str) -> tuple[int, int, int]:
    status = os.stat(path)
    return status.st_mtime_ns, status.st_ctime_ns, status.st_size


def _folders(place: Path) -> tuple[Path, Path]:
    return place.parent.parent, place.parent


def _refuse_foreign(place: Path) -> None:
    """Raise Unknown unless a file or folder is this user's own, no link, and nobody else can write to it."""
    status = place.lstat()
    if status.st_uid != os.geteuid() or stat.S_IMODE(status.st_mode) & 0o022 or stat.S_ISLNK(status.st_mode):
        raise Unknown(str(place))


def _prune(folder: Path) -> None:
    copies = sorted(folder.glob("*.json"), key=lambda copy: copy.stat().st_mtime_ns, reverse=True)
    for copy in copies[MOST:]:
        copy.unlink(missing_ok=True)
