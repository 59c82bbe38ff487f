"""What belongs to the system, read at the start and every hour, outside the requests of a first wave.

What was deleted since an earlier reading is remembered for a day: its deletion may be what an incident is about.
"""

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from services.aws.belongings import BelongingsReader, Ids
from services.aws.client.errors import AccessDenied, AwsError
from services.aws.client.reader import Reader
from services.aws.ecs.reader import EcsReader
from services.background.faults import Fault, from_within
from services.clock import Clock, real
from services.i18n import _
from services.models.base import RawId
from services.models.belongings import Belongings, Owned, OwnedPart
from services.models.ecs_deployments import TaskDefinition
from services.models.first_wave import IncidentEvidence
from services.models.runbook import Runbook

EVERY = 3600.0
"""Seconds of real time after which it is read again."""
DENIED = 300.0
"""The same for what AWS has denied. What failed otherwise is read the next time that somebody asks, at the latest then."""
START = 15.0
"""Seconds of real time after the start until it is first read."""
KEPT = 24 * 3600.0
"""Seconds for which something is remembered that does not belong to the system any more."""
DEFINITIONS = 20
"""Most task definitions that are remembered."""
NEWEST = 2
"""Revisions that are compared around a deployment."""


class _Look(StrEnum):
    """One request each, task definitions apart."""

    SERVICES = "services"
    DEFINITIONS = "definitions"
    BALANCER = "balancer"
    DATABASE = "database"
    SUBNETS = "subnets"
    ROUTE_TABLES = "route-tables"
    NETWORK_ACLS = "network-acls"
    ENDPOINTS = "endpoints"


_IN_VPC = frozenset({Owned.ROUTE_TABLE, Owned.GATEWAY, Owned.NETWORK_ACL, Owned.ENDPOINT})
"""What is found by the subnets and VPCs of the system."""
_PLACES = frozenset({Owned.VPC, Owned.SUBNET, Owned.SECURITY_GROUP}) | _IN_VPC
_TELLS = {
    _Look.SERVICES: _PLACES | {Owned.SERVICE, Owned.LOAD_BALANCER, Owned.SECRET, Owned.ROLE},
    _Look.DEFINITIONS: frozenset({Owned.SECRET, Owned.ROLE}),
    _Look.BALANCER: _PLACES | {Owned.LOAD_BALANCER},
    _Look.DATABASE: _PLACES | {Owned.DATABASE, Owned.SECRET, Owned.KEY},
    _Look.SUBNETS: _IN_VPC | {Owned.VPC},
    _Look.ROUTE_TABLES: frozenset({Owned.ROUTE_TABLE, Owned.GATEWAY}),
    _Look.NETWORK_ACLS: frozenset({Owned.NETWORK_ACL}),
    _Look.ENDPOINTS: frozenset({Owned.ENDPOINT, Owned.SECURITY_GROUP}),
}
"""The kinds of which others may exist as long as a request is not answered."""


@dataclass(slots=True)
class _State:
    """How one request went, and what it has told within the last day."""

    problem: str = ""
    """Why the newest attempt failed, in words."""
    is_denied: bool = False
    asked_at: float | None = None
    """When it was last sent, by the clock's `elapsed`."""
    answered_at: float | None = None
    read_at: datetime | None = None
    """When it was last answered (UTC)."""
    told_at: dict[tuple[Owned, RawId], float] = field(default_factory=dict)
    """When each id was last told."""


class SystemBelongings:
    """Reads what belongs to one system, whenever somebody asks and it is not there or too old."""

    def __init__(self, runbook: Runbook, session: Reader, clock: Clock, fault: Fault) -> None:
        self._runbook = runbook
        self._reader = BelongingsReader(session)
        self._ecs = EcsReader(session)
        self._clock = clock
        self._fault = fault
        self._states: dict[_Look, _State] = {}
        self._running: tuple[RawId, ...] = ()
        """The task definitions that the services run."""
        self._definitions: dict[RawId, TaskDefinition] = {}
        """By `family:revision`, the longest known first."""
        self._lock = asyncio.Lock()

    async def keep(self) -> None:
        """Read until cancelled, beginning when the console has started."""
        await self._clock.sleep(self._real(START))
        while True:
            await self.refresh()
            has_failed = any(state.problem and not state.is_denied for state in self._states.values())
            await self._clock.sleep(self._real(DENIED if has_failed else EVERY))

    async def refresh(self) -> None:
        """Read what is not there, failed or is older than an hour; raises nothing but cancellation."""
        async with self._lock:
            ecs, alb, rds = self._runbook.ecs, self._runbook.alb, self._runbook.rds
            reads: list[Awaitable[None]] = []
            if ecs is not None:
                reads.append(self._look(_Look.SERVICES, self._services))
            if alb is not None and alb.load_balancer.count("/") > 1:
                name = alb.load_balancer.split("/")[1]
                reads.append(self._look(_Look.BALANCER, lambda: self._reader.balancer(name)))
            if rds is not None:
                instance = str(rds.instance)
                reads.append(self._look(_Look.DATABASE, lambda: self._reader.database(instance)))
            await asyncio.gather(*reads)
            await asyncio.gather(
                *([self._look(_Look.DEFINITIONS, self._secrets_and_roles)] if ecs is not None else []),
                self._network(),
            )

    async def learn(self, evidence: IncidentEvidence) -> None:
        """Read the task definitions of the newest revisions if they were deployed in the time of the evidence."""
        since = min((curve.times[0] for curve in evidence.series if curve.times), default=0)
        revisions = sorted(
            (revision for revision in evidence.revisions if revision.created is not None),
            key=lambda revision: revision.created or evidence.began,
            reverse=True,
        )[:NEWEST]
        if any(each.created is not None and each.created.timestamp() >= since for each in revisions):
            # ECS refuses an inactive one that nothing uses: its absence is told by `definitions`.
            asks = (self._definition(each.task_definition) for each in revisions)
            for error in await asyncio.gather(*asks, return_exceptions=True):
                if isinstance(error, Exception) and not isinstance(error, AwsError):
                    self._fault(error)

    def newest(self) -> Belongings | None:
        """What is known; None if nothing of the system was asked for yet."""
        kinds = {kind for look in self._states for kind in _TELLS[look]}
        dates = [state.read_at for state in self._states.values() if state.read_at is not None]
        if not self._states:
            return None
        return Belongings(
            read_at=max(dates, default=self._clock.now()),
            parts=tuple(self._part(kind) for kind in Owned if kind in kinds),
            definitions=tuple(self._definitions.values()),
        )

    def _part(self, kind: Owned) -> OwnedPart:
        states = [state for look, state in self._states.items() if kind in _TELLS[look]]
        dates = [state.read_at for state in states]
        return OwnedPart(
            kind=kind,
            ids=self._ids(kind),
            read_at=None if None in dates else min(filter(None, dates)),
            unread=next(filter(None, map(self._gap, states)), "") or self._unknowable(kind),
        )

    def _gap(self, state: _State) -> str:
        """Why there may be more than a request has told, in words; "" if its answer is there."""
        if state.problem:
            return state.problem
        is_old = state.answered_at is None or self._clock.elapsed() - state.answered_at > 2 * self._real(
            EVERY
        )
        return _("AWS has not answered yet.") if is_old else ""

    def _unknowable(self, kind: Owned) -> str:
        """Why there may be others whatever was read, in words; "" if there are none."""
        alb = self._runbook.alb
        if kind is Owned.KEY:
            return _("The keys of secrets are not told by ECS.")
        if kind in _TELLS[_Look.BALANCER] and not (alb and alb.load_balancer):
            has_targets = any(kind is Owned.LOAD_BALANCER for kind, _id in self._told(_Look.SERVICES))
            return _("The runbook does not name the services' load balancer ([alb]).") if has_targets else ""
        return ""

    def _ids(self, kind: Owned) -> tuple[RawId, ...]:
        ids = (id for look in self._states for each, id in self._told(look) if each is kind)
        return tuple(sorted(set(ids)))

    def _told(self, look: _Look) -> Iterable[tuple[Owned, RawId]]:
        return self._states[look].told_at if look in self._states else ()

    async def _look(self, look: _Look, ask: Callable[[], Awaitable[Ids]]) -> None:
        """Make one request if it is due; whatever happens becomes its state."""
        state, now = self._states.setdefault(look, _State()), self._clock.elapsed()
        if not self._is_due(state, now):
            return
        state.asked_at = now
        try:
            ids = await ask()
        except AwsError as error:
            state.problem, state.is_denied = error.problem.summary, isinstance(error, AccessDenied)
            return
        except (Exception, asyncio.CancelledError) as error:
            # The boundary: an internal error here must not lose the first wave.
            if not from_within(error):
                raise
            self._fault(error)
            state.problem = _("An internal error stopped this read.")
            return
        state.problem, state.is_denied = "", False
        state.answered_at, state.read_at = now, self._clock.now()
        state.told_at |= {(kind, id): now for kind, texts in ids.items() for id in texts}
        state.told_at = {id: at for id, at in state.told_at.items() if now - at <= self._real(KEPT)}

    def _is_due(self, state: _State, now: float) -> bool:
        if state.is_denied and state.asked_at is not None:
            return now - state.asked_at >= self._real(DENIED)
        return (
            bool(state.problem) or state.answered_at is None or now - state.answered_at >= self._real(EVERY)
        )

    async def _services(self) -> Ids:
        assert self._runbook.ecs is not None
        ids, self._running = await self._reader.services(
            self._runbook.ecs.cluster, self._runbook.ecs.services
        )
        return ids

    async def _secrets_and_roles(self) -> Ids:
        definitions = await asyncio.gather(*map(self._definition, self._running))
        return {
            Owned.ROLE: tuple(role for each in definitions for role in each.roles),
            Owned.SECRET: tuple(_secrets(definitions)),
        }

    async def _definition(self, name: RawId) -> TaskDefinition:
        """A task definition, which never changes. Raises AwsError."""
        if name not in self._definitions:
            self._definitions[name] = await self._ecs.definition(name)
            for oldest in list(self._definitions)[:-DEFINITIONS]:
                del self._definitions[oldest]
        return self._definitions[name]

    async def _network(self) -> None:
        """What surrounds the subnets that the other requests have told."""
        reader, subnets = self._reader, self._ids(Owned.SUBNET)
        if not subnets:
            return
        await self._look(_Look.SUBNETS, lambda: reader.subnets(subnets))
        if vpcs := self._ids(Owned.VPC):
            await asyncio.gather(
                self._look(_Look.ROUTE_TABLES, lambda: reader.route_tables(vpcs, subnets)),
                self._look(_Look.NETWORK_ACLS, lambda: reader.network_acls(vpcs, subnets)),
                self._look(_Look.ENDPOINTS, lambda: reader.endpoints(vpcs)),
            )

    def _real(self, seconds: float) -> float:
        return real(self._clock, seconds).total_seconds()


def _secrets(definitions: Iterable[TaskDefinition]) -> Iterator[RawId]:
    return (
        source for each in definitions for container in each.containers for _name, source in container.secrets
    )
