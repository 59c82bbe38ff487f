import os
from collections.abc import Iterator
from pathlib import Path

from services.github import settings as github
from services.host.regular_files import exists
from services.host.state_files import state_folder
from services.i18n import _
from services.journal.ledgers.registry import is_address
from services.journal.place import JournalPlace
from services.models.text import clean, without_sign_in
from services.runbook.loader import load_named
from services.slack import settings as slack
from services.toml.files import DataFileError
from tui.config import ConsoleConfig, SystemConfig
from tui.runtime.crash_report import ENVIRONMENT_SECRETS, HIDDEN
from tui.start_options import StartOptions
from tui.startup.config_reader import (
    FILE_VARIABLE,
    OTHER_VARIABLES,
    effective,
    in_words,
    journal_place,
    settings,
)
from tui.startup.systems import each_system

_ENGINES = {"postgresql": "PostgreSQL", "dynamodb": "DynamoDB", "s3": "S3"}
"""Names of engines by the scheme of their addresses."""


def configuration(options: StartOptions) -> Iterator[str]:
    """Yield the configuration file, each effective value and its origin. Raises ConfigError."""
    in_force = effective(options)
    absence = "" if exists(in_force.path) else "  " + _("(does not exist)")
    yield clean(in_force.path) + absence
    yield ""
    width = max(map(len, (*OTHER_VARIABLES, *(each.key for each in settings()))))
    for setting in settings():
        value: object = in_force.config
        for part in setting.key.split("."):
            value = getattr(value, part)
        origins = {
            key: origin
            for key, origin in in_force.origins.items()
            if key == setting.key or key.startswith((f"{setting.key}.", f"{setting.key}["))
        }
        origin = _(", ").join(dict.fromkeys(origins.values())) or _("default")
        yield f"{setting.key.ljust(width)}  {_shown(value)}  [{clean(origin)}]"
        about = _ABOUT.get(setting.key)
        if about is not None:
            yield from (f"{'':{width}}  {line}" for line in about(in_force.config))
    # No setting, as only an option chooses it.
    yield f"{'mode'.ljust(width)}  {options.mode or '-'}  [{'--mode' if options.mode else _('default')}]"
    why = {slack.VARIABLES: slack.read(os.environ).why, github.VARIABLES: github.read(os.environ).why}
    for variables in ((FILE_VARIABLE,), *why):
        values = {name: os.environ.get(name, "") for name in variables}
        for name, text in values.items():
            shown = HIDDEN if text and name in ENVIRONMENT_SECRETS else _shown(text)
            yield f"{name.ljust(width)}  {shown}  [{_('environment') if text else _('default')}]"
        if any(values.values()) and variables in why:
            # Slack or GitHub cannot be reached with what is set.
            yield from (f"{'':{width}}  {line}" for line in why[variables].splitlines())


def _engine(scheme: str) -> str:
    return _ENGINES.get(scheme, clean(scheme))


def _file_text(path: str | Path) -> str:
    return _("SQLite, a file of this host: {path}", path=clean(path))


def _about_journal(config: ConsoleConfig) -> Iterator[str]:
    if config.journal and is_address(config.journal):
        engine = _engine(config.journal.partition("://")[0])
        text = _("{engine}, shared by hosts; this host's copy is in {folder}")
        yield text.format(engine=engine, folder=clean(state_folder("journals")))
        yield _("`toban doctor` checks both; `toban journal copy --to FILE` saves it in a file.")
        return
    yield _file_text(config.journal or state_folder("journals") / _("SYSTEM.db"))
    yield _("On a second host, or for people on several, move it: “Several hosts” in the documentation.")


def _about_runbook(config: ConsoleConfig) -> Iterator[str]:
    if not config.systems:
        try:
            load_named(config.runbook)
        except DataFileError as error:
            yield from (clean(line) for line in in_words(error))


def _about_systems(config: ConsoleConfig) -> Iterator[str]:
    for system, own in zip(config.systems, each_system(config), strict=False):
        yield clean(system.runbook)
        settings = {name: getattr(system, name) for name in SystemConfig.model_fields if name != "runbook"}
        for name, value in settings.items():
            if value is not None:
                yield f"  {name} = {_shown(value)}"
        try:
            place = journal_place(own, load_named(own.runbook))
        except DataFileError as error:
            yield from (f"  {clean(line)}" for line in in_words(error))
        else:
            yield f"  {_place_text(place)}"


_ABOUT = {"runbook": _about_runbook, "journal": _about_journal, "systems": _about_systems}
"""What follows a setting, by its key."""


def _place_text(place: JournalPlace) -> str:
    if place.address is None:
        return _file_text(place.path)
    text = _("{engine}, shared by hosts: {address}; this host's copy is {path}")
    return text.format(
        engine=_engine(place.address.scheme), address=clean(place.text), path=clean(place.path)
    )


def _shown(value: object) -> str:
    if isinstance(value, dict):
        return clean(", ".join(f"{key}={each}" for key, each in value.items())) or "-"
    if isinstance(value, tuple):
        return (
            clean(", ".join(each.runbook if isinstance(each, SystemConfig) else each for each in value))
            or "-"
        )
    if isinstance(value, bool):
        return str(value).lower()
    return clean(without_sign_in(str(value))) if value not in (None, "") else "-"
