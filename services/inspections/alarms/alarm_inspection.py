"""アラーム: the state of every alarm now, and everything that fired since the last sign-off.

Runbook: 日常監視 1, whose own command shows only what fires at that moment. This inspection also finds what fired at
night and recovered, has no data, is missing, muted or disabled. Source: DescribeAlarms, DescribeAlarmHistory,
DescribeAlarmContributors, ListAlarmMuteRules, ListSubscriptionsByTopic (`services.aws.cloudwatch.alarms.reader`).
"""

from collections import defaultdict
from collections.abc import AsyncIterator, Collection, Iterable, Iterator, Sequence
from datetime import timedelta
from itertools import pairwise

from services.aws.client.errors import AwsError
from services.aws.cloudwatch.alarms.actions import is_topic, scaling_name
from services.aws.cloudwatch.alarms.reader import Alarms
from services.contacts import escalation
from services.i18n import _, plural, sentences
from services.inspections.alarms.evaluation import AlarmMark, JudgedAlarms, judge, summary_of
from services.inspections.alarms.periods import as_of, periods_of, within
from services.inspections.alarms.tables import Firing, alarm_names, changes_table, periods_table, series_table
from services.inspections.base import Inspection, InspectionRequest
from services.inspections.toolkit.checks import runbook_advice
from services.inspections.toolkit.finding_builder import FindingBuilder
from services.inspections.toolkit.toolkit_wording import hours_words
from services.models.alarms import Alarm, AlarmOverview, AlarmState, AlarmTransition
from services.models.aws_cli import CliCommand
from services.models.findings import AlarmPeriod, Finding, Measure
from services.models.metrics import TimeSpan
from services.models.runbook import Runbook
from services.models.runbook_playbooks import Playbook
from services.models.verdict import DISPLAY_ORDER, Verdict, judgement


def advice(judged: Iterable[JudgedAlarms], runbook: Runbook, inspection: str) -> tuple[str, ...]:
    texts = [text for alarm in judged if alarm.marks for text in _of(alarm, runbook)]
    if not texts:
        return ()
    return tuple(dict.fromkeys((*texts, *(_by_duties(runbook, inspection) or _slack(runbook)))))


def _by_duties(runbook: Runbook, inspection: str) -> tuple[str, ...]:
    own = tuple(duty for duty in runbook.duties if duty.inspections == (inspection,))
    return runbook_advice(runbook.model_copy(update={"duties": own}) if own else runbook, inspection)


def _slack(runbook: Runbook) -> tuple[str, ...]:
    if runbook.slack is None or not runbook.slack.channel:
        return ()
    return (_("Record it in Slack {channel}.", channel=runbook.slack.channel),)


def _of(judged: JudgedAlarms, runbook: Runbook) -> Iterator[str]:
    if AlarmMark.FIRING in judged.marks or AlarmMark.FIRED in judged.marks:
        yield from _fired_advice(judged, runbook)
    if AlarmMark.MISSING in judged.marks:
        text = _(
            "{alarm}: not monitored now. Have the alarm {name} recreated; until then check the dashboard."
        )
        if judged.alarm.near:
            text = _(
                "{alarm}: not monitored now. If {near} is this alarm, have the name corrected in the runbook or in "
                "AWS; else have {name} recreated."
            )
        yield text.format(alarm=judged.title, name=judged.alarm.name, near=judged.alarm.near)
    if judged.alarm.warm_up_until is not None:
        yield _("{alarm}: until it has warmed up, check its metric on the dashboard.", alarm=judged.title)
    elif AlarmMark.NO_DATA in judged.marks or AlarmMark.BLIND in judged.marks:
        text = _(
            "{alarm}: it cannot fire without data. Check that what it watches is there and reports {metric}."
        )
        names = dict.fromkeys(str(query.metric) for query in judged.alarm.queries if query.metric)
        yield text.format(alarm=judged.title, metric=_(", ").join(names) or _("its metric"))
    if AlarmMark.UNSURE in judged.marks:
        yield _("{alarm}: correct the alarm's definition, or wait where AWS failed.", alarm=judged.title)
    if AlarmMark.SILENT in judged.marks:
        yield _silent(judged.alarm).format(alarm=judged.title)
    if AlarmMark.TOGETHER in judged.marks:
        yield _(
            "{alarm}: have an action added to it; if people hear of it otherwise, declare heard_by in the runbook.",
            alarm=judged.title,
        )
    if AlarmMark.UNTOLD in judged.marks:
        yield _("{alarm}: check its history in CloudWatch: it may have fired unnoticed.", alarm=judged.title)


def _silent(alarm: Alarm) -> str:
    if alarm.muted_by or alarm.actions_enabled is False:
        return _("{alarm}: while it notifies nobody, check it yourself; ask who did it, and until when.")
    if any(map(is_topic, alarm.alarm_actions)) and not alarm.has_actions:
        return _(
            "{alarm}: check it yourself; have somebody subscribe to its topic and accept AWS's invitation."
        )
    return _(
        "{alarm}: check it yourself; have an action added to it, or to a composite alarm that goes to ALARM with it."
    )


def _fired_advice(judged: JudgedAlarms, runbook: Runbook) -> Iterator[str]:
    playbook = runbook.playbook_for(judged.alarm.id)
    if playbook is None:
        yield _("{alarm}: the runbook has no steps for it.", alarm=judged.title)
        return
    steps = " → ".join(str(step.text) for step in playbook.steps)
    firing = AlarmMark.FIRING in judged.marks
    text = (
        _("{alarm}: {playbook}: {steps}")
        if firing
        else _("{alarm} recovered on its own; find out why it fired: {playbook}: {steps}")
    )
    yield text.format(alarm=judged.title, playbook=playbook.title, steps=steps)
    if firing:
        yield from _escalation_advice(judged, playbook, runbook)


def _escalation_advice(judged: JudgedAlarms, playbook: Playbook, runbook: Runbook) -> Iterator[str]:
    whom = escalation(runbook, playbook.escalate_to)
    minutes = playbook.escalate_minutes or playbook.wait_minutes
    if whom and minutes:
        text = _("{alarm}: not recovered within {minutes} minutes? Call {whom}.")
        yield text.format(alarm=judged.title, minutes=minutes, whom=whom)
    elif whom:
        yield _("{alarm}: call {whom}.", alarm=judged.title, whom=whom)
    approver = escalation(runbook, playbook.approval)
    if approver:
        yield _("{alarm}: changes require the approval of {whom}.", alarm=judged.title, whom=approver)


SETTLED = timedelta(minutes=5)  # A change younger than this may not be in the history yet
APART = timedelta(minutes=1)  # Maximum difference between the time of a change in an alarm and in its history


def doubts(alarms: Sequence[Alarm], changes: Sequence[AlarmTransition], span: TimeSpan) -> Iterator[str]:
    """Why the history of `span` is unreliable, in sentences. `alarms` are in their current state; `changes`
    exclude those of scaling alarms."""
    unreadable = sum(change.kind == "unreadable" for change in changes)
    if unreadable:
        yield plural(
            "{count} entry of the alarm history cannot be read.",
            "{count} entries of the alarm history cannot be read.",
            unreadable,
            count=f"{unreadable:,}",
        )
    own = _by_alarm(changes)
    behind = [alarm for alarm in alarms if not _has_newest(alarm, own[alarm.id], span)]
    if behind:
        yield _("The alarm history lacks the newest change of {alarms}.", alarms=_names(behind))
    broken = [alarm for alarm in alarms if _broken(own[alarm.id])]
    if broken:
        yield _("The alarm history lacks some changes of {alarms}.", alarms=_names(broken))


def without_history(
    alarms: Iterable[Alarm], changes: Sequence[AlarmTransition], span: TimeSpan
) -> frozenset[str]:
    own = _by_alarm(changes)
    return frozenset(
        alarm.id
        for alarm in alarms
        if any(change.kind == "unreadable" for change in own[alarm.id])
        or not _has_newest(alarm, own[alarm.id], span)
        or _broken(own[alarm.id])
    )


def _by_alarm(changes: Sequence[AlarmTransition]) -> defaultdict[str, list[AlarmTransition]]:
    own: defaultdict[str, list[AlarmTransition]] = defaultdict(list)
    # AWS lists the newest change first, also among those of the same moment.
    oldest_first = list(changes)
    oldest_first.reverse()
    for change in sorted(oldest_first, key=lambda change: change.at):
        own[change.id].append(change)
    return own


def _names(alarms: Sequence[Alarm]) -> str:
    names = _(", ").join(str(alarm.name) for alarm in alarms[:_NAMED])
    return names + (" …" if len(alarms) > _NAMED else "")


def _broken(own: Sequence[AlarmTransition]) -> bool:
    """Whether a change starts in a state other than the one in which the previous change ended. A change from
    INSUFFICIENT_DATA may belong to an alarm that was created again under the same name."""
    states = [change for change in own if change.kind == "state"]
    return any(
        later.before is not AlarmState.INSUFFICIENT and later.before is not earlier.after
        for earlier, later in pairwise(states)
    )


def _has_newest(alarm: Alarm, own: Sequence[AlarmTransition], span: TimeSpan) -> bool:
    """Whether the history contains the alarm's newest change, if in the window; a new alarm starts without data."""
    at = alarm.since
    if at is None or alarm.state not in (AlarmState.OK, AlarmState.ALARM):
        return True
    if not span.start + APART <= at <= span.end - SETTLED:
        return True
    return any(change.kind == "state" and change.at >= at - APART for change in own)


_NAMED = 5  # Maximum number of alarms named in one text


class AlarmStates(Inspection):
    longest = timedelta(days=30)  # CloudWatch's retention of alarm history

    async def run(self, request: InspectionRequest) -> Finding:
        reader = Alarms(self.context.reader, self.context.runbook, clock=self.context.clock)
        overview = await reader.overview(topics=True)
        builder, history = FindingBuilder(self, request), None
        try:
            history = await reader.history_all(request.since)
        except AwsError as error:
            builder.unread(error, _("Alarms fired since the last sign-off cannot be read."))
        series = [firing async for firing in self._contributors(reader, overview)]
        return self._finding(builder, overview, history, series)

    def cli_commands(self, span: TimeSpan) -> Iterable[CliCommand]:
        from services.inspections.alarms.alarm_cli_commands import commands_of

        return commands_of(span)

    async def _contributors(self, reader: Alarms, overview: AlarmOverview) -> AsyncIterator[Firing]:
        firing = [alarm for alarm in overview.watched if alarm.several and alarm.state is AlarmState.ALARM]
        for alarm in firing[:_NAMED]:
            try:
                yield Firing(alarm, await reader.contributors(alarm.id))
            except AwsError as error:
                yield Firing(alarm, (), error.problem.summary)

    def _finding(
        self,
        builder: FindingBuilder,
        overview: AlarmOverview,
        history: Sequence[AlarmTransition] | None,
        series: Sequence[Firing],
    ) -> Finding:
        span, transitions = builder.request.span, history or ()
        alarms = as_of(overview.watched, transitions, span.end)
        changes = _of_watched(within(transitions, span), overview)
        periods = periods_of(changes, alarms, span)
        doubtful: tuple[str, ...] = ()
        incomplete: frozenset[str] = frozenset()
        if history is not None:
            own = _of_watched(history, overview)
            doubtful = tuple(doubts(overview.watched, own, span))
            incomplete = without_history(overview.watched, own, span)
        judged_alarms = self._judged(span, alarms, periods, incomplete)
        builder.measure(
            *(alarm.measure for alarm in judged_alarms),
            _fired(periods, doubtful, complete=history is not None),
        )
        if not overview.mutes_read:
            title, allowed = _("Mute rules"), _("none")
            builder.measure(Measure(title=title, shown="", allowed=allowed, verdict=Verdict.UNKNOWN))
        if not overview.subscribers_read:
            title, allowed = _("Subscribers"), _("known")
            builder.measure(Measure(title=title, shown="", allowed=allowed, verdict=Verdict.UNKNOWN))
        names, zone = alarm_names(self.context.runbook), self.context.calendar.zone
        builder.table(
            series_table(series, names, zone),
            periods_table(periods, names, span, zone),
            changes_table(changes, names, zone),
        )
        builder.remark(*overview.remarks, *self._remarks(alarms, overview))
        return builder.finding(
            self._summary(builder, judged_alarms, overview, doubtful),
            advice=advice(judged_alarms, self.context.runbook, self.id),
            spells=periods,
        )

    def _judged(
        self,
        span: TimeSpan,
        alarms: Sequence[Alarm],
        periods: Sequence[AlarmPeriod],
        incomplete: Collection[str],
    ) -> list[JudgedAlarms]:
        """The runbook's alarms, and others that fire or fired; worst first. `incomplete`: the alarms whose
        history does not contain every change."""
        titles = {alarm.name: str(alarm.title) for alarm in self.context.runbook.alarms}
        order = list(titles)
        zone = self.context.calendar.zone
        every = []
        for alarm in alarms:
            own = [period for period in periods if period.alarm == alarm.name]
            title = titles.get(alarm.id, str(alarm.name))
            judged = judge(alarm, title, own, span, zone, complete=alarm.id not in incomplete)
            if alarm.expected or {AlarmMark.FIRING, AlarmMark.FIRED} & set(judged.marks):
                every.append(judged)
        return sorted(
            every,
            key=lambda judged: (
                DISPLAY_ORDER.index(judged.verdict),
                order.index(judged.alarm.id) if judged.alarm.id in titles else len(order),
            ),
        )

    def _summary(
        self,
        builder: FindingBuilder,
        judged_alarms: Sequence[JudgedAlarms],
        overview: AlarmOverview,
        doubtful: Sequence[str],
    ) -> str:
        bad = summary_of(judged_alarms)
        if bad:
            sentence = _("{found}.", found=bad[:1].upper() + bad[1:])
        else:
            count = sum(judged.alarm.expected for judged in judged_alarms)
            text = plural(
                "The runbook's {count} alarm is OK and did not fire in {hours}.",
                "The runbook's {count} alarms are OK and none fired in {hours}.",
                count,
            )
            if builder.problem or doubtful:
                text = plural(
                    "The runbook's {count} alarm is OK now.",
                    "The runbook's {count} alarms are OK now.",
                    count,
                )
            sentence = text.format(count=count, hours=hours_words(builder.request.hours))
        more = (
            [_("Alarms fired since the last sign-off cannot be read.")] if builder.problem else list(doubtful)
        )
        if not overview.mutes_read:
            more.append(_("It is not known which alarms are muted."))
        if not overview.subscribers_read:
            more.append(_("It is not known whether anybody is subscribed to the alarms' topics."))
        # Known problems come before unknown results.
        return sentences(sentence, *more) if bad else sentences(*more, sentence)

    def _remarks(self, alarms: Iterable[Alarm], overview: AlarmOverview) -> Iterator[str]:
        others = [alarm for alarm in alarms if not alarm.expected]
        if others:
            text = plural(
                "{count} alarm that the runbook does not name was checked too: {names}.",
                "{count} alarms that the runbook does not name were checked too: {names}.",
                len(others),
            )
            names = _(", ").join(str(alarm.name) for alarm in others[:_NAMED])
            yield text.format(count=len(others), names=names + (" …" if len(others) > _NAMED else ""))
        blind = [str(alarm.name) for alarm in others if alarm.state is AlarmState.INSUFFICIENT]
        if blind:
            yield _("Of these, without data and not judged: {alarms}.", alarms=_(", ").join(blind))
        if overview.scaling:
            yield plural(
                "{count} Auto Scaling alarm is excluded: it normally fires.",
                "{count} Auto Scaling alarms are excluded: they normally fire.",
                len(overview.scaling),
                count=len(overview.scaling),
            )


def _fired(periods: Sequence[AlarmPeriod], doubtful: Sequence[str], *, complete: bool) -> Measure:
    count = sum(period.state == "alarm" for period in periods)
    verdict = Verdict.ATTENTION if count else Verdict.NORMAL
    return Measure(
        title=_("Fired since the last sign-off"),
        shown=str(count) if complete else "",
        allowed="0",
        **judgement((verdict, None if complete and not doubtful else Verdict.UNKNOWN)),
        value=count if complete else None,
        note=sentences(*doubtful),
    )


def _of_watched(changes: Iterable[AlarmTransition], overview: AlarmOverview) -> list[AlarmTransition]:
    own, scaling = ({alarm.id for alarm in alarms} for alarms in (overview.watched, overview.scaling))
    return [
        change
        for change in changes
        if change.id in own or not (change.id in scaling or scaling_name(change.id))
    ]
