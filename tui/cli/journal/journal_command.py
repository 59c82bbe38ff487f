"""`toban journal verify`, `export` and `list`: the journal without a screen, usable while consoles have it open.

Exit status of `verify`: 0 intact, 2 tampered with, 3 it could not be checked, or it disagrees with a log that any user
can write to. `--json` prints the fields of `services.models.verification.Verification`. `export` prints the lines that
`services.journal.export` describes. `--kind other` selects every kind that this version does not know.
Exit status of all three: 3 a shared journal whose ledger could not be read, 64 usage error, 65 and 78 a runbook or configuration with mistakes, 69 no journal could be read.
"""

import socket
import sqlite3
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time, timedelta
from functools import partial
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

import click

from services.calendar.business_days import usable
from services.host import regular_files
from services.host.regular_files import named
from services.i18n import _, plural
from services.models.text import clean
from tui.cli.click_i18n import FileOption, Named, Prints, TranslatedCommand, TranslatedGroup
from tui.cli.entry_text import by_day, problem_lines, report
from tui.cli.journal.address import ledger_address
from tui.cli.journal.moving import moving_commands
from tui.cli.opened_journal import (
    CommandStopped,
    file_option,
    journal_callback,
    stoppable,
    stopped_by_mistakes,
)
from tui.cli.opened_journal import find as find_journal
from tui.exit_status import ExitStatus
from tui.start_options import StartOptions

if TYPE_CHECKING:
    from services.journal.anchors.external_hashes import ExternalHashes
    from services.journal.place import JournalPlace
    from services.journal.reader import JournalReader
    from services.models.journal import Entry, EntryQuery
    from services.models.runbook import Runbook


# `toban journal table --print`: what creates the place of a ledger; Toban itself has no right to create anything.
#
# Exit status: 0, 64 usage error, 78 a configuration with mistakes.


EXAMPLE = "dynamodb://toban-journal?region=ap-northeast-1"


def table_command(
    output: Prints, shared: Sequence[click.Parameter], before: Callable[[], StartOptions]
) -> TranslatedCommand:
    @stoppable(output)
    def callback(*, address: str | None, is_printed: bool, **flags: Any) -> int:
        if not is_printed:
            text = _("Toban creates nothing itself: --print prints what does.")
            raise click.UsageError(text, click.get_current_context())
        options = replace(before(), **{key: value for key, value in flags.items() if value is not None})
        output.hand_over([_text(address, options)])
        return ExitStatus.NORMAL

    return TranslatedCommand(
        "table",
        callback=callback,
        params=[
            click.Argument(["address"], required=False, metavar="[ADDRESS]"),
            click.Option(["--print", "is_printed"], is_flag=True, help=_("Print it; nothing is created.")),
            *shared,
        ],
        help=_(
            "Print what creates the table of a shared journal.\n\nADDRESS: the ledger instead of the configured one, such as "
            "{example}. SQL for PostgreSQL, a CloudFormation template for DynamoDB and S3."
        ).format(example=EXAMPLE),
    )


def _text(address: str | None, options: StartOptions) -> str:
    """Raises CommandStopped, UsageError."""
    place = ledger_address(address or _configured(options))
    if place is None:
        text = _("The journal is a file, which needs no table; name a ledger, such as {example}")
        raise click.UsageError(text.format(example=EXAMPLE), click.get_current_context())
    from services.journal.ledgers.tables import printed_table

    return printed_table(place).removesuffix("\n")


def _configured(options: StartOptions) -> str | None:
    from tui.startup.config_reader import load_config

    with stopped_by_mistakes():
        return load_config(options).journal


NEWEST = 200  # Entries that `list` prints without `--since`
_BATCH = 500  # Lines printed at a time


@dataclass(frozen=True, slots=True)
class ChosenJournal:
    """The journal that a command reads, and the time zone of its days."""

    path: Path
    zone: ZoneInfo
    stream: bool  # Whether the runbook names a log stream in AWS that receives the newest hash
    options: StartOptions
    stale: str  # Why a shared journal's copy may lack newer entries; "": it does not
    place: "JournalPlace | None"  # Of a shared journal
    runbook: "Runbook"


def journal_group(
    output: Prints, shared: Sequence[click.Parameter], before: Callable[[], StartOptions]
) -> TranslatedGroup:
    def callback_of(work: Callable[..., int]) -> Callable[..., int]:
        return journal_callback(output, shared, before, partial(work, output), find)

    file = file_option()
    as_json = click.Option(["--json", "as_json"], is_flag=True, help=_("Print JSON."))
    anchors = FileOption("--anchors", help=_("Saved copy of syslog or the log stream to read instead"))
    whole = click.Option(
        ["--whole"],
        is_flag=True,
        help=_("Also read what a console has verified before, and all of a ledger."),
    )
    to = FileOption("--output", "-o", "to", help=_("New file to write, readable only by you"))
    mask = click.Option(
        ["--mask"], is_flag=True, help=_("Mask secrets; a line with “masked” cannot be checked by its hash")
    )
    return TranslatedGroup(
        "journal",
        help=_("Verify, save, print, copy and move the journal."),
        commands=[
            TranslatedCommand(
                "verify",
                callback=callback_of(verify),
                params=[anchors, whole, as_json, file, *shared],
                help=_(
                    "Check for altered, missing and swapped entries.\n\nExit status: 0 intact, 2 tampered with, 3 "
                    "unknown."
                ),
            ),
            TranslatedCommand(
                "export",
                callback=callback_of(export),
                params=[*_filters(), mask, to, file, *shared],
                help=_("Print the entries as JSON lines, with their hashes."),
            ),
            TranslatedCommand(
                "list",
                callback=callback_of(show),
                params=[*_filters(), file, *shared],
                help=_("Print the entries by day; without --since, the newest {count}.", count=NEWEST),
            ),
            *moving_commands(output, shared, before),
            table_command(output, shared, before),
        ],
    )


class DayType(click.ParamType[date]):
    name = "date"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> date:
        try:
            day = usable(date.fromisoformat(value))
        except ValueError:
            day = None
        return day or self.fail(_("must be a day like 2026-03-31"), param, ctx)


def _filters() -> list[click.Parameter]:
    return [
        click.Option(["--since"], type=DayType(), metavar="DATE", help=_("First day")),
        click.Option(["--until"], type=DayType(), metavar="DATE", help=_("Last day")),
        click.Option(
            ["--kind", "kinds"],
            type=Named(_kinds),
            multiple=True,
            metavar="KIND",
            help=_("Only this kind, e.g. sign-off; may be given several times"),
        ),
        click.Option(["--person"], metavar="USER", help=_("Only entries by this OS user")),
        click.Option(["--target"], metavar="NAME", help=_("Only entries about this resource, alarm or duty")),
    ]


def _kinds() -> list[str]:
    from services.models.journal import EntryKind

    return [kind.value for kind in EntryKind]


def find(options: StartOptions, file: str | None) -> ChosenJournal:
    """Return the journal that the console would open, or `file`. Raises CommandStopped."""
    journal = find_journal(options, file)
    if journal.stale and not journal.path.exists():
        raise CommandStopped(
            [_("This host has no copy of it yet, so there is nothing to read.")], ExitStatus.UNKNOWN
        )
    zone, has_stream = ZoneInfo(journal.runbook.system.timezone), bool(journal.runbook.journal.log_group)
    return ChosenJournal(
        journal.path, zone, has_stream, options, journal.stale, journal.shared, journal.runbook
    )


def verify(output: Prints, journal: ChosenJournal, *, anchors: str | None, as_json: bool, whole: bool) -> int:
    from services.journal.verify import verify as verify_chain

    verification = verify_chain(
        journal.path, at=datetime.now(UTC), external_hashes=_external_hashes(journal, anchors), whole=whole
    )
    if whole and journal.place is not None:
        from tui.cli.journal.comparing import with_ledger

        verification = with_ledger(verification, journal.place)
    if journal.stale:
        # The comparison was prevented by the same.
        doubts = (*(doubt for doubt in verification.doubts if doubt not in journal.stale), journal.stale)
        verification = verification.model_copy(update={"doubts": doubts})
    if as_json:
        output.hand_over([verification.model_dump_json(indent=2)])
    else:
        output.print_lines(report(verification, journal.zone))
    if verification.faults:
        return ExitStatus.ABNORMAL
    return ExitStatus.NORMAL if verification.intact else ExitStatus.UNKNOWN


def _external_hashes(journal: ChosenJournal, anchors: str | None) -> "ExternalHashes":
    from services.journal.anchors.external_hashes import from_file, machine_log

    if anchors is None:
        import asyncio

        return asyncio.run(_logged_hashes(journal.options)) if journal.stream else machine_log()
    try:
        return from_file(named(anchors))
    except OSError as error:
        raise CommandStopped([f"{clean(anchors)}: {error.strerror}"], ExitStatus.UNKNOWN) from error


async def _logged_hashes(options: StartOptions) -> "ExternalHashes":
    """Read the hashes in the machine's log and in the stream in AWS, without opening the journal."""
    from tui.startup.connection import connected

    async with connected(options) as services:
        return await services.journal.outside()


def export(output: Prints, journal: ChosenJournal, *, to: str | None, mask: bool, **filters: Any) -> int:
    """Run `toban journal export` and return the exit status. Raises CommandStopped."""
    from services.journal.export import lines, write
    from services.logs.masking.of_runbook import masker_of

    query = _query(journal.zone, **filters)
    masker = masker_of(journal.runbook) if mask else None
    with _reading(journal.path) as reader:
        if to in (None, "-"):
            return _print(output.hand_over, lines(reader, query, masker))
        try:
            regular_files.check_target(named(to))
            count = write(lines(reader, query, masker), named(to))
        except OSError as error:
            raise CommandStopped([f"{clean(to)}: {error.strerror}"], ExitStatus.UNAVAILABLE) from error
    words = plural("{count} entry saved in {path}", "{count} entries saved in {path}", count)
    output.print_lines([words.format(count=f"{count:,}", path=clean(to))])
    return ExitStatus.NORMAL


def show(output: Prints, journal: ChosenJournal, **filters: Any) -> int:
    """Run `toban journal list` and return the exit status. Raises CommandStopped."""
    from services.journal.export import rows
    from services.journal.reader import entry_of

    query = _query(journal.zone, **filters)
    here = "" if journal.place is None else socket.gethostname()
    with _reading(journal.path) as reader:
        since = map(entry_of, rows(reader, query, whole=False)) if query.since else None
        entries: Iterable[Entry] = since or reader.find(query, limit=NEWEST)[::-1]
        return _print(output.print_lines, by_day(entries, journal.zone, here))


def _print(say: Callable[[Iterable[str]], None], lines: Iterator[str]) -> int:
    while batch := list(islice(lines, _BATCH)):
        say(batch)
    return ExitStatus.NORMAL


def _query(
    zone: ZoneInfo,
    *,
    since: date | None,
    until: date | None,
    kinds: tuple[str, ...],
    person: str | None,
    target: str | None,
) -> "EntryQuery":
    from services.models.journal import EntryKind, EntryQuery

    return EntryQuery(
        kinds=frozenset(map(EntryKind, kinds)),
        person=person or "",
        target=target or "",
        since=_midnight(since, zone) if since else None,
        before=_midnight(until + timedelta(days=1), zone) if until else None,
    )


def _midnight(day: date, zone: ZoneInfo) -> datetime:
    return datetime.combine(day, time(), zone)


@contextmanager
def _reading(path: Path) -> "Iterator[JournalReader]":
    """Open the journal for reading beside any writer. Raises CommandStopped with the problem in words."""
    from services.journal.problems import UnusableJournal, problem_of
    from services.journal.reader import JournalReader

    try:
        with closing(JournalReader.open(path)) as reader:
            yield reader
    except (sqlite3.Error, OSError, UnusableJournal) as error:
        problem = problem_of(error, path, datetime.now(UTC))
        raise CommandStopped(problem_lines(problem), ExitStatus.UNAVAILABLE) from error
