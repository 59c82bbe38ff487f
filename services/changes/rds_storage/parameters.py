import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta, tzinfo

from services.changes.rds.state import STORAGE, ReadState, pending_digest, state_digest, time_of
from services.changes.typed_values import normalized
from services.i18n import _
from services.models.rds import DatabaseEvent, SizeRange, StorageOption
from services.models.runbook import Rds
from services.models.text import clean

# The state that an extension of the storage is planned from. Pure.
#
# Source: AllocatedStorage (Amazon RDS user guide): not again for six hours, or until the storage is optimized, whichever
# is longer.


COOLDOWN = timedelta(hours=6)
_FINISHED, _STORAGE = "finished applying", "allocated storage"
"""Parts of the event that ends a modification, by a person or by storage autoscaling."""


@dataclass(frozen=True, slots=True)
class StorageState:
    read: ReadState
    options: tuple[StorageOption, ...] | None  # None: RDS did not tell
    changed_at: datetime | None = None
    """When the storage was last changed (UTC); None: not within the last hours."""
    events_read: bool = True  # Whether events could be read; if not, `changed_at` means nothing

    @property
    def current(self) -> int:
        return self.read.database.storage_gib or 0

    @property
    def option(self) -> StorageOption | None:
        kind = self.read.database.storage_type
        return next((option for option in self.options or () if option.storage_type == kind), None)

    @property
    def is_optimizing(self) -> bool:
        database = self.read.database
        return bool(database.storage_operation) or database.status == "storage-optimization"

    @property
    def cooldown_ends(self) -> datetime | None:
        """When the storage may be changed again (UTC) unless it is still being optimized; None: now."""
        if self.changed_at is None or self.changed_at + COOLDOWN <= self.read.at:
            return None
        return self.changed_at + COOLDOWN


def last_change(events: Iterable[DatabaseEvent]) -> datetime | None:
    messages = ((event.at, event.message.lower()) for event in events)
    return max((at for at, message in messages if _FINISHED in message and _STORAGE in message), default=None)


def storage_digest(state: ReadState, *, immediately: bool) -> str:
    database = state.database
    queued = state.pending(STORAGE)
    return state_digest(
        database.storage_gib,
        database.storage_type,
        database.iops,
        database.max_storage_gib,
        database.storage_operation,
        queued.value if queued else "",
        pending_digest(state, without=(STORAGE,)) if immediately else database.maintenance_window,
        state.can_extend,
    )


# Which sizes and IOPS the storage of a database may be extended to. Pure.
#
# Source: DescribeValidDBInstanceModifications, AllocatedStorage of ModifyDBInstance (Amazon RDS API reference); "Amazon RDS
# DB instance storage" (user guide): gp3 of a certain size is striped over four volumes, has more IOPS, and its IOPS must
# be sent; below that size they must not. Less than 10 % is an error in the user guide and rounded up in the API
# reference, so it is refused here.


LEAST_PERCENT = 110  # Smallest new size, in per cent of the present one
_STRIPED = {"oracle": 200, "sqlserver": 0}
"""GiB from which gp3's IOPS must be sent, by the beginning of the engine's name."""
_USUALLY_STRIPED = 400
_PROVISIONED = ("io1", "io2")
_STRIPED_IOPS = 12000  # Least IOPS of striped gp3 if RDS does not report them


def is_legal(size: int, ranges: Iterable[SizeRange]) -> bool:
    return any(span.first <= size <= span.last and (size - span.first) % span.step == 0 for span in ranges)


def next_legal(least: int, ranges: Iterable[SizeRange]) -> int | None:
    return min((size for span in ranges if (size := _from(least, span)) <= span.last), default=None)


def _from(least: int, span: SizeRange) -> int:
    steps = max(0, -((span.first - least) // span.step))
    return span.first + steps * span.step


def smallest(current: int, option: StorageOption) -> int | None:
    return next_legal(-(-current * LEAST_PERCENT // 100), option.sizes)


def _striped(engine: str) -> int:
    return next((gib for name, gib in _STRIPED.items() if engine.startswith(name)), _USUALLY_STRIPED)


def is_copied(engine: str, storage_type: str, current: int, size: int) -> bool:
    """Whether the data are copied to other volumes ("I/O-intensive storage modifications", user guide)."""
    return storage_type == "standard" or current <= _striped(engine) < size


def iops_to_send(engine: str, option: StorageOption, size: int, current: int | None) -> int | None:
    """IOPS to send with a new size: the present ones where they are legal; None: must not be sent."""
    if option.storage_type == "gp3":
        if size < _striped(engine):
            return None
        least = min((span.first for span in option.iops), default=_STRIPED_IOPS)
        return max(current or 0, least)
    if option.storage_type in _PROVISIONED:
        return current
    return None


SIZE, MAX_SIZE, TIMING, PENDING = "size", "max_size", "timing", "pending"
NAMES = (SIZE, MAX_SIZE, TIMING, PENDING)
NOW, WINDOW = "now", "window"
HOLD, APPLY = "hold", "apply"


@dataclass(frozen=True, slots=True)
class StorageParameters:
    size: int
    max_size: int | None  # New MaxAllocatedStorage; None: not changed
    immediately: bool
    along: bool  # Whether other pending modifications may be applied along

    def as_typed(self) -> dict[str, str]:
        values = {SIZE: str(self.size), TIMING: NOW if self.immediately else WINDOW}
        values |= {MAX_SIZE: str(self.max_size)} if self.max_size is not None else {}
        return values | ({PENDING: APPLY} if self.along else {})


def default_size(state: StorageState, spec: Rds) -> int | None:
    if state.option is None:
        return None
    least, larger = smallest(state.current, state.option), spec.larger_storage_gib
    if larger is not None and least is not None and larger >= least and is_legal(larger, state.option.sizes):
        return larger
    return least


def default_max(state: StorageState, size: int) -> int | None:
    """MaxAllocatedStorage to set with a new size; None: the present one may stay."""
    most = state.read.database.max_storage_gib
    if most is None or most * 100 >= size * LEAST_PERCENT:
        return None
    return max(most, -(-size * LEAST_PERCENT // 100))


def read_parameters(
    parameters: Mapping[str, str], state: StorageState, spec: Rds
) -> tuple[StorageParameters | None, tuple[str, ...]]:
    """(the parsed parameters, or None; the reasons for refusing them). Missing parameters get their defaults."""
    default = default_size(state, spec)
    if SIZE not in parameters and default is None:
        return None, (_no_size(state),)
    size, why = _whole(parameters.get(SIZE), default, _("The new size"))
    if size is None:
        return None, (why,)
    typed = normalized(parameters.get(MAX_SIZE, ""))
    most, why = _whole(typed or None, default_max(state, size) or 0, _("The limit of storage autoscaling"))
    if most is None:
        return None, (why,)
    timing = normalized(parameters.get(TIMING, NOW))
    along = normalized(parameters.get(PENDING, HOLD))
    if timing not in (NOW, WINDOW) or along not in (HOLD, APPLY):
        text = _("“{text}” is not a choice; choose one of {choices}.")
        wrong, choices = (timing, (NOW, WINDOW)) if timing not in (NOW, WINDOW) else (along, (HOLD, APPLY))
        return None, (text.format(text=clean(wrong), choices=_(", ").join(choices)),)
    return StorageParameters(size, most or None, timing == NOW, along == APPLY), ()


def _whole(text: str | None, default: int | None, name: str) -> tuple[int | None, str]:
    value = normalized(text) if text is not None else "" if default is None else str(default)
    if not value:
        return None, _("{name} is missing: enter a whole number of GiB.", name=name)
    if re.fullmatch(r"[0-9]{1,9}", value) is None:
        return None, _("{name} must be a whole number of GiB, not “{text}”.", name=name, text=clean(value))
    return int(value), ""


def _no_size(state: StorageState) -> str:
    if state.option is None or not state.current:
        return _("RDS did not report the legal sizes of this storage; plan again later.")
    return _("The storage cannot be extended further: {current} GiB.", current=state.current)


def size_refusals(values: StorageParameters, state: StorageState) -> list[str]:
    option, current = state.option, state.current
    if option is None or not current:
        return [_no_size(state)]
    if values.size < current:
        return [_("RDS storage cannot shrink: it has {current} GiB.", current=current)]
    least = smallest(current, option)
    if least is None:
        return [_no_size(state)]
    if values.size < least:
        text = _("RDS extends storage by at least 10%: from {current} GiB to {least} GiB or more.")
        return [text.format(current=current, least=least)]
    if not is_legal(values.size, option.sizes):
        spans = _(", ").join(f"{span.first}–{span.last}" for span in option.sizes)
        text = _("{size} GiB is not a legal size; legal are {spans} GiB. Choose {least} GiB or more.")
        return [text.format(size=values.size, spans=spans, least=least)]
    return _max_refusals(values, state)


def _max_refusals(values: StorageParameters, state: StorageState) -> list[str]:
    present = state.read.database.max_storage_gib
    if present is None:
        if values.max_size is None:
            return []
        return [_("Storage autoscaling is off; leave its limit empty.")]
    most, least = values.max_size or present, -(-values.size * LEAST_PERCENT // 100)
    if most >= least:
        return []
    text = _("The limit of storage autoscaling must be at least 10% above the size: {least} GiB or more.")
    return [text.format(least=least)]


def time_refusals(values: StorageParameters, state: StorageState, zone: tzinfo) -> list[str]:
    refusals = []
    queued = state.read.pending(STORAGE)
    if queued is not None and queued.value == str(values.size) and not values.immediately:
        refusals.append(_("{size} GiB is queued for the next maintenance window already.", size=values.size))
    if state.cooldown_ends is not None:
        text = _(
            "The storage was changed less than six hours ago: AWS allows the next change from {at}, and not before it "
            "is optimized."
        )
        refusals.append(text.format(at=time_of(state.cooldown_ends, zone)))
    elif state.is_optimizing:
        text = _("The storage is still being optimized ({percent}); plan again when that has ended.")
        percent = state.read.database.storage_percent
        refusals.append(text.format(percent="—" if percent is None else f"{percent}%"))
    others = state.read.others(STORAGE)
    if values.immediately and others and not values.along:
        text = _(
            "Applying it now also applies what is pending ({list}): choose the next window, withdraw the pending "
            "modifications first, or choose to apply them too."
        )
        names = _(", ").join(f"{setting.title} → {setting.value}" for setting in others)
        refusals.append(text.format(list=names))
    return refusals
