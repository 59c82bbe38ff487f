"""`toban journal move` and `copy`: the journal at another place, with the same entries, numbers and hashes.
Both can be interrupted and run again. Exit status: 0 done, 2 the journal or the target must not be used for
this, 64 usage error, 65 and 78 a runbook or configuration with mistakes, 69 a ledger did not answer, 73 a
file cannot be written."""

import sqlite3
from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, Any

import click

from services.i18n import _, plural
from services.models.text import clean
from tui.cli.click_i18n import Prints, TranslatedCommand
from tui.cli.opened_journal import CommandStopped, chosen_place, configured_place, stoppable
from tui.exit_status import ExitStatus
from tui.start_options import StartOptions

if TYPE_CHECKING:
    from services.journal.moving.copying import Copied
    from services.journal.place import JournalPlace
    from services.models.problem import Problem

_EVERY = 10_000  # Entries between two lines of progress


def moving_commands(
    output: Prints, shared: Sequence[click.Parameter], before: Callable[[], StartOptions]
) -> list[TranslatedCommand]:
    @stoppable(output)
    def callback(*, to: str, source: str | None, moves: bool, **flags: Any) -> int:
        names = {option.name for option in shared}
        overrides = {key: value for key, value in flags.items() if key in names and value is not None}
        options, from_backup = replace(before(), **overrides), bool(flags.get("from_backup"))
        return carry(output, options, to, source, moves=moves, from_backup=from_backup)

    to = click.Option(["--to"], metavar="PLACE", required=True, help=_("New place: a file or an address"))
    source = click.Option(
        ["--from", "source"], metavar="PLACE", help=_("Journal file or address instead of the configured one")
    )
    backup = click.Option(
        ["--from-backup"],
        is_flag=True,
        help=_("Put a copy to use whose original is lost; the copy stays as it is."),
    )
    return [
        TranslatedCommand(
            "move",
            callback=lambda **flags: callback(moves=True, **flags),
            params=[to, source, backup, *shared],
            help=_("Let the journal go on at another place, and only there; may be run again at any time."),
        ),
        TranslatedCommand(
            "copy",
            callback=lambda **flags: callback(moves=False, **flags),
            params=[to, source, *shared],
            help=_("Copy the entries to another place, as a backup; later runs add what is new."),
        ),
    ]


def carry(
    output: Prints, options: StartOptions, to: str, source: str | None, *, moves: bool, from_backup: bool
) -> int:
    """Run the command and return the exit status. Raises CommandStopped."""
    import asyncio

    from services.clock import SystemClock
    from services.journal.errors import JournalError
    from services.journal.ledger import LedgerUnavailable
    from services.journal.ledgers.registry import BadAddress
    from services.journal.moving.copying import CannotCopy
    from services.journal.problems import UnusableJournal, problem_of

    runbook, begin = configured_place(options, source)
    try:
        end = chosen_place(to, runbook)
    except BadAddress as error:
        raise CommandStopped([f"--to: {error}"], ExitStatus.USAGE) from error
    if begin.text == end.text:
        raise CommandStopped([_("--to is where the journal is.")], ExitStatus.USAGE)
    if moves and begin.address is None and end.address is None and not from_backup:
        raise CommandStopped(
            [_("From a file to a file there is nothing to move: copy it, and set journal to the new file.")],
            ExitStatus.USAGE,
        )
    try:
        copied = asyncio.run(_carry(output, begin, end, moves=moves, from_backup=from_backup))
    except CannotCopy as error:
        raise CommandStopped([clean(error)], ExitStatus.ABNORMAL) from error
    except (JournalError, LedgerUnavailable) as error:
        problem = error.problem
        raise CommandStopped(
            [clean(problem.message_once), *_again(problem)], ExitStatus.UNAVAILABLE
        ) from error
    except UnusableJournal as error:
        raise CommandStopped([clean(error.summary)], ExitStatus.ABNORMAL) from error
    except (OSError, sqlite3.Error) as error:
        summary = problem_of(error, end.path, SystemClock().now()).summary
        lines = [f"{clean(end.text)}: {clean(summary)}", _once_mended()]
        raise CommandStopped(lines, ExitStatus.CANNOT_WRITE) from error
    output.print_lines(_done(copied, end, moves=moves))
    return ExitStatus.NORMAL


def _again(problem: "Problem") -> list[str]:
    from services.models.problem import ProblemKind

    match problem.kind:
        case (
            ProblemKind.UNREACHABLE | ProblemKind.THROTTLED | ProblemKind.UNAVAILABLE | ProblemKind.INCOMPLETE
        ):
            return [_("Run the same command again; it goes on where it was.")]
        case ProblemKind.OTHER:
            # The journal itself must not be used for this, and the remedy says what to do instead.
            return []
        case _:
            return [_once_mended()]


def _once_mended() -> str:
    return _("When that is put right, run the same command again; it goes on where it was.")


async def _carry(
    output: Prints, begin: "JournalPlace", end: "JournalPlace", *, moves: bool, from_backup: bool
) -> "Copied":
    from services.clock import SystemClock
    from services.journal.anchors.checkpoints import DEV_LOG
    from services.journal.moving.copying import copy, move
    from services.journal.moving.file_target import FileTarget
    from services.journal.origin import person

    clock = SystemClock()
    journal = begin.journal(clock=clock, person=partial(person, None), syslog=DEV_LOG)
    file = FileTarget(end.path) if end.address is None else None
    target = end.ledger(clock) if file is None else file

    def report(done: int, total: int) -> None:
        if done % _EVERY < 500 and done < total:
            text = _("{done} of {total} entries")
            output.print_lines([text.format(done=f"{done:,}", total=f"{total:,}")], error=True)

    try:
        if moves:
            copied = await move(journal, target, clock.now(), from_backup=from_backup, report=report)
        else:
            copied = await copy(journal, target, report)
        if file is not None:
            await file.finish()
        return copied
    finally:
        await target.close()
        await journal.close()


def _done(copied: "Copied", end: "JournalPlace", *, moves: bool) -> list[str]:
    words = plural("{count} entry is at {place}.", "{count} entries are at {place}.", copied.entries)
    lines = [
        words.format(count=f"{copied.entries:,}", place=clean(end.text)),
        _("Newest hash: {hash}", hash=copied.head),
    ]
    if moves:
        lines.append(
            _('Set journal = "{place}" in the configuration of every console, and restart them.').format(
                place=clean(end.text)
            )
        )
    return lines
