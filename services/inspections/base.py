"""What one inspection must know; each is one folder and one line in `services.inspections.registry`."""

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, ClassVar

from services.aws.client.reader import Reader
from services.calendar.calendar import Calendar
from services.clock import Clock
from services.i18n import _
from services.inspections.known import AllowList
from services.models.base import RawId
from services.models.findings import ROWS, Evidence, Finding, InspectionInfo, Progress, Row
from services.models.metrics import TimeSpan
from services.models.runbook import Runbook
from services.models.runbook_inspections import CustomInspection
from services.models.verdict import Limit


@dataclass(frozen=True, slots=True)
class InspectionContext:
    """What inspections work with; nothing here can write. Each makes the readers it needs (`services.aws`)."""

    runbook: Runbook
    calendar: Calendar
    clock: Clock
    region: str
    reader: Reader
    """Counts what this run asks; see `services.inspections.running.metered_reader`."""
    allow_list: AllowList = field(default_factory=AllowList)
    """People and networks that the journal says are known."""
    memory: dict[str, Any] = field(default_factory=dict)
    """What an inspection keeps from run to run (an answer that AWS charges for), under its own id."""
    scanned: Callable[[int, float], None] = lambda _bytes, _yen: None
    """Reports the bytes that a query scanned and what they cost (yen)."""


def _ignore_progress(_progress: Progress) -> None:
    pass


@dataclass(frozen=True, slots=True)
class InspectionRequest:
    """What one run is asked to cover."""

    since: datetime
    """Aware, UTC."""
    until: datetime
    """Aware, UTC; for most runs, now."""
    gap: str = ""
    """What is unusual about the window, in words: it covers closed days, or time that no run covered."""
    consent: bool = False
    """A person has agreed to what it costs."""
    on_progress: Callable[[Progress], None] = _ignore_progress
    """Reports the progress."""

    @property
    def span(self) -> TimeSpan:
        """The window."""
        return TimeSpan(start=self.since, end=self.until)

    @property
    def hours(self) -> float:
        """Length of the window in hours; a minute at least."""
        return max(1 / 60, (self.until - self.since).total_seconds() / 3600)


class Inspection(ABC):
    """One read-only check of AWS that judges itself."""

    longest: ClassVar[timedelta] = timedelta(days=35)
    """No run reaches further back; a finding says what it could not see because of that."""

    def __init__(self, context: InspectionContext, info: InspectionInfo) -> None:
        self.context = context
        self.id = str(info.id)
        """As duties name it and on the command line: `toban inspect <id>`."""
        self.title = str(info.title)
        """English, for `_`."""

    @abstractmethod
    async def run(self, request: InspectionRequest) -> Finding:
        """Read and judge. Raises AwsError, which becomes a finding that cannot judge."""

    def first_since(self, now: datetime) -> datetime:
        """Where the window of the first run begins: at the close of the last open day before today."""
        return self.context.calendar.closed_at(now)

    @property
    def name(self) -> str:
        """The title in the screen's language."""
        return _(self.title)


class OwnInspection(Inspection):
    """An inspection that a runbook brings itself: `[[inspections]]`. A subclass is one kind of them."""

    def __init__(self, context: InspectionContext, spec: CustomInspection) -> None:
        super().__init__(context, InspectionInfo(id=RawId(spec.id), title=spec.title))
        self.spec = spec

    @property
    def name(self) -> str:
        """The title as the runbook spells it."""
        return self.spec.title

    @property
    def limit(self) -> Limit:
        """What is normal: of the metric, or of the count in an hour."""
        spec = self.spec
        return Limit(
            id=spec.id,
            title=spec.title,
            namespace=spec.namespace,
            metric=spec.metric,
            below=spec.below,
            above=spec.above,
            unit=spec.unit,
            scale=spec.scale,
        )


def table(
    title: str, columns: Sequence[str], rows: Iterable[Row | Sequence[str]], *, private: bool = False
) -> Evidence:
    """Evidence with at most ROWS rows; the worst should come first."""
    lines = [row if isinstance(row, Row) else Row(cells=tuple(row)) for row in rows]
    return Evidence(
        title=title,
        columns=tuple(columns),
        rows=tuple(lines[:ROWS]),
        omitted=max(0, len(lines) - ROWS),
        private=private,
    )
