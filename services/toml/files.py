import json
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
from services.toml.mistakes import invalid, may_be_newer, not_text, unknown_key, unknown_version
from services.toml.placeholders import concerned, parsed_in_part
from services.toml.positions import Path, dotted, key_lines, line_of
from services.toml.repair import repair

# Dependencies of cross-value checks: which other values a mistake depends on.
#
# If such a value could not be read, the mistake must not be reported: `playbook = "x" does not exist` is false if the
# playbook exists but its own `id` is invalid.


EVERY = None  # Matches any index of a list
Pattern = tuple[str | None, ...]  # A path in which EVERY matches any index

_GROUPS: tuple[Pattern, ...] = (("log_groups", EVERY, "id"),)
_ROLES: tuple[Pattern, ...] = (("contacts", EVERY, "role"), ("approvers", EVERY, "role"))
_APPROVERS: tuple[Pattern, ...] = (("approvers", EVERY, "role"),)
_INSPECTED = (
    "ecs",
    "rds",
    "alb",
    "cdn",
    "waf",
    "dashboard",
    "alarms",
    "limits",
    "costs",
    "access_keys",
    "trail",
)
_SYSTEM: tuple[Pattern, ...] = (
    *((name,) for name in _INSPECTED),
    ("ecs", "usual_max"),
    ("rds", "instance"),
    ("dashboard", "name"),
    ("trail", "sign_in_regions"),
    ("access_keys", "users"),
    ("alb", "load_balancer"),
    ("alb", "target_group"),
    *((section, key) for section in ("error_logs", "slow_queries") for key in ("log_group", "query", "field")),
    *(("waf", key) for key in ("log_bucket", "web_acl", "athena_table", "athena_database", "workgroup")),
)  # fmt: skip
_STEPS: tuple[Pattern, ...] = (("playbooks", EVERY, "steps", EVERY), ("procedures", EVERY, "steps", EVERY))
_LEADS: tuple[Pattern, ...] = (*_STEPS, ("playbooks", EVERY, "causes", EVERY))
_IDS: tuple[Pattern, ...] = (("inspections", EVERY, "id"),)
RESTS: dict[Pattern, tuple[Pattern, ...]] = {
    ("alarms", EVERY, "playbook"): (("playbooks", EVERY, "id"),),
    ("alarms", EVERY, "log_group"): _GROUPS,
    ("playbooks", EVERY, "escalate_to"): _ROLES,
    ("playbooks", EVERY, "approval"): _APPROVERS,
    ("procedures", EVERY, "approval"): _APPROVERS,
    ("costs", "report_to"): _ROLES,
    ("error_logs", "log_group"): _GROUPS,
    ("slow_queries", "log_group"): _GROUPS,
    ("inspections", EVERY, "log_group"): _GROUPS,
    ("queries", EVERY, "log_groups", EVERY): _GROUPS,
    ("queries", EVERY, "log_groups"): (("queries", EVERY, "language"),),
    ("queries", EVERY, "parameters"): (("queries", EVERY, "language"),),
    ("queries", EVERY, "query"): (
        ("queries", EVERY, "language"),
        ("queries", EVERY, "parameters", EVERY, "name"),
    ),
    ("queries", EVERY, "parameters", EVERY, "name"): (
        ("queries", EVERY, "query"),
        ("queries", EVERY, "language"),
    ),
    ("duties", EVERY, "anchor"): (("access_keys", "users", EVERY), ("rds", "instance")),
    ("github", "user"): (("access_keys", "users", EVERY),),
    ("freezes", EVERY, "ends"): (("freezes", EVERY, "starts"),),
    ("duties", EVERY, "series"): (("duties", EVERY, "series"),),
    ("duties", EVERY, "closed_day"): (("duties", EVERY, "within"),),
    ("duties", EVERY, "judged_by"): (("duties", EVERY, "asks", EVERY),),
    ("duties", EVERY, "judged_by", EVERY): (("duties", EVERY, "inspections", EVERY),),
    ("duties", EVERY, "inspections", EVERY): (("inspections", EVERY, "id"), *_SYSTEM),
    ("rds", "window_utc"): (("system", "timezone"), ("rds", "window")),
    ("closures", "closes"): (("closures", "opens"),),
    ("closures", "opened", EVERY): (("closures", "extra"),),
    ("playbooks", EVERY, "findings", EVERY): _IDS,
    **{(*lead, "look"): _IDS for lead in _LEADS},
    **{(*step, "to"): ((*step, "kind"), *_ROLES) for step in _STEPS},
    **{(*step, "minutes"): ((*step, "kind"),) for step in _STEPS},
    **{
        (*step, "kind"): (
            *((*step, key) for key in ("look", "minutes", "to")),
            *(("playbooks", EVERY, key) for key in ("wait_minutes", "escalate_to")),
        )
        for step in _STEPS
    },
    ("roster", EVERY, "starts"): (("roster", EVERY, "starts"), ("roster", EVERY, "ends")),
    ("roster", EVERY, "ends"): (("roster", EVERY, "starts"),),
}
"""For each value that checks compare with others: the places of those others."""


def unfounded(path: Path, broken: Iterable[Path]) -> bool:
    """Whether a mistake at `path` may be due only to values that could not be read (`broken`)."""
    rests = [pattern for place, patterns in RESTS.items() if _is(path, place) for pattern in patterns]
    if "en" in path:
        # A translation is compared with the text that it translates.
        rests.append(tuple(EVERY if isinstance(part, int) else part for part in path if part != "en"))
    return any(_holds(place, pattern) for place in broken for pattern in rests)


def _is(path: Path, pattern: Pattern) -> bool:
    return len(path) == len(pattern) and _holds(path, pattern)


def _holds(place: Path, pattern: Pattern) -> bool:
    """Whether `place` matches the pattern or a table that contains it; an empty part of `place` matches anything."""
    return len(place) <= len(pattern) and all(
        part == "" or (isinstance(part, int) if expected is EVERY else part == expected)
        for part, expected in zip(place, pattern, strict=False)
    )


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
    """A data file cannot be used; `mistakes` holds every mistake in it."""

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
    refused: tuple[Mistake, ...] = ()
    """TOML syntax errors; `validate` reports them together with the other mistakes."""
    broken: tuple[Path, ...] = ()  # Paths that have no value because of syntax errors
    nameless: tuple[Path, ...] = ()  # Tables in which a syntax error may hide any key

    def mistake(self, path: Path, message: str) -> Mistake:
        return Mistake(self.name, line_of(self.lines, path), dotted(path), message)


def read(path: FilePath, model: type[BaseModel] | None = None) -> TomlFile:
    """Read a TOML file; `model` as for `parse`. Raises DataFileError if it cannot be read or is not TOML in UTF-8."""
    try:
        content = regular_files.read(path)
    except OSError as error:
        raise unreadable(path, error) from error
    return parse_bytes(content, str(path), model)


def parse_bytes(content: bytes, name: str, model: type[BaseModel] | None = None) -> TomlFile:
    """Parse the content of the file `name`; `model` as for `parse`. Raises DataFileError if it is not TOML in UTF-8."""
    try:
        text = content.decode("utf-8")
    except UnicodeDecodeError as error:
        line = content[: error.start].count(b"\n") + 1
        raise DataFileError([Mistake(name, line, "", _("not UTF-8: save the file as UTF-8"))]) from error
    return parse(text, name, model)


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
            message = _("cannot be read: {reason}").format(reason=error.strerror)
    return DataFileError([Mistake(str(path), None, "", message)])


def parse(text: str, name: str, model: type[BaseModel] | None = None) -> TomlFile:
    """Parse TOML text; raises DataFileError with every syntax error. If `model` (the type the file will be
    validated as) is given, the readable rest is returned with the syntax errors in `refused`, and `validate`
    raises them together with its own."""
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
    """Validate the file as a `model`; `checks` yield (path, message) for mistakes beyond types and fields.
    Raises DataFileError with all mistakes. Types are strict: `"70"` is not a number and `5` is not a text."""
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
    """Whether pydantic reports a key as missing only because of a syntax error."""
    path: Path = tuple(error["loc"])
    return error["type"] == "missing" and (
        path[:-1] in file.nameless or any(path[: len(place)] == place for place in file.broken)
    )


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
