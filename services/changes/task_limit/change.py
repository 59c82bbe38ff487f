"""Maximum task count of an ECS service (runbook: スケール操作 1).

Only MaxCapacity is sent: what a RegisterScalableTarget omits stays as it is, and the runbook's minimum may
not be the real one. Source: RegisterScalableTarget, PutScheduledAction, DeleteScheduledAction (Application Auto Scaling API reference).
"""

import asyncio
from collections.abc import Mapping
from dataclasses import replace
from zoneinfo import ZoneInfo

from services.changes.base import PLAN_SECONDS, REVERT, REVERT_AT, Change, ChangeContext
from services.changes.ids import new_id
from services.changes.task_limit.facts import facts, remarks
from services.changes.task_limit.parameters import (
    LARGEST,
    MAX,
    Wish,
    default_max,
    default_way,
    local,
    proposed_at,
    read_wish,
)
from services.changes.task_limit.reading import Reads
from services.changes.task_limit.state import Seen
from services.changes.task_limit.steps import (
    ACTION,
    REGISTER,
    SCHEDULE,
    cancel,
    needless,
    register,
    schedule,
    seen_action,
    seen_cancelled,
    seen_limit,
)
from services.changes.task_limit.warnings import approver, cautions, stopped_text
from services.clock import real
from services.i18n import N_, _
from services.models.base import RawId
from services.models.changes import (
    ChangeTarget,
    Danger,
    LiveState,
    Observation,
    Parameter,
    Plan,
    PlannedStep,
    Revert,
)
from services.models.runbook import Ecs
from services.models.text import clean


class TaskLimit(Change):
    """Raises or lowers MaxCapacity, and schedules the way back."""

    kind = "task-limit"
    title = N_("Maximum task count")
    help = N_("Raise or lower the number of tasks that Auto Scaling may start")
    numbers = frozenset({MAX})
    words = "さいだいたすくすう saidai tasuku suu すけーる sukeru scale max"

    def __init__(self, context: ChangeContext) -> None:
        super().__init__(context)
        self._reads = Reads(context)

    def targets(self) -> tuple[ChangeTarget, ...]:
        """The runbook's services."""
        ecs = self.context.runbook.ecs
        if ecs is None:
            return ()
        return tuple(
            ChangeTarget(id=RawId(f"service/{ecs.cluster}/{name}"), title=name) for name in ecs.services
        )

    async def look(self, target: ChangeTarget) -> LiveState:
        """The service's bounds and counts."""
        seen = await self._reads.everything(target.id)
        return LiveState(
            target=target,
            facts=facts(seen, ACTION, self._zone),
            read_at=seen.at,
            remarks=remarks(seen, self._zone),
        )

    async def parameters(self, target: ChangeTarget) -> tuple[Parameter, ...]:
        """The limit, and the way back."""
        seen, ecs, calendar = await self._reads.counts(target.id), self._ecs, self.context.calendar
        maximum = default_max(seen, ecs)
        at, why = await asyncio.to_thread(proposed_at, calendar, seen.at)
        return (
            Parameter(
                id=MAX,
                title=_("Maximum task count"),
                kind="integer",
                default="" if maximum is None else str(maximum),
                minimum=max(1, seen.target.minimum if seen.target else 1),
                maximum=LARGEST,
                help=_(
                    "Auto Scaling starts no more tasks than this. Usual {usual}, busy days {busy}."
                ).format(usual=ecs.usual_max or "–", busy=ecs.busy_max or "–"),
            ),
            Parameter(
                id=REVERT,
                title=_("Way back"),
                kind="choice",
                default="aws" if maximum is None else default_way(maximum, seen, ecs),
                choices=(
                    ("aws", _("AWS takes it back by itself")),
                    ("duty", _("a person does, on a dated duty")),
                    ("none", _("it stays")),
                ),
                help=_(
                    "A raised limit must be taken back; it may stay only when lowered or when it is the usual one."
                ),
            ),
            Parameter(
                id=REVERT_AT,
                title=_("Taken back at"),
                kind="moment",
                default=local(at, calendar),
                why=why,
                help=_("Time in {zone}, like 2026-12-01 17:00; not used when it stays.").format(
                    zone=calendar.zone.key
                ),
            ),
        )

    async def plan(self, target: ChangeTarget, wish: Mapping[str, str]) -> Plan:
        """Before and after."""
        seen = await self._reads.everything(target.id, load=True)
        return await asyncio.to_thread(self.plan_on, target, wish, seen)

    def plan_on(self, target: ChangeTarget, wish: Mapping[str, str], seen: Seen) -> Plan:
        """The plan on a given state; pure but for the id."""
        found, refusals = self._judged(wish, seen)
        if found is None or refusals or seen.target is None:
            return self._plan(
                target,
                seen,
                wish={clean(key): clean(value) for key, value in wish.items()},
                refusals=refusals,
            )
        before, raising = seen.target.maximum, found.maximum > seen.target.maximum
        id = new_id(seen.at)
        region = self.context.region
        first = register(target, found, seen, region)
        steps: tuple[PlannedStep, ...] = (first,)
        if found.way == "aws" and found.at is not None:
            steps += (schedule(id, target, before, found.at, self._zone, region),)
        gone = needless(seen, found)
        for number, action in enumerate(gone):
            steps += (cancel(number, target, action, self._zone, region),)
        left = tuple(each for each in seen.actions if each not in gone)
        stopped, who = seen.stopped(found.maximum), approver(self.context.runbook)
        return self._plan(
            target,
            seen,
            id=id,
            title=_("Maximum task count {before} → {after}").format(before=before, after=found.maximum),
            wish=found.as_wish(self.context.calendar),
            danger=Danger.DANGEROUS if stopped else Danger.CAREFUL,
            steps=steps,
            blast=stopped_text(stopped) if stopped else "",
            cautions=cautions(replace(seen, actions=left), found, self.context.runbook, self._zone),
            approval=who.role if who and raising else "",
            downtime=_("Requests on the stopped tasks may be cut off.") if stopped else _("None"),
            cost=_cost(found.maximum - before),
            reversible=_("Yes: the maximum of before, {before}, is remembered.").format(before=before),
            revert=_revert(target, found, before),
        )

    async def observe(self, step: PlannedStep) -> Observation:
        """Where the bounds, or the scheduled action, stand."""
        if step.id != REGISTER:
            actions = await self._reads.actions(step.target)
            if step.id == SCHEDULE:
                return seen_action(step, actions, self._zone, self.context.clock.now())
            return seen_cancelled(step, actions)
        return seen_limit(step, await self._reads.counts(step.target))

    async def outcome(self, plan: Plan) -> str:
        """How the counts follow."""
        seen = await self._reads.counts(plan.target.id)
        return _("Running {running}.").format(running=seen.running)

    def way_back(self, plan: Plan) -> dict[str, str]:
        """The maximum of before: for good where it may stay, else to be taken back in its turn."""
        first = next((step for step in plan.steps if step.id == REGISTER), None)
        if first is None:
            return {}
        before = int(first.before)
        stays = before < first.call.params["MaxCapacity"] or before == self._ecs.usual_max
        return {MAX: first.before, REVERT: "none" if stays else "aws"}

    @property
    def _ecs(self) -> Ecs:
        ecs = self.context.runbook.ecs
        assert ecs is not None, "without services there are no targets"
        return ecs

    @property
    def _zone(self) -> ZoneInfo:
        return self.context.calendar.zone

    def _judged(self, wish: Mapping[str, str], seen: Seen) -> tuple[Wish | None, tuple[str, ...]]:
        """(the wish, why it must not be applied)."""
        if not seen.active:
            return None, (_("ECS has no such active service."),)
        if seen.target is None:
            return None, (_("Auto Scaling is not configured for this service; there is no limit to change."),)
        found, refusals = read_wish(wish, seen, self._ecs, self.context.calendar)
        if found is not None and found.maximum == seen.target.maximum:
            refusals += (
                _("Nothing to change: the maximum is {maximum} already.").format(maximum=found.maximum),
            )
        if found is not None and found.maximum < seen.target.minimum:
            text = _("The maximum cannot be below the minimum, {minimum}.")
            refusals += (text.format(minimum=seen.target.minimum),)
        return found, refusals

    def _plan(self, target: ChangeTarget, seen: Seen, **known: object) -> Plan:
        base: dict[str, object] = {
            "id": "",
            "title": _(self.title),
            "danger": Danger.CAREFUL,
            "steps": (),
        }
        base |= known
        base["id"] = base["id"] or new_id(seen.at)
        runbook, clock = self.context.runbook, self.context.clock
        return Plan.model_validate(
            base
            | {
                "kind": self.kind,
                "target": target,
                "account": runbook.system.account,
                "region": self.context.region,
                "made_at": seen.at,
                "expires_at": seen.at + real(clock, PLAN_SECONDS),
            }
        )


def _cost(more: int) -> str:
    if more <= 0:
        return _("None")
    return _("Up to {count} more tasks; each is charged while it runs.").format(count=more)


def _revert(target: ChangeTarget, wish: Wish, before: int) -> Revert | None:
    if wish.way == "none" or wish.at is None:
        return None
    return Revert(
        way=wish.way,
        at=wish.at,
        title=_("{target}: take the maximum task count back from {after} to {before}").format(
            target=target.title, after=wish.maximum, before=before
        ),
        values={MAX: str(before), REVERT: "none"},
    )
