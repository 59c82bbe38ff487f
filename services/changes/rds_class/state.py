from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta

from services.calendar.calendar import Calendar
from services.changes.rds.state import CLASS, ReadState, pending_digest, state_digest
from services.i18n import _
from services.models.date_text import day_text
from services.models.metrics import Series, TimeSpan
from services.models.rds import OrderableClass

# Whether the database's CPU was over its limit on most of the last open days (runbook: スケール操作 2, when to do it).
#
# A day counts if the mean of one of its opening hours is at or over the limit. Source: CPUUtilization (Amazon RDS
# CloudWatch metrics); the runbook's limit and calendar.


DAYS, LEAST = 5, 3  # Open days before today that are considered, and how many of them make a proposal
HOUR = 3600  # Seconds of a point


@dataclass(frozen=True, slots=True)
class BusyDays:
    days: tuple[date, ...]
    busy: tuple[date, ...]
    limit: float

    @property
    def is_proposed(self) -> bool:
        return len(self.busy) >= LEAST

    def text(self) -> str:
        """`CPU was at 70 % or more on 3 of the last 5 open days (01-22(Thu), …).`"""
        return _(
            "CPU was at {limit}% or more for an hour on {count} of the last {days} open days ({list}).",
            limit=f"{self.limit:g}",
            count=len(self.busy),
            days=len(self.days),
            list=_(", ").join(map(day_text, self.busy)),
        )


def last_open_days(calendar: Calendar, now: datetime) -> tuple[date, ...]:
    days: list[date] = []
    day: date | None = calendar.day_of(now)
    while day is not None and len(days) < DAYS:
        day = calendar.open_days.previous_open(day - timedelta(days=1))
        days += [day] if day is not None else []
    return tuple(reversed(days))


def span_of(calendar: Calendar, days: Sequence[date]) -> TimeSpan:
    return TimeSpan(start=calendar.local(days[0]), end=calendar.local(days[-1] + timedelta(days=1)))


def busy_days(calendar: Calendar, days: Sequence[date], cpu: Series, limit: float) -> BusyDays:
    """The open days on which an hour's mean reached `limit`; `cpu` has one point per hour."""
    busy = {
        calendar.day_of(at)
        for seconds, value in zip(cpu.times, cpu.values, strict=True)
        if value >= limit and calendar.within_hours(at := datetime.fromtimestamp(seconds, UTC))
    }
    return BusyDays(tuple(days), tuple(day for day in days if day in busy), limit)


@dataclass(frozen=True, slots=True)
class ClassState:
    read: ReadState
    orderable: tuple[OrderableClass, ...]  # In the order in which they are offered
    busy: BusyDays | None = None  # None: CPU could not be measured, or has no limit

    @property
    def current(self) -> str:
        return self.read.database.instance_class

    @property
    def queued(self) -> str:
        """The class that waits for the maintenance window, or is being applied; "" for none."""
        setting = self.read.pending(CLASS)
        return setting.value if setting else ""

    @property
    def names(self) -> tuple[str, ...]:
        return tuple(option.name for option in self.orderable)


def offered(classes: tuple[OrderableClass, ...], read: ReadState) -> tuple[OrderableClass, ...]:
    """The classes that fit the database's deployment and storage; those of its own family first, by size."""
    database = read.database
    fitting = [
        option
        for option in classes
        if (option.multi_az or not database.multi_az)
        and (
            not database.storage_type
            or not option.storage_types
            or database.storage_type in option.storage_types
        )
    ]
    family = database.instance_class.rpartition(".")[0]
    return tuple(
        sorted(fitting, key=lambda option: (option.name.rpartition(".")[0] != family, *_order(option.name)))
    )


_SIZES = ("micro", "small", "medium", "large", "xlarge")


def _order(name: str) -> tuple[str, int, int]:
    family, _dot, size = name.rpartition(".")
    if size in _SIZES:
        return family, _SIZES.index(size), 0
    number = size.removesuffix("xlarge")
    return family, len(_SIZES), int(number) if number.isdecimal() else 10**6


def class_digest(read: ReadState, *, immediately: bool) -> str:
    queued = read.pending(CLASS)
    return state_digest(
        read.database.instance_class,
        queued.value if queued else "",
        read.database.multi_az,
        pending_digest(read, without=(CLASS,)) if immediately else read.database.maintenance_window,
        read.is_available,
    )
