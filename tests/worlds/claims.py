"""Checks lines of evidence one by one against their world, by what had been published when they were said.

Each sentence is read as an operator reads it, from the world's own data. It is true, false, or neither: a CPU of 62 % is
neither low nor high. A seen sentence is a false claim if it is false, a sentence that "was not seen" if it is true; what is
neither is counted apart, as are sentences that are not known here. Figures must be those of a minute that was published.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, timezone

from services.incidents.facts import EVALUATION
from services.models.causes import Assessment, OnsetBasis, Signal, SignalState
from tests.worlds.answers import Variant, WorldReader
from tests.worlds.curves import ECS, ELB, RDS, WAF
from tests.worlds.facts import Verdict3, WorldFacts
from tests.worlds.schema import World
from tests.worlds.sentences import SENTENCES

JST = timezone(timedelta(hours=9))
_NUMBER = re.compile(r"(?<![\w.:])[-+−]?\d[\d,]*(?:\.\d+)?(?![\w:]*:)")
_TIME = re.compile(r"\b(\d{1,2}):(\d{2})\b")
_LIMIT = re.compile(r"^([≥≤<>])\s*([\d.,]+)")

FIGURES: Mapping[str, tuple[str, str, str, float]] = {
    "connection-errors": (ELB, "TargetConnectionErrorCount", "Sum", 1),
    "latency-first": (ELB, "TargetResponseTime", "p95", 1000),
    "traffic-surge": (ELB, "RequestCount", "Sum", 1),
    "traffic-usual": (ELB, "RequestCount", "Sum", 1),
    "traffic-fall": (ELB, "RequestCount", "Sum", 1),
    "few-requests": (ELB, "RequestCount", "Sum", 1),
    "tls-errors": (ELB, "ClientTLSNegotiationErrorCount", "Sum", 1),
    "target-tls-errors": (ELB, "TargetTLSNegotiationErrorCount", "Sum", 1),
    "waf-blocks": (WAF, "BlockedRequests", "Sum", 1),
    "memory-high": (ECS, "MemoryUtilization", "Maximum", 1),
    "memory-climbing": (ECS, "MemoryUtilization", "Maximum", 1),
    "memory-low": (ECS, "MemoryUtilization", "Maximum", 1),
    "connections-high": (RDS, "DatabaseConnections", "Maximum", 1),
    "connections-flat": (RDS, "DatabaseConnections", "Maximum", 1),
    "connections-gone": (RDS, "DatabaseConnections", "Maximum", 1),
    "db-cpu-raised": (RDS, "CPUUtilization", "Average", 1),
    "db-waiting": (RDS, "DBLoad", "Average", 1),
    "db-burst-empty": (RDS, "BurstBalance", "Average", 1),
    "db-cpu-low": (RDS, "CPUUtilization", "Average", 1),
    "cpu-low": (ECS, "CPUUtilization", "Average", 1),
    "cpu-at-maximum": (ECS, "CPUUtilization", "Average", 1),
    "hot-task": (ECS, "CPUUtilization", "Maximum", 1),
    "storage-empty": (RDS, "FreeStorageSpace", "Minimum", 1 / 2**30),
    "storage-ample": (RDS, "FreeStorageSpace", "Minimum", 1 / 2**30),
}
"""The metric whose figure the value begins with: namespace, metric, statistic, factor to the unit shown."""
SUMS: Mapping[str, tuple[str, ...]] = {
    "elb-share": ("HTTPCode_ELB_5XX_Count", "HTTPCode_Target_5XX_Count"),
    "target-share": ("HTTPCode_ELB_5XX_Count", "HTTPCode_Target_5XX_Count"),
    "elb-502": ("HTTPCode_ELB_5XX_Count", "HTTPCode_Target_5XX_Count"),
    "elb-504": ("HTTPCode_ELB_5XX_Count", "HTTPCode_Target_5XX_Count"),
}
"""Signals whose value ends with a sum over minutes, and of which counts."""
_PLAIN = frozenset(
    [
        "connection-errors",
        "tls-errors",
        "target-tls-errors",
        "memory-low",
        "memory-high",
        "db-cpu-raised",
        "db-cpu-low",
        "cpu-low",
        "connections-high",
    ]
)
"""Signals that say no more than that the value is beyond the limit."""
_STATES = frozenset({"storage-empty", "storage-ample"})


@dataclass(frozen=True)
class FalseClaim:
    """A line of evidence that is not true in its world."""

    id: str
    state: str
    title: str
    value: str
    why: str

    def __str__(self) -> str:
        return f"{self.id} {self.state}: “{self.title}” ({self.value}): {self.why}"


def checked(
    world: World, variant: Variant, session: WorldReader, assessment: Assessment
) -> tuple[int, tuple[str, ...], tuple[FalseClaim, ...]]:
    """(claims made, titles of the undecided ones, the false ones) of an assessment."""
    onset = assessment.onset
    start = onset.at - EVALUATION if onset.basis is OnsetBasis.ALARM else onset.at
    now = WorldFacts(session, start)
    by_end: dict[datetime | None, WorldFacts] = {None: now}
    release = [item for item in assessment.signals if item.state is not SignalState.UNSEEN]
    undecided: list[str] = []
    false: list[FalseClaim] = []
    for signal in release:
        # A sum may be of one published minute more than what the sentence says it is known for.
        if late := _until(now, signal) or _sum(now, signal):
            false.append(FalseClaim(signal.id, signal.state.value, signal.title, signal.value, late))
            continue
        until = signal.until if signal.source == "metrics" else None
        facts = by_end.setdefault(until, WorldFacts(session, start, until))
        why, is_decided = _judged(facts, signal)
        if why:
            false.append(FalseClaim(signal.id, signal.state.value, signal.title, signal.value, why))
        elif not is_decided:
            undecided.append(f"{signal.id} {signal.title}")
    return len(release), tuple(undecided), tuple(false)


def _judged(facts: WorldFacts, signal: Signal) -> tuple[str, bool]:
    """(why it is false or "", whether it could be decided)."""
    for look in (_times, _unpublished, _figure, _beyond):
        if why := look(facts, signal):
            return why, True
    title, sentence = SENTENCES.get(signal.id, ("", _unknown))
    if title != signal.title:
        return "", False
    truth, why = sentence(facts, signal)
    if truth is None:
        return "", False
    if truth is (signal.state is SignalState.PRESENT):
        return "", True
    return why, True


def _unknown(_facts: WorldFacts, _signal: Signal) -> Verdict3:
    return None, ""


def _stated(facts: WorldFacts, text: str) -> list[datetime]:
    """The times of day in a text, in local time or UTC, whichever is near the moment of reading."""
    moments = []
    for hour, minute in _TIME.findall(text):
        near = [
            facts.now.astimezone(zone).replace(
                hour=int(hour) % 24, minute=int(minute), second=0, microsecond=0
            )
            for zone in (JST, UTC)
        ]
        moments.append(min(near, key=lambda item: abs(facts.now - item)))
    return moments


def _times(facts: WorldFacts, signal: Signal) -> str:
    """A beginning, or a time in the value, that has not come or was not published."""
    last = facts.world.at(facts.last + 1) if signal.source == "metrics" else facts.now
    if signal.at is not None and signal.at > last:
        return f"it began at {signal.at:%H:%M:%S} UTC, which was not published"
    # A line of a log that is quoted has numbers of its own: of places in the code, for example.
    if (
        "×" not in signal.value
        and not signal.source.endswith("log")
        and any(moment > last for moment in _stated(facts, signal.value))
    ):
        return "the value is of a time that was not published"
    return ""


def _until(facts: WorldFacts, signal: Signal) -> str:
    """Known up to a moment that was not published, or has not come."""
    last = facts.world.at(facts.last + 1) if signal.source == "metrics" else facts.now
    if signal.until is not None and signal.until > last:
        return f"known until {signal.until:%H:%M:%S} UTC, which was not published"
    return ""


def _unpublished(facts: WorldFacts, signal: Signal) -> str:
    """A metric's claim about the bad minutes, none of which is published, that does not say up to when it is known."""
    is_state = signal.id in _STATES or _stated(facts, f"{signal.value} {signal.limit}")
    is_dated = signal.until is not None or signal.source != "metrics"
    if is_dated or facts.bad or is_state or facts.world.alarm.state == "OK":
        return ""
    if signal.id in FIGURES or signal.id in SUMS:
        return "no minute since T0 was published"
    return ""


def numbers(text: str) -> list[float]:
    return [float(item.replace(",", "").replace("−", "-")) for item in _NUMBER.findall(_TIME.sub("", text))]


def _figure(facts: WorldFacts, signal: Signal) -> str:
    if signal.id not in FIGURES:
        return ""
    hits = numbers(signal.value)
    if not hits:
        return ""
    namespace, name, stat, factor = FIGURES[signal.id]
    first = -180 if signal.id in ("memory-climbing", *_STATES) else min(-15, int(facts.onset) - 15)
    points = facts.points(namespace, name, stat, first)
    if not points:
        return "no minute of it was published"
    table = [value * factor for value in points.values()]
    figure = hits[0]
    slack = max(0.6 if "." not in signal.value.split()[0] else 0.06, abs(figure) * 0.006)
    if "ms" not in signal.value and signal.id == "latency-first" and " s" in signal.value:
        figure, slack = figure * 1000, slack * 1000
    if not min(table) - slack <= figure <= max(table) + slack:
        return f"published are {min(table):.4g} to {max(table):.4g}"
    newest = _stated(facts, signal.value)
    if newest and (at := round(facts.world.minute(newest[-1]))) in points:
        near = [points[item] * factor for item in (at - 2, at - 1, at) if item in points]
        spread = [value * factor for minute, value in points.items() if 0 <= minute <= at] + near
        if not min(spread) - slack <= figure <= max(spread) + slack:
            return f"at that time it was {near[-1]:.4g}"
    return ""


def _sum(facts: WorldFacts, signal: Signal) -> str:
    hits = numbers(signal.value)
    if signal.id not in SUMS or not hits:
        return ""
    series = [facts.points(ELB, name, "Sum", min(-30, int(facts.onset) - 5)) for name in SUMS[signal.id]]
    minutes = sorted(series[0])
    item = [sum(points[minute] for points in series) for minute in minutes]
    sums = {
        round(sum(item[first:last])) for first in range(len(item)) for last in range(first + 1, len(item) + 1)
    }
    total = (
        hits[-2]
        if signal.value.rstrip().endswith("5xx") and len(hits) > 2
        else hits[1]
        if len(hits) > 1
        else None
    )
    if total is not None and round(total) not in sums:
        return f"{total:g} is no sum of published minutes"
    return ""


def _beyond(facts: WorldFacts, signal: Signal) -> str:
    match, hits = _LIMIT.match(signal.limit), numbers(signal.value)
    if signal.id not in FIGURES or signal.id in _STATES or not match or not hits or "+" in signal.limit:
        return ""
    limit, value = float(match[2].replace(",", "")), hits[0]
    if ("ms" in signal.limit) != ("ms" in signal.value) or abs(value - limit) < max(1, limit * 0.01):
        return ""
    holds = value > limit if match[1] in "≥>" else value < limit
    if signal.state is SignalState.PRESENT and not holds:
        return f"it is not {signal.limit}"
    if signal.state is SignalState.ABSENT and holds and signal.id in _PLAIN:
        return f"it is {signal.limit}"
    return ""
