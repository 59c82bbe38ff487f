"""The evidence as signals ask for it: curves before and since T0, log texts, targets, and why something is unseen."""

import json
import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import cached_property, lru_cache
from statistics import median
from typing import Any

from services.i18n import _
from services.incidents.onset import onset_of
from services.models.causes import Onset, OnsetBasis
from services.models.first_wave import IncidentEvidence, LogEntry, LogSample, Measure, Source, TargetHealth
from services.models.measures import ZERO
from services.models.metrics import SeriesStatus
from services.models.runbook import Runbook

EVALUATION = timedelta(minutes=5)
"""How much later than the first bad minute an alarm fires: its periods and their evaluation."""
UNUSED = frozenset({"unused", "draining"})  # States of targets that receive no new requests
SKEW = timedelta(minutes=1)
"""By how much CloudWatch may publish one metric of a resource later than another; of the requests twice as much."""
_BALANCER = (
    Measure.REQUESTS,
    Measure.LATENCY,
    Measure.HEALTHY,
    Measure.UNHEALTHY,
    Measure.ELB_5XX,
    Measure.TARGET_5XX,
)


@dataclass(frozen=True)
class Facts:
    """One evidence, with the runbook that its limits come from."""

    evidence: IncidentEvidence
    runbook: Runbook
    judged: set[Measure] = field(default_factory=set, compare=False)
    """The curves that were asked for by `uncounted`, until a signal clears it."""

    @cached_property
    def onset(self) -> Onset:
        return onset_of(self.evidence)

    @property
    def start(self) -> datetime:
        """From when the minutes count as bad: T0, or a while before the alarm where no T0 was found (UTC)."""
        if self.onset.basis is OnsetBasis.ALARM:
            return self.onset.at - EVALUATION
        return self.onset.at

    def unread(self, *sources: Source) -> str:
        """Why one of these sources is not there, in words; "" if all were read."""
        for source in sources:
            reading = self.evidence.reading(source)
            if reading is None:
                return _("it was not read")
            if reading.problem is not None:
                return reading.problem.summary
            if reading.omitted:
                return reading.omitted
        return ""

    def cut(self, *sources: Source) -> str:
        """What of these sources was not read to its end, in words; "" if they were read whole or not at all."""
        readings = (self.evidence.reading(source) for source in sources)
        return next((reading.cut for reading in readings if reading is not None and reading.cut), "")

    def gap(self, *sources: Source) -> str:
        """Why one of these sources is not there or not whole, in words; "" if all were read whole."""
        return self.unread(*sources) or self.cut(*sources)

    @cached_property
    def denials(self) -> frozenset[str]:
        return frozenset(filter(None, (self.unread(source) for source in Source)))

    # ---- curves

    def points(self, measure: Measure) -> list[tuple[datetime, float]]:
        curve = self.evidence.curve(measure)
        pairs = zip(curve.times, curve.values, strict=True) if curve is not None else ()
        return [(datetime.fromtimestamp(at, UTC), value) for at, value in pairs]

    def published(self, measure: Measure) -> datetime | None:
        """The newest minute that CloudWatch has published of a curve; None: none, or it is not known. Of a
        count that is not published while it is zero, another curve of the same resource tells it."""
        own = max((at for at, _value in self.points(measure)), default=None)
        if measure not in ZERO:
            return own
        others = [self._newest[other] for other in _BALANCER if other in self._newest]
        beside = max(others) - SKEW * (2 if measure is Measure.REQUESTS else 1) if others else None
        return max((at for at in (own, beside) if at is not None), default=None)

    @cached_property
    def _newest(self) -> dict[Measure, datetime]:
        return {measure: points[-1][0] for measure in Measure if (points := self.points(measure))}

    def since(self, measure: Measure, *, lead: float = 0) -> list[float]:
        """The values from `lead` minutes before T0 on."""
        first = self.start - timedelta(minutes=lead)
        return [value for at, value in self.points(measure) if at >= first]

    def before(self, measure: Measure) -> list[float]:
        last = self.start - timedelta(minutes=1)
        return [value for at, value in self.points(measure) if at <= last]

    def total(self, measure: Measure) -> float:
        return sum(self.since(measure))

    def usual(self, measure: Measure) -> float | None:
        curve = self.evidence.curve_week_ago(measure)
        values = list(curve.values) if curve is not None and len(curve.values) >= 10 else self.before(measure)
        return median(values) if values else None

    def uncounted(self, measure: Measure) -> str:
        """Why a curve cannot be judged, in words; "" if it can. A count without points is zero, not missing."""
        self.judged.add(measure)
        if why := self.unread(Source.METRICS):
            return why
        curve = self.evidence.curve(measure)
        if curve is None:
            # Every curve that was asked for is there, be it without points.
            return _("the runbook does not name what publishes it")
        if curve.status in (SeriesStatus.FORBIDDEN, SeriesStatus.ERROR):
            return curve.message or _("CloudWatch could not compute it")
        if measure not in ZERO and not curve.values:
            return _("CloudWatch has no data of it")
        newest = self.published(measure)
        if newest is None:
            return _("CloudWatch has no data of this resource")
        if newest < self.start:
            return _("CloudWatch has published nothing since T0")
        return ""

    @property
    def is_unpublished(self) -> bool:
        return (
            not self.unread(Source.METRICS) and max(self._newest.values(), default=self.start) < self.onset.at
        )

    def errors_since(self) -> tuple[float, float]:
        """(load balancer's errors, application's errors) since T0."""
        return self.compared(Measure.ELB_5XX), self.compared(Measure.TARGET_5XX)

    def compared(self, measure: Measure) -> float:
        """A count of errors since T0, up to the minute in which all errors are published."""
        ends = [self.published(each) for each in (Measure.ELB_5XX, Measure.TARGET_5XX)]
        end = min((at for at in ends if at is not None), default=self.evidence.ended)
        return sum(value for at, value in self.points(measure) if self.start <= at <= end)

    # ---- targets

    @cached_property
    def registered(self) -> tuple[TargetHealth, ...]:
        return tuple(target for target in self.evidence.targets if target.state not in UNUSED)

    @cached_property
    def unhealthy(self) -> tuple[TargetHealth, ...]:
        return tuple(target for target in self.registered if target.state.startswith("unhealthy"))

    # ---- logs

    def lines(self, sample: LogSample | None, *, lead: float = 5) -> Sequence[LogEntry]:
        first = self.start - timedelta(minutes=lead)
        return [line for line in sample.lines if line.at >= first] if sample is not None else []

    @cached_property
    def application_messages(self) -> dict[str, list[LogEntry]]:
        """What the application's errors say since just before T0, each message with its lines, both oldest first."""
        return self._by_message(self.evidence.application_errors)

    @cached_property
    def database_messages(self) -> dict[str, list[LogEntry]]:
        """What the database's log says since just before T0, each message with its lines, both oldest first."""
        return self._by_message(self.evidence.database_lines)

    def _by_message(self, sample: LogSample | None) -> dict[str, list[LogEntry]]:
        by_message: dict[str, list[LogEntry]] = {}
        for line in self.lines(sample):
            by_message.setdefault(message_of(line.text), []).append(line)
        return by_message

    @property
    def log_gap(self) -> str:
        """Why the words of the logs may be incomplete, in words; "" if both were read whole."""
        return self.gap(Source.DATABASE_LOG, Source.APPLICATION_LOG)


_CALM = frozenset({"info", "debug", "trace"})
_TELLS = re.compile(
    r"(?:^|[^A-Za-z]|(?<=[a-z])(?=[A-Z]))(?i:messages?|msg|err(?:or)?s?|exc(?:eption)?s?|stack(?:trace)?|trace(?:back)?"
    r"|thrown|throwable|cause|reason|details?|description)(?![a-z])(?!_?[iI][dD]$)"
)
"""Keys of a log line under which loggers write what went wrong."""


@lru_cache(4096)
def message_of(text: str) -> str:
    """What a log line says: of a JSON object the texts of the keys that tell it, otherwise the line itself."""
    value = _object(text)
    keys = sorted(filter(_TELLS.search, value), key=lambda key: key.casefold() not in ("message", "msg"))
    texts = [_flat(value[key]) for key in keys if value[key]]
    if str(value.get("level")).casefold() in _CALM:
        texts.insert(0, "INFO")
    return " ".join(texts) or text


_ASKED = frozenset(
    {"req", "request", "headers", "http", "client", "user_agent", "referer", "remote_addr", "ip"}
)
"""Keys of a log line that tell of the request that was served, not of what it needed."""


@lru_cache(4096)
def detail_of(text: str) -> str:
    """The values of a JSON line without those of the request that was served; "" for other lines."""
    return _flat({key: part for key, part in _object(text).items() if key not in _ASKED})


def _object(text: str) -> dict[str, Any]:
    try:
        value = json.loads(text) if text.startswith("{") else {}
    except (ValueError, RecursionError):
        return {}
    return value if isinstance(value, dict) else {}


def _flat(value: object) -> str:
    if isinstance(value, dict):
        return " ".join(_flat(part) for part in value.values())
    return str(value)


def minutes_before(moment: datetime, then: datetime) -> float:
    return (moment - then).total_seconds() / 60
