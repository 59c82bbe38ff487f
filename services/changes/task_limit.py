"""Maximum task count of an ECS service (runbook: スケール操作 1).

Only MaxCapacity is sent: what a RegisterScalableTarget omits stays as it is, and the runbook's minimum may
not be the real one. Source: RegisterScalableTarget, PutScheduledAction (Application Auto Scaling API reference).
"""

import asyncio
import re
from collections.abc import Mapping
from datetime import datetime, tzinfo
from zoneinfo import ZoneInfo

from services.aws.scaling import DIMENSION, SERVICE
from services.changes.base import PLAN_SECONDS, REVERT, REVERT_AT, Change, real
from services.changes.ids import new_id
from services.changes.task_limit_cautions import approver, cautions, stopped_text
from services.changes.task_limit_facts import facts, remarks
from services.changes.task_limit_state import Seen, action_digest, limit_digest, names, read, read_counts
from services.changes.task_limit_wish import (
    LARGEST,
    MAX,
    Wish,
    default_at,
    default_max,
    default_way,
    local,
    read_wish,
)
from services.changes.words import moment
from services.i18n import N_, _
from services.models.base import RawId
from services.models.changes import (
    AwsCall,
    ChangeTarget,
    Danger,
    LiveState,
    Observation,
    Parameter,
    Place,
    Plan,
    PlannedStep,
    Revert,
    Row,
    aws_call,
)
from services.models.containers import ScheduledAction
from services.models.runbook import Ecs

REGISTER = "register"
SCHEDULE = "schedule-revert"
ACTION = "toban-revert-"
"""Scheduled actions of ours begin like this; the plan's id follows."""
_SCHEDULE = re.compile(r"at\((\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2})\)")


class TaskLimit(Change):
    """Raises or lowers MaxCapacity, and schedules the way back."""

    kind = "task-limit"
    title = N_("Maximum task count")
    help = N_("Raise or lower the number of tasks that Auto Scaling may start")
    words = "さいだいたすくすう saidai tasuku suu すけーる sukeru scale max"

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
        seen = await read(self.context, target.id)
        return LiveState(
            target=target,
            facts=facts(seen, ACTION, self._zone),
            read_at=seen.at,
            remarks=remarks(seen, self._zone),
        )

    async def parameters(self, target: ChangeTarget) -> tuple[Parameter, ...]:
        """The limit, and the way back."""
        seen, ecs, calendar = await read_counts(self.context, target.id), self._ecs, self.context.calendar
        maximum = default_max(seen, ecs)
        at = await asyncio.to_thread(default_at, calendar, seen.at)
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
                help=_("Time in {zone}, like 2026-12-01 17:00; not used when it stays.").format(
                    zone=calendar.zone.key
                ),
            ),
        )

    async def plan(self, target: ChangeTarget, wish: Mapping[str, str]) -> Plan:
        """Before and after."""
        seen = await read(self.context, target.id, load=True)
        return await asyncio.to_thread(self.plan_on, target, wish, seen)

    def plan_on(self, target: ChangeTarget, wish: Mapping[str, str], seen: Seen) -> Plan:
        """The plan on a given state; pure but for the id."""
        found, refusals = self._judged(wish, seen)
        if found is None or refusals or seen.target is None:
            return self._plan(target, seen, wish=dict(wish), refusals=refusals)
        before, raising = seen.target.maximum, found.maximum > seen.target.maximum
        id = new_id(seen.at)
        register = self._register(target, found, seen)
        steps: tuple[PlannedStep, ...] = (register,)
        if found.way == "aws" and found.at is not None:
            steps += (self._schedule(id, target, before, found.at),)
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
            cautions=cautions(seen, found, self.context.runbook, self._zone),
            approval=who.role if who and raising else "",
            downtime=_("Requests on the stopped tasks may be cut off.") if stopped else _("None"),
            cost=_cost(found.maximum - before),
            reversible=_("Yes: the maximum of before, {before}, is remembered.").format(before=before),
            revert=_revert(target, found, before),
        )

    async def observe(self, step: PlannedStep) -> Observation:
        """Where the bounds, or the scheduled action, stand."""
        if step.id == SCHEDULE:
            cluster, name = names(step.target)
            return self._seen_action(step.call, await self.context.scaling.scheduled_actions(cluster, name))
        return _seen_limit(step, await read_counts(self.context, step.target))

    async def outcome(self, plan: Plan) -> str:
        """How the counts follow."""
        seen = await read_counts(self.context, plan.target.id)
        return _("Desired {desired}, running {running}.").format(desired=seen.desired, running=seen.running)

    def way_back(self, plan: Plan) -> dict[str, str]:
        """The maximum of before, for good."""
        register = next((step for step in plan.steps if step.id == REGISTER), None)
        return {MAX: register.before, REVERT: "none"} if register else {}

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
        if seen.service is None or seen.service.status != "ACTIVE":
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

    def _register(self, target: ChangeTarget, wish: Wish, seen: Seen) -> PlannedStep:
        assert seen.target is not None
        params = _resource(target.id) | {"MaxCapacity": wish.maximum}
        return PlannedStep(
            id=REGISTER,
            title=_("Set the maximum task count to {maximum}").format(maximum=wish.maximum),
            target=target.id,
            call=aws_call(SERVICE, "RegisterScalableTarget", self.context.region, params),
            rows=_rows(seen, wish),
            expects=limit_digest(seen.target, seen.stopped(wish.maximum)),
            required=("ScalableTargetARN",),
            before=str(seen.target.maximum),
        )

    def _schedule(self, id: str, target: ChangeTarget, before: int, at: datetime) -> PlannedStep:
        params = _resource(target.id) | {
            "ScheduledActionName": f"{ACTION}{id}",
            "Schedule": f"at({at.astimezone(self._zone):%Y-%m-%dT%H:%M:%S})",
            "Timezone": self._zone.key,
            "ScalableTargetAction": {"MaxCapacity": before},
        }
        when = moment(at, self._zone)
        return PlannedStep(
            id=SCHEDULE,
            title=_("Let AWS take it back to {before} on {when}").format(before=before, when=when),
            target=target.id,
            call=aws_call(SERVICE, "PutScheduledAction", self.context.region, params),
            rows=(
                Row(
                    name=_("Way back"),
                    before=_("none"),
                    after=_("{when}: maximum {before}").format(when=when, before=before),
                ),
            ),
            expects=action_digest(None),
        )

    def _seen_action(self, call: AwsCall, actions: tuple[ScheduledAction, ...]) -> Observation:
        wanted = call.params
        found = next((each for each in actions if each.id == wanted["ScheduledActionName"]), None)
        if found is None:
            # AWS forgets a one-time action once its time is over, so absence tells nothing then.
            over = _due(wanted["Schedule"], self._zone) <= self.context.clock.now()
            text = _("There is no scheduled action {name}.").format(name=wanted["ScheduledActionName"])
            place = Place.ELSEWHERE if over else Place.BEFORE
            return Observation(digest=action_digest(None), place=place, text=text)
        same = (found.schedule, found.timezone, found.maximum) == (
            wanted["Schedule"],
            wanted["Timezone"],
            wanted["ScalableTargetAction"]["MaxCapacity"],
        )
        text = _("The scheduled action {name} is there: {schedule}, maximum {maximum}.").format(
            name=found.name, schedule=found.schedule, maximum="–" if found.maximum is None else found.maximum
        )
        place = Place.AFTER if same else Place.ELSEWHERE
        return Observation(digest=action_digest(found), place=place, text=text)


def _seen_limit(step: PlannedStep, seen: Seen) -> Observation:
    wanted = step.call.params["MaxCapacity"]
    found = limit_digest(seen.target, seen.stopped(wanted))
    if seen.target is None:
        text = _("Auto Scaling is not configured for this service any more.")
        return Observation(digest=found, place=Place.ELSEWHERE, text=text)
    maximum = seen.target.maximum
    places = {wanted: Place.AFTER, int(step.before or -1): Place.BEFORE}
    text = _("Maximum {maximum}, minimum {minimum}, desired {desired}.").format(
        maximum=maximum, minimum=seen.target.minimum, desired=seen.desired
    )
    if seen.target.suspended:
        text = " ".join([text, _("Auto Scaling is suspended.")])
    return Observation(digest=found, place=places.get(maximum, Place.ELSEWHERE), text=text)


def _resource(target: RawId) -> dict[str, object]:
    return {"ServiceNamespace": "ecs", "ResourceId": str(target), "ScalableDimension": DIMENSION}


def _due(schedule: str, zone: tzinfo) -> datetime:
    found = _SCHEDULE.fullmatch(schedule)
    assert found is not None, "written by _schedule"
    return datetime.fromisoformat(found[1]).replace(tzinfo=zone)


def _rows(seen: Seen, wish: Wish) -> tuple[Row, ...]:
    """Every value that is shown, changed or not."""
    assert seen.target is not None
    target, stopped = seen.target, seen.stopped(wish.maximum)
    desired = str(seen.desired)
    if stopped:
        after = _("{count}: {stopped}").format(count=wish.maximum, stopped=stopped_text(stopped))
        running = _("falls to {count}").format(count=wish.maximum)
    elif wish.maximum > target.maximum and not target.suspended:
        after = _("{count}, rises with load").format(count=seen.desired)
        running = _("{count}, rises with load").format(count=seen.running)
    else:
        after, running = desired, str(seen.running)
    scaling = _("suspended") if target.suspended else _("active")
    return (
        Row(name=_("Maximum"), before=target.maximum, after=wish.maximum),
        Row(name=_("Minimum"), before=target.minimum, after=target.minimum),
        Row(name=_("Desired"), before=desired, after=after),
        Row(name=_("Running"), before=seen.running, after=running),
        Row(name=_("Auto Scaling"), before=scaling, after=scaling),
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
