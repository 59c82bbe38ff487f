"""What one inspection must know; each is one file and one line in `services.inspections.registry`."""

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
from services.models.problem import Problem
from services.models.runbook import Runbook
from services.models.runbook_looks import CustomInspection
from services.models.verdict import Limit, Verdict

DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class InspectionContext:
    """What inspections are made of; nothing here can write. Each makes the readers it needs (`services.aws`)."""

    runbook: Runbook
    calendar: Calendar
    clock: Clock
    region: str
    reader: Reader
    """Counts what this look asks; see `services.inspections.running.metered_reader`."""
    allow_list: AllowList = field(default_factory=AllowList)
    """People and networks that the journal says are known."""
    memory: dict[str, Any] = field(default_factory=dict)
    """What may be kept from look to look (an answer that AWS charges for), under the inspection's own id."""
    scanned: Callable[[int, float], None] = lambda _bytes, _yen: None
    """Tell what a query scanned (bytes) and what that costs (yen)."""


def _quiet(_progress: Progress) -> None:
    pass


@dataclass(frozen=True, slots=True)
class InspectionRequest:
    """What one look is asked to cover."""

    since: datetime
    """Aware, UTC."""
    until: datetime
    """Aware, UTC; for most looks, now."""
    gap: str = ""
    """That it covers closed days or looks nobody made, in words."""
    consent: bool = False
    """A person has agreed to what it costs."""
    tell: Callable[[Progress], None] = _quiet
    """Say how far it has come."""

    @property
    def span(self) -> TimeSpan:
        """The window."""
        return TimeSpan(start=self.since, end=self.until)

    @property
    def hours(self) -> float:
        """Length of the window in hours; never less than one minute's."""
        return max(1 / 60, (self.until - self.since).total_seconds() / 3600)


class Inspection(ABC):
    """One read-only check of AWS that judges itself."""

    longest: ClassVar[timedelta] = timedelta(days=35)
    """No run reaches further back; the finding says that what lies before was not seen."""

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
        """Where the window begins when nobody has looked before: the close of the last open day before today."""
        return self.context.calendar.closed_at(now)

    @property
    def name(self) -> str:
        """The title in the screen's language."""
        return _(self.title)

    def found(
        self,
        request: InspectionRequest,
        verdict: Verdict,
        summary: str,
        *,
        windowed: bool = True,
        advice: Iterable[str] = (),
        **more: Any,
    ) -> Finding:
        """The finding; advice is only kept where it is not normal. `windowed`: the window matters.

        What to do about what could not be read (`problem`) is advice, too.
        """
        problem: Problem | None = more.get("problem")
        remedy = (problem.advice,) if problem is not None and problem.advice else ()
        told = dict.fromkeys((*advice, *remedy))
        return Finding(
            inspection=self.id,
            title=self.name,
            verdict=verdict,
            summary=summary,
            window=request.span if windowed else None,
            gap=request.gap if windowed else "",
            read_at=self.context.clock.now(),
            advice=() if verdict is Verdict.NORMAL else tuple(told),
            **more,
        )


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
    every = [row if isinstance(row, Row) else Row(cells=tuple(row)) for row in rows]
    return Evidence(
        title=title,
        columns=tuple(columns),
        rows=tuple(every[:ROWS]),
        omitted=max(0, len(every) - ROWS),
        private=private,
    )
