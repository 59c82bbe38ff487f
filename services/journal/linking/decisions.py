"""Decides what an entry becomes: its number, its link, and whether claims and holds allow it. The only place
that decides this, for every ledger. It reads a copy that contains every record before the number given to the
entry; the ledger then stores the entry only if that number is still free, so that nothing came in between."""

from datetime import datetime
from typing import NamedTuple
from urllib.parse import parse_qsl, urlsplit

from services.i18n import _
from services.journal.chain import linked, storable
from services.journal.errors import AlreadyRecorded, HeldByAnother
from services.journal.problems import UnusableJournal
from services.journal.reader import JournalReader
from services.models.journal import Entry, NewEntry, Person
from services.models.text import clean


class Here(NamedTuple):
    address: str = ""  # The ledger's; "": in a file
    is_copied: bool = False  # The ledger was begun with entries from elsewhere


FILE = Here()


def next_entry(
    copy: JournalReader, draft: NewEntry, *, at: datetime, person: Person, here: Here = FILE
) -> Entry:
    """Raises AlreadyRecorded, HeldByAnother, and UnusableJournal for a journal that goes on elsewhere. Blocks."""
    # The head first: what comes later may be refused for, but then its number is taken, too.
    last, head = copy.head()
    check_here(copy, here)
    if draft.claim and (claiming := copy.claiming(storable(draft.claim))):
        raise AlreadyRecorded(claiming)
    if draft.holds and (holder := copy.holder(storable(draft.holds))):
        raise HeldByAnother(holder)
    return linked(copy.id, draft, seq=last + 1, at=at, person=person, previous=head)


def is_copy(reader: JournalReader) -> bool:
    """Whether the file is a host's copy of a shared journal: only such a one has drafts that wait for the ledger."""
    return "late" in reader.tables()


def check_here(copy: JournalReader, here: Here) -> None:
    """Raise UnusableJournal if the journal is elsewhere, has moved there, or has not arrived here yet."""
    if not here.address and is_copy(copy):
        raise UnusableJournal(
            _("This is a host's copy of a shared journal, which nothing else is written to."),
            _(
                "Set the ledger's address as the journal. If the ledger is lost: toban journal move --from-backup --from "
                "{path} --to <place>"
            ),
        )
    check_place(copy.place(), here)


def check_place(place: str | None, here: Here) -> None:
    """As `check_here`; `place` is where the journal has moved last, None if it never has."""
    if place is None:
        if here.is_copied:
            raise UnusableJournal(
                _("{place} contains a copy of a journal, which nothing is written to.").format(
                    place=clean(here.address)
                ),
                _(
                    "Wait until toban journal move has ended, or run it again; a backup is put to use with --from-backup."
                ),
            )
        return
    if not is_same_place(place, here.address):
        raise UnusableJournal(
            _("The journal has moved to {place}; nothing more is written here.", place=clean(place)),
            _('Set journal = "{place}" in the configuration, and restart.', place=clean(place)),
        )


def is_here(copy: JournalReader, here: Here) -> bool:
    place = copy.place()
    return not here.is_copied if place is None else is_same_place(place, here.address)


def is_same_place(one: str, other: str) -> bool:
    """Whether two places are one: how a host signs in does not matter, and a file may be renamed."""
    return _place(one) == _place(other)


def _place(text: str) -> tuple[str, ...]:
    if "://" not in text:
        return ()
    try:
        parts = urlsplit(text)
    except ValueError:
        return (text,)
    region = [value for name, value in parse_qsl(parts.query) if name == "region"]
    return (parts.scheme, parts.netloc.rpartition("@")[2], parts.path.rstrip("/"), *region)
