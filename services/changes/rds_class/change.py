"""Instance class of the RDS instance (runbook: スケール操作 2).

Source: ModifyDBInstance, DescribeOrderableDBInstanceOptions (Amazon RDS API reference).
"""

import asyncio
from collections.abc import Iterable, Mapping
from datetime import date, timedelta

from services.aws.client.errors import AwsError
from services.aws.cloudwatch.metrics.reader import Metrics
from services.changes.base import ChangeContext
from services.changes.guarantees import Guarantees
from services.changes.kind import ChangeKind
from services.changes.rds import along
from services.changes.rds.change import DatabaseChange, unavailable
from services.changes.rds.commands import commands_of, immediately_traps
from services.changes.rds.cost import MonthlyCost, change_text
from services.changes.rds.facts import facts
from services.changes.rds.load import CPU, CPU_METRIC, NAMESPACE, database_query
from services.changes.rds.restorable import snapshot_first
from services.changes.rds.state import CLASS, ReadState, window_text
from services.changes.rds.watching import watch
from services.changes.rds_class.busy_days import HOUR, BusyDays, busy_days, last_open_days, span_of
from services.changes.rds_class.parameters import (
    CLASS_ID,
    NAMES,
    NOW,
    TIMING,
    WINDOW,
    Parameters,
    default_class,
    read_parameters,
)
from services.changes.rds_class.state import ClassState, offered
from services.changes.rds_class.steps import applied_text, class_progress, modify, observed_class
from services.changes.rds_class.warnings import outage_text, warnings
from services.i18n import _
from services.models.aws_cli import CliCommand
from services.models.changes import ChangeTarget, LiveState, Observation, Parameter, Plan, PlannedStep
from services.models.text import clean
from services.models.watches import Progress, Watch

CHANGING = "change"
"""The approval scope."""
LASTS = timedelta(hours=2)
"""How long a change of the class is followed; it usually takes minutes."""


class RdsClass(DatabaseChange):
    """Changes the instance class now or in the maintenance window, and withdraws a queued class."""

    names = NAMES
    calls = (
        "cloudwatch:GetMetricData",
        "pricing:GetProducts",
        "rds:DescribeDBInstances",
        "rds:DescribeOrderableDBInstanceOptions",
        "rds:DescribePendingMaintenanceActions",
        "rds:ModifyDBInstance",
    )
    guarantees = Guarantees(
        proof="DescribeDBInstances: DBInstanceClass, PendingModifiedValues.DBInstanceClass",
        settles="DBInstanceStatus is available and DBInstanceClass is the new one",
    )

    def __init__(self, kind: ChangeKind, context: ChangeContext) -> None:
        super().__init__(kind, context)
        self._metrics = Metrics(context.reader)
        self._busy_days: dict[tuple[date, ...], BusyDays] = {}
        """What CPU was on the days that were read last; it does not change, and AWS charges for reading it."""

    async def read_target(self, target: ChangeTarget) -> LiveState:
        state, busy = await asyncio.gather(self.reads.state(target.id), self._busy(target))
        with self.written_on(state.at):
            remarks = [*unavailable(state), *([busy.text()] if busy and busy.is_proposed else [])]
            return self.live(target, state.at, facts(state, self.context.zone), remarks)

    async def parameters(self, target: ChangeTarget) -> tuple[Parameter, ...]:
        state = await self._state(target, await self.reads.counts(target.id), busy=True)
        with self.written_on(state.read.at):
            return self._parameters(state)

    def _parameters(self, state: ClassState) -> tuple[Parameter, ...]:
        default, names = default_class(state, self.spec), _offered_names(state)
        others = tuple(name for name in names if name != state.current)
        return (
            Parameter(
                id=CLASS_ID,
                title=_("Instance class"),
                kind="choice",
                default=default,
                choices=tuple((name, _class_title(name, state)) for name in names),
                why=self._why(state, default),
                help=_("The classes that this engine version can run on."),
            ),
            Parameter(
                id=TIMING,
                title=_("When"),
                kind="choice",
                default=WINDOW,
                choices=((WINDOW, _("in the next maintenance window")), (NOW, _("immediately"))),
                help=_("Next window: {window}. Either way the database is interrupted.").format(
                    window=window_text(state.read, self.context.zone)
                ),
                # A queued class is withdrawn at once.
                only_if=(CLASS_ID, others) if state.queued else None,
            ),
        )

    def _why(self, state: ClassState, default: str) -> str:
        if state.queued:
            return _("withdraws {name}, which is queued").format(name=state.queued)
        if state.busy is not None and state.busy.is_proposed:
            return state.busy.text()
        return _("the runbook's larger class") if default == self.spec.larger_class else ""

    async def plan(self, target: ChangeTarget, parameters: Mapping[str, str], id: str) -> Plan:
        state = await self._state(target, await self.reads.state(target.id))
        values, _refusals = read_parameters(parameters, state, self.spec)
        database = state.read.database
        names = (state.current, values.name if values else state.current)
        before, after = await asyncio.gather(*(self.costs.of_class(database, name) for name in names))
        with self.written_on(state.read.at):
            return self.plan_on(target, parameters, state, (before, after), id)

    def plan_on(
        self,
        target: ChangeTarget,
        parameters: Mapping[str, str],
        state: ClassState,
        costs: tuple[MonthlyCost | None, MonthlyCost | None],
        id: str,
    ) -> Plan:
        """The plan from a given state and the monthly costs before and after; pure."""
        read, zone = state.read, self.context.zone
        values, refusals = read_parameters(parameters, state, self.spec)
        reasons = [*self.unknown_names(parameters), *unavailable(read), *refusals]
        if values is None or reasons:
            return self.refused(target, parameters, reasons, id=id, read_at=read.at)
        return self.planned(
            target,
            values.as_typed(),
            [modify(self.context, target, values, state, costs)],
            id=id,
            read_at=read.at,
            title=_title(values, state),
            impact=_impact(values, read),
            warnings=warnings(state, values, zone),
            approval="" if values.withdraws else CHANGING,
            downtime=_downtime(values, read, applied_text(values, read, zone)),
            cost=_("None") if values.withdraws else change_text(*costs, self.context.runbook),
            reversible=_reversible(values, state),
            watch=None if values.withdraws else _watch(values, read),
            suggestions=() if values.withdraws else (snapshot_first(target.id),),
        )

    async def progress(self, plan: Plan, answers: Mapping[str, Mapping[str, str]]) -> Progress:
        read = await self.reads.counts(plan.target.id)
        return class_progress(plan.steps[0], read, is_settled=self.is_settled(plan))

    async def observe(self, step: PlannedStep) -> Observation:
        return observed_class(step, await self.reads.counts(step.target))

    def cli_commands(self, plan: Plan) -> Iterable[CliCommand]:
        after = _(
            "Afterwards: the class is the new one and Status is available; until then it is in Pending."
        )
        return commands_of(plan, self.context.runbook, traps=immediately_traps(), after=after)

    def revert_parameters(self, plan: Plan) -> dict[str, str]:
        """The previous class; while the new one is only queued, this withdraws it."""
        step = next(iter(plan.steps), None)
        return {CLASS_ID: step.before, TIMING: plan.wish.get(TIMING, WINDOW)} if step else {}

    async def _state(self, target: ChangeTarget, read: ReadState, *, busy: bool = False) -> ClassState:
        database = read.database
        classes = await self.reads.rds.classes(database.engine, database.engine_version)
        return ClassState(read, offered(classes, read), await self._busy(target) if busy else None)

    async def _busy(self, target: ChangeTarget) -> BusyDays | None:
        """The days on which CPU was over its limit; None if it cannot be measured or has no limit."""
        calendar, now = self.context.calendar, self.context.clock.now()
        limit = self.context.runbook.limit_for(NAMESPACE, CPU_METRIC)
        days = await asyncio.to_thread(last_open_days, calendar, now)
        if limit is None or limit.below is None or not days:
            return None
        if days in self._busy_days:
            return self._busy_days[days]
        query = database_query(CPU, target.title, CPU_METRIC, "Average", period=HOUR)
        try:
            (cpu,) = await self._metrics.fetch([query], span_of(calendar, days))
        except AwsError:
            return None
        self._busy_days = {days: busy_days(calendar, days, cpu, limit.below)}
        return self._busy_days[days]


def _offered_names(state: ClassState) -> tuple[str, ...]:
    """Every class; the present one too, where it withdraws a queued one."""
    names = state.names if state.current in state.names else (state.current, *state.names)
    return names if state.queued else tuple(name for name in names if name != state.current) or names


def _class_title(name: str, state: ClassState) -> str:
    if name == state.current:
        return _("{name} (now; withdraws the queued class)").format(name=clean(name))
    return name


def _watch(values: Parameters, read: ReadState) -> Watch:
    ends_when = _("the database is available with the class {name}").format(name=values.name)
    return watch(read, ends_when, lasts=LASTS, in_window=not values.immediately)


def _title(values: Parameters, state: ClassState) -> str:
    if values.withdraws:
        return _("Withdraw the queued class {queued}").format(queued=state.queued)
    applied = _("immediately") if values.immediately else _("next window")
    text = _("Instance class {before} → {after}, {applied}")
    return text.format(before=state.current, after=values.name, applied=applied)


def _impact(values: Parameters, read: ReadState) -> str:
    others = along.impact(read, CLASS) if values.immediately else ""
    if values.withdraws or not values.immediately:
        return others
    return _("; ").join(part for part in (outage_text(read), others) if part)


def _downtime(values: Parameters, read: ReadState, applied: str) -> str:
    if values.withdraws:
        interrupts = any(setting.outage for setting in read.others(CLASS))
        return _("That of the pending modifications applied along") if interrupts else _("None")
    return _("{outage}, {applied}").format(outage=outage_text(read), applied=applied)


def _reversible(values: Parameters, state: ClassState) -> str:
    if values.withdraws:
        return _("Yes: it can be queued again.")
    if values.immediately:
        return _("Yes: back to {name}, with the same interruption again.").format(name=state.current)
    return _("Yes: until the window begins the queued class can be withdrawn.")
