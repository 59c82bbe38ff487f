import json
import tomllib
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from datetime import date, datetime, time
from importlib.metadata import version
from pathlib import Path as FilePath
from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from services.host import regular_files
from services.i18n import _
from services.models.text import clean
from services.toml import grammar
from services.toml.mistakes import invalid, may_be_newer, not_text, syntax, unknown_key, unknown_version
from services.toml.positions import Path, dotted, key_lines, line_of

M = TypeVar("M", bound=BaseModel)


@dataclass(frozen=True, slots=True)
class Mistake:
    """One mistake or undecided point at one place; `str()` gives `file:line: key: message`."""

    file: str
    line: int | None
    key: str  # The dotted key with indices, such as `duties[2].rule`; "" for the whole file
    message: str  # What is wrong and what to do about it

    def __str__(self) -> str:
        place = self.file if self.line is None else f"{self.file}:{self.line}"
        return ": ".join(clean(part) for part in (place, self.key, self.message) if part)


class DataFileError(ValueError):
    """A data file cannot be used; `mistakes` says why."""

    def __init__(self, mistakes: Iterable[Mistake]) -> None:
        self.mistakes = tuple(mistakes)
        super().__init__("\n".join(str(mistake) for mistake in self.mistakes))


def newer_hint(error: DataFileError) -> list[str]:
    """What to do where a newer version may have written the file, because this one does not know all of its keys."""
    if not any(may_be_newer(mistake.message) for mistake in error.mistakes):
        return []
    hint = _(
        "This is Toban {version}. If the file is for a newer version, install that one, or remove what is unknown here."
    )
    return [hint.format(version=version("toban"))]


@dataclass(frozen=True)
class TomlFile:
    """The values of a file and the line numbers of its keys."""

    name: str  # The file name shown in messages
    data: dict[str, Any] = field(default_factory=dict)
    lines: dict[Path, int] = field(default_factory=dict)

    def mistake(self, path: Path, message: str) -> Mistake:
        return Mistake(self.name, line_of(self.lines, path), dotted(path), message)


def read(path: FilePath) -> TomlFile:
    """Read a TOML file; raises DataFileError if it cannot be read or is not TOML in UTF-8."""
    try:
        content = regular_files.read(path)
    except OSError as error:
        raise unreadable(path, error) from error
    return parse_bytes(content, str(path))


def parse_bytes(content: bytes, name: str) -> TomlFile:
    """Parse the content of the file `name`; raises DataFileError if it is not TOML in UTF-8."""
    try:
        text = content.decode("utf-8")
    except UnicodeDecodeError as error:
        line = content[: error.start].count(b"\n") + 1
        raise DataFileError([Mistake(name, line, "", _("not UTF-8: save the file as UTF-8"))]) from error
    return parse(text, name)


def unreadable(path: FilePath, error: OSError) -> DataFileError:
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
            message = _("cannot be read: {reason}", reason=error.strerror)
    return DataFileError([Mistake(str(path), None, "", message)])


def parse(text: str, name: str) -> TomlFile:
    """Parse TOML text; raises DataFileError with the first syntax error."""
    text = text.removeprefix("\ufeff")
    try:
        data = tomllib.loads(text)
    except (ValueError, RecursionError) as error:
        line, reason = syntax(error, text)
        more = _("correct this and check again: what follows, and what values mean, was not checked")
        raise DataFileError([Mistake(name, line, "", f"{reason}; {more}")]) from error
    return TomlFile(name, data, key_lines(text))


def validate(model: type[M], file: TomlFile, *checks: Callable[[M], Iterator[tuple[Path, str]]]) -> M:
    """Validate the file as a `model`; `checks` yield (path, message) for mistakes beyond types and fields, and
    are made where there are none of those. Raises DataFileError with all that were found. Types are strict:
    `"70"` is not a number and `5` is not a text."""
    mistakes = [file.mistake(path, not_text(value)) for path, value in grammar.not_texts(model, file.data)]
    try:
        value = model.model_validate_json(json.dumps(file.data, default=_iso), strict=True)
    except ValidationError as error:
        untyped = {mistake.key for mistake in mistakes}
        refused = [file.mistake(tuple(each["loc"]), explain(model, each)) for each in error.errors()]
        mistakes += [mistake for mistake in refused if mistake.key not in untyped]
        raise DataFileError(in_order(mistakes)) from error
    if not mistakes:
        mistakes = [file.mistake(path, message) for check in checks for path, message in check(value)]
    if mistakes:
        raise DataFileError(in_order(mistakes))
    return value


def explain(model: type[BaseModel], error: ErrorDetails) -> str:
    if error["type"] == "extra_forbidden":
        *parent, name = error["loc"]
        return unknown_key(str(name), grammar.names_at(model, tuple(parent)))
    if error["type"] == "literal_error" and error["loc"] == ("version",):
        return unknown_version(error)
    return invalid(error)


def in_order(mistakes: Iterable[Mistake]) -> list[Mistake]:
    """Mistakes sorted by line, so that a file can be fixed from top to bottom."""
    return sorted(mistakes, key=lambda mistake: (mistake.line or 0, mistake.key))


def _iso(value: object) -> str:
    if isinstance(value, datetime | date | time):
        return value.isoformat()
    raise TypeError(f"TOML has no {type(value).__name__}")
