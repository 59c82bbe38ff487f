"""Shared by the commands that read the journal without AWS: finding runbook and journal, and writing the result."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

import click

from services.host import regular_files
from services.host.regular_files import named
from services.host.state_files import state_folder, write_private
from services.i18n import _
from services.models.text import clean
from tui.cli.click_i18n import FileOption, Prints
from tui.cli.entry_text import problem_lines
from tui.cli.printing import json_lines
from tui.exit_status import ExitStatus
from tui.runtime import last_resort
from tui.runtime.garbage import begin_collecting
from tui.start_options import StartError, StartOptions

if TYPE_CHECKING:
    from services.journal.place import JournalPlace
    from services.models.runbook import Runbook
    from tui.config import ConsoleConfig


@dataclass(frozen=True, slots=True)
class OpenedJournal:
    runbook: "Runbook"
    path: Path
    stale: str = ""  # Why this host's copy of a shared journal may lack newer entries; "": it does not
    shared: "JournalPlace | None" = None  # The place of a journal in a ledger; None: a file
    options: StartOptions | None = None
    """By which AWS is reached; None: the journal was named, and may be another system's."""

    def today(self, now: datetime) -> date:
        return now.astimezone(ZoneInfo(self.runbook.system.timezone)).date()


class CommandStopped(Exception):
    """Ends a command; `lines` say why, `status` is the exit status."""

    def __init__(self, lines: list[str], status: int) -> None:
        super().__init__(*lines)
        self.lines = lines
        self.status = status


def failure_lines(error: Exception) -> list[str]:
    """Why there is no answer, with the remedy if there is one. An internal error is logged, with its traceback."""
    from services.aws.client.errors import AwsError
    from services.journal.errors import JournalError

    match error:
        case CommandStopped():
            return error.lines
        case AwsError() | JournalError():
            return problem_lines(error.problem)
        case StartError() | click.ClickException():
            return str(error).splitlines()
        case _:
            return [last_resort.line(error)]


def stoppable(output: Prints) -> Callable[[Callable[..., int]], Callable[..., int]]:
    """Let a command that raises CommandStopped or StartError print why, and return the exit status."""

    def decorate(command: Callable[..., int]) -> Callable[..., int]:
        def run(*arguments: Any, **flags: Any) -> int:
            try:
                return command(*arguments, **flags)
            except (CommandStopped, StartError) as error:
                output.print_lines(failure_lines(error), error=True)
                return error.status

        return run

    return decorate


def file_option() -> click.Option:
    return FileOption("--file", help=_("Journal file or address instead of the configured one"))


def status_of_copy(status: int, stale: str) -> int:
    return ExitStatus.UNKNOWN if stale and status == ExitStatus.NORMAL else status


def find(options: StartOptions, file: str | None) -> OpenedJournal:
    """Return the runbook and the journal that the console would open, or `file`; a shared journal's copy is
    up to date. Raises CommandStopped."""
    runbook, place = configured_place(options, file)
    shared = None if place.address is None else place
    return OpenedJournal(runbook, place.path, bring_up_to_date(place), shared, None if file else options)


def journal_callback(
    output: Prints,
    shared: Sequence[click.Parameter],
    before: Callable[[], StartOptions],
    work: Callable[..., int],
    opens: Callable[[StartOptions, str | None], Any] = find,
) -> Callable[..., int]:
    @stoppable(output)
    def callback(*, file: str | None, **flags: Any) -> int:
        names = {option.name for option in shared}
        overrides = {key: value for key, value in flags.items() if key in names and value is not None}
        rest = {key: value for key, value in flags.items() if key not in names}
        journal = opens(replace(before(), **overrides), file)
        return status_of_copy(work(journal, **rest), journal.stale)

    return callback


@contextmanager
def stopped_by_mistakes() -> Iterator[None]:
    from services.toml.files import DataFileError
    from tui.startup.config_reader import in_words, status_of

    try:
        yield
    except DataFileError as error:
        raise CommandStopped(in_words(error), status_of(error)) from error


def configured(options: StartOptions) -> "tuple[ConsoleConfig, Runbook]":
    """Return the configuration and the runbook that it names. Raises CommandStopped."""
    from services.runbook.loader import load_named
    from tui.startup.config_reader import load_config

    with stopped_by_mistakes():
        config = load_config(options)
        return config, load_named(config.runbook)


def configured_place(options: StartOptions, file: str | None) -> "tuple[Runbook, JournalPlace]":
    """Return the configured runbook and the place of its journal, or of `file`. Raises CommandStopped."""
    from services.journal.ledgers.registry import BadAddress
    from tui.startup.config_reader import journal_place

    config, runbook = configured(options)
    begin_collecting()
    try:
        return runbook, chosen_place(file, runbook) if file else journal_place(config, runbook)
    except BadAddress as error:
        raise CommandStopped([f"{shown_place(file or '')}: {error}"], ExitStatus.USAGE) from error


def shown_place(text: str) -> str:
    """Return a place that a person named as it may be shown: of an address that is mistaken, only the engine."""
    scheme, is_address, _rest = text.partition("://")
    return f"{clean(scheme)}://…" if is_address else clean(text)


def bring_up_to_date(place: "JournalPlace") -> str:
    """Read what this host's copy of a shared journal lacks. Returns what prevents that, printed; "": nothing.
    Begins none."""
    if place.address is None:
        return ""
    import asyncio

    from services.clock import SystemClock
    from services.journal.errors import JournalError
    from services.journal.problems import stale_copy
    from services.models.journal import Person

    async def caught_up() -> str:
        journal = place.journal(clock=SystemClock(), person=Person, syslog=None)
        try:
            await journal.catch_up()
        except JournalError as error:
            # Also of a journal that was read, but goes on elsewhere.
            why = clean(error.problem.message_once)
            return why if journal.is_reached else stale_copy(why)
        finally:
            await journal.close()
        return ""

    stale = asyncio.run(caught_up())
    if stale:
        click.echo(stale, err=True)
    return stale


def chosen_place(text: str, runbook: "Runbook") -> "JournalPlace":
    """Return the place of the system's journal that a person named: a file or an address. Raises BadAddress."""
    from services.journal.place import place_of

    return place_of(text, str(runbook.system.id), state_folder("journals"))


def deliver(output: Prints, text: str, to: str | None) -> None:
    """A file is written atomically (mode 0600), replacing a regular one of that name. Raises CommandStopped if it cannot be."""
    if to in (None, "-"):
        # `hand_over` adds the last line feed itself.
        output.hand_over([text.removesuffix("\n")])
        return
    path = named(str(to))
    try:
        # A device or a pipe must not be replaced by a file, and a mistyped path must not create a folder.
        regular_files.check_target(path)
        if not path.parent.is_dir():
            raise CommandStopped(
                [_("there is no folder {path}", path=clean(path.parent))], ExitStatus.CANNOT_WRITE
            )
        write_private(path, text)
    except OSError as error:
        raise CommandStopped([f"{clean(to)}: {error.strerror or error}"], ExitStatus.CANNOT_WRITE) from error


def as_json(data: Any) -> str:
    return f"{json_lines(data)[0]}\n"
