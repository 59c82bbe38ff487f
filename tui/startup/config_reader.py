"""Reads the console's configuration: flags over environment over file over defaults, unknown keys refused.
The file is `config.toml` in the user's configuration folder (see `config_path`), the environment is
`TOBAN_*`. Imported late: the first frame is drawn before pydantic-settings is loaded."""

import os
import shlex
import stat
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from platformdirs import user_config_path
from pydantic import ValidationError
from pydantic_settings import EnvSettingsSource, SettingsError

from services.github import settings as github
from services.host.regular_files import check, exists, named
from services.host.state_files import state_folder
from services.i18n import _
from services.models.gone import GoneKind, gone_texts, take_gone, tell
from services.models.intervals import Intervals
from services.models.runbook import Runbook
from services.models.text import clean
from services.runbook.loader import RunbookError, is_path
from services.slack import settings as slack
from services.toml import grammar
from services.toml import mistakes as words
from services.toml.files import (
    DataFileError,
    Mistake,
    TomlFile,
    explain,
    in_order,
    newer_hint,
    read,
    unreadable,
)
from services.toml.positions import Path as KeyPath
from services.toml.positions import dotted
from tui.config import PREFIX, ArmingConfig, ConsoleConfig, PanelIntervals
from tui.exit_status import ExitStatus
from tui.panel_registry import PANELS
from tui.start_options import StartOptions
from tui.startup.chosen_system import chosen_system
from tui.startup.systems import each_system, system_mistakes

if TYPE_CHECKING:
    from services.journal.place import JournalPlace

FILE_VARIABLE = "TOBAN_CONFIG"  # Names another configuration file; not a setting itself
OTHER_VARIABLES = (FILE_VARIABLE, *slack.VARIABLES, *github.VARIABLES)
"""The console's variables that are no settings; only the environment has them."""


class ConfigError(DataFileError):
    """The configuration cannot be used; the message names every mistake."""


def status_of(error: DataFileError) -> ExitStatus:
    if isinstance(error, RunbookError):
        return ExitStatus.DATA
    flags = all(mistake.key.startswith("--") for mistake in error.mistakes)
    return ExitStatus.USAGE if flags else ExitStatus.CONFIG


def in_words(error: DataFileError) -> list[str]:
    lines = [str(mistake) for mistake in error.mistakes]
    file = error.mistakes[0].file if error.mistakes else ""
    if isinstance(error, RunbookError) and is_path(file):
        if not exists(named(file)):
            next_step = _("To begin with the shipped one: toban runbook show --format toml > {file}")
        else:
            next_step = _("After correcting it: toban runbook check {file}")
        lines.append(next_step.format(file=shlex.quote(clean(file))))
    elif status_of(error) is ExitStatus.CONFIG:
        lines.append(_("After correcting it: toban config"))
    return [*lines, *newer_hint(error)]


@dataclass(frozen=True, slots=True)
class Setting:
    key: str
    variable: str  # Environment variable; "" if there is none
    default: object
    text: str


@dataclass(frozen=True, slots=True)
class Effective:
    config: ConsoleConfig
    path: Path
    origins: dict[str, str]
    """Dotted key to `--theme`, `TOBAN_THEME`, `file:line`; keys with default values are absent."""
    file: TomlFile  # What the file says, for mistakes that are found later


def config_path(environment: Mapping[str, str] | None = None) -> Path:
    name = (os.environ if environment is None else environment).get(FILE_VARIABLE)
    return named(name) if name else user_config_path("toban") / "config.toml"


def journal_place(config: ConsoleConfig, runbook: Runbook) -> "JournalPlace":
    """Where the journal is: as configured, else this person's own file for this system."""
    from services.journal.place import place_of

    return place_of(config.journal, str(runbook.system.id), state_folder("journals"))


def load_config(options: StartOptions | None = None) -> ConsoleConfig:
    """The configuration in force, with the settings of the chosen system, else of the first; raises DataFileError."""
    options = options or StartOptions()
    return of_system(effective(options).config, options.system)


def of_system(config: ConsoleConfig, id: str | None) -> ConsoleConfig:
    """The settings of the system with this id, else of the first; raises DataFileError if there is no such system."""
    return chosen_system(config, id) if id else each_system(config)[0]


def effective(options: StartOptions) -> Effective:
    path = named(options.config) if options.config else config_path()
    file = _read(path, must_exist=bool(options.config))
    tell(file.mistake(*gone) for gone in take_gone(GoneKind.CONFIGURATION, file.data))
    flags = {
        key: value
        for key in ConsoleConfig.model_fields
        if key != "systems" and (value := getattr(options, key, None)) is not None
    }
    mistakes = list(_unknown_variables())
    try:
        variables = EnvSettingsSource(ConsoleConfig)()
    except SettingsError as error:
        raise ConfigError(mistakes or [Mistake(_("environment"), None, "", str(error))]) from error
    take_gone(GoneKind.CONFIGURATION, variables)
    variables = {key: value for key, value in variables.items() if key in ConsoleConfig.model_fields}
    origins = {
        **{dotted(leaf): f"{file.name}:{file.lines.get(leaf, 1)}" for leaf in _leaves(file.data)},
        **{dotted(leaf): _variable(leaf) for leaf in _leaves(variables)},
        **{key: "--" + key.replace("_", "-") for key in flags},
    }
    try:
        config = ConsoleConfig(**_merged(_merged(file.data, variables), flags))
    except ValidationError as error:
        mistakes += [
            _mistake(file, origins, tuple(each["loc"]), explain(ConsoleConfig, each))
            for each in error.errors()
        ]
        raise ConfigError(in_order(mistakes)) from error
    if "runbook" in flags or "runbook" in variables:
        # This system alone is asked for.
        config = config.model_copy(update={"systems": ()})
    mistakes += [_mistake(file, origins, path, text) for path, text in system_mistakes(config)]
    key_mistakes, keys = _checked(config.keys) if config.keys else ((), {})
    mistakes += [_mistake(file, origins, ("keys", command), text) for command, text in key_mistakes]
    if mistakes:
        raise ConfigError(in_order(mistakes))
    return Effective(config.model_copy(update={"keys": keys}), path, origins, file)


def _checked(keys: Mapping[str, str]) -> tuple[list[tuple[str, str]], dict[str, str]]:
    """The mistakes in configured keys, and all keys that differ from the defaults, in Textual's spelling."""
    from tui.startup.key_checks import kept_keys, key_mistakes, textual_keys

    spelled = {command: ",".join(textual_keys(text)) for command, text in keys.items()}
    return list(key_mistakes(keys)), {**kept_keys(spelled), **spelled}


def settings() -> list[Setting]:
    listing = []
    for key, field in ConsoleConfig.model_fields.items():
        text = grammar.docs(ConsoleConfig).get(key, "")
        inner = field.annotation
        if key == "systems":
            listing.append(Setting(key, "", field.default, text))
        elif inner is ArmingConfig:
            docs = grammar.docs(ArmingConfig)
            for name, part in ArmingConfig.model_fields.items():
                listing.append(Setting(f"{key}.{name}", _variable((key, name)), part.default, docs[name]))
        elif inner is PanelIntervals:
            for name, part in PanelIntervals.model_fields.items():
                whole = f"{text} {_intervals_text(name)}"
                listing.append(Setting(f"{key}.{name}", _variable((key, name)), part.default, whole))
        else:
            listing.append(Setting(key, "" if key == "keys" else _variable((key,)), field.default, text))
    return listing


def _intervals_text(name: str) -> str:
    of_panels = {panel.interval.key: panel.interval.text for panel in PANELS if panel.interval}
    return of_panels.get(name) or grammar.docs(Intervals)[name]


def describe() -> str:
    rows = ["| key | environment | default | |", "|---|---|---|---|"]
    for setting in settings():
        default = "" if setting.default in (None, "", (), {}) else f"`{setting.default}`"
        variable = f"`{setting.variable}`" if setting.variable else ""
        rows.append(f"| `{setting.key}` | {variable} | {default} | {setting.text} |")
    return "\n".join(rows)


def _read(path: Path, *, must_exist: bool) -> TomlFile:
    """The file's values; {} if it does not exist. Refused if others can write it, because it binds keys."""
    try:
        check(path)
        status = path.stat()
    except OSError as error:
        if isinstance(error, FileNotFoundError) and not must_exist:
            return TomlFile(str(path))
        raise ConfigError(unreadable(path, error).mistakes) from error
    if status.st_uid not in (0, os.geteuid()):
        raise ConfigError([Mistake(str(path), None, "", _("belongs to another user: refused"))])
    if status.st_mode & (stat.S_IWGRP | stat.S_IWOTH):
        raise ConfigError([Mistake(str(path), None, "", _("others may write it: run chmod go-w on it"))])
    try:
        file = read(path)
    except DataFileError as error:
        raise ConfigError(error.mistakes) from error
    listed = file.data.get("systems")
    for table in (file.data, *(listed if isinstance(listed, list) else ())):
        runbook = table.get("runbook") if isinstance(table, dict) else None
        if isinstance(runbook, str) and is_path(runbook):
            table["runbook"] = str(path.parent / named(runbook))
    return file


def _variable(path: KeyPath) -> str:
    return PREFIX + "__".join(str(part) for part in path).upper()


def _unknown_variables() -> Iterator[Mistake]:
    """Refuse unknown variables of ours: a misspelt one would silently have no effect."""
    of_settings = {each.variable for each in settings() if each.variable}
    names = sorted({*OTHER_VARIABLES, *of_settings})
    gone = {_variable((*key.split("."),)): text for key, text in gone_texts(GoneKind.CONFIGURATION).items()}
    listing = _("available: {names}", names=", ".join(names))
    for name in sorted(os.environ):
        if name.upper() in gone:
            tell([Mistake(_("environment"), None, name, gone[name.upper()])])
            continue
        # Settings are read in any case of letters, the others only as they are written here.
        if (
            name.upper().startswith(PREFIX)
            and name.upper() not in of_settings
            and name not in OTHER_VARIABLES
        ):
            near = words.near(
                name.upper().removeprefix(PREFIX), [each.removeprefix(PREFIX) for each in names]
            )
            hint = words.did_you_mean(PREFIX + near) if near else listing
            yield Mistake(_("environment"), None, name, f"{_('unknown variable')}: {hint}")


def _mistake(file: TomlFile, origins: dict[str, str], path: KeyPath, text: str) -> Mistake:
    while path and not isinstance(path[-1], str):
        path = path[:-1]
    origin = origins.get(dotted(path), "")
    if origin.startswith("--"):
        return Mistake(_("command line"), None, origin, text)
    if origin.startswith(PREFIX):
        return Mistake(_("environment"), None, origin, text)
    return file.mistake(path, text)


def _leaves(data: Mapping[str, Any], path: KeyPath = ()) -> Iterator[KeyPath]:
    for key, value in data.items():
        if isinstance(value, dict):
            yield from _leaves(value, (*path, key))
        else:
            yield (*path, key)


def _merged(below: Mapping[str, Any], above: Mapping[str, Any]) -> dict[str, Any]:
    merged = dict(below)
    for key, value in above.items():
        under = merged.get(key)
        merged[key] = _merged(under, value) if isinstance(under, dict) and isinstance(value, dict) else value
    return merged
