"""What CloudTrail tells of a request whose answer was lost: whether it was carried out, and who else sent one
like it. Source: LookupEvents (CloudTrail API reference). An event is listed about five minutes after its
request, and most often within fifteen; there is no guaranteed maximum."""

import re
from dataclasses import dataclass
from datetime import datetime, timedelta

from services.aws.client.reader import Reader
from services.aws.cloudtrail.events import MARK
from services.aws.cloudtrail.reader import CloudTrailReader
from services.changes.change_wording import problem_text
from services.clock import Clock
from services.models.changes import Plan, PlannedStep
from services.models.cloudtrail import TRAIL_DELAY, Lookup, TrailEvent

EVERY = 60.0  # Real seconds between reads for one step, at least
PACE = 0.5  # Real seconds between two requests
PAGES = 4
SKEW = timedelta(minutes=5)
"""Most by which the clocks of this machine and of AWS differ when something is sent."""
GLOBAL_REGION = "us-east-1"
_GLOBAL = frozenset({"iam", "cloudfront"})  # Services whose events are in GLOBAL_REGION
_UNSURE = ("internal", "serviceunavailable", "server", "requesttimeout")
"""Beginnings of error codes that leave open whether the request was carried out."""


def mark_of(plan: Plan, step: PlannedStep) -> str:
    return f"{MARK}{plan.id}.{step.id}"


@dataclass(frozen=True, slots=True)
class Trace:
    own: TrailEvent | None = None
    """The record of the step's own request; None: it is not listed."""
    others: tuple[TrailEvent, ...] = ()
    """Requests of others that did the same to the same resource since the plan, newest first."""
    is_silent: bool = False
    """The history was read whole, lists the step's own request nowhere, and goes on beyond the time in which it could have
    been carried out."""
    problem: str = ""
    """Why it could not be read; "" if it was."""

    @property
    def is_decided(self) -> bool:
        return self.own is not None and not self.own.error.casefold().startswith(_UNSURE)


class Trail:
    """Reads the event history for steps whose outcome is unknown. Sends nothing else."""

    delay = TRAIL_DELAY
    """How late an event may be listed."""

    def __init__(self, reader: Reader, clock: Clock) -> None:
        self._reader = CloudTrailReader(reader, pace=PACE)
        self._clock = clock

    async def trace(self, plan: Plan, step: PlannedStep, mark: str, ended: datetime | None) -> Trace:
        """What is listed now; `mark` is "" for a request that carried none. `ended`: since when the request
        can no longer be carried out, once its event should be listed (UTC)."""
        region = GLOBAL_REGION if step.call.service in _GLOBAL else step.call.region
        now = self._clock.now()
        lookup = await self._reader.lookup(
            region,
            "EventName",
            step.call.operation,
            since=plan.made_at - SKEW,
            until=max(now, plan.made_at) + SKEW,
            most=PAGES,
        )
        own = [event for event in lookup.events if mark and event.mark == mark]
        problem = problem_text(lookup.problem) if lookup.problem is not None else ""
        others = tuple(event for event in lookup.events if event not in own and _concerns(event, step))
        is_silent = False
        if not own and mark and ended is not None and lookup.is_complete:
            later = await self._later(region, lookup, ended)
            is_silent = any(event.at > ended for event in later.events)
        return Trace(min(own, key=lambda event: bool(event.error), default=None), others, is_silent, problem)

    async def _later(self, region: str, lookup: Lookup, since: datetime) -> Lookup:
        """Events of any kind after a time: they show that the history records, and how far it has come."""
        if any(event.at > since for event in lookup.events):
            return lookup
        until = max(self._clock.now(), since) + SKEW
        return await self._reader.lookup(region, "", "", since=since, until=until, most=1)


def _concerns(event: TrailEvent, step: PlannedStep) -> bool:
    params = step.call.params.items()
    names = {value for name, value in params if isinstance(value, str) and name != "cluster"}
    names.add(re.split("[:/]", str(step.target))[-1])
    parts = {
        part for each in (*event.touched, *event.resources) for part in (each, re.split("[:/]", each)[-1])
    }
    return not event.error and not names.isdisjoint(parts)
