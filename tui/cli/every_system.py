"""What the commands share that answer for every configured system, and not for a chosen one."""

import json
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import click

from services.i18n import _
from tui.cli.opened_journal import failure_lines
from tui.cli.printing import json_lines
from tui.exit_status import OF_VERDICT, VERDICT_OF, ExitStatus
from tui.start_options import OtherAccount, StartError, StartOptions

if TYPE_CHECKING:
    from tui.startup.chosen_system import ConfiguredSystem

_ONE = ("system", "runbook", "file", "profile", "region", "endpoint_url", "role_arn")
"""Options that are about one system."""


def every_system(
    before: StartOptions, flags: Mapping[str, Any]
) -> "tuple[StartOptions, tuple[ConfiguredSystem, ...]]":
    """The start options, and all systems of the configuration, also those whose runbook cannot be read.
    Raises UsageError for an option about one system, StartError if the configuration cannot be read."""
    from services.toml.files import DataFileError
    from tui.startup.chosen_system import configured_systems
    from tui.startup.config_reader import effective, in_words, status_of

    if of_one := [name for name in _ONE if flags.get(name) is not None]:
        names = ", ".join("--" + name.replace("_", "-") for name in of_one)
        words = _("--all is about every configured system: leave out {options}", options=names)
        raise click.UsageError(words, click.get_current_context())
    shared = {name: flags[name] for name in ("lang", "config", "debug") if flags.get(name) is not None}
    options = replace(before, **shared)
    try:
        return options, tuple(configured_systems(effective(options).config))
    except DataFileError as error:
        raise StartError("\n".join(in_words(error)), status_of(error)) from error


def answers_of_all(
    before: StartOptions,
    flags: Mapping[str, Any],
    ask: Callable[[StartOptions], tuple[list[str], int]],
    *,
    as_json: bool,
) -> tuple[list[str], int]:
    """The lines that `ask` gives for each system, under its name or as one JSON list, and the worst exit
    status. A system that cannot be asked, or has nothing of the name that is asked for, has a line that says
    why, and counts as unknown: what is bad in another one decides. Raises UsageError or OtherAccount if that
    is so of every system."""
    from services.models.verdict import Verdict, worst

    options, systems = every_system(before, flags)
    mark = "# " if flags.get("commands") else ""
    lines: list[str] = []
    data: list[Any] = []
    statuses = []
    unusable: list[click.UsageError] = []
    elsewhere: list[OtherAccount] = []
    for system in systems:
        try:
            answer, status = _answer(system, options, ask)
            data.append({"system": system.id} | json.loads("\n".join(answer)) if as_json else None)
        except (StartError, click.UsageError) as error:
            if isinstance(error, click.UsageError):
                unusable.append(error)
            if isinstance(error, OtherAccount):
                elsewhere.append(error)
            answer, status = failure_lines(error), ExitStatus.UNKNOWN
            data.append(
                {"system": system.id, "verdict": VERDICT_OF[status], "complete": False, "problem": answer}
            )
        lines += [*([""] if lines else []), f"{mark}== {system.name} ==", *answer]
        statuses.append(status)
    if len(unusable) == len(systems):
        raise unusable[0]
    if len(elsewhere) == len(systems):
        raise elsewhere[0]
    verdict = worst(Verdict(VERDICT_OF[ExitStatus(status)]) for status in statuses) or Verdict.UNKNOWN
    printed = json_lines(data) if as_json else lines
    return printed, OF_VERDICT[verdict.value]


def _answer(
    system: "ConfiguredSystem", options: StartOptions, ask: Callable[[StartOptions], tuple[list[str], int]]
) -> tuple[list[str], int]:
    from tui.startup.config_reader import in_words

    if system.error is not None:
        raise StartError("\n".join(in_words(system.error)), ExitStatus.UNKNOWN)
    return ask(replace(options, system=system.id))
