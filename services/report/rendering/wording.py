"""Wording of dates, times, durations and states in reports."""

from dataclasses import dataclass
from datetime import date, datetime, tzinfo

from services import i18n
from services.i18n import N_, _, plural
from services.models import glyphs
from services.models.changes import StepState
from services.models.date_text import day_text, weekday_text
from services.models.duties import OccurrenceState
from services.models.journal import EntryKind
from services.models.posts import PostState
from services.models.report_lines import DutyLine, FindingLine, StepLine
from services.models.verdict import Verdict
from services.report.periods import era_of

NOTHING = "—"
"""Shown in place of a missing value."""
_MONTHS = (
    N_("Jan"), N_("Feb"), N_("Mar"), N_("Apr"), N_("May"), N_("Jun"),
    N_("Jul"), N_("Aug"), N_("Sep"), N_("Oct"), N_("Nov"), N_("Dec"),
)  # fmt: skip
_ROMAN = {"令和": "Reiwa", "平成": "Heisei", "昭和": "Showa"}
_VERDICTS = {
    Verdict.NORMAL: (glyphs.NORMAL, N_("normal")),
    Verdict.ATTENTION: (glyphs.ATTENTION, N_("attention")),
    Verdict.ABNORMAL: (glyphs.ABNORMAL, N_("abnormal")),
    Verdict.UNKNOWN: (glyphs.NOT_JUDGED, N_("not judged")),
}
_DUTIES = {
    OccurrenceState.UPCOMING: N_("upcoming"),
    OccurrenceState.DUE: N_("due"),
    OccurrenceState.LATE: N_("late"),
    OccurrenceState.DONE: N_("done"),
    OccurrenceState.MISSED: N_("missed"),
    OccurrenceState.SKIPPED: N_("skipped"),
    OccurrenceState.UNPLANNED: N_("not planned"),
    OccurrenceState.NO_RECORD: N_("no record"),
}
_STEPS = {
    StepState.WAITING: N_("not sent yet"),
    StepState.SENDING: N_("being sent"),
    StepState.DONE: N_("applied"),
    StepState.FAILED: N_("failed"),
    StepState.UNKNOWN: N_("UNKNOWN"),
    StepState.REFUSED: N_("stopped before sending"),
}
_POSTS = {
    PostState.WAITING: N_("not sent yet"),
    PostState.SENDING: N_("unclear whether it was sent"),
    PostState.POSTED: N_("was sent"),
    PostState.REFUSED: N_("NOT sent"),
    PostState.UNKNOWN: N_("unclear whether it was sent"),
    PostState.DROPPED: N_("discarded"),
}
_ALARMS = {
    "alarm": N_("firing"),
    "insufficient": N_("no data"),
    "missing": N_("missing"),
    "ok": N_("ok"),
}
_KINDS = {
    "note": N_("note"),
    "known": N_("marked as known"),
    "armed": N_("armed"),
    "disarmed": N_("disarmed"),
    "planned": N_("planned"),
    "unplanned": N_("plan cancelled"),
}
_EVERY_KIND = frozenset(kind.value for kind in EntryKind)


def verdict(value: Verdict | None) -> str:
    """A verdict as mark and word (`◆ 異常`), so that it never depends on colour alone; a dash for None."""
    if value is None:
        return NOTHING
    mark, word = _VERDICTS[value]
    return f"{mark} {_(word)}"


def of_finding(line: FindingLine) -> str:
    """A finding's verdict in words; a bad measured verdict comes before "not judged" (`▲ 注意, ? 判定不能`)."""
    words = verdict(line.verdict)
    if line.verdict is Verdict.UNKNOWN:
        bad = line.measured in (Verdict.ABNORMAL, Verdict.ATTENTION)
        return _(", ").join((verdict(line.measured), words)) if bad else words
    if line.unjudged:
        text = plural(
            "{verdict}, {count} value not judged", "{verdict}, {count} values not judged", line.unjudged
        )
        return text.format(verdict=words, count=line.unjudged)
    return words


def duty_state(value: OccurrenceState) -> str:
    """The state of a duty in words (済, 遅延 …)."""
    return _(_DUTIES[value])


def of_duty(line: DutyLine) -> str:
    """The state of a duty in words; one that is under way says so, and that it is late if it is."""
    if not line.underway:
        return duty_state(line.state)
    late = line.state in (OccurrenceState.LATE, OccurrenceState.MISSED)
    return _(", ").join([_("under way"), *([duty_state(line.state)] if late else [])])


def step_state(value: StepState) -> str:
    """The state of a change or one of its steps, in words."""
    return _(_STEPS[value])


def step_result(step: StepLine) -> str:
    """The outcome of a step; AWS accepts a request before the change can be verified."""
    if step.state is StepState.DONE:
        return _("verified") if step.verified else _("accepted by AWS, not verified")
    return step_state(step.state)


def post_state(value: PostState) -> str:
    """The state of a Slack post, in words."""
    return _(_POSTS[value])


def alarm_state(value: str) -> str:
    """The state of an alarm in words (発報, データ不足 …); an unknown state is returned unchanged."""
    return _(_ALARMS[value]) if value in _ALARMS else value


def entry_kind(value: str) -> str:
    """The kind of a journal entry in words (メモ …).

    A kind without wording is returned unchanged; one unknown to this version is labelled as such.
    """
    if value in _KINDS:
        return _(_KINDS[value])
    return value if value in _EVERY_KIND else _("unknown kind ({kind})").format(kind=value)


def yen(value: float) -> str:
    """An amount such as `¥3.21`."""
    return f"¥{value:,.2f}"


@dataclass(frozen=True, slots=True)
class Dates:
    """Formats dates and times in one time zone, with Gregorian years or (`wareki`) Japanese eras."""

    zone: tzinfo
    wareki: bool = False

    def year(self, day: date) -> str:
        """The year as `2026` or 令和8, without the word for year."""
        era = era_of(day) if self.wareki else None
        if era is None:
            return str(day.year)
        name, number = era
        if i18n.language() == "ja":
            return f"{name}{'元' if number == 1 else number}"
        return f"{_ROMAN[name]} {number}"

    def day(self, day: date) -> str:
        """A full date: `Mon 5 Jan 2026`, 2026年1月5日(月)."""
        return _("{weekday} {day} {month} {year}").format(
            weekday=weekday_text(day.weekday()),
            day=day.day,
            month=_(_MONTHS[day.month - 1]),
            year=self.year(day),
        )

    def short(self, day: date) -> str:
        """A date in a row: `01-05(Mon)`."""
        return day_text(day, day)

    def month(self, day: date) -> str:
        """A month: `Jan 2026`, 2026年1月."""
        return _("{month} {year}").format(month=_(_MONTHS[day.month - 1]), year=self.year(day))

    def fiscal(self, first: date) -> str:
        """The fiscal year that begins on `first`: `FY 2025`, 2025年度.

        The era is taken from May, because the fiscal year that began in 平成31 is called 令和元年度 throughout.
        """
        return _("FY {year}").format(year=self.year(first.replace(month=first.month % 12 + 1)))

    def at(self, moment: datetime, day: date | None = None) -> str:
        """The time, such as `09:04`; prefixed with the date if that is not `day`."""
        local = moment.astimezone(self.zone)
        if local.date() == day:
            return f"{local:%H:%M}"
        return f"{self.short(local.date())} {local:%H:%M}"

    def stamp(self, moment: datetime) -> str:
        """Date, time and zone, such as `Mon 5 Jan 2026 17:05 JST`."""
        local = moment.astimezone(self.zone)
        return f"{self.day(local.date())} {local:%H:%M} {local.tzname()}"

    def due(self, line: DutyLine, day: date | None = None) -> str:
        """When a duty is due; the date is omitted if it is `day`."""
        if line.until > line.day:
            return _("until {day}").format(day=self.short(line.until))
        if line.timed:
            return self.at(line.due_at, day)
        return _("any time") if line.day == day else self.short(line.day)
