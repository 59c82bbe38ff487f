"""Pending maintenance of the RDS instance (runbook: 定期メンテナンス 4). A maintenance window is never moved here:
one that contains the present minute makes RDS restart at once. Source: ApplyPendingMaintenanceAction,
DescribePendingMaintenanceActions (Amazon RDS API reference)."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import timedelta, tzinfo
from typing import Any

from services.aws.client.reader import when
from services.aws_cli.calls import call
from services.aws_cli.plans import requests_of
from services.changes.base import ChangeContext, observed, warning
from services.changes.guarantees import Guarantees
from services.changes.rds.change import DatabaseChange, unavailable
from services.changes.rds.facts import facts, opt_in_text
from services.changes.rds.restorable import restorable_warnings, snapshot_first
from services.changes.rds.state import ReadState, of_cluster, state_digest, time_of, window_text
from services.changes.rds.watching import done, running, watch, withdrawn
from services.changes.typed_values import normalized
from services.i18n import _
from services.models.aws_cli import CliCommand
from services.models.changes import (
    Caution,
    ChangeTarget,
    Danger,
    LiveState,
    Observation,
    Parameter,
    Plan,
    PlannedStep,
    Row,
)
from services.models.rds import OptIn, PendingAction
from services.models.text import clean
from services.models.watches import Progress, Watch

ACTION, TIMING = "action", "timing"
NAMES = (ACTION, TIMING)
WINDOW, UNDO, NOW = "window", "undo", "now"
TIMINGS = (WINDOW, UNDO, NOW)


@dataclass(frozen=True, slots=True)
class MaintenanceParameters:
    action: str
    timing: str

    def as_typed(self) -> dict[str, str]:
        return {ACTION: self.action, TIMING: self.timing}


def default_action(state: ReadState) -> PendingAction | None:
    actions = sorted(
        state.actions or (),
        key=lambda action: (
            action.opt_in is not OptIn.NONE,
            min(filter(None, (action.current, action.auto_after, action.forced)), default=None) is None,
            min(filter(None, (action.current, action.auto_after, action.forced)), default=state.at),
        ),
    )
    return next(iter(actions), None)


def default_timing(action: PendingAction | None) -> str:
    return UNDO if action is not None and action.opt_in is OptIn.NEXT_WINDOW else WINDOW


def read_parameters(
    parameters: Mapping[str, str], state: ReadState
) -> tuple[MaintenanceParameters | None, PendingAction | None, tuple[str, ...]]:
    """(the parsed parameters, their action, the reasons for refusing them). Missing parameters get their defaults."""
    if state.actions is None:
        return None, None, (_("Pending maintenance could not be read; plan again later."),)
    if not state.actions:
        return None, None, (_("No maintenance is pending: there is nothing to apply or withdraw."),)
    default = default_action(state)
    name = normalized(parameters.get(ACTION, default.action if default else ""))
    action = next((each for each in state.actions if each.action == name), None)
    if action is None:
        text = _("{name} is not pending; pending are {choices}.")
        choices = _(", ").join(each.action for each in state.actions)
        return None, None, (text.format(name=clean(name), choices=choices),)
    timing = normalized(parameters.get(TIMING, default_timing(action)))
    if timing not in TIMINGS:
        text = _("“{text}” is not a choice; choose one of {choices}.")
        return None, action, (text.format(text=clean(timing), choices=_(", ").join(TIMINGS)),)
    return MaintenanceParameters(action.action, timing), action, _refusals(timing, action)


def _refusals(timing: str, action: PendingAction) -> tuple[str, ...]:
    if action.opt_in is OptIn.IMMEDIATE:
        return (_("{action} is being applied; that cannot be undone.", action=action.action),)
    if timing == WINDOW and action.opt_in is OptIn.NEXT_WINDOW:
        return (_("{action} is requested for the next window already.", action=action.action),)
    if timing == UNDO and action.opt_in is OptIn.NONE:
        return (_("Nobody has requested {action}: there is nothing to withdraw.", action=action.action),)
    return ()


# The step that opts in to pending maintenance or undoes it, and its comparison with the observed state. Pure.
#
# Source: ApplyPendingMaintenanceAction, PendingMaintenanceAction (Amazon RDS API reference).


OPT_IN = "opt-in"
OPT_IN_TYPES = {WINDOW: "next-maintenance", UNDO: "undo-opt-in", NOW: "immediate"}


def opt_in(
    context: ChangeContext,
    target: ChangeTarget,
    values: MaintenanceParameters,
    action: PendingAction,
    state: ReadState,
) -> PlannedStep:
    titles = {
        WINDOW: _("Apply {action} in the next window"),
        UNDO: _("Withdraw the request for {action}"),
        NOW: _("Apply {action} immediately"),
    }
    params = {
        "ResourceIdentifier": str(state.database.arn),
        "ApplyAction": action.action,
        "OptInType": OPT_IN_TYPES[values.timing],
    }
    zone = context.zone
    return context.step(
        OPT_IN,
        titles[values.timing].format(action=action.action),
        target,
        ("rds", "ApplyPendingMaintenanceAction", params),
        rows=(Row(name=action.action, before=action_text(action, zone), after=_after(values, state, zone)),),
        expects=action_digest(action, state, OPT_IN_TYPES[values.timing]),
        required=("ResourcePendingMaintenanceActions",),
        before=str(action.opt_in),
    )


def action_text(action: PendingAction, zone: tzinfo) -> str:
    return opt_in_text(action.opt_in, time_of(action.current, zone) if action.current else "")


def _after(values: MaintenanceParameters, state: ReadState, zone: tzinfo) -> str:
    if values.timing == WINDOW:
        return opt_in_text(OptIn.NEXT_WINDOW, window_text(state, zone))
    return opt_in_text(OptIn.NONE, "") if values.timing == UNDO else _("applied now")


def action_digest(action: PendingAction | None, state: ReadState, opt_in_type: str) -> str:
    if action is None:
        return state_digest(None)
    depends_on = {
        OPT_IN_TYPES[NOW]: state.is_available,
        OPT_IN_TYPES[WINDOW]: state.database.maintenance_window,
    }
    return state_digest(action.action, str(action.opt_in), depends_on.get(opt_in_type))


def action_of(step: PlannedStep, state: ReadState) -> PendingAction | None:
    name = step.call.params["ApplyAction"]
    return next((action for action in state.actions or () if action.action == name), None)


def observed_opt_in(step: PlannedStep, state: ReadState, zone: tzinfo) -> Observation:
    kind, action = step.call.params["OptInType"], action_of(step, state)
    digest = action_digest(action, state, kind)
    name = step.call.params["ApplyAction"]
    if action is None:
        # Only an immediate request ends an action at once; otherwise somebody else's did, or AWS's own date.
        text = _("{action} is not pending.", action=name)
        return observed(digest, text, after=kind == OPT_IN_TYPES[NOW], before=False)
    target_state = {
        OPT_IN_TYPES[WINDOW]: OptIn.NEXT_WINDOW,
        OPT_IN_TYPES[UNDO]: OptIn.NONE,
        OPT_IN_TYPES[NOW]: OptIn.IMMEDIATE,
    }[kind]
    text = _("{action}: {state}.", action=name, state=action_text(action, zone))
    return observed(
        digest, text, after=action.opt_in is target_state, before=str(action.opt_in) == step.before
    )


def maintenance_progress(step: PlannedStep, state: ReadState, zone: tzinfo, *, is_settled: bool) -> Progress:
    """How far the maintenance is; `is_settled`: RDS shows by now what it has accepted."""
    action, database, name = action_of(step, state), state.database, step.call.params["ApplyAction"]
    if action is None and state.is_available:
        return done(_("{action} is no longer pending, the database is available.", action=name))
    if action is None or not state.is_available:
        return running(_("The database is {status}.", status=database.status))
    if action.opt_in is OptIn.NONE and is_settled:
        return withdrawn(_("{action} is no longer requested: it was withdrawn.", action=name))
    return running(_("{action}: {state}.", action=name, state=action_text(action, zone)))


# Warnings before applying pending maintenance. Pure.
#
# Source: "Maintaining a DB instance" (Amazon RDS user guide): an operating system update of a Multi-AZ instance fails over,
# an upgrade of the engine interrupts both instances; a window bounds the beginning, not the end.


_UPGRADE, _CERTIFICATE, _HARDWARE = "db-upgrade", "ca-certificate-rotation", "hardware-maintenance"


def outage_text(action: PendingAction, state: ReadState) -> str:
    if action.action == _CERTIFICATE:
        return _(
            "Interrupted for minutes where the engine version cannot change its certificate without a restart"
        )
    if not state.database.multi_az:
        return _("Interrupted for minutes")
    if action.action == _UPGRADE:
        return _("Interrupted for minutes: an engine upgrade restarts both instances, Multi-AZ or not")
    if action.action == _HARDWARE:
        return _("At most one failover: interrupted for one or two minutes, or not at all (Multi-AZ)")
    return _("One failover: interrupted for one or two minutes (Multi-AZ)")


def warnings(
    state: ReadState, values: MaintenanceParameters, action: PendingAction, zone: tzinfo
) -> tuple[Caution, ...]:
    return (
        *_timing(state, values, action, zone),
        *_dates(state, values, action, zone),
        *restorable_warnings(state, zone),
    )


def _timing(
    state: ReadState, values: MaintenanceParameters, action: PendingAction, zone: tzinfo
) -> Iterator[Caution]:
    if values.timing == NOW:
        if action.opt_in is OptIn.NEXT_WINDOW:
            text = _("{name} is requested already for the window of {window}: this applies it now.")
            yield warning(text.format(name=action.action, window=window_text(state, zone)), grave=True)
        yield warning(_("It begins now and cannot be undone."), grave=True)
    elif values.timing == UNDO:
        if action.auto_after is None and action.forced is None:
            yield warning(_("AWS reports no date on which it would apply it by itself."))
        if action.action == _UPGRADE and state.database.auto_minor:
            yield warning(_("AutoMinorVersionUpgrade is on: RDS may upgrade in a later window by itself."))
    else:
        text = _("In the window {window}: {outage}. The window bounds the beginning, not the end.")
        yield warning(text.format(window=window_text(state, zone), outage=outage_text(action, state)))
        if state.in_window:
            yield warning(
                _("The maintenance window is open now: RDS may apply it within minutes."), grave=True
            )
        for setting in state.database.pending:
            yield warning(_("In the same window: {name} → {value}.", name=setting.title, value=setting.value))


def _dates(
    state: ReadState, values: MaintenanceParameters, action: PendingAction, zone: tzinfo
) -> Iterator[Caution]:
    window = state.next_window
    if action.forced is not None and values.timing != NOW:
        late = window is None or action.forced <= window[0]
        text = _("AWS applies it on {at} in any case, regardless of the window.")
        yield warning(text.format(at=time_of(action.forced, zone)), grave=late)
        if late and values.timing != UNDO:
            text = _(
                "The window comes after that: to decide the time yourself, apply it immediately at a quiet hour."
            )
            yield warning(text, grave=True)
    if action.auto_after is not None and values.timing == UNDO:
        text = _("AWS applies it by itself from {at}, in the first window after that.")
        yield warning(text.format(at=time_of(action.auto_after, zone)))


LASTS = timedelta(hours=6)  # How long maintenance is followed; it usually takes minutes


class RdsMaintenance(DatabaseChange):
    """Applies pending maintenance in the next window or now, or withdraws that request."""

    names = NAMES
    calls = (
        "cloudwatch:GetMetricData",
        "rds:ApplyPendingMaintenanceAction",
        "rds:DescribeDBInstances",
        "rds:DescribePendingMaintenanceActions",
    )
    guarantees = Guarantees(
        proof="DescribePendingMaintenanceActions: Action, OptInStatus, CurrentApplyDate",
        settles="the action is no longer pending and DBInstanceStatus is available",
    )

    async def read_target(self, target: ChangeTarget) -> LiveState:
        state = await self.reads.state(target.id)
        with self.written_on(state.at):
            remarks = unavailable(state)
            if state.actions == ():
                remarks.append(_("No maintenance is pending."))
            return self.live(target, state.at, facts(state, self.context.zone), remarks)

    async def parameters(self, target: ChangeTarget) -> tuple[Parameter, ...]:
        state = await self.reads.state(target.id)
        with self.written_on(state.at):
            return self._parameters(state)

    def _parameters(self, state: ReadState) -> tuple[Parameter, ...]:
        default, zone = default_action(state), self.context.zone
        return (
            Parameter(
                id=ACTION,
                title=_("Maintenance"),
                kind="choice",
                default=default.action if default else "",
                choices=tuple((action.action, action.action) for action in state.actions or ()),
                why=action_text(default, zone) if default else "",
                help=default.description if default else _("No maintenance is pending."),
            ),
            Parameter(
                id=TIMING,
                title=_("When"),
                kind="choice",
                default=default_timing(default),
                choices=(
                    (WINDOW, _("in the next maintenance window")),
                    (UNDO, _("withdraw the request")),
                    (NOW, _("immediately")),
                ),
                help=_("Next window: {window}.", window=window_text(state, zone)),
            ),
        )

    async def plan(self, target: ChangeTarget, parameters: Mapping[str, str], id: str) -> Plan:
        state = await self.reads.state(target.id)
        with self.written_on(state.at):
            return self.plan_on(target, parameters, state, id)

    def plan_on(self, target: ChangeTarget, parameters: Mapping[str, str], state: ReadState, id: str) -> Plan:
        values, action, refusals = read_parameters(parameters, state)
        reasons = [*self.unknown_names(parameters), *refusals]
        is_now = values is not None and values.timing == NOW
        reasons += unavailable(state) if is_now else of_cluster(state.database)
        if values is None or action is None or reasons:
            return self.refused(target, parameters, reasons, id=id, read_at=state.at)
        step = opt_in(self.context, target, values, action, state)
        return self.planned(
            target,
            values.as_typed(),
            [step],
            id=id,
            read_at=state.at,
            title=_title(values, action, step),
            danger=Danger.DANGEROUS if is_now else Danger.CAREFUL,
            impact=outage_text(action, state) if is_now else "",
            warnings=warnings(state, values, action, self.context.zone),
            downtime=self._downtime(values, action, state),
            cost=_("None"),
            reversible=_reversible(values),
            watch=_watch(values, action, state),
            suggestions=() if values.timing == UNDO else (snapshot_first(target.id),),
        )

    def answered(self, plan: Plan, step: PlannedStep, answer: Mapping[str, Any]) -> Mapping[str, str]:
        resource = answer.get("ResourcePendingMaintenanceActions") or {}
        rows = resource.get("PendingMaintenanceActionDetails") or ()
        action = step.call.params["ApplyAction"]
        row: Mapping[str, Any] = next((row for row in rows if row.get("Action") == action), {})
        at = when(row.get("CurrentApplyDate"))
        facts = {"opt_in": str(row.get("OptInStatus") or ""), "applied_at": at.isoformat() if at else ""}
        return {name: value for name, value in facts.items() if value}

    async def progress(self, plan: Plan, answers: Mapping[str, Mapping[str, str]]) -> Progress:
        state = await self.reads.maintenance(plan.target.id)
        is_settled = self.is_settled(plan)
        with self.written_on(state.at):
            return maintenance_progress(plan.steps[0], state, self.context.zone, is_settled=is_settled)

    def _downtime(self, values: MaintenanceParameters, action: PendingAction, state: ReadState) -> str:
        if values.timing == UNDO:
            return _("None")
        applied = _("immediately") if values.timing == NOW else window_text(state, self.context.zone)
        return _("{outage}, {applied}", outage=outage_text(action, state), applied=applied)

    async def observe(self, step: PlannedStep) -> Observation:
        state = await self.reads.maintenance(step.target)
        with self.written_on(state.at):
            return observed_opt_in(step, state, self.context.zone)

    def cli_commands(self, plan: Plan) -> Iterable[CliCommand]:
        yield from requests_of(plan, _("--opt-in-type immediate begins at once and cannot be undone."))
        for step in plan.steps:
            yield call(
                "rds",
                "DescribePendingMaintenanceActions",
                {"ResourceIdentifier": step.call.params["ResourceIdentifier"]},
                query="PendingMaintenanceActions[].PendingMaintenanceActionDetails[].[Action,OptInStatus,"
                "CurrentApplyDate]",
                purpose=_("Afterwards: OptInStatus and CurrentApplyDate; an applied action has gone."),
            )

    def revert_parameters(self, plan: Plan) -> dict[str, str]:
        action, timing = plan.wish.get(ACTION, ""), plan.wish.get(TIMING)
        ways = {WINDOW: UNDO, UNDO: WINDOW}
        return {ACTION: action, TIMING: ways[timing]} if timing in ways else {}


def _watch(values: MaintenanceParameters, action: PendingAction, state: ReadState) -> Watch | None:
    if values.timing == UNDO:
        return None
    ends_when = _("{action} is no longer pending and the database is available", action=action.action)
    return watch(state, ends_when, lasts=LASTS, in_window=values.timing == WINDOW)


def _title(values: MaintenanceParameters, action: PendingAction, step: PlannedStep) -> str:
    if values.timing == NOW:
        return _("{action} immediately, irreversible", action=action.action)
    return step.title


def _reversible(values: MaintenanceParameters) -> str:
    if values.timing == NOW:
        return _("No: what is applied cannot be undone.")
    if values.timing == WINDOW:
        return _("Yes: until the window begins the request can be withdrawn.")
    return _("Yes: it can be requested again.")
