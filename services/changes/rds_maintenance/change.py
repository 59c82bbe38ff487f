"""Pending maintenance of the RDS instance (runbook: 定期メンテナンス 4).

A maintenance window is never moved here: one that contains the present minute makes RDS restart at once.
Source: ApplyPendingMaintenanceAction, DescribePendingMaintenanceActions (Amazon RDS API reference).
"""

from collections.abc import Iterable, Mapping
from datetime import timedelta
from typing import Any

from services.aws.client.reader import when
from services.aws_cli.calls import call
from services.aws_cli.plans import requests_of
from services.changes.guarantees import Guarantees
from services.changes.rds.change import DatabaseChange, unavailable
from services.changes.rds.facts import facts
from services.changes.rds.restorable import snapshot_first
from services.changes.rds.state import ReadState, of_cluster, window_text
from services.changes.rds.watching import watch
from services.changes.rds_maintenance.parameters import (
    ACTION,
    NAMES,
    NOW,
    TIMING,
    UNDO,
    WINDOW,
    Parameters,
    default_action,
    default_timing,
    read_parameters,
)
from services.changes.rds_maintenance.steps import action_text, maintenance_progress, observed_opt_in, opt_in
from services.changes.rds_maintenance.warnings import outage_text, warnings
from services.i18n import _
from services.models.aws_cli import CliCommand
from services.models.changes import ChangeTarget, Danger, LiveState, Observation, Parameter, Plan, PlannedStep
from services.models.rds import PendingAction
from services.models.watches import Progress, Watch

LASTS = timedelta(hours=6)
"""How long maintenance is followed; it usually takes minutes."""


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
                help=_("Next window: {window}.").format(window=window_text(state, zone)),
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

    def _downtime(self, values: Parameters, action: PendingAction, state: ReadState) -> str:
        if values.timing == UNDO:
            return _("None")
        applied = _("immediately") if values.timing == NOW else window_text(state, self.context.zone)
        return _("{outage}, {applied}").format(outage=outage_text(action, state), applied=applied)

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
        """Withdraws a request for the window, or makes it again; nothing undoes an immediate one."""
        action, timing = plan.wish.get(ACTION, ""), plan.wish.get(TIMING)
        ways = {WINDOW: UNDO, UNDO: WINDOW}
        return {ACTION: action, TIMING: ways[timing]} if timing in ways else {}


def _watch(values: Parameters, action: PendingAction, state: ReadState) -> Watch | None:
    if values.timing == UNDO:
        return None
    ends_when = _("{action} is no longer pending and the database is available").format(action=action.action)
    return watch(state, ends_when, lasts=LASTS, in_window=values.timing == WINDOW)


def _title(values: Parameters, action: PendingAction, step: PlannedStep) -> str:
    if values.timing == NOW:
        return _("{action} immediately, irreversible").format(action=action.action)
    return step.title


def _reversible(values: Parameters) -> str:
    if values.timing == NOW:
        return _("No: what is applied cannot be undone.")
    if values.timing == WINDOW:
        return _("Yes: until the window begins the request can be withdrawn.")
    return _("Yes: it can be requested again.")
