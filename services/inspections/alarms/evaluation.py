from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import timedelta, tzinfo
from enum import Enum

from services.aws.cloudwatch.alarms.parsing import sparse
from services.i18n import N_, _
from services.inspections.alarms.periods import seconds
from services.inspections.toolkit.toolkit_wording import since, stretch
from services.models.alarms import Alarm, AlarmState, Hearing, evaluation_words, missing_words
from services.models.date_text import zoned_time
from services.models.findings import AlarmPeriod, Measure
from services.models.metrics import TimeSpan
from services.models.verdict import Verdict, judgement

BLIND = timedelta(minutes=15)  # How long an alarm must be without data to count as not having watched
SHOWN = 3  # Maximum number of periods on one line; the evidence has all
STATES = {
    AlarmState.ALARM: N_("firing"),
    AlarmState.MISSING: N_("missing"),
    AlarmState.INSUFFICIENT: N_("no data"),
    AlarmState.OK: "OK",
}


class AlarmMark(Enum):
    """Reasons why an alarm is not normal, worst first; the value is how the summary lists such alarms."""

    FIRING = N_("firing: {alarms}")
    MISSING = N_("missing: {alarms}")
    FIRED = N_("fired and recovered: {alarms}")
    SILENT = N_("notifies nobody: {alarms}")
    TOGETHER = N_("notifies only together with others: {alarms}")
    BLIND = N_("without data for a time: {alarms}")
    NO_DATA = N_("no data: {alarms}")
    UNSURE = N_("not evaluated: {alarms}")
    UNKNOWN = N_("not known whether anyone is notified: {alarms}")
    UNTOLD = N_("not known whether it fired: {alarms}")


VERDICTS = {
    AlarmMark.FIRING: Verdict.ABNORMAL,
    AlarmMark.MISSING: Verdict.ABNORMAL,
    AlarmMark.NO_DATA: Verdict.UNKNOWN,
    AlarmMark.UNSURE: Verdict.UNKNOWN,
    AlarmMark.FIRED: Verdict.ATTENTION,
    AlarmMark.SILENT: Verdict.ATTENTION,
    AlarmMark.TOGETHER: Verdict.ATTENTION,
    AlarmMark.UNKNOWN: Verdict.UNKNOWN,
    AlarmMark.UNTOLD: Verdict.UNKNOWN,
    AlarmMark.BLIND: Verdict.ATTENTION,
}
_UNHEARD = {
    Hearing.TOGETHER: (AlarmMark.TOGETHER, ""),
    Hearing.UNKNOWN: (AlarmMark.UNKNOWN, N_("whether a composite alarm sends for it could not be read")),
    Hearing.NOBODY: (
        AlarmMark.SILENT, N_("it has no action that reaches anybody, and no composite alarm is certain to send for it")
    ),
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class JudgedAlarms:
    alarm: Alarm
    title: str  # The runbook's title; otherwise the alarm's name
    measure: Measure
    marks: tuple[AlarmMark, ...]
    short: str  # The title, with the time at which the alarm fired, if it did

    @property
    def verdict(self) -> Verdict:
        return self.measure.verdict or Verdict.NORMAL


def judge(
    alarm: Alarm,
    title: str,
    periods: Sequence[AlarmPeriod],
    span: TimeSpan,
    zone: tzinfo,
    *,
    complete: bool = True,
) -> JudgedAlarms:
    """Judge an alarm; `periods` are its own, newest first; `complete`: its history has all of them."""
    statements = list(_statements(alarm, periods, span, zone))
    if not complete:
        statements.append((AlarmMark.UNTOLD, _("changes are missing from its history")))
    marks = tuple(dict.fromkeys(mark for mark, _text in statements))
    fired = [period for period in periods if period.state == "alarm"]
    word = STATES[alarm.state]
    measure = Measure(
        title=title,
        shown=_(word) if alarm.state is not AlarmState.OK else word,
        allowed="OK",
        **judgement((Verdict.NORMAL, *(VERDICTS[mark] for mark in marks))),
        at=fired[0].began if fired else alarm.since if alarm.state is AlarmState.INSUFFICIENT else None,
        note=_("; ").join([text for _mark, text in statements if text] + _aside(alarm)),
    )
    recovered = [period for period in fired if period.ended is not None]
    short = f"{title} {period_words(recovered[0], span, zone)}" if recovered else title
    return JudgedAlarms(alarm, title, measure, marks, short if AlarmMark.FIRED in marks else title)


def _statements(
    alarm: Alarm, periods: Sequence[AlarmPeriod], span: TimeSpan, zone: tzinfo
) -> Iterator[tuple[AlarmMark, str]]:
    yield from _state(alarm, periods, span, zone)
    if alarm.warm_up_until is not None:
        mark = AlarmMark.NO_DATA if alarm.state is AlarmState.INSUFFICIENT else AlarmMark.UNSURE
        text = _("warms up until {time}: AWS evaluates nothing and runs no action")
        yield mark, text.format(time=zoned_time(alarm.warm_up_until, zone))
    if alarm.evaluation:
        yield AlarmMark.UNSURE, evaluation_words(alarm.evaluation)
    recovered = [period for period in periods if period.state == "alarm" and period.ended is not None]
    for period in recovered[:SHOWN]:
        yield AlarmMark.FIRED, _("fired {spell}", spell=period_words(period, span, zone))
    if len(recovered) > SHOWN:
        yield AlarmMark.FIRED, _("{count} times in total", count=len(recovered))
    yield from _silent(alarm, zone)
    blind = [period for period in periods if _blind(period, span)]
    if blind and not sparse(alarm):
        yield AlarmMark.BLIND, _("without data {spell}", spell=period_words(blind[0], span, zone))


def _state(
    alarm: Alarm, periods: Sequence[AlarmPeriod], span: TimeSpan, zone: tzinfo
) -> Iterator[tuple[AlarmMark, str]]:
    lasting = next((period for period in periods if period.ended is None), None)
    how_long = period_words(lasting, span, zone) if lasting else ""
    if alarm.state is AlarmState.ALARM:
        yield AlarmMark.FIRING, how_long
    elif alarm.state is AlarmState.MISSING:
        yield AlarmMark.MISSING, missing_words(alarm)
    elif alarm.state is AlarmState.INSUFFICIENT:
        yield AlarmMark.NO_DATA, how_long
        if sparse(alarm):
            yield (
                AlarmMark.NO_DATA,
                _(
                    "its metric is reported only when there is something to count, and missing data is “missing”"
                ),
            )


def _silent(alarm: Alarm, zone: tzinfo) -> Iterator[tuple[AlarmMark, str]]:
    if alarm.muted_by:
        text = _("muted by {rule} until {time}") if alarm.muted_until else _("muted by {rule}")
        until = zoned_time(alarm.muted_until, zone) if alarm.muted_until else ""
        yield AlarmMark.SILENT, text.format(rule=alarm.muted_by, time=until)
    if alarm.state is not AlarmState.MISSING and alarm.actions_enabled is None:
        yield AlarmMark.UNKNOWN, _("AWS did not report whether its actions are enabled")
    elif alarm.state is not AlarmState.MISSING and not alarm.actions_enabled:
        yield AlarmMark.SILENT, _("its actions are disabled")
    if alarm.may_be_unheard:
        mark, text = _UNHEARD[alarm.hearing]
        yield mark, alarm.hearing_note or (text and _(text))


def _aside(alarm: Alarm) -> list[str]:
    if alarm.hearing is Hearing.DECLARED:
        return [_("heard otherwise: {declaration}", declaration=alarm.heard_by)]
    return [alarm.hearing_note] if alarm.hearing is Hearing.COMPOSITE and alarm.hearing_note else []


def _blind(period: AlarmPeriod, span: TimeSpan) -> bool:
    return (
        period.state == "insufficient"
        and period.began is not None
        and period.ended is not None
        and seconds(period, span) >= BLIND.total_seconds()
    )


def period_words(period: AlarmPeriod, span: TimeSpan, zone: tzinfo) -> str:
    """`01-14 01:16–01:26 JST (10m)`; says so if it began before the window or still lasts."""
    if period.began is None:
        if period.ended is None:
            return _("since before {time}", time=zoned_time(span.start, zone))
        return _("until {time}, since before the window", time=zoned_time(period.ended, zone))
    if period.ended is None:
        return since(period.began, span.end, zone)
    return stretch(period.began, period.ended, zone)


def summary_of(judged: Iterable[JudgedAlarms]) -> str:
    """The alarms that are not normal, worst first: `firing: A, B; missing: C`; "" if there are none."""
    alarms = list(judged)
    parts = []
    for mark in AlarmMark:
        names = [
            alarm.short if mark is AlarmMark.FIRED else alarm.title for alarm in alarms if mark in alarm.marks
        ]
        if names:
            parts.append(_(mark.value, alarms=_(", ").join(names)))
    return _("; ").join(parts)
