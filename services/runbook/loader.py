"""Loads a runbook file into a validated `Runbook`, or reports its mistakes by file, line and key."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from services.host import regular_files
from services.host.regular_files import named
from services.i18n import _
from services.models.gone import GoneKind, take_gone, tell
from services.models.runbook import Runbook
from services.runbook import checked_copies
from services.toml import grammar, mistakes
from services.toml.files import (
    DataFileError,
    Mistake,
    TomlFile,
    in_order,
    parse,
    parse_bytes,
    read,
    unreadable,
    validate,
)

_SHIPPED = Path(__file__).parent


class RunbookError(DataFileError):
    """A runbook cannot be used; `mistakes` says why."""


@dataclass(frozen=True, slots=True)
class Loaded:
    runbook: Runbook
    undecided: tuple[Mistake, ...]
    cautions: tuple[Mistake, ...] = ()
    gone: tuple[Mistake, ...] = ()


def load(path: Path) -> Runbook:
    """Load a runbook file; raises RunbookError with its mistakes."""
    return inspect(path).runbook


def inspect(path: Path) -> Loaded:
    """Load a runbook file with its undecided points and cautions; raises RunbookError with its mistakes."""
    try:
        return _load(read(path))
    except DataFileError as error:
        raise RunbookError(error.mistakes) from error


def loads(text: str, name: str = "runbook.toml") -> Loaded:
    try:
        return _load(parse(text, name))
    except DataFileError as error:
        raise RunbookError(error.mistakes) from error


def _load(file: TomlFile) -> Loaded:
    from services.runbook import checks
    from services.runbook.maintenance_window.checks import not_compared
    from services.runbook.roles import with_english_roles
    from services.runbook.undecided import undecided
    from services.runbook.unsupported import unsupported

    gone = tuple(file.mistake(path, text) for path, text in take_gone(GoneKind.RUNBOOK, file.data))
    runbook = with_english_roles(validate(Runbook, file, *checks.ALL))
    open_points = in_order(file.mistake(path, text) for path, text in undecided(runbook))
    doubtful = (*not_compared(runbook), *unsupported(runbook))
    cautions = in_order(file.mistake(path, text) for path, text in doubtful)
    return Loaded(runbook, tuple(open_points), tuple(cautions), gone)


def builtin_names() -> tuple[str, ...]:
    return tuple(sorted(path.stem for path in _SHIPPED.glob("*.toml")))


def load_builtin(name: str) -> Runbook:
    """Load a runbook that ships with the console; raises RunbookError for an unknown name."""
    _check_builtin(name)
    return _load_once(_SHIPPED / f"{name}.toml")


def _check_builtin(name: str) -> None:
    names = builtin_names()
    if name not in names:
        mistake = mistakes.unknown_name(name, names)
        raise RunbookError(
            [Mistake(name, None, "", _("{mistake}; a file needs its path or .toml", mistake=mistake))]
        )


def source(name: str) -> str:
    """The text of a runbook file, including comments; raises RunbookError if it has mistakes."""
    load_named(name)
    place = Path(name).expanduser() if is_path(name) else _SHIPPED / f"{name}.toml"
    return place.read_text("utf-8").removeprefix("\ufeff")


def is_path(name: str) -> bool:
    return name.endswith(".toml") or "/" in name or "\\" in name


def load_named(name: str) -> Runbook:
    """Load the runbook given to --runbook: a file, or one that ships with the console. Raises RunbookError. A
    file that was checked before is not checked again: see `services.runbook.checked_copies`."""
    return _load_once(named(name)) if is_path(name) else load_builtin(name)


def inspect_named(name: str) -> Loaded:
    """As `load_named`, with undecided points and cautions; always checks the file, and stores nothing. Raises RunbookError."""
    if is_path(name):
        return inspect(named(name))
    _check_builtin(name)
    return inspect(_SHIPPED / f"{name}.toml")


def _load_once(path: Path) -> Runbook:
    try:
        content = regular_files.read(path)
    except OSError as error:
        raise RunbookError(unreadable(path, error).mistakes) from error
    runbook = checked_copies.recall(content)
    if runbook is None:
        # Of the very bytes that were read: the file may be changed at any moment.
        try:
            loaded = _load(parse_bytes(content, str(path)))
        except DataFileError as error:
            raise RunbookError(error.mistakes) from error
        runbook = loaded.runbook
        if not loaded.gone:
            checked_copies.store(content, runbook)
        tell(loaded.gone)
    return runbook


def schema() -> dict[str, Any]:
    return grammar.schema(Runbook)
