"""Reads a TOML file into a model and names every mistake by file, line and key, all at once.

The runbook and the console's configuration are read with it.
"""

import json
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from datetime import date, datetime, time
from pathlib import Path as FilePath
from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from services.host import regular_files
from services.i18n import _
from services.models.text import clean
from services.toml import grammar
from services.toml.mistakes import invalid, not_text, unknown_key
from services.toml.positions import Path, dotted, key_lines, line_of
from services.toml.repair import repair
from services.toml.rests import unfounded
from services.toml.stand_ins import concerned, parsed_in_part

M = TypeVar("M", bound=BaseModel)


@dataclass(frozen=True, slots=True)
class Mistake:
    """One thing wrong, or undecided, in one place; `str()` is `file:line: key: message`."""

    file: str
    line: int | None
    key: str
    """Dotted, with indices: `duties[2].rule`; "" for the whole file."""
    message: str
    """What is wrong and what to do about it."""

    def __str__(self) -> str:
        place = self.file if self.line is None else f"{self.file}:{self.line}"
        return ": ".join(clean(part) for part in (place, self.key, self.message) if part)


class DataFileError(ValueError):
    """A data file cannot be used; `mistakes` holds everything that is wrong with it."""

    def __init__(self, mistakes: Iterable[Mistake]) -> None:
        self.mistakes = tuple(mistakes)
        super().__init__("\n".join(str(mistake) for mistake in self.mistakes))


@dataclass(frozen=True)
class TomlFile:
    """A file's values and the lines of its keys."""

    name: str
    """As shown in messages."""
    data: dict[str, Any] = field(default_factory=dict)
    lines: dict[Path, int] = field(default_factory=dict)
    refused: tuple[Mistake, ...] = ()
    """Places that break TOML's own grammar; `validate` names them with the rest."""
    broken: tuple[Path, ...] = ()
    """What has no value because of them."""
    nameless: tuple[Path, ...] = ()
    """Tables in which they may have hidden any key."""

    def mistake(self, path: Path, message: str) -> Mistake:
        """A mistake at `path`."""
        return Mistake(self.name, line_of(self.lines, path), dotted(path), message)


def read(path: FilePath, model: type[BaseModel] | None = None) -> TomlFile:
    """Read a file; raises DataFileError for what cannot be read or is not TOML in UTF-8. `model`: as for `parse`."""
    try:
        content = regular_files.read(path)
    except OSError as error:
        raise unreadable(path, error) from error
    try:
        text = content.decode("utf-8")
    except UnicodeDecodeError as error:
        line = content[: error.start].count(b"\n") + 1
        raise DataFileError([Mistake(str(path), line, "", _("not UTF-8: save the file as UTF-8"))]) from error
    return parse(text, str(path), model)


def unreadable(path: FilePath, error: OSError) -> DataFileError:
    """A file that the system does not hand over, in"""
    match error:
        case regular_files.Unsuitable():
            message = str(error)
        case FileNotFoundError():
            message = _("there is no such file")
        case PermissionError():
            message = _("may not be read: check its permissions")
        case IsADirectoryError():
            message = _("is a folder, not a file")
        case _:
            message = _("cannot be read: {reason}").format(reason=error.strerror)
    return DataFileError([Mistake(str(path), None, "", message)])


def parse(text: str, name: str, model: type[BaseModel] | None = None) -> TomlFile:
    """Read TOML text; raises DataFileError with every line where the grammar breaks.

    With the model that the file is to be, the rest is read all the same, and `validate` raises.
    """
    repaired = repair(text.removeprefix("\ufeff"), grammar.lists(model) if model else frozenset())
    refused = tuple(Mistake(name, line, "", reason) for line, reason in repaired.mistakes)
    if refused and (model is None or not repaired.complete):
        raise DataFileError(refused)
    return TomlFile(
        name,
        repaired.data,
        key_lines(repaired.text),
        refused,
        tuple(repaired.broken),
        tuple(repaired.nameless),
    )


def validate(model: type[M], file: TomlFile, *checks: Callable[[M], Iterator[tuple[Path, str]]]) -> M:
    """The file as a `model`; `checks` yield paths and messages of what the grammar alone cannot see.

    Raises DataFileError. Types are exact: `"70"` is not a number and `5` is not a text.
    """
    untyped = [file.mistake(path, not_text(value)) for path, value in grammar.not_texts(model, file.data)]

    def parsed(data: dict[str, Any]) -> M:
        return model.model_validate_json(json.dumps(data, default=_iso), strict=True)

    broken = [*file.broken, *((*table, "") for table in file.nameless)]
    try:
        value: M | None = parsed(file.data)
        refused: list[Mistake] = []
    except ValidationError as error:
        untyped_keys = {mistake.key for mistake in untyped}
        refused = [
            file.mistake(tuple(each["loc"]), explain(model, each))
            for each in error.errors()
            if not _unread(file, each)
        ]
        refused = [mistake for mistake in refused if mistake.key not in untyped_keys]
        value, replaced = parsed_in_part(parsed, file.data)
        broken += replaced
    contradictions: list[Mistake] = []
    if value is not None:
        contradictions = [
            file.mistake(path, message)
            for check in checks
            for path, message in check(value)
            if not concerned(path, broken) and not unfounded(path, broken)
        ]
    if mistakes := [*file.refused, *untyped, *refused, *contradictions]:
        raise DataFileError(in_order(mistakes))
    assert value is not None
    return value


def _unread(file: TomlFile, error: ErrorDetails) -> bool:
    """Whether a key is missing only because it could not be read."""
    path: Path = tuple(error["loc"])
    return error["type"] == "missing" and (
        path[:-1] in file.nameless or any(path[: len(place)] == place for place in file.broken)
    )


def explain(model: type[BaseModel], error: ErrorDetails) -> str:
    """One of pydantic's errors in words, with what to do."""
    if error["type"] == "extra_forbidden":
        *parent, name = error["loc"]
        return unknown_key(str(name), grammar.names_at(model, tuple(parent)))
    return invalid(error)


def in_order(mistakes: Iterable[Mistake]) -> list[Mistake]:
    """By line, so that a person repairs the file from top to bottom."""
    return sorted(mistakes, key=lambda mistake: (mistake.line or 0, mistake.key))


def _iso(value: object) -> str:
    if isinstance(value, datetime | date | time):
        return value.isoformat()
    raise TypeError(f"TOML has no {type(value).__name__}")
