"""Checks a journal from its first or its last verified entry to its last one, and against the external hashes."""

import socket
import sqlite3
from collections import Counter
from collections.abc import Iterable
from contextlib import closing
from datetime import datetime
from pathlib import Path

from services.i18n import _, plural
from services.journal.anchors.checkpoints import Checkpoint
from services.journal.anchors.external_hashes import ExternalHashes, machine_log
from services.journal.anchors.trusted_senders import TrustedSenders
from services.journal.chain import HASH, NOTHING, PREVIOUS, SEQ, hash_of_row
from services.journal.derived.verified import Verified, count_up_to, last_verified, rows_numbered
from services.journal.problems import UnusableJournal, problem_of
from services.journal.queries import fold, searched
from services.journal.reader import JournalReader, Row
from services.models.verification import ChainFault, ChainFaultKind, Verification

LISTED = 1000  # Maximum number of faults listed; further ones are only counted
_SWAPPED_AMONG = 200  # Maximum number of altered entries that are checked for having been swapped


def verify(
    path: Path, *, at: datetime, external_hashes: ExternalHashes | None = None, whole: bool = True
) -> Verification:
    """Check the file; `at` is the current time (UTC). Without `external_hashes`, the machine's log is read.
    Unless `whole`, what a console has verified and saved as such is not read again. Blocks, for about a
    second per 100,000 entries read. A failure to check is part of the result, never raised."""
    # Read before the entries, as an entry is written before its hash is sent outside.
    held_outside = machine_log() if external_hashes is None else external_hashes
    try:
        with closing(JournalReader.open(path)) as reader:
            before = None if whole else last_verified(reader)
            if before is None:
                reader.check_pages()
            return _Check(reader, path.absolute(), held_outside, before).run()
    except (sqlite3.Error, OSError, UnusableJournal) as error:
        return Verification(path=str(path), problem=problem_of(error, path, at))


class _Check:
    def __init__(
        self, reader: JournalReader, path: Path, external_hashes: ExternalHashes, before: Verified | None
    ) -> None:
        self.reader = reader
        self.before = before
        self.path_name = str(path)
        self.external_hashes = external_hashes
        senders = TrustedSenders(path, reader.people())
        self.own: list[Checkpoint] = []  # Checkpoints of this journal that are trusted, or agree with it
        self.others: list[Checkpoint] = []  # Trusted checkpoints of other journals
        self.unsure: dict[int, list[tuple[Checkpoint, str]]] = {}
        """Untrusted checkpoints of this journal by entry, each with the reason."""
        self.refuted: list[tuple[Checkpoint, str]] = []
        """The untrusted checkpoints that disagree with the journal."""
        for checkpoint in external_hashes.checkpoints:
            own, doubt = checkpoint.journal == reader.id, senders.doubt(checkpoint)
            if own and doubt:
                self.unsure.setdefault(checkpoint.seq, []).append((checkpoint, doubt))
            elif doubt and self._is_here(checkpoint):
                self.refuted.append((checkpoint, doubt))
            elif not doubt:
                (self.own if own else self.others).append(checkpoint)
        self.hashes_outside: dict[int, set[str]] = {}  # External hashes by entry
        for checkpoint in self.own:
            self.hashes_outside.setdefault(checkpoint.seq, set()).add(checkpoint.head)
        self.faults: dict[int, ChainFault] = {}
        self.unlisted = 0
        self.count = 0
        self.unfit: list[Row] = []  # The first entries whose own hash is wrong
        self.broken_links = 0
        self.newest, self.head = 0, ""
        self.worded = reader.last_words()  # Read before the entries, because a console may write meanwhile

    def run(self) -> Verification:
        if self.before is not None:
            self._count_earlier(self.before)
            self._compare_earlier(self.before)
        self._walk()
        if self.before is None and self.broken_links == self.count > 1:
            self.faults, self.unlisted = {}, 0
            self._fault(
                0,
                ChainFaultKind.REPLACED,
                _("No entry matches the journal's ID: the ID or the entries belong to another journal."),
            )
        elif self.broken_links <= _SWAPPED_AMONG:
            self._find_swapped()
        self._compare_end()
        self._look_for_others()
        self.refuted += [each for seq in sorted(self.unsure) for each in self.unsure[seq]]
        unnamed = "" if self.own else _("No external log contains this journal.")
        return Verification(
            path=self.path_name,
            journal=self.reader.id,
            entries=self.count,
            head=self.head,
            faults=tuple(self.faults[seq] for seq in sorted(self.faults)),
            unlisted=self.unlisted,
            anchors=len(self.own),
            anchored_seq=max((checkpoint.seq for checkpoint in self.own), default=0),
            anchor_note=self.external_hashes.note or unnamed,
            verified_before=self.before.seq if self.before else 0,
            verified_at=self.before.at if self.before else None,
            distrusted=_disagreements(each for each in self.refuted if not each[0].source),
            doubts=_disagreements(each for each in self.refuted if each[0].source),
        )

    def _count_earlier(self, before: Verified) -> None:
        self.count = count_up_to(self.reader, before.seq)
        self.newest, self.head = before.seq, before.hash
        if self.count != before.seq:
            kind = ChainFaultKind.DROPPED if self.count < before.seq else ChainFaultKind.INSERTED
            text = _("Up to entry {seq} there are {count} entries; verify the whole journal.")
            self._fault(0, kind, text.format(count=f"{self.count:,}", seq=f"{before.seq:,}"))

    def _compare_earlier(self, before: Verified) -> None:
        named = {seq for seq in (*self.hashes_outside, *self.unsure) if seq <= before.seq} | {before.seq}
        for row in rows_numbered(self.reader, tuple(named)):
            seq, own = row[SEQ], row[HASH]
            if hash_of_row(self.reader.id, row) != own:
                text = _("It differs from what was written: its hash does not match.")
                self._fault(seq, ChainFaultKind.ALTERED, text)
            elif not self.hashes_outside.get(seq, {own}) <= {own}:
                self._fault(seq, ChainFaultKind.ALTERED, _("An external log has a different hash for it."))
            self._agree(seq, own)
            named.discard(seq)
        for seq in sorted(named):
            self._missing(seq, seq)

    def _walk(self) -> None:
        before = self.before
        links, sound, due = {before.hash if before else NOTHING}, True, (before.seq if before else 0) + 1
        for *row, words in self.reader.every_row(due) if before else self.reader.every_row():
            self.count += 1
            seq, previous, own = row[SEQ], row[PREVIOUS], row[HASH]
            if seq < 1:
                self._fault(seq, ChainFaultKind.INSERTED, _("This number was never assigned."))
                continue
            computed = hash_of_row(self.reader.id, row)
            fits = computed == own != ""
            follows = previous in links
            if seq > due:
                self._missing(due, seq - 1)
            elif fits and not follows and sound:
                self._rewritten(seq)
            if not fits:
                self._unfit(tuple(row), links)
            elif words != fold(searched(row)):
                self._fault(seq, ChainFaultKind.ALTERED, _("Its search terms were altered."))
            if not self.hashes_outside.get(seq, {own}) <= {own}:
                self._fault(seq, ChainFaultKind.ALTERED, _("An external log has a different hash for it."))
            self._agree(seq, own)
            links, sound, due = {own, computed}, fits, seq + 1
            self.newest, self.head = seq, str(own)

    def _agree(self, seq: int, own: str) -> None:
        unsure = self.unsure.pop(seq, [])
        self.own += [checkpoint for checkpoint, _doubt in unsure if checkpoint.head == own]
        self.refuted += [each for each in unsure if each[0].head != own]

    def _missing(self, first: int, last: int) -> None:
        text = (
            _("This entry is missing.")
            if first == last
            else _("Entries {first} to {last} are missing.", first=first, last=last)
        )
        self._fault(first, ChainFaultKind.DROPPED, text)

    def _rewritten(self, seq: int) -> None:
        if seq == 1:
            self._fault(
                seq, ChainFaultKind.INSERTED, _("It should be the first entry, but follows another one.")
            )
        else:
            self._fault(
                seq - 1,
                ChainFaultKind.ALTERED,
                _("It was rewritten together with its hash: the next entry follows a different one."),
            )

    def _unfit(self, row: Row, links: set[str]) -> None:
        self.broken_links += 1
        if len(self.unfit) < _SWAPPED_AMONG:
            self.unfit.append(row)
        seq, own = row[SEQ], row[HASH]
        relinked = any(
            hash_of_row(self.reader.id, (*row[:PREVIOUS], link, own)) == own for link in links if link
        )
        if row[PREVIOUS] in links or relinked:
            self._fault(
                seq, ChainFaultKind.ALTERED, _("It differs from what was written: its hash does not match.")
            )
        else:
            self._fault(
                seq,
                ChainFaultKind.INSERTED,
                _("Neither its hash nor its link to the previous entry matches."),
            )

    def _find_swapped(self) -> None:
        for row in self.unfit:
            for other in self.unfit:
                moved = (other[0], *row[1:])
                if other is not row and hash_of_row(self.reader.id, moved) == row[HASH]:
                    text = _("Entry {seq} is in this place.", seq=other[0])
                    self.faults[row[SEQ]] = ChainFault(kind=ChainFaultKind.SWAPPED, seq=row[SEQ], text=text)

    def _compare_end(self) -> None:
        last = max(self.hashes_outside, default=0)
        if last > self.newest:
            text = _("Entries {first} to {last} are missing at the end: an external log has them.")
            first = self.newest + 1
            self._fault(first, ChainFaultKind.CUT_OFF, text.format(first=first, last=last))
        elif self.worded > self.newest:
            text = _("Entries are missing at the end: their search terms are still there.")
            self._fault(self.newest + 1, ChainFaultKind.CUT_OFF, text)

    def _look_for_others(self) -> None:
        here = [each for each in self.others if self._is_here(each)]
        lost = here or (self.others if self.external_hashes.is_configured and not self.own else [])
        if lost:
            newest: Checkpoint = max(lost, key=lambda checkpoint: checkpoint.seq)
            text = _("An external log has a different journal here, {journal}, with {count} entries.")
            self._fault(0, ChainFaultKind.REPLACED, text.format(journal=newest.journal[:8], count=newest.seq))

    def _is_here(self, checkpoint: Checkpoint) -> bool:
        """Whether the checkpoint is from this path and machine: several machines may send to one stream."""
        return checkpoint.file == self.path_name and checkpoint.host in ("", socket.gethostname())

    def _fault(self, seq: int, kind: ChainFaultKind, text: str) -> None:
        """Add a fault; only the first fault of an entry is kept, because it is the clearest."""
        if seq in self.faults:
            return
        if len(self.faults) >= LISTED and seq != 0:
            self.unlisted += 1
            return
        self.faults[seq] = ChainFault(kind=kind, seq=seq, text=text)


def _disagreements(refuted: Iterable[tuple[Checkpoint, str]]) -> tuple[str, ...]:
    newest: dict[str, Checkpoint] = {}
    counts: Counter[str] = Counter()
    for checkpoint, why in refuted:
        counts[why] += 1
        newest[why] = max(newest.get(why, checkpoint), checkpoint, key=lambda one: one.seq)
    return tuple(
        plural(
            "{count} line of a log disagrees with the journal (entry {seq}); not trusted, because {why}.",
            "{count} lines of a log disagree with the journal (the last: entry {seq}); not trusted, because {why}.",
            count,
        ).format(count=f"{count:,}", seq=f"{newest[why].seq:,}", why=why)
        for why, count in counts.items()
    )
