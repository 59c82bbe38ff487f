"""Source: ModifyDBInstance, DescribeOrderableDBInstanceOptions (Amazon RDS API reference)."""

import asyncio
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, timedelta, tzinfo

from services.aws.client.errors import AwsError
from services.aws.cloudwatch.metrics.reader import Metrics
from services.changes.base import ChangeContext, observed, warning
from services.changes.guarantees import Guarantees
from services.changes.kind import ChangeKind
from services.changes.rds import along
from services.changes.rds.change import DatabaseChange, unavailable
from services.changes.rds.commands import commands_of, immediately_traps
from services.changes.rds.cost import MonthlyCost, change_text, month_text
from services.changes.rds.facts import facts
from services.changes.rds.load import CPU, CPU_METRIC, NAMESPACE, database_query
from services.changes.rds.restorable import restorable_warnings, snapshot_first
from services.changes.rds.state import CLASS, MODIFYING, ReadState, database_name, time_of, window_text
from services.changes.rds.watching import done, running, watch, withdrawn
from services.changes.rds_class.state import (
    HOUR,
    BusyDays,
    ClassState,
    busy_days,
    class_digest,
    last_open_days,
    offered,
    span_of,
)
from services.changes.typed_values import normalized
from services.i18n import _
from services.models.aws_cli import CliCommand
from services.models.changes import (
    Caution,
    ChangeTarget,
    LiveState,
    Observation,
    Parameter,
    Plan,
    PlannedStep,
    Row,
)
from services.models.runbook import Rds
from services.models.text import clean
from services.models.watches import Progress, Watch

CLASS_ID, TIMING = "class", "timing"
NAMES = (CLASS_ID, TIMING)
NOW, WINDOW = "now", "window"


@dataclass(frozen=True, slots=True)
class ClassParameters:
    name: str
    immediately: bool
    withdraws: bool  # Whether it withdraws the queued class: RDS is asked for the present class, immediately

    def as_typed(self) -> dict[str, str]:
        return {CLASS_ID: self.name, TIMING: NOW if self.immediately and not self.withdraws else WINDOW}


def default_class(state: ClassState, spec: Rds) -> str:
    if state.queued or spec.larger_class not in state.names:
        return state.current
    return spec.larger_class


def read_parameters(
    parameters: Mapping[str, str], state: ClassState, spec: Rds
) -> tuple[ClassParameters | None, tuple[str, ...]]:
    """(the parsed parameters, or None; the reasons for refusing them). Missing parameters get their defaults."""
    name = normalized(parameters.get(CLASS_ID, default_class(state, spec)))
    timing = normalized(parameters.get(TIMING, WINDOW))
    if timing not in (NOW, WINDOW):
        text = _("“{text}” is not a choice; choose one of {choices}.")
        return None, (text.format(text=clean(timing), choices=_(", ").join((WINDOW, NOW))),)
    if name != state.current and name not in state.names:
        text = _(
            "{name} cannot be ordered for {engine} {version} with this storage; choose one of {choices}."
        )
        database = state.read.database
        choices = _(", ").join(state.names[:6])
        return None, (
            text.format(
                name=clean(name), engine=database.engine, version=database.engine_version, choices=choices
            ),
        )
    if name == state.current:
        if not state.queued:
            return None, (_("Nothing to change: the class is {name} already.", name=name),)
        return ClassParameters(name, immediately=True, withdraws=True), ()
    if name == state.queued and timing == WINDOW:
        return None, (_("{name} is queued for the next maintenance window already.", name=name),)
    return ClassParameters(name, immediately=timing == NOW, withdraws=False), ()


# The step that changes or withdraws an instance class, and its comparison with the observed state. Pure.
#
# A queued class is withdrawn by asking for the present one immediately ("Modifying an Amazon RDS DB instance", user guide).
# Source: ModifyDBInstance (Amazon RDS API reference).


MODIFY, WITHDRAW = "modify", "withdraw"


def modify(
    context: ChangeContext,
    target: ChangeTarget,
    values: ClassParameters,
    state: ClassState,
    costs: tuple[MonthlyCost | None, MonthlyCost | None],
) -> PlannedStep:
    params = {
        "DBInstanceIdentifier": database_name(target.id),
        "DBInstanceClass": values.name,
        "ApplyImmediately": values.immediately,
    }
    text = _("Withdraw the queued class {queued}") if values.withdraws else _("Change the class to {name}")
    return context.step(
        WITHDRAW if values.withdraws else MODIFY,
        text.format(queued=state.queued, name=values.name),
        target,
        ("rds", "ModifyDBInstance", params),
        rows=tuple(_rows(values, state, costs, context)),
        expects=class_digest(state.read, immediately=values.immediately),
        required=("DBInstance",),
        before=state.queued if values.withdraws else state.current,
    )


def _rows(
    values: ClassParameters,
    state: ClassState,
    costs: tuple[MonthlyCost | None, MonthlyCost | None],
    context: ChangeContext,
) -> Iterator[Row]:
    if values.withdraws:
        yield Row(name=_("Queued class"), before=state.queued, after=_("none"))
        yield Row(name=_("Instance class"), before=state.current, after=state.current)
    else:
        yield Row(name=_("Instance class"), before=state.current, after=values.name)
        if state.queued:
            yield Row(
                name=_("Queued class"),
                before=state.queued,
                after=_("none") if values.immediately else values.name,
            )
        before, after = (month_text(cost.usd if cost else None, context.runbook) for cost in costs)
        yield Row(name=_("Instance per month"), before=before, after=after)
    yield along.applied_row(state.read, context.zone, immediately=values.immediately)
    if values.immediately:
        yield from along.rows(state.read, CLASS)


def applied_text(values: ClassParameters, read: ReadState, zone: tzinfo) -> str:
    return _("immediately") if values.immediately else window_text(read, zone)


def observed_class(step: PlannedStep, read: ReadState) -> Observation:
    params, current = step.call.params, read.database.instance_class
    name, setting = params["DBInstanceClass"], read.pending(CLASS)
    queued = setting.value if setting else ""
    if step.id == WITHDRAW:
        after = current == name and not queued
        before = current == name and queued == step.before
    else:
        # What waits for the window is not applied, whoever has queued it.
        is_applied = not params["ApplyImmediately"] or read.database.status == MODIFYING
        after = current == name or (queued == name and is_applied)
        before = not after and current == step.before
    text = _("{what}, status {status}.").format(
        what=_("Class {name}, {queued} queued", name=current, queued=queued) if queued else current,
        status=read.database.status,
    )
    digest = class_digest(read, immediately=bool(params["ApplyImmediately"]))
    return observed(digest, text, after=after, before=before)


def class_progress(step: PlannedStep, read: ReadState, *, is_settled: bool) -> Progress:
    """How far the change of the class is; `is_settled`: RDS shows by now what it has accepted."""
    name, database, setting = step.call.params["DBInstanceClass"], read.database, read.pending(CLASS)
    if not read.is_available:
        return running(_("The database is {status}.", status=database.status))
    if setting is not None and setting.value == name:
        return running(_("{name} is queued.", name=name))
    if database.instance_class == name:
        return done(_("The class is {name}, the database is available.", name=name))
    if is_settled:
        text = _("{name} is no longer queued: it was withdrawn or replaced. The class is {current}.")
        return withdrawn(text.format(name=name, current=database.instance_class))
    return running(_("The database is {status}.", status=database.status))


# Warnings before changing the instance class. Pure.
#
# Source: "Settings for DB instances" and "Modifying an Amazon RDS DB instance" (Amazon RDS user guide).


def warnings(state: ClassState, values: ClassParameters, zone: tzinfo) -> tuple[Caution, ...]:
    read = state.read
    if values.withdraws:
        return tuple(along.warnings(read, CLASS))
    return (
        *(along.queued(read, CLASS, values.name, zone) if values.immediately else ()),
        *(along.warnings(read, CLASS) if values.immediately else _window(read, zone)),
        warning(_("Memory, cache and the default of max_connections change with the class.")),
        warning(_("Terraform or other IaC may restore the old class when it is applied.")),
        *restorable_warnings(read, zone),
    )


def outage_text(read: ReadState) -> str:
    if read.database.multi_az:
        return _("One failover: interrupted for one or two minutes (Multi-AZ)")
    return _("Interrupted for about 5 to 10 minutes")


def _window(read: ReadState, zone: tzinfo) -> Iterator[Caution]:
    text = _("The window only moves the interruption to {window}: {outage}.")
    yield warning(text.format(window=window_text(read, zone), outage=outage_text(read)))
    if read.window is None:
        yield warning(_("The maintenance window is not reported: when it is applied is unknown."), grave=True)
    if read.in_window:
        yield warning(_("The maintenance window is open now: RDS may apply it within minutes."), grave=True)
    for setting in read.others(CLASS):
        yield warning(_("In the same window: {name} → {value}.", name=setting.title, value=setting.value))
    for action in read.actions or ():
        if action.current is not None:
            text = _("Maintenance {action} is applied on {at}.")
            yield warning(text.format(action=action.action, at=time_of(action.current, zone)))


CHANGING = "change"  # The approval scope
LASTS = timedelta(hours=2)  # How long a change of the class is followed; it usually takes minutes


class RdsClass(DatabaseChange):
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
            return _("withdraws {name}, which is queued", name=state.queued)
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
    names = state.names if state.current in state.names else (state.current, *state.names)
    return names if state.queued else tuple(name for name in names if name != state.current) or names


def _class_title(name: str, state: ClassState) -> str:
    if name == state.current:
        return _("{name} (now; withdraws the queued class)", name=clean(name))
    return name


def _watch(values: ClassParameters, read: ReadState) -> Watch:
    ends_when = _("the database is available with the class {name}", name=values.name)
    return watch(read, ends_when, lasts=LASTS, in_window=not values.immediately)


def _title(values: ClassParameters, state: ClassState) -> str:
    if values.withdraws:
        return _("Withdraw the queued class {queued}", queued=state.queued)
    applied = _("immediately") if values.immediately else _("next window")
    text = _("Instance class {before} → {after}, {applied}")
    return text.format(before=state.current, after=values.name, applied=applied)


def _impact(values: ClassParameters, read: ReadState) -> str:
    others = along.impact(read, CLASS) if values.immediately else ""
    if values.withdraws or not values.immediately:
        return others
    return _("; ").join(part for part in (outage_text(read), others) if part)


def _downtime(values: ClassParameters, read: ReadState, applied: str) -> str:
    if values.withdraws:
        interrupts = any(setting.outage for setting in read.others(CLASS))
        return _("That of the pending modifications applied along") if interrupts else _("None")
    return _("{outage}, {applied}", outage=outage_text(read), applied=applied)


def _reversible(values: ClassParameters, state: ClassState) -> str:
    if values.withdraws:
        return _("Yes: it can be queued again.")
    if values.immediately:
        return _("Yes: back to {name}, with the same interruption again.", name=state.current)
    return _("Yes: until the window begins the queued class can be withdrawn.")
