"""Copies a journal's entries to another place, byte for byte, and moves the journal there. Both can be
interrupted at any point and run again: what stands at the target is compared, and only what is missing is
stored. Numbers, hashes and the journal's id stay, so that the hashes kept outside stay valid."""

import asyncio
from collections.abc import Callable, Sequence
from datetime import datetime
from functools import partial
from typing import NamedTuple

from services.i18n import _, sentences
from services.journal.chain import BODY, HASH, KIND, NOTHING, SEQ, linked, row_of
from services.journal.derived.lookup import rows_after
from services.journal.journal import Journal
from services.journal.ledger import Ledger, LedgerUnavailable
from services.journal.linking.decisions import is_same_place
from services.journal.linking.records import Record, is_entry, named, naming, packed, unpacked
from services.journal.problems import UnusableJournal
from services.journal.reader import JournalReader
from services.models.journal import RESTRAINS_CHANGES, EntryKind, NewEntry
from services.models.text import clean

BATCH = 500  # Entries that are compared at a time
AT_ONCE = 16  # Entries that are stored at the same time
Report = Callable[[int, int], None]  # Called with the number of entries copied, and of all


class Copied(NamedTuple):
    entries: int
    head: str  # Hash of the newest entry


class CannotCopy(Exception):
    """The target or the journal must not be used for this; the message says why and what to do."""


async def copy(source: Journal, target: Ledger, report: Report = lambda done, total: None) -> Copied:
    """No console writes to the copy. Raises CannotCopy, JournalError, and the target's errors: Unavailable, or those of a file."""
    await _check(source)
    journal = await source.ask(lambda reader: reader.id)
    await _begin(target, journal)
    copied = await _copy_entries(source, target, report)
    if await target.read(copied.entries, 1):
        raise CannotCopy(_more(target))
    return copied


async def move(
    source: Journal,
    target: Ledger,
    at: datetime,
    *,
    from_backup: bool = False,
    report: Report = lambda done, total: None,
) -> Copied:
    """Copy every entry, and let the journal go on at the target, and only there. `from_backup`: the source is
    a copy whose original is lost; nothing is written to it. `at` is now (UTC). Raises as `copy`."""
    await _check(source)
    if from_backup and source.is_shared:
        raise CannotCopy(
            _("The journal at {place} answers, so it is no backup: move it without --from-backup.").format(
                place=clean(source.health.path)
            )
        )
    journal, place = await source.ask(lambda reader: (reader.id, reader.place()))
    # Two files are two places here, though whichever has the name is the journal once it has arrived.
    has_left = place is not None and (
        is_same_place(place, target.address) if "://" in place else place == target.address
    )
    is_here = place is None or is_same_place(place, source.health.path if source.is_shared else "")
    if not (is_here or has_left or from_backup):
        raise CannotCopy(
            _("The journal has moved to {place} already: move it from there with --from.", place=clean(place))
        )
    if is_here:
        # At the new place nobody finds it, if that is a file.
        await source.send_late()
    await _begin(target, journal)
    copied = await _copy_entries(source, target, report)
    if from_backup:
        return await _arrive(source, target, copied, at)
    if not has_left:
        await source.append(_departure(source, target, from_backup=False))
        copied = await _copy_entries(source, target, report, after=copied.entries)
    return copied


async def _check(source: Journal) -> None:
    """Raise CannotCopy for a journal that is not intact."""
    await source.catch_up()
    verification = await source.verify()
    if verification.problem is not None:
        raise CannotCopy(verification.problem.message)
    if verification.faults:
        texts = (f"{fault.seq}: {fault.text}" for fault in verification.faults[:3])
        raise CannotCopy(
            sentences(_("The journal is not intact, so it is not copied; run: toban journal verify"), *texts)
        )


async def _begin(target: Ledger, journal: str) -> None:
    record = naming(journal, is_copied=True)
    standing = await target.put(0, record)
    try:
        there = named(standing or record).journal
    except UnusableJournal as error:
        raise CannotCopy(error.summary) from error
    if there != journal:
        raise CannotCopy(
            _("{place} contains another journal ({journal}): choose another place.").format(
                place=clean(target.address), journal=clean(there[:8])
            )
        )


async def _copy_entries(source: Journal, target: Ledger, report: Report, after: int = 0) -> Copied:
    total, _hash = await source.ask(JournalReader.head)
    seq, last = after, await source.ask(partial(JournalReader.hash_at, seq=after))
    while records := await source.ask(partial(records_after, after=seq, limit=BATCH)):
        await _store(target, seq, records)
        seq, last = records[-1].row[SEQ], str(records[-1].row[HASH])
        report(seq, max(seq, total))
    return Copied(seq, last if seq else NOTHING)


async def _store(target: Ledger, after: int, records: Sequence[Record]) -> None:
    try:
        standing = dict(await target.read(after, len(records)))
    except LedgerUnavailable:
        # An interrupted copy may have gaps, which some engines do not read across; each put tells what is there.
        standing = {}
    lacking = []
    for record in records:
        if (there := standing.get(record.row[SEQ])) is None:
            lacking.append(record)
        else:
            _compare(target, record, there)
    for start in range(0, len(lacking), AT_ONCE):
        await asyncio.gather(*(_put(target, record) for record in lacking[start : start + AT_ONCE]))


async def _put(target: Ledger, record: Record) -> None:
    standing = await target.put(record.row[SEQ], packed(*record))
    if standing is not None:
        _compare(target, record, standing)


def _compare(target: Ledger, record: Record, standing: bytes) -> None:
    if not is_entry(standing, record.row):
        raise CannotCopy(
            _("{place} has another entry {seq} than the journal; nothing more was written there.").format(
                place=clean(target.address), seq=record.row[SEQ]
            )
        )


async def _arrive(source: Journal, target: Ledger, copied: Copied, at: datetime) -> Copied:
    """Let the restored journal begin at the target, unless it has."""
    journal = await source.ask(lambda reader: reader.id)
    draft = _departure(source, target, from_backup=True)
    entry = linked(journal, draft, seq=copied.entries + 1, at=at, person=source.person, previous=copied.head)
    standing = await target.put(entry.seq, packed(row_of(entry)))
    if standing is None:
        return Copied(entry.seq, entry.hash)
    row = unpacked(entry.seq, standing).row
    if row[KIND] != EntryKind.MOVED.value or target.address not in row[BODY]:
        raise CannotCopy(_more(target))
    return Copied(entry.seq, str(row[HASH]))


def _departure(source: Journal, target: Ledger, *, from_backup: bool) -> NewEntry:
    text = (
        _("The journal goes on at {place}, restored from a backup")
        if from_backup
        else _("The journal has moved to {place}")
    )
    return NewEntry(
        kind=EntryKind.MOVED,
        text=text.format(place=target.address),
        data={
            "to": target.address,
            "from": source.health.path,
            "from_backup": from_backup,
            RESTRAINS_CHANGES: "0.2",
        },
    )


def _more(target: Ledger) -> str:
    return _("{place} has more entries than the journal: it goes on there.", place=clean(target.address))


def records_after(reader: JournalReader, after: int, limit: int) -> list[Record]:
    """The entries after this number, byte for byte, with their nonces where the file has them. Blocks."""
    rows = rows_after(reader, after, limit)
    nonces: dict[int, str] = {}
    if rows and "nonces" in reader.tables():
        text = "SELECT seq, nonce FROM nonces WHERE seq BETWEEN ? AND ?"
        nonces = dict(reader.query(text, (rows[0][0], rows[-1][0])))
    return [Record(row, nonces.get(row[SEQ], "")) for row in rows]
