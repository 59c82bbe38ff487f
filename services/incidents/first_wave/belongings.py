"""What was deleted since an earlier reading is remembered for a day: its deletion may be what an incident is about."""

import asyncio
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from services.aws import belongings as aws
from services.aws.belongings import BelongingsReader, Ids, Look, Looks, looks_of, named
from services.aws.client.errors import AwsError
from services.aws.client.reader import Reader
from services.aws.ecs.parsing import short
from services.aws.ecs.reader import EcsReader
from services.background.boundaries import Fault
from services.clock import Clock, real
from services.i18n import _
from services.incidents.differences import newest_revisions
from services.models.base import RawId
from services.models.belongings import Belongings, Owned, OwnedPart
from services.models.ecs_deployments import TaskDefinition
from services.models.first_wave import IncidentEvidence
from services.models.runbook import Runbook

EVERY = 3600.0
"""Seconds of real time after which it is read again; what has failed is read the next time that somebody asks."""
FAILED = 300.0  # The same if something has failed and nobody asks
START = 15.0  # Seconds of real time after the start until it is first read
KEPT = 24 * 3600.0  # Seconds for which something is remembered that does not belong to the system any more
DEFINITIONS = 20  # Most task definitions that are remembered


@dataclass(slots=True)
class _State:
    problem: str  # Why the newest attempt failed, in words
    answered_at: float = 0.0  # When it was last answered, by the clock's `elapsed`
    told_at: dict[tuple[Owned | None, RawId], float] = field(default_factory=dict)
    """When each id was last told."""


class SystemBelongings:
    def __init__(self, runbook: Runbook, session: Reader, clock: Clock, fault: Fault) -> None:
        self._reader = BelongingsReader(session)
        self._ecs = EcsReader(session)
        self._clock = clock
        self._fault = fault
        self._runbook = runbook
        self._states = {look: _State(_("AWS has not answered yet.")) for look in looks_of(runbook)}
        self._definitions: dict[RawId, TaskDefinition] = {}  # By `family:revision`, the longest known first
        self._read_at: datetime | None = None
        self._lock = asyncio.Lock()

    async def keep(self) -> None:
        await self._clock.sleep(real(self._clock, START).total_seconds())
        while True:
            await self.refresh()
            has_failed = any(state.problem for state in self._states.values())
            await self._clock.sleep(real(self._clock, FAILED if has_failed else EVERY).total_seconds())

    async def refresh(self) -> None:
        """Read what is not there, failed or is older than an hour; raises nothing but cancellation."""
        async with self._lock:
            await self._all(named(self._runbook))
            await self._all(
                self._where("subnet-id", Owned.SUBNET, aws.SUBNETS) | self._where("", None, aws.DEFINITIONS)
            )
            await self._all(self._where("vpc-id", Owned.VPC, *aws.NETWORK))

    async def learn(self, evidence: IncidentEvidence) -> None:
        since = min((curve.times[0] for curve in evidence.series if curve.times), default=0)
        revisions = newest_revisions(evidence)
        if any(each.created is not None and each.created.timestamp() >= since for each in revisions):
            # ECS refuses an inactive one that nothing uses: its absence is told by `definitions`.
            asks = (self._definition(each.task_definition) for each in revisions)
            for error in await asyncio.gather(*asks, return_exceptions=True):
                if isinstance(error, Exception) and not isinstance(error, AwsError):
                    self._fault(error)

    def newest(self) -> Belongings | None:
        if self._read_at is None:
            return None
        kinds = frozenset[Owned]().union(*(look.kinds for look in self._states))
        return Belongings(
            read_at=self._read_at,
            parts=tuple(
                OwnedPart(kind=kind, ids=self._ids(kind), unread=self._unread(kind))
                for kind in Owned
                if kind in kinds
            ),
            definitions=tuple(self._definitions.values()),
        )

    def _unread(self, kind: Owned) -> str:
        """Why there may be others than were read, in words; "" if there are none."""
        problems = (state.problem for look, state in self._states.items() if kind in look.kinds)
        if problem := next(filter(None, problems), ""):
            return problem
        if kind is Owned.KEY:
            return _("The keys of secrets are not told by ECS.")
        if kind in aws.BALANCER.kinds and aws.BALANCER not in self._states and self._ids(Owned.LOAD_BALANCER):
            return _("The runbook does not name the services' load balancer ([alb]).")
        return ""

    def _ids(self, kind: Owned | None) -> tuple[RawId, ...]:
        ids = (id for state in self._states.values() for each, id in state.told_at if each is kind)
        return tuple(sorted(set(ids)))

    def _where(self, name: str, kind: Owned | None, *looks: Look) -> Looks:
        ids = list(self._ids(kind))
        return {look: {"Filters": [{"Name": name, "Values": ids}]} for look in looks if ids}

    async def _all(self, looks: Looks) -> None:
        """Make these requests; an internal error in one of them loses neither the others nor the first wave."""
        asks = (self._look(look, params) for look, params in looks.items())
        for look, error in zip(looks, await asyncio.gather(*asks, return_exceptions=True), strict=True):
            if error is not None:
                self._fault(error)
                self._states[look].problem = _("An internal error stopped this read.")

    async def _look(self, look: Look, params: dict[str, Any]) -> None:
        """Make one request if it is due; AWS's answer or refusal becomes its state."""
        state, now = self._states[look], self._clock.elapsed()
        day, hour = (real(self._clock, seconds).total_seconds() for seconds in (KEPT, EVERY))
        if not state.problem and now - state.answered_at < hour:
            return
        try:
            ids = await self._ask(look, params)
        except AwsError as error:
            state.problem = error.problem.summary
            return
        except asyncio.CancelledError:
            state.problem = state.problem or _("AWS has not answered yet.")
            raise
        state.problem, state.answered_at, self._read_at = "", now, self._clock.now()
        state.told_at |= {(kind, id): now for kind, own in ids.items() for id in own}
        state.told_at = {id: at for id, at in state.told_at.items() if now - at <= day}

    async def _ask(self, look: Look, params: dict[str, Any]) -> Ids:
        if look is not aws.DEFINITIONS:
            ids = await self._reader.ids(look, self._ids(Owned.SUBNET), **params)
            own = [RawId(f"{params['cluster']}/{name}") for name in params.get("services", ())]
            return {**ids, Owned.SERVICE: own}
        services = self._states[aws.SERVICES]
        arns = [
            id for (kind, id), at in services.told_at.items() if kind is None and at == services.answered_at
        ]
        definitions = await asyncio.gather(*(self._definition(RawId(short(arn))) for arn in arns))
        containers = (container for each in definitions for container in each.containers)
        return {
            Owned.ROLE: [role for each in definitions for role in each.roles],
            Owned.SECRET: [source for each in containers for _name, source in each.secrets],
        }

    async def _definition(self, name: RawId) -> TaskDefinition:
        """A task definition, which never changes. Raises AwsError."""
        if name not in self._definitions:
            self._definitions[name] = await self._ecs.definition(name)
            for oldest in list(self._definitions)[:-DEFINITIONS]:
                del self._definitions[oldest]
        return self._definitions[name]
