"""タスク数の上限: the bounds Auto Scaling keeps the services in, beside what the runbook wants of this day.

Runbook: スケール操作 1. Between a duty that raises the limit and the one that takes it back, the busy maximum is
expected, else the usual one. Source: DescribeScalableTargets, DescribeScheduledActions (Application Auto Scaling),
DescribeServices (ECS).
"""

import asyncio
from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta

from services.aws.containers import Containers
from services.aws.errors import AwsError
from services.aws.scaling import Scaling
from services.calendar import Calendar
from services.changes.task_limit_facts import action_text
from services.changes.task_limit_wish import SCALE_DOWN
from services.contacts import escalation
from services.i18n import N_, _
from services.inspections.base import Inspection, Look, table
from services.inspections.dashboard_limits import playbook_of
from services.inspections.database_points import Point, Unread, advice, summary
from services.inspections.scaling_judge import Expected, Seen, points
from services.inspections.times import moment
from services.models.containers import ScheduledAction
from services.models.duties import Slot
from services.models.findings import Evidence, Finding, Measure, worst
from services.models.runbook import Ecs, Runbook
from services.models.verdict import Verdict

REACH = timedelta(days=100)
"""A duty that raises or lowers the limit comes at least so often."""


class TaskLimits(Inspection):
    """The bounds of every service."""

    id = "scaling"
    title = N_("Task limits")
    words = "たすくすう tasukusuu おーとすけーりんぐ ootosukeeringu auto scaling ecs"

    @classmethod
    def lacks(cls, runbook: Runbook) -> str:
        """The services and their usual maximum."""
        if runbook.ecs is None:
            return "ecs"
        return "" if runbook.ecs.usual_max else "ecs.usual_max"

    async def look(self, look: Look) -> Finding:
        """Bounds, counts and scheduled actions of each service. Raises AwsError where nothing could be read."""
        unread = Unread()
        found = await asyncio.gather(
            *(self._seen(name, unread) for name in self._ecs.services), return_exceptions=True
        )
        failures = [each for each in found if isinstance(each, BaseException)]
        if failures and (len(failures) == len(found) or not isinstance(failures[0], AwsError)):
            raise failures[0]
        return self._judged(look, found, unread)

    @property
    def _ecs(self) -> Ecs:
        assert self.context.runbook.ecs is not None
        return self.context.runbook.ecs

    async def _seen(self, name: str, unread: Unread) -> Seen:
        scaling, containers = Scaling(self.context.reader), Containers(self.context.reader)
        cluster = self._ecs.cluster
        target, service, actions = await asyncio.gather(
            scaling.target(cluster, name),
            containers.service(cluster, name),
            self._actions(scaling, name, unread),
        )
        return Seen(name, service, target, actions)

    async def _actions(
        self, scaling: Scaling, name: str, unread: Unread
    ) -> tuple[ScheduledAction, ...] | None:
        try:
            return await scaling.scheduled_actions(self._ecs.cluster, name)
        except AwsError as error:
            unread.add(_("The scheduled actions cannot be read."), error.problem)
            return None

    def _judged(self, look: Look, found: Sequence[Seen | BaseException], unread: Unread) -> Finding:
        before = last_slot(self.context.calendar, self.context.runbook, self.id, look.until)
        expected = expect(self._ecs, self.context.runbook, self.id, before)
        judged: list[Point] = []
        for name, each in zip(self._ecs.services, found, strict=True):
            if isinstance(each, Seen):
                judged += points(
                    each, expected, several=len(found) > 1, written=load_words(self.context.runbook)
                )
            elif isinstance(each, AwsError):
                unread.add(_("{name} cannot be read.").format(name=name), each.problem)
                judged.append(_unknown(name))
        if any(isinstance(each, Seen) and each.actions is None for each in found):
            judged.append(_unknown(_("Scheduled actions")))
        verdict = worst(each.measure.verdict for each in judged) or Verdict.UNKNOWN
        actions = self._actions_table([each for each in found if isinstance(each, Seen)])
        return self.found(
            look,
            verdict,
            summary(judged, self._normal(expected)),
            windowed=False,
            measures=tuple(each.measure for each in judged),
            evidence=(actions,) if actions.rows else (),
            advice=(*advice(judged, self.context.runbook, self.id), *self._procedure(judged)),
            remarks=(*unread.remarks, *self._remarks(look, expected, before)),
            problem=unread.problems[0] if unread.problems else None,
        )

    def _normal(self, expected: Expected) -> str:
        if expected.busy:
            text = _("The limit is raised to {maximum} tasks, as the runbook wants it on these days.")
        else:
            text = _("The limit is {maximum} tasks as usual, and there is room below it.")
        return text.format(maximum=expected.maximum)

    def _actions_table(self, seen: Sequence[Seen]) -> Evidence:
        zone = self.context.calendar.zone
        rows = [
            (each.name, str(action.name), action_text(action, zone))
            for each in seen
            for action in each.actions or ()
        ]
        return table(_("Scheduled actions"), (_("Service"), _("Name"), _("When and what")), rows)

    def _procedure(self, judged: Sequence[Point]) -> Iterator[str]:
        """What the runbook writes about scaling, where the limit differs."""
        if not any(each.by_runbook for each in judged):
            return
        sections = {duty.section for duty in self.context.runbook.duties if self.id in duty.inspections}
        for each in self.context.runbook.procedures:
            if each.section and each.section in sections:
                yield from (str(text) for text in (each.revert, *each.caution) if text)

    def _remarks(self, look: Look, expected: Expected, before: Slot | None) -> Iterator[str]:
        zone = self.context.calendar.zone
        if before is not None:
            text = _("Expected since {time}: {duty}")
            yield text.format(time=moment(before.due_at, zone), duty=before.title)
        after = next_slot(self.context.calendar, self.context.runbook, self.id, look.until)
        if after is not None:
            text = _("Next change by the runbook: {time}, {duty}")
            yield text.format(time=moment(after.due_at, zone), duty=after.title)
        if not expected.sure:
            yield _(
                "The runbook has no duty {id} that takes the limit back: either maximum is taken as right."
            ).format(id=SCALE_DOWN)


def load_words(runbook: Runbook) -> tuple[str, ...]:
    """What the playbook about the services' CPU says, cause by cause, and whom to call; empty without one."""
    limit = runbook.limit_for("AWS/ECS", "CPUUtilization")
    playbook = playbook_of(limit, runbook) if limit else None
    if playbook is None:
        return ()
    causes = [_("{cause}: {action}").format(cause=each.cause, action=each.action) for each in playbook.causes]
    return (*causes, *filter(None, (escalation(runbook, playbook.escalate_to),)))


def _unknown(title: str) -> Point:
    return Point(measure=Measure(title=title, shown="", verdict=Verdict.UNKNOWN))


def _duties(runbook: Runbook, inspection: str) -> list[str]:
    return [duty.id for duty in runbook.duties if inspection in duty.inspections and duty.rule]


def last_slot(calendar: Calendar, runbook: Runbook, inspection: str, at: datetime) -> Slot | None:
    """The newest slot at or before `at` of the duties that change the limit."""
    own, last = _duties(runbook, inspection), calendar.day_of(at)
    slots = calendar.slots(last - REACH, last) if own else ()
    due = [slot for slot in slots if slot.duty in own and slot.due_at <= at]
    return max(due, key=lambda slot: slot.due_at, default=None)


def next_slot(calendar: Calendar, runbook: Runbook, inspection: str, at: datetime) -> Slot | None:
    """The first slot after `at` of the duties that change the limit."""
    found = (calendar.next_slot(duty, at) for duty in _duties(runbook, inspection))
    return min(filter(None, found), key=lambda slot: slot.due_at, default=None)


def expect(ecs: Ecs, runbook: Runbook, inspection: str, before: Slot | None) -> Expected:
    """What the runbook wants now."""
    assert ecs.usual_max is not None
    raised = before is not None and before.duty != SCALE_DOWN and ecs.busy_max is not None
    sure = not raised or SCALE_DOWN in _duties(runbook, inspection)
    return Expected(
        maximum=ecs.busy_max if raised and ecs.busy_max else ecs.usual_max,
        minimum=ecs.usual_min,
        busy=raised,
        other=None if sure else ecs.usual_max,
    )
