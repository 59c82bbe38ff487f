"""The entries of a console's start and end."""

import os

from services.i18n import _
from services.models.canonical import digest
from services.models.journal import EntryKind, NewEntry
from services.models.runbook import Runbook


def started(runbook: Runbook) -> NewEntry:
    """The console has started; the entry names the runbook, to whose approvals and freezes its changes are subject."""
    obeys = {
        "runbook": str(runbook.system.id),
        "runbook_digest": digest(runbook.model_dump(mode="json")),
    }
    return NewEntry(kind=EntryKind.STARTED, text=_("Console started"), data={"pid": os.getpid(), **obeys})


def ended() -> NewEntry:
    """The console has ended in order."""
    return NewEntry(kind=EntryKind.ENDED, text=_("Console stopped"), data={"pid": os.getpid()})
