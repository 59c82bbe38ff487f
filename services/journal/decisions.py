"""Decides what an entry becomes: its number, its link, and whether claims and holds allow it.

The only place that decides this, for every ledger. It reads a copy that contains every record before the number given
to the entry; the ledger then stores the entry only if that number is still free, so that nothing came in between.
"""

from datetime import datetime

from services.i18n import _
from services.journal.chain import linked, storable
from services.journal.errors import AlreadyRecorded, HeldByAnother
from services.journal.problems import UnusableJournal
from services.journal.reader import JournalReader
from services.models.journal import Entry, EntryKind, NewEntry, Person
from services.models.text import clean


def next_entry(
    copy: JournalReader, draft: NewEntry, *, at: datetime, person: Person, address: str = ""
) -> Entry:
    """The draft as the entry after the copy's newest one; `address` is the ledger's, "" if it is the file itself.

    Raises AlreadyRecorded, HeldByAnother, and UnusableJournal for a journal that has moved elsewhere. Blocks.
    """
    # The head first: what comes later may be refused for, but then its number is taken, too.
    last, head = copy.head()
    check_here(copy, address)
    if draft.claim and (claiming := copy.claiming(storable(draft.claim))):
        raise AlreadyRecorded(claiming)
    if draft.holds and (holder := copy.holder(storable(draft.holds))):
        raise HeldByAnother(holder)
    return linked(copy.id, draft, seq=last + 1, at=at, person=person, previous=head)


def check_here(copy: JournalReader, address: str) -> None:
    """Raise UnusableJournal if the newest entry says that the journal has moved to another address."""
    newest = copy.newest()
    if newest is None or newest.kind is not EntryKind.MOVED:
        return
    place = str(newest.data.get("to", ""))
    # A file may be renamed, so that one that the journal moved to is this one, whatever its name.
    is_here = place == address if "://" in place else not address
    if not is_here:
        raise UnusableJournal(
            _("The journal has moved to {place}; nothing more is written here.").format(place=clean(place)),
            _('Set journal = "{place}" in the configuration, and restart.').format(place=clean(place)),
        )
