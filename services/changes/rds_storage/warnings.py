"""Warnings before extending the storage. Pure."""

from collections.abc import Iterator
from datetime import tzinfo

from services.changes.base import warning
from services.changes.rds import along
from services.changes.rds.restorable import restorable_warnings
from services.changes.rds.state import STORAGE, window_text
from services.changes.rds_storage.parameters import Parameters
from services.changes.rds_storage.sizes import is_copied
from services.changes.rds_storage.state import COOLDOWN, StorageState
from services.i18n import _
from services.models.changes import Caution


def warnings(state: StorageState, values: Parameters, zone: tzinfo) -> tuple[Caution, ...]:
    return (
        *(along.queued(state.read, STORAGE, str(values.size), zone) if values.immediately else ()),
        *(along.warnings(state.read, STORAGE) if values.immediately else _window(state, zone)),
        *_always(state, values),
        *_unchecked(state),
        *restorable_warnings(state.read, zone),
    )


def _always(state: StorageState, values: Parameters) -> Iterator[Caution]:
    yield warning(_("RDS storage cannot shrink: the larger size, and its cost, stay."), grave=True)
    text = _("For the next {hours} hours, and until it is optimized, the storage cannot be changed again.")
    yield warning(text.format(hours=COOLDOWN.seconds // 3600))
    database = state.read.database
    if is_copied(database.engine, database.storage_type, state.current, values.size):
        text = _("The data are copied to other volumes: reads and writes are slower, for hours to a day.")
        yield warning(text, grave=True)
    queued = state.read.pending(STORAGE)
    if queued is not None and queued.value != str(values.size):
        text = _("A modification to {size} GiB is pending already; this one replaces it.")
        yield warning(text.format(size=queued.value))


def _window(state: StorageState, zone: tzinfo) -> Iterator[Caution]:
    text = _("The storage is extended in the next maintenance window, {window}.")
    yield warning(text.format(window=window_text(state.read, zone)))
    end, window = state.read.load.depletion, state.read.next_window
    if end is not None and window is not None and end.left < (window[0] - state.read.at).total_seconds():
        yield warning(_("At the present rate the storage is full before that window."), grave=True)


def _unchecked(state: StorageState) -> Iterator[Caution]:
    if not state.events_read:
        text = _("RDS's events could not be read: whether the storage was changed lately is unknown.")
        yield warning(text, grave=True)
    if state.read.load.free is None:
        yield warning(_("Free storage could not be measured."))
