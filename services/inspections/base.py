"""The base classes of inspections; each one is a folder and a line in `services.inspections.registry`."""

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, ClassVar

from services.aws.client.reader import Reader
from services.calendar.calendar import Calendar
from services.clock import Clock
from services.i18n import _
from services.inspections.allow_list import AllowList
from services.models.aws_cli import CliCommand
from services.models.base import RawId
from services.models.evidence import ROWS, Evidence, Row
from services.models.findings import Finding, InspectionInfo, Progress
from services.models.metrics import TimeSpan
from services.models.runbook import Runbook
from services.models.runbook_inspections import CustomInspection
from services.models.verdict import Limit


@dataclass(frozen=True, slots=True)
class InspectionContext:
    """The system that inspections read. It cannot write; each inspection creates its readers (`services.aws`)."""

    runbook: Runbook
    calendar: Calendar
    clock: Clock
    region: str
    reader: Reader  # Counts the requests of this run; see `services.inspections.running.runner`
    allow_list: AllowList = field(default_factory=AllowList)
    """Known people and networks, from the runbook and the journal."""
    memory: dict[str, Any] = field(default_factory=dict)
    """Values that an inspection keeps between runs (such as a charged response), under its own id."""
    scanned: Callable[[int, float], None] = lambda _bytes, _yen: None
    """Reports the bytes that a query scanned and what they cost (yen)."""


def _ignore_progress(_progress: Progress) -> None:
    pass


@dataclass(frozen=True, slots=True)
class InspectionRequest:
    since: datetime  # Aware, UTC
    until: datetime  # Aware, UTC; for most runs the current time
    gap: str = ""
    """What is unusual about the window, in words: it covers closed days, or time that no run covered."""
    consent: bool = False  # A person has agreed to the cost
    on_progress: Callable[[Progress], None] = _ignore_progress  # Reports the progress

    @property
    def span(self) -> TimeSpan:
        return TimeSpan(start=self.since, end=self.until)

    @property
    def hours(self) -> float:
        return max(1 / 60, (self.until - self.since).total_seconds() / 3600)


class Inspection(ABC):
    """One read-only check of AWS that judges itself."""

    longest: ClassVar[timedelta] = timedelta(days=35)
    """Maximum length of a window; if it limits a run, the finding says what was not covered."""

    def __init__(self, context: InspectionContext, info: InspectionInfo) -> None:
        self.context = context
        self.id = str(info.id)  # The id in duties and on the command line: `toban inspect <id>`
        self.title = str(info.title)  # English, for `_`

    @abstractmethod
    async def run(self, request: InspectionRequest) -> Finding:
        """Read and judge. Raises AwsError, which becomes a finding without a verdict."""

    async def prepare(self, request: InspectionRequest) -> None:  # noqa: B027  most have nothing to prepare
        """Read beforehand what a run of this window would have to wait for. Raises AwsError. Called PREPARED
        (`services.models.duties`) before a scheduled run; `request.until` is when it is due."""

    def cli_commands(self, span: TimeSpan) -> Iterable[CliCommand]:
        return ()

    def first_since(self, now: datetime) -> datetime:
        return self.context.calendar.closed_at(now)

    @property
    def name(self) -> str:
        return _(self.title)


class OwnInspection(Inspection):
    """An inspection that the runbook defines: `[[inspections]]`. Each kind is a subclass."""

    def __init__(self, context: InspectionContext, spec: CustomInspection) -> None:
        super().__init__(context, InspectionInfo(id=RawId(spec.id), title=spec.title))
        self.spec = spec

    @property
    def name(self) -> str:
        return self.spec.title

    @property
    def limit(self) -> Limit:
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
    """Evidence with at most ROWS rows; put the worst rows first."""
    lines = [row if isinstance(row, Row) else Row(cells=tuple(row)) for row in rows]
    return Evidence(
        title=title,
        columns=tuple(columns),
        rows=tuple(lines[:ROWS]),
        omitted=max(0, len(lines) - ROWS),
        private=private,
    )
