"""Failover drill (runbook: 運用カレンダー 年次 4月 フェイルオーバー訓練): the standby takes over, and the minutes are measured.
Source: RebootDBInstance, DescribeEvents, DescribeDBInstances (Amazon RDS API reference); "Failing over a
Multi-AZ DB instance" (Amazon RDS user guide): the Availability Zone changes, and the events say when it began
and ended."""

import asyncio
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import timedelta

from services.aws_cli.calls import call
from services.changes.base import observed, warning
from services.changes.drills import timing
from services.changes.guarantees import Guarantees
from services.changes.rds.change import DatabaseChange
from services.changes.rds.commands import commands_of
from services.changes.rds.facts import facts
from services.changes.rds.restorable import restorable_warnings
from services.changes.rds.state import ReadState, database_name, of_cluster, pending_digest, state_digest
from services.changes.rds.watching import failed, running
from services.i18n import _
from services.models.aws_cli import CliCommand
from services.models.base import RawId
from services.models.changes import (
    ChangeTarget,
    Fact,
    LiveState,
    Observation,
    Parameter,
    Plan,
    PlannedStep,
    Row,
)
from services.models.rds import DatabaseEvent, OptIn
from services.models.watches import Progress, Watch, WatchState

# The state that a failover is planned from, what hinders it, and how far it is. Pure.
#
# Source: RebootDBInstance (Amazon RDS API reference): ForceFailover is only for a Multi-AZ instance that is available; "Failing
# over a Multi-AZ DB instance" (Amazon RDS user guide).


AVAILABLE, REBOOTING = "available", "rebooting"
CATEGORY = "failover"


@dataclass(frozen=True, slots=True)
class FailoverState:
    current: ReadState
    events: tuple[DatabaseEvent, ...] = ()  # Oldest first

    @property
    def zone(self) -> str:
        return self.current.database.zone

    @property
    def newest(self) -> str:
        """The newest event of a failover, for comparisons; "" if there is none."""
        return self.events[-1].at.isoformat() if self.events else ""

    @property
    def is_available(self) -> bool:
        return self.current.database.status == AVAILABLE

    @property
    def digest(self) -> str:
        database = self.current.database
        return state_digest(
            database.multi_az, self.zone, self.is_available, pending_digest(self.current), self.newest
        )


def obstacles(state: FailoverState) -> Iterator[str]:
    database = state.current.database
    yield from of_cluster(database)
    if database.multi_az is False:
        yield _("The database is not Multi-AZ: there is no standby to fail over to.")
    elif database.multi_az is None:
        yield _("RDS does not report whether the database is Multi-AZ.")
    elif not state.zone:
        yield _("RDS does not report the database's Availability Zone; a failover could not be proven.")
    if not state.is_available:
        yield _("The database is {status}; wait until it is available.", status=database.status)
    yield from _pending(state.current)


def _pending(current: ReadState) -> Iterator[str]:
    for setting in current.database.pending:
        text = _("{name} → {value} is pending, and a restart may apply it; apply or withdraw it first.")
        yield text.format(name=setting.title, value=setting.value)
    if not current.database.pending_reported:
        yield _("AWS did not report what is pending; a restart may apply it.")
    if current.actions is None:
        yield _("Pending maintenance could not be read; plan again later.")
    for action in current.actions or ():
        if action.opt_in is not OptIn.NONE:
            text = _("Maintenance is requested ({action}); wait until it is applied, or withdraw it first.")
            yield text.format(action=action.action)


STEP = "failover"
LASTS = timedelta(hours=1)  # How long a failover is followed; it usually takes one or two minutes
EVERY = 10.0  # Real seconds between reads
RECENT = timedelta(hours=24)  # How far back failovers are looked for


class DrillFailover(DatabaseChange):
    calls = (
        "cloudwatch:GetMetricData",
        "rds:DescribeDBInstances",
        "rds:DescribeEvents",
        "rds:DescribePendingMaintenanceActions",
        "rds:RebootDBInstance",
    )
    guarantees = Guarantees(
        proof="DescribeEvents: failover; DescribeDBInstances: AvailabilityZone",
        traceable=frozenset({"RebootDBInstance"}),
        settles="the failover is completed, DBInstanceStatus is available and AvailabilityZone has changed",
    )

    async def read_target(self, target: ChangeTarget) -> LiveState:
        state = await self._state(target.id)
        with self.written_on(state.current.at):
            zone = Fact(name=_("Availability Zone"), value=state.zone or "—")
            return self.live(
                target, state.current.at, (zone, *facts(state.current, self.context.zone)), obstacles(state)
            )

    async def parameters(self, target: ChangeTarget) -> tuple[Parameter, ...]:
        return ()

    async def plan(self, target: ChangeTarget, parameters: Mapping[str, str], id: str) -> Plan:
        state = await self._state(target.id)
        with self.written_on(state.current.at):
            return self.plan_on(target, parameters, state, id)

    def plan_on(
        self, target: ChangeTarget, parameters: Mapping[str, str], state: FailoverState, id: str
    ) -> Plan:
        at = state.current.at
        reasons = [*self.unknown_names(parameters), *obstacles(state)]
        if reasons:
            return self.refused(target, parameters, reasons, id=id, read_at=at)
        step = self.context.step(
            STEP,
            _("Restart on the standby (failover)"),
            target,
            (
                "rds",
                "RebootDBInstance",
                {"DBInstanceIdentifier": database_name(target.id), "ForceFailover": True},
            ),
            rows=(Row(name=_("Availability Zone"), before=state.zone, after=_("that of the standby")),),
            expects=state.digest,
            required=("DBInstance",),
            before=state.zone,
            newest=state.newest,
        )
        text = _("Connections are cut at once; the applications must connect again by themselves.")
        return self.planned(
            target,
            {},
            [step],
            id=id,
            read_at=at,
            title=_("Fail over to the standby, as a drill"),
            impact=_("The database is interrupted for one or two minutes"),
            warnings=(
                warning(text, grave=True),
                warning(_("Tell the users first, and choose a quiet hour.")),
                *restorable_warnings(state.current, self.context.zone),
            ),
            approval="failover",
            downtime=_("One failover: interrupted for one or two minutes (Multi-AZ)"),
            cost=_("None"),
            reversible=_("A second failover leads back to the first zone; nothing requires it."),
            watch=Watch(
                ends_when=_("the failover is completed and the database is available in another zone"),
                every=EVERY,
                gives_up_at=at + LASTS,
            ),
        )

    async def observe(self, step: PlannedStep) -> Observation:
        state = await self._state(step.target)
        has_moved = state.zone != step.before or state.newest > step.newest
        is_rebooting = state.current.database.status == REBOOTING
        text = _("The database is {status} in {zone}.", status=state.current.database.status, zone=state.zone)
        return observed(
            state.digest, text, after=has_moved or is_rebooting, before=state.is_available and not has_moved
        )

    async def progress(self, plan: Plan, answers: Mapping[str, Mapping[str, str]]) -> Progress:
        state = await self._state(plan.target.id)
        database, step = state.current.database, plan.steps[0]
        since = timing.requested_at(self.context.runs(), plan)
        ends = timing.failover_ends(state.events, since)
        place = {"status": database.status, "zone": state.zone}
        if not (state.is_available and ends and state.zone != step.before):
            text = _("The database is {status} in {zone}.", **place)
            is_over = state.is_available and self.is_settled(plan) and not ends
            return failed(text) if is_over else running(text)
        took = timing.minutes(since, ends[0])
        text = _(
            "The database is {status} in {zone}; the failover ended {minutes} minutes after the request."
        )
        return Progress(
            state=WatchState.DONE,
            text=text.format(**place, minutes=took),
            percent=100,
            measured={timing.MINUTES: took},
        )

    def cli_commands(self, plan: Plan) -> Iterable[CliCommand]:
        after = _("Afterwards: Status is available, and AvailabilityZone is the other one.")
        yield from commands_of(plan, self.context.runbook, after=after)
        for step in plan.steps:
            yield call(
                "rds",
                "DescribeEvents",
                {
                    "SourceType": "db-instance",
                    "SourceIdentifier": step.call.params["DBInstanceIdentifier"],
                    "EventCategories": [CATEGORY],
                    "Duration": 60,
                },
                query="Events[].[Date,Message]",
                purpose=_("When the failover began and ended."),
            )

    async def _state(self, target: RawId) -> FailoverState:
        current, events = await asyncio.gather(
            self.reads.state(target),
            self.reads.rds.events(database_name(target), over=RECENT, categories=(CATEGORY,)),
        )
        return FailoverState(current, events)
