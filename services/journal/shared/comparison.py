"""Compares every record of a ledger with this host's copy. The copy alone shows whether the chain is intact.
A record of the ledger could have been replaced, which only a host without a copy would notice."""

from collections.abc import Iterable, Sequence
from typing import NamedTuple

from services.i18n import _
from services.journal.chain import SEQ
from services.journal.ledger import Ledger, LedgerUnavailable
from services.journal.linking.records import is_entry, named
from services.journal.problems import UnusableJournal
from services.journal.reader import JournalReader
from services.models.verification import ChainFault, ChainFaultKind

LISTED = 1000  # Most faults that are listed


class Comparison(NamedTuple):
    faults: tuple[ChainFault, ...] = ()
    doubt: str = ""  # Why the ledger could not be compared to its end; "" if it could


async def compare(ledger: Ledger, copy: JournalReader) -> Comparison:
    """Read the whole ledger, a page at a time; the copy must be up to date. Reads the copy in the calling thread."""
    faults: list[ChainFault] = []
    after = -1
    try:
        while len(faults) < LISTED and (records := await ledger.read(after)):
            faults += _faults(copy, after, records)
            after = records[-1][0]
    except LedgerUnavailable as error:
        return Comparison(tuple(faults), error.problem.message_once)
    last, _hash = copy.head()
    if after < last:
        faults.append(
            _fault(after + 1, ChainFaultKind.CUT_OFF, _("The ledger ends before it; the copy here has it."))
        )
    return Comparison(tuple(faults[:LISTED]))


def _faults(copy: JournalReader, after: int, records: Sequence[tuple[int, bytes]]) -> Iterable[ChainFault]:
    seqs = (after, records[-1][0])
    rows = copy.exact_rows("WHERE entries.seq > ? AND entries.seq <= ? ORDER BY entries.seq", seqs)
    own = {row[SEQ]: row[:-1] for row in rows}
    for seq in sorted(own.keys() - {seq for seq, _record in records}):
        yield _fault(seq, ChainFaultKind.DROPPED, _("The ledger lacks it; the copy here has it."))
    for seq, record in records:
        if seq == 0:
            if not _names(record, copy.id):
                yield _fault(
                    0, ChainFaultKind.REPLACED, _("The ledger's first record names another journal.")
                )
        # Entries that came while the ledger was read are not in the copy yet.
        elif seq in own and not is_entry(record, own[seq]):
            yield _fault(seq, ChainFaultKind.ALTERED, _("The ledger has another entry here than the copy."))


def _names(record: bytes, journal: str) -> bool:
    try:
        return named(record).journal == journal
    except UnusableJournal:
        return False


def _fault(seq: int, kind: ChainFaultKind, text: str) -> ChainFault:
    return ChainFault(kind=kind, seq=seq, text=text)
