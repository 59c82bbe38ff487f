from collections.abc import Iterator
from datetime import tzinfo

from services.changes.rds.state import ReadState, time_of, window_text
from services.i18n import _
from services.models.changes import Fact
from services.models.durations import lasting
from services.models.rds import OptIn
from services.models.units import BYTES, number


def facts(state: ReadState, zone: tzinfo) -> tuple[Fact, ...]:
    return (*_instance(state), *_storage(state), *_times(state, zone), *_pending(state, zone))


def _instance(state: ReadState) -> Iterator[Fact]:
    database = state.database
    yield Fact(name=_("Status"), value=database.status)
    version = f"{database.engine} {database.engine_version}".strip()
    yield Fact(name=_("Instance class"), value=database.instance_class or "—", note=version)
    multi = {True: _("yes"), False: _("no"), None: _("unknown")}[database.multi_az]
    yield Fact(name=_("Multi-AZ"), value=multi)


def _storage(state: ReadState) -> Iterator[Fact]:
    database = state.database
    size = "—" if database.storage_gib is None else f"{database.storage_gib} GiB"
    notes = [database.storage_type]
    if database.max_storage_gib is not None:
        notes.append(_("extends itself up to {size} GiB", size=database.max_storage_gib))
    yield Fact(name=_("Storage"), value=size, note=_(", ").join(note for note in notes if note))
    if database.storage_operation:
        percent = "—" if database.storage_percent is None else f"{database.storage_percent}%"
        yield Fact(name=_("Storage operation"), value=database.storage_operation, note=percent)
    if state.load.free is not None:
        note = _full_text(state)
        yield Fact(name=_("Free storage"), value=number(state.load.free, BYTES), note=note)


def _full_text(state: ReadState) -> str:
    """`full in 1h 20m at the present rate`; "" if that is not certain. Says so if the storage is full."""
    end, free = state.load.depletion, state.load.free
    if free is not None and free <= 0:
        return _("it is full")
    return _("full in {time} at the present rate", time=lasting(end.left)) if end else ""


def _times(state: ReadState, zone: tzinfo) -> Iterator[Fact]:
    yield Fact(name=_("Next maintenance window"), value=window_text(state, zone))
    restorable = state.database.latest_restorable
    if restorable is not None:
        yield Fact(name=_("Restorable to"), value=time_of(restorable, zone))


def _pending(state: ReadState, zone: tzinfo) -> Iterator[Fact]:
    for setting in state.database.pending:
        note = _("interrupts the database") if setting.outage else ""
        yield Fact(name=_("Pending modification"), value=f"{setting.title} → {setting.value}", note=note)
    if not state.database.pending_reported:
        yield Fact(name=_("Pending modification"), value=_("unknown"))
    for action in state.actions or ():
        yield Fact(
            name=_("Pending maintenance"),
            value=action.action,
            note=opt_in_text(action.opt_in, time_of(action.current, zone) if action.current else ""),
        )
    if state.actions is None:
        yield Fact(name=_("Pending maintenance"), value=_("unknown"))


def opt_in_text(opt_in: OptIn, at: str) -> str:
    """Who applies a maintenance action and when: `requested, 11-29(Sun) 02:00 JST`."""
    chosen = {
        OptIn.NONE: _("not requested"),
        OptIn.NEXT_WINDOW: _("requested for the next window"),
        OptIn.IMMEDIATE: _("requested immediately"),
    }[opt_in]
    return _(", ").join([chosen, at]) if at else chosen
