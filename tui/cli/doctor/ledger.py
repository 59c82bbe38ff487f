"""The ledger that consoles of several hosts share, if the journal is kept in one, and how far this host's copy is behind."""

import asyncio
import sqlite3
from contextlib import closing
from pathlib import Path
from typing import NamedTuple

from services.clock import Clock
from services.i18n import _, plural
from services.journal import files
from services.journal.chain import HASH, KIND
from services.journal.ledger import LIMIT, Ledger, LedgerUnavailable, Rejected, silent
from services.journal.ledgers.registry import ENGINES
from services.journal.linking.decisions import Here, check_place, is_copy
from services.journal.linking.records import another_ledger, behind, emptied, foreign, named, unpacked
from services.journal.problems import UnusableJournal, problem_of
from services.journal.reader import entry_of
from services.models.journal import EntryKind
from services.models.text import clean
from services.models.verdict import Verdict
from tui.cli.doctor.examination import CheckOutcome, Examination, Skipped, of_problem
from tui.cli.doctor.journal_file import open_quietly

SECONDS = 15.0  # For one read
SLOW = 2.0  # Seconds from which on every entry makes people wait
MOST_PAGES = 20  # Reads of what the copy lacks, at most


class Copy(NamedTuple):
    journal: str  # The journal's id; "" if there is no copy yet
    seq: int
    hash: str
    waiting: int  # Entries that wait for the ledger
    place: str | None = None  # Where the journal has moved last, as far as the copy knows; None: it never has


class Missing(NamedTuple):
    records: int
    is_all: bool  # False: there are more
    place: str | None  # Where the journal has moved last, as these records say; None: they do not


NO_COPY = Copy("", 0, "", 0)


async def ledger(subject: Examination) -> CheckOutcome:
    place = subject.place
    if place.address is None:
        raise Skipped(_("the journal is a file of this host"))
    if subject.no_aws and "region" in ENGINES[place.address.scheme].options:
        raise Skipped("--no-aws")
    opened = place.ledger(subject.clock)
    try:
        copy = await asyncio.to_thread(copy_at, place.path)
        return await examine(opened, copy, subject.clock)
    except Rejected as error:
        return of_problem(error.problem, Verdict.ABNORMAL)
    except LedgerUnavailable as error:
        return of_problem(error.problem)
    except (sqlite3.Error, OSError, UnusableJournal) as error:
        return of_problem(problem_of(error, place.path, subject.clock.now()), Verdict.ABNORMAL)
    finally:
        await opened.close()


def copy_at(path: Path) -> Copy:
    """The copy in this file. Blocks. Raises sqlite3.Error, OSError, UnusableJournal."""
    if not files.check(path):
        return NO_COPY
    with closing(open_quietly(path)) as reader:
        waiting = reader.query("SELECT count(*) FROM late")[0][0] if is_copy(reader) else 0
        return Copy(reader.id, *reader.head(), int(waiting), reader.place())


async def examine(opened: Ledger, copy: Copy, clock: Clock) -> CheckOutcome:
    """Judge an open ledger by reads alone. Raises Unavailable, UnusableJournal."""
    address = clean(opened.address)
    first = await _read(opened, -1, 1, clock)
    if not first:
        if copy.journal:
            raise emptied(opened.address)
        text = _("{address} is empty; the first console begins the journal in it.")
        return CheckOutcome(Verdict.NORMAL, text.format(address=address), numbers={"entries": 0.0})
    naming = named(first[0][1])
    if copy.journal and naming.journal != copy.journal:
        raise another_ledger()
    began = clock.elapsed()
    await _check_head(opened, copy, clock)
    seconds = clock.elapsed() - began
    missing = await _missing(opened, copy.seq, clock)
    if missing.is_all:
        # A host without a copy is not told by anything else that the journal is not here.
        place = copy.place if missing.place is None else missing.place
        check_place(place, Here(opened.address, naming.is_copied))
    return _judged(address, copy, missing, seconds)


async def _check_head(opened: Ledger, copy: Copy, clock: Clock) -> None:
    """Read the copy's newest entry in the ledger. Raises UnusableJournal if it is another one there, or none."""
    records = await _read(opened, copy.seq - 1, 1, clock)
    if copy.seq == 0:
        return
    if not records:
        raise behind(copy.seq, opened.address)
    if records[0][0] != copy.seq or unpacked(copy.seq, records[0][1]).row[HASH] != copy.hash:
        raise foreign(copy.seq)


async def _missing(opened: Ledger, seq: int, clock: Clock) -> Missing:
    count, place = 0, None
    for _page in range(MOST_PAGES):
        records = await _read(opened, seq + count, LIMIT, clock)
        count += len(records)
        place = _place_in(records) or place
        if len(records) < LIMIT:
            return Missing(count, True, place)
    return Missing(count, False, place)


def _place_in(records: list[tuple[int, bytes]]) -> str | None:
    for seq, record in reversed(records):
        if EntryKind.MOVED.value.encode() in record:
            row = unpacked(seq, record).row
            if row[KIND] == EntryKind.MOVED.value:
                return str(entry_of(row).data.get("to", ""))
    return None


async def _read(opened: Ledger, after: int, limit: int, clock: Clock) -> list[tuple[int, bytes]]:
    """Raises Unavailable, also for a ledger that keeps silent."""
    try:
        async with asyncio.timeout(SECONDS):
            return list(await opened.read(after, limit))
    except TimeoutError as error:
        remedy = _("Check the network to the ledger.")
        raise silent(opened.address, SECONDS, remedy, clock.now()) from error


def _judged(address: str, copy: Copy, missing: Missing, seconds: float) -> CheckOutcome:
    count = copy.seq + missing.records
    entries = plural(
        "{count} entry", "{count} entries", count, count=f"{count:,}{'' if missing.is_all else '+'}"
    )
    text = (
        _("{address}: {entries}, answers in {milliseconds} ms; the copy here lacks {missing}")
        if missing.records
        else _("{address}: {entries}, answers in {milliseconds} ms; the copy here has all of them")
    ).format(
        address=address,
        entries=entries,
        milliseconds=round(seconds * 1000),
        missing=f"{missing.records:,}{'' if missing.is_all else '+'}",
    )
    numbers = {
        "latency_seconds": round(seconds, 4),
        "entries": float(count),
        "copy_entries": float(copy.seq),
        "waiting": float(copy.waiting),
    }
    if copy.waiting:
        waiting = plural("{count} entry waits to be sent", "{count} entries wait to be sent", copy.waiting)
        text = f"{text}; {waiting.format(count=copy.waiting)}"
        remedy = _("They are sent while a console runs on this host: start `toban`.")
        return CheckOutcome(Verdict.ATTENTION, text, remedy, numbers=numbers)
    if seconds >= SLOW:
        return CheckOutcome(Verdict.ATTENTION, text, _("Check the network to the ledger."), numbers=numbers)
    return CheckOutcome(Verdict.NORMAL, text, numbers=numbers)
