"""アラーム: the state of every alarm now, and everything that fired since the last sign-off.

Runbook: 日常監視 1, whose own command shows only what fires at that moment: what fired at night and recovered,
what has no data, what is missing, muted or disabled is seen here. Source: DescribeAlarms, DescribeAlarmHistory,
DescribeAlarmContributors, ListAlarmMuteRules (`services.aws.cloudwatch.alarms.reader`).
"""

from collections.abc import AsyncIterator, Collection, Iterable, Iterator, Sequence
from datetime import timedelta

from services.aws.client.errors import AwsError
from services.aws.cloudwatch.alarms.actions import scaling_name
from services.aws.cloudwatch.alarms.reader import Alarms
from services.i18n import N_, _, plural, sentences
from services.inspections.alarms.advice import advice
from services.inspections.alarms.doubts import doubts, untold
from services.inspections.alarms.evaluation import Judged, Mark, judge, summary_of
from services.inspections.alarms.periods import as_of, spells, within
from services.inspections.alarms.tables import Firing, alarm_names, changes_table, series_table, spells_table
from services.inspections.base import Inspection, Look
from services.inspections.toolkit.logs.queries import hours_words
from services.inspections.toolkit.points import Unread
from services.models.alarms import Alarm, AlarmOverview, AlarmState, AlarmTransition
from services.models.findings import TOLD, Finding, Measure, Spell, worst
from services.models.runbook import Runbook
from services.models.verdict import Verdict

_NAMED = 5
"""Alarms that are named where there may be many."""


class AlarmStates(Inspection):
    """Every alarm of the runbook, and whatever else fires."""

    id = "alarms"
    title = N_("Alarms")
    words = "あらーむ araamu けいほう keihou cloudwatch alarm"
    longest = timedelta(days=30)
    """CloudWatch keeps the history of alarms so long."""

    @classmethod
    def lacks(cls, runbook: Runbook) -> str:
        """The alarms that must exist."""
        return "" if runbook.alarms else "alarms"

    async def look(self, look: Look) -> Finding:
        """All alarms and their history. Raises AwsError where not even their states can be read."""
        reader = Alarms(self.context.reader, self.context.runbook, clock=self.context.clock)
        board = await reader.board()
        unread, history = Unread(), None
        try:
            history = await reader.history_all(look.since)
        except AwsError as error:
            unread.add(_("What fired since the last sign-off cannot be read."), error.problem)
        series = [each async for each in self._contributors(reader, board)]
        return self._judged(look, board, history, series, unread)

    async def _contributors(self, reader: Alarms, board: AlarmOverview) -> AsyncIterator[Firing]:
        """What fires of the alarms over several series; one that cannot be read says so in its row."""
        firing = [alarm for alarm in board.watched if alarm.several and alarm.state is AlarmState.ALARM]
        for alarm in firing[:_NAMED]:
            try:
                yield Firing(alarm, await reader.contributors(alarm.id))
            except AwsError as error:
                yield Firing(alarm, (), error.problem.summary)

    def _judged(
        self,
        look: Look,
        board: AlarmOverview,
        history: Sequence[AlarmTransition] | None,
        series: Sequence[Firing],
        unread: Unread,
    ) -> Finding:
        known = history or ()
        alarms = as_of(board.watched, known, look.until)
        changes = _counted(within(known, look.span), board)
        found = spells(changes, alarms, look.span)
        counted = _counted(known, board)
        gaps = untold(board.watched, counted, look.span) if history is not None else frozenset()
        judged = self._each(look, alarms, found, gaps)
        doubtful = tuple(doubts(board.watched, counted, look.span)) if history is not None else ()
        measures = (*self._whole(board, found, judged, complete=history is not None, doubtful=doubtful),)
        verdict = worst(each.verdict for each in measures) or Verdict.UNKNOWN
        names, zone = alarm_names(self.context.runbook), self.context.calendar.zone
        return self.found(
            look,
            verdict,
            self._summary(look, judged, unread, board, doubtful),
            measures=measures,
            evidence=tuple(
                each
                for each in (
                    series_table(series, names, zone),
                    spells_table(found, names, look.span, zone),
                    changes_table(changes, names, zone),
                )
                if each.rows
            ),
            advice=advice(judged, self.context.runbook, self.id),
            remarks=(*unread.remarks, *board.remarks, *self._remarks(alarms, board)),
            spells=found,
            problem=unread.problems[0] if unread.problems else None,
        )

    def _each(
        self, look: Look, alarms: Sequence[Alarm], found: Sequence[Spell], gaps: Collection[str]
    ) -> list[Judged]:
        """The runbook's alarms, and others that fire or fired; the worst first.

        `gaps`: the alarms whose history does not tell all.
        """
        titles = {each.name: str(each.title) for each in self.context.runbook.alarms}
        order = list(titles)
        zone = self.context.calendar.zone
        judged = []
        for alarm in alarms:
            own = [each for each in found if each.alarm == alarm.name]
            title = titles.get(alarm.id, str(alarm.name))
            each = judge(alarm, title, own, look.span, zone, told=alarm.id not in gaps)
            if alarm.expected or {Mark.FIRING, Mark.FIRED} & set(each.marks):
                judged.append(each)
        return sorted(
            judged,
            key=lambda each: (
                TOLD.index(each.verdict),
                order.index(each.alarm.id) if each.alarm.id in titles else len(order),
            ),
        )

    def _whole(
        self,
        board: AlarmOverview,
        found: Sequence[Spell],
        judged: Sequence[Judged],
        *,
        complete: bool,
        doubtful: Sequence[str],
    ) -> Iterator[Measure]:
        """The alarms one by one, then what is of all of them."""
        yield from (each.measure for each in judged)
        fired = [each for each in found if each.state == "alarm"]
        shown = str(len(fired)) if fired else _("none")
        yield Measure(
            title=_("Fired since the last sign-off"),
            shown=shown if complete else "",
            allowed=_("none"),
            verdict=Verdict.UNKNOWN
            if doubtful or not complete
            else Verdict.ATTENTION
            if fired
            else Verdict.NORMAL,
            value=len(fired) if complete else None,
            note=sentences(*doubtful),
        )
        if not board.mutes_read:
            yield Measure(title=_("Mute rules"), shown="", allowed=_("none"), verdict=Verdict.UNKNOWN)

    def _summary(
        self,
        look: Look,
        judged: Sequence[Judged],
        unread: Unread,
        board: AlarmOverview,
        doubtful: Sequence[str],
    ) -> str:
        said = summary_of(judged)
        if said:
            found = _("{found}.").format(found=said[:1].upper() + said[1:])
        else:
            count = sum(each.alarm.expected for each in judged)
            text = plural(
                "The runbook's {count} alarm is OK and did not fire in {hours}.",
                "The runbook's {count} alarms are OK and none fired in {hours}.",
                count,
            )
            if unread.problems or doubtful:
                text = plural(
                    "The runbook's {count} alarm is OK now.",
                    "The runbook's {count} alarms are OK now.",
                    count,
                )
            found = text.format(count=count, hours=hours_words(look.hours))
        more = (
            [_("What fired since the last sign-off cannot be read.")] if unread.problems else list(doubtful)
        )
        if not board.mutes_read:
            more.append(_("Which alarms are muted is not known."))
        # What was seen is not to stand behind what was not.
        return sentences(found, *more) if said else sentences(*more, found)

    def _remarks(self, alarms: Iterable[Alarm], board: AlarmOverview) -> Iterator[str]:
        others = [alarm for alarm in alarms if not alarm.expected]
        if others:
            text = plural(
                "{count} alarm that the runbook does not name was looked at too: {names}.",
                "{count} alarms that the runbook does not name were looked at too: {names}.",
                len(others),
            )
            names = _(", ").join(str(alarm.name) for alarm in others[:_NAMED])
            yield text.format(count=len(others), names=names + (" …" if len(others) > _NAMED else ""))
        blind = [str(alarm.name) for alarm in others if alarm.state is AlarmState.INSUFFICIENT]
        if blind:
            yield _("Of those, without data and not judged: {alarms}.").format(alarms=_(", ").join(blind))
        if board.scaling:
            text = plural(
                "{count} alarm of Auto Scaling is left out: it is usual for it to fire.",
                "{count} alarms of Auto Scaling are left out: it is usual for them to fire.",
                len(board.scaling),
            )
            yield text.format(count=len(board.scaling))


def _counted(changes: Iterable[AlarmTransition], board: AlarmOverview) -> list[AlarmTransition]:
    """Those of alarms that count; of one that is gone and that the runbook does not name, the name tells."""
    own, scaling = ({alarm.id for alarm in alarms} for alarms in (board.watched, board.scaling))
    return [
        change
        for change in changes
        if change.id in own or not (change.id in scaling or scaling_name(change.id))
    ]
