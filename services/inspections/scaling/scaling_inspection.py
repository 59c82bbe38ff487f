"""Checks that services run as they should and can grow: tasks, rollout, bounds, policies, scheduled actions.

Runbook: スケール操作 1, アラート対応 1・2. Between a duty that raises the limit and the one that lowers it again, the busy maximum
is expected, otherwise the usual one. Source: DescribeScalableTargets, DescribeScalingPolicies,
DescribeScheduledActions, DescribeScalingActivities (Application Auto Scaling), DescribeServices (ECS), DescribeAlarms,
ListAlarmMuteRules (CloudWatch).
"""

import asyncio
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime, timedelta, tzinfo

from services.aws.client.errors import AwsError
from services.aws.cloudwatch.alarms.reader import Alarms
from services.calendar.calendar import Calendar
from services.changes.ecs_scaling.facts import action_text, reason_words
from services.changes.task_limit.season import SCALE_DOWN
from services.contacts import escalation
from services.i18n import _, plural
from services.inspections.base import Inspection, InspectionRequest, table
from services.inspections.scaling.alarms import PolicyAlarms, policy_alarms
from services.inspections.scaling.evaluation import Expected, Titles, bounds, unknown
from services.inspections.scaling.reading import ServiceReading, read, read_alarms
from services.inspections.scaling.scheduled_actions import Ahead, coming
from services.inspections.scaling.service import COUNTED, Clockwork, short_again, tasks
from services.inspections.toolkit.checks import CheckRow, playbook_of, undecided
from services.inspections.toolkit.finding_builder import FindingBuilder
from services.models.alarms import AlarmOverview
from services.models.aws_cli import CliCommand
from services.models.date_text import zoned_time
from services.models.duties import ScheduledOccurrence
from services.models.ecs import ContainerService, ScalingActivities, ScalingActivity
from services.models.evidence import Evidence, Row
from services.models.findings import Finding, Measure
from services.models.metrics import TimeSpan
from services.models.runbook import Ecs, Runbook
from services.models.runbook_playbooks import Playbook
from services.models.verdict import Verdict

RECENT = timedelta(hours=24)  # Older decisions are not judged
_IN_ORDER = frozenset({"AlreadyAtMinCapacity", "AlreadyAtDesiredCapacity", "AutoScalingAnticipatedFlapping"})
"""Harmless reasons for not scaling: they occur every quiet night."""
_DONE, _UNDER_WAY = "Successful", ("Pending", "InProgress", "Overridden")


def refusals(
    reading: ServiceReading, titles: Titles, now: datetime, zone: tzinfo, written: Sequence[str]
) -> CheckRow:
    """Attention while the newest relevant decision was refused. `written`: the runbook's advice on a high
    load."""
    title, decisions = titles(_("Scaling activities")), reading.decisions
    if isinstance(decisions, AwsError):
        return unknown(title)
    recent = [
        activity
        for activity in decisions.activities
        if now - activity.at < RECENT and not _in_order(activity)
    ]
    failures = [activity for activity in recent if _refused(activity)]
    # A change of bounds is a decision, too, but it starts no task.
    relevant = (activity for activity in recent if _refused(activity) or COUNTED.search(activity.description))
    newest = next(relevant, None)
    standing = newest is not None and _refused(newest)
    note = ""
    if failures:
        count, last = len(failures), failures[0]
        text = plural(
            "refused once in 24 hours, at {time}: {reason}",
            "refused {count} times in 24 hours, last at {time}: {reason}",
            count,
        )
        note = text.format(count=count, time=zoned_time(last.at, zone), reason=_why(last))
    if decisions.undated:
        # An activity without a time may be newer than all others, and successful or refused.
        undated = _("AWS returned activities without a time")
        return unknown(title, _("; ").join(filter(None, (undated, note))))
    text = _("{name}: Auto Scaling tried to scale and could not ({note}).")
    return CheckRow(
        measure=Measure(
            title=title,
            shown=_("scaling refused") if standing else _("not refused"),
            allowed=_("not refused"),
            verdict=Verdict.ATTENTION if standing else Verdict.NORMAL,
            value=len(failures),
            note=note,
        ),
        sentence=text.format(name=reading.name, note=note),
        advice=tuple(written),
    )


def _in_order(activity: ScalingActivity) -> bool:
    return bool(activity.not_scaled) and set(activity.not_scaled) <= _IN_ORDER


def _refused(activity: ScalingActivity) -> bool:
    if activity.not_scaled:
        return True
    return activity.status != _DONE and activity.status not in _UNDER_WAY


def _why(activity: ScalingActivity) -> str:
    return reason_words(activity.not_scaled) if activity.not_scaled else activity.status


def decisions_table(readings: Iterable[ServiceReading], now: datetime, zone: tzinfo) -> Evidence:
    """Decisions of the last day, newest first; equal ones are counted in one row."""
    rows = []
    for reading in readings:
        decisions = reading.decisions
        activities = decisions.activities if isinstance(decisions, ScalingActivities) else ()
        recent = [activity for activity in activities if now - activity.at < RECENT]
        counts = Counter(_key(activity) for activity in recent)
        for activity in {_key(activity): activity for activity in reversed(recent)}.values():
            count = counts[_key(activity)]
            rows.append((activity.at, _row(reading.name, activity, count, zone)))
    rows.sort(key=lambda pair: pair[0], reverse=True)
    columns = (_("Last at"), _("Service"), _("Decision"), _("Outcome"), _("Times"))
    return table(_("Scaling activities of 24 hours"), columns, [row for _at, row in rows])


def _key(activity: ScalingActivity) -> tuple[str, ...]:
    return (activity.status, activity.description, *activity.not_scaled)


def _row(name: str, activity: ScalingActivity, count: int, zone: tzinfo) -> Row:
    outcome = _why(activity) if activity.not_scaled or activity.status != _DONE else _("carried out")
    worrying = _refused(activity) and not _in_order(activity)
    return Row(
        cells=(zoned_time(activity.at, zone), name, activity.description, outcome, str(count)),
        verdict=Verdict.ATTENTION if worrying else None,
    )


PATIENCE = timedelta(minutes=5)  # How long a service may take to recover if no playbook says so
SERVICE, TARGETS = "ecs", "targets"  # Ids of what a playbook's steps check


def load_words(runbook: Runbook) -> tuple[str, ...]:
    limit = runbook.limit_for("AWS/ECS", "CPUUtilization")
    return _words(playbook_of(limit, runbook) if limit else None, runbook)


def patience(runbook: Runbook) -> timedelta:
    playbook = _about_tasks(runbook)
    minutes = playbook.wait_minutes if playbook is not None else None
    return timedelta(minutes=minutes) if minutes else PATIENCE


def _about_tasks(runbook: Runbook) -> Playbook | None:
    books = [book for book in runbook.playbooks if SERVICE in _subjects(book)]
    both = [book for book in books if TARGETS in _subjects(book)]
    return next(iter((*both, *books)), None)


def _subjects(playbook: Playbook) -> set[str | None]:
    return {step.look for step in playbook.steps}


def _words(playbook: Playbook | None, runbook: Runbook) -> tuple[str, ...]:
    return tuple(_texts(playbook, runbook)) if playbook is not None else ()


def _texts(playbook: Playbook, runbook: Runbook) -> Iterator[str]:
    for cause in playbook.causes:
        yield _("{cause}: {action}", cause=cause.cause, action=cause.action)
    whom, minutes = escalation(runbook, playbook.escalate_to), playbook.escalate_minutes
    if whom and minutes:
        yield _("Not recovered within {minutes} minutes? Call {whom}.", minutes=minutes, whom=whom)
    elif whom:
        yield whom


REACH = timedelta(days=100)  # Maximum interval between duties that raise or lower the limit
NIGHT = timedelta(hours=24)
"""Minimum time that scheduled actions are checked ahead, even if the next run is earlier."""
WEEK = timedelta(days=7)  # The same if no duty says when the next run is
EVENTS = 12  # Maximum number of events shown per service if something is not normal


class TaskLimits(Inspection):
    async def run(self, request: InspectionRequest) -> Finding:
        ecs = self._ecs
        readings = await asyncio.gather(
            *(read(self.context.reader, ecs.cluster, name) for name in ecs.services)
        )
        if all(reading.nothing for reading in readings):
            raise next(error for _text, error in readings[0].errors())
        reader = Alarms(self.context.reader, self.context.runbook, clock=self.context.clock)
        return self._finding(request, readings, await read_alarms(reader, readings))

    def cli_commands(self, span: TimeSpan) -> Iterator[CliCommand]:
        from services.aws_cli.containers import service_scaling

        if (ecs := self.context.runbook.ecs) is not None:
            for name in ecs.services:
                yield from service_scaling(ecs.cluster, name)

    @property
    def _ecs(self) -> Ecs:
        assert self.context.runbook.ecs is not None
        return self.context.runbook.ecs

    def _finding(
        self,
        request: InspectionRequest,
        readings: Sequence[ServiceReading],
        overview: AlarmOverview | AwsError,
    ) -> Finding:
        builder, zone = FindingBuilder(self, request, windowed=False), self.context.calendar.zone
        until = self._horizon(request.until)
        timeline = Timeline(self.context.calendar, self.context.runbook, self.id, request.until, until)
        expected = timeline.expected_at(request.until)
        alarms = PolicyAlarms(overview, request.until, zone)
        for reading in readings:
            builder.check(*self._checks(reading, alarms, until, timeline, several=len(readings) > 1))
            for text, error in reading.errors():
                builder.unread(error, text)
        if isinstance(overview, AwsError):
            builder.unread(overview, _("The alarms of the scaling policies cannot be read."))
        else:
            builder.remark(*overview.remarks)
        builder.remark(*self._remarks(request, expected, timeline.slot_at(request.until)))
        builder.table(self._actions_table(readings), decisions_table(readings, request.until, zone))
        if builder.verdict is not Verdict.NORMAL:
            builder.table(self._events_table(readings))
        return builder.finding_of_checks(self._normal(expected), advice=self._procedure(builder.results))

    def _checks(
        self,
        reading: ServiceReading,
        alarms: PolicyAlarms,
        until: datetime,
        timeline: "Timeline",
        *,
        several: bool,
    ) -> Iterator[CheckRow]:
        runbook, zone, now = self.context.runbook, self.context.calendar.zone, alarms.now
        titles, load = Titles(reading.name, several), load_words(runbook)
        service = reading.service
        # Since when earlier runs have found too few tasks; AWS does not always report when that began.
        memory: dict[str, datetime | None] = self.context.memory.setdefault(self.id, {})
        before = memory.get(reading.name)
        if isinstance(reading.service, ContainerService):
            memory[reading.name] = short_again(reading.service, before, now)
        # A single run cannot show how long this has lasted.
        clock = Clockwork(now, patience(runbook), before if before == memory.get(reading.name) else None)
        yield from tasks(reading, titles, clock, _words(_about_tasks(runbook), runbook))
        if reading.missing or (isinstance(service, ContainerService) and service.status == "INACTIVE"):
            return  # the bounds of a nonexistent service are meaningless
        expected = timeline.expected_at(now)
        yield from bounds(reading, expected, titles, load)
        for key in expected.undecided:
            title = _("Minimum number of tasks") if key == "usual_min" else _("Maximum number of tasks")
            yield undecided(titles(title), f"ecs.{key}", runbook)
        if reading.target is not None:
            yield from policy_alarms(reading, titles, alarms, load)
        yield from coming(reading, titles, Ahead(now, until, zone, timeline.expected_at))
        yield refusals(reading, titles, now, zone, load)

    def _horizon(self, now: datetime) -> datetime:
        after = next_slot(self.context.calendar, self.context.runbook, self.id, now)
        # An action at the moment of the next run is judged by that run.
        return max(now + NIGHT, after.due_at - timedelta(seconds=1) if after else now + WEEK)

    def _normal(self, expected: Expected) -> str:
        if expected.busy:
            text = _("The maximum task count is raised to {maximum}, as the runbook requires on these days.")
        else:
            text = _("The maximum task count is {maximum} as usual, and there is room below it.")
        return text.format(maximum=expected.maximum)

    def _actions_table(self, readings: Sequence[ServiceReading]) -> Evidence:
        zone = self.context.calendar.zone
        rows = [
            (reading.name, str(action.name), action_text(action, zone))
            for reading in readings
            if not isinstance(reading.actions, AwsError)
            for action in reading.actions
        ]
        return table(_("Scheduled actions"), (_("Service"), _("Name"), _("When and what")), rows)

    def _events_table(self, readings: Sequence[ServiceReading]) -> Evidence:
        zone = self.context.calendar.zone
        rows = [
            (zoned_time(event.at, zone), reading.name, str(event.message))
            for reading in readings
            if isinstance(reading.service, ContainerService)
            for event in reading.service.events[:EVENTS]
        ]
        return table(_("Newest ECS events"), (_("at"), _("Service"), _("event")), rows)

    def _procedure(self, results: Iterable[CheckRow]) -> Iterator[str]:
        if not any(result.by_runbook for result in results):
            return
        sections = {duty.section for duty in self.context.runbook.duties if self.id in duty.inspections}
        for procedure in self.context.runbook.procedures:
            if procedure.section and procedure.section in sections:
                yield from (str(text) for text in (procedure.revert, *procedure.caution) if text)

    def _remarks(
        self, request: InspectionRequest, expected: Expected, before: ScheduledOccurrence | None
    ) -> Iterator[str]:
        zone = self.context.calendar.zone
        if before is not None:
            text = _("Runbook setting since {time}: {duty}")
            yield text.format(time=zoned_time(before.due_at, zone), duty=before.title)
        after = next_slot(self.context.calendar, self.context.runbook, self.id, request.until)
        if after is not None:
            text = _("Next change per the runbook: {time}, {duty}")
            yield text.format(time=zoned_time(after.due_at, zone), duty=after.title)
        if not expected.sure:
            yield _(
                "The runbook has no duty {id} that reverts the limit: either maximum is accepted as right."
            ).format(id=SCALE_DOWN)


def _duties(runbook: Runbook, inspection: str) -> list[str]:
    return [duty.id for duty in runbook.duties if inspection in duty.inspections and duty.rule]


class Timeline:
    def __init__(
        self, calendar: Calendar, runbook: Runbook, inspection: str, now: datetime, until: datetime
    ) -> None:
        assert runbook.ecs is not None
        self._ecs, self._runbook, self._inspection = runbook.ecs, runbook, inspection
        own = _duties(runbook, inspection)
        first, last = calendar.day_of(now) - REACH, calendar.day_of(until)
        slots = calendar.slots(first, last) if own else ()
        self._slots = sorted((slot for slot in slots if slot.duty in own), key=lambda slot: slot.due_at)

    def slot_at(self, at: datetime) -> ScheduledOccurrence | None:
        """The newest occurrence, at or before `at`, of the duties that change the limit."""
        return next((slot for slot in reversed(self._slots) if slot.due_at <= at), None)

    def expected_at(self, at: datetime) -> Expected:
        return expect(self._ecs, self._runbook, self._inspection, self.slot_at(at))


def next_slot(
    calendar: Calendar, runbook: Runbook, inspection: str, at: datetime
) -> ScheduledOccurrence | None:
    slots = (calendar.next_slot(duty, at) for duty in _duties(runbook, inspection))
    return min(filter(None, slots), key=lambda slot: slot.due_at, default=None)


def expect(ecs: Ecs, runbook: Runbook, inspection: str, before: ScheduledOccurrence | None) -> Expected:
    assert ecs.usual_max is not None
    busy = before is not None and before.duty != SCALE_DOWN
    raised = busy and ecs.busy_max is not None
    needed = ("usual_min", "busy_max") if busy else ("usual_min",)
    certain = not raised or SCALE_DOWN in _duties(runbook, inspection)
    return Expected(
        maximum=ecs.busy_max if raised and ecs.busy_max else ecs.usual_max,
        minimum=ecs.usual_min or None,
        busy=raised,
        other=None if certain else ecs.usual_max,
        undecided=tuple(key for key in needed if not getattr(ecs, key)),
    )
