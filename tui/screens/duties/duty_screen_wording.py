from collections.abc import Iterable
from datetime import datetime, tzinfo

from textual.content import Content

from services.duties.states import by_time
from services.i18n import N_, _, first_few, plural
from services.models import glyphs
from services.models.alarms import AlarmOverview, AlarmState
from services.models.date_text import time_text
from services.models.duties import Occurrence, OccurrenceState
from services.models.findings import DutyFindings, Finding, Recorded
from services.models.verdict import Verdict
from tui.screens.common.already_recorded import signed_first
from widgets.drawing.lines import ROLES, Span
from widgets.duties.duty_wording import state_style, when, zone_name
from widgets.findings.finding_wording import recorded_spans, verdict_spans
from widgets.inputs.checklist import Checklist

_REPORTED = ("5xx", "database")  # Items that the runbook wants in the operations report, however few they are
_TIMES = 3  # Maximum number of times named in a proposed note, and of alarms in a warning

_RECORDED = {
    OccurrenceState.UPCOMING: N_("Due {due}, signed off now {now} {zone} — recorded as early"),
    OccurrenceState.LATE: N_("Due {due}, signed off now {now} {zone} — recorded as late"),
    OccurrenceState.MISSED: N_(
        "Due {due}, signed off now {now} {zone} — recorded as signed off after missed"
    ),
}
"""How a sign-off outside the due time will be recorded, shown before it is made."""


def accepting_words(
    findings: DutyFindings, overview: AlarmOverview | None, zone: tzinfo, now: datetime
) -> Iterable[Content]:
    for recorded in findings.recorded:
        spans = recorded_spans(recorded, for_reference=True) if findings.for_reference else _verdict(recorded)
        yield Content.assemble(
            *((text, ROLES[role] if role else "") for text, role in spans),
            f"  {recorded.finding.title}  ",
            (_("as of {time}", time=time_text(recorded.finding.read_at, zone, now)), ROLES["muted"]),
            "  ",
            (recorded.finding.summary, ROLES["muted"]),
        )
        if recorded.overruled is not None:
            yield Content.styled(
                "  " + _("overridden by {name}", name=recorded.overruled.by), ROLES["caution"]
            )
    if fired := _fired_since(findings, overview):
        words = _("fired since the inspection: {names}; rerun it first", names=_(", ").join(fired))
        yield Content.styled(f"{glyphs.FIRING} {words}", ROLES["bad"])
    missing = len(findings.expected) - len(findings.recorded)
    if missing:
        words = plural(
            "{count} inspection has no finding yet: if signed off now, it will not be run",
            "{count} inspections have no finding yet: if signed off now, they will not be run",
            missing,
        )
        yield Content.styled(words.format(count=missing), ROLES["caution"])
    abnormal = [each for each in findings.recorded if not each.settled]
    if abnormal and not findings.for_reference:
        words = plural(
            "{count} finding is not normal; signing off accepts it as it is",
            "{count} findings are not normal; signing off accepts them as they are",
            len(abnormal),
        )
        yield Content.styled(words.format(count=len(abnormal)), ROLES["caution"])


def _verdict(recorded: Recorded) -> list[Span]:
    return verdict_spans(recorded.finding, muted=recorded.overruled is not None)


def _fired_since(findings: DutyFindings, overview: AlarmOverview | None) -> list[str]:
    read_at = next(
        (each.finding.read_at for each in findings.recorded if each.finding.inspection == "alarms"), None
    )
    if read_at is None or overview is None:
        return []
    firing = [alarm for alarm in overview.watched if alarm.state is AlarmState.ALARM]
    fresh = [alarm.name for alarm in firing if alarm.since is not None and alarm.since > read_at]
    return first_few(fresh, _TIMES)


def signing_words(occurrence: Occurrence, zone: tzinfo, now: datetime) -> Content:
    lines = [head_words(occurrence, zone, now)]
    state = by_time(occurrence.slot, now)
    words = _RECORDED.get(state)
    if words is not None and occurrence.signed is None:
        day = now.astimezone(zone).date()
        remark = _(words).format(
            due=when(occurrence.slot, zone, day),
            now=f"{now.astimezone(zone):%H:%M}",
            zone=zone_name(zone, now),
        )
        late = state is not OccurrenceState.UPCOMING
        lines.append(Content.styled(remark, ROLES["caution"] if late else ROLES["muted"]))
    return Content("\n").join(lines)


def head_words(occurrence: Occurrence, zone: tzinfo, now: datetime) -> Content:
    state, day = state_style(occurrence), now.astimezone(zone).date()
    title = Content.styled(occurrence.slot.title, ROLES["title"])
    if occurrence.signed is not None:
        first = signed_first(occurrence.signed, zone, now)
        return Content("\n").join([title, Content.styled(first, ROLES["caution"])])
    due = when(occurrence.slot, zone, day)
    if occurrence.slot.timed and occurrence.slot.until == occurrence.slot.day:
        due = f"{due} {zone_name(zone, now)}"
    state_text = Content.styled(state.text, ROLES[state.role] if state.role else "")
    return Content("\n").join([title, Content.assemble(due, "  ", state_text)])


def why_not(occurrence: Occurrence, zone: tzinfo, now: datetime) -> str:
    if occurrence.signed is not None:
        return signed_first(occurrence.signed, zone, now)
    if occurrence.state is OccurrenceState.UNPLANNED:
        return _("it is not planned; it can be signed off once it is planned")
    day = when(occurrence.slot, zone, now.astimezone(zone).date())
    return _("it can be signed off from {day} on", day=day)


def effect_words(checklist: Checklist) -> Content:
    open_lines, missing = checklist.unticked(), checklist.missing()
    if checklist.leave_open.value and open_lines:
        words = plural(
            "{count} line stays undone: the duty is signed off without it",
            "{count} lines stay undone: the duty is signed off without them",
            open_lines,
        )
        return Content.styled(f"{glyphs.MISSING} {words.format(count=open_lines)}", ROLES["warn"])
    if not open_lines and not missing:
        return Content.styled(
            f"{glyphs.DONE} " + _("All done: ⏎ in the note signs the duty off"), ROLES["good"]
        )
    parts = []
    if open_lines:
        parts.append(plural("{count} line open", "{count} lines open", open_lines, count=open_lines))
    if missing:
        parts.append(_("to be filled in: {names}", names=_(", ").join(missing)))
    words = _("{rest}: ⏎ in the note records the duty as under way", rest=_(", ").join(parts))
    return Content.styled(f"{glyphs.UNDERWAY} {words}", ROLES["caution"])


def proposed_note(findings: DutyFindings | None) -> str:
    """Return the numbers that belong into the report, as a note to be edited; "" if there are none."""
    recorded = findings.recorded if findings is not None and not findings.material else ()
    return _(", ").join(words for each in recorded for words in _reported(each.finding))


def _reported(finding: Finding) -> Iterable[str]:
    for measure in finding.measures:
        bad = measure.verdict in (Verdict.ATTENTION, Verdict.ABNORMAL)
        if bad and measure.item in _REPORTED and measure.shown:
            table = next((each for each in finding.evidence if each.title == measure.title), None)
            times = [row.cells[0] for row in table.rows[:_TIMES]] if table is not None else []
            more = ["…"] if table is not None and len(table.rows) + table.omitted > _TIMES else []
            words = _("{title}: {shown}", title=measure.title, shown=measure.shown)
            yield words + (_(" ({note})", note=_(", ").join([*times, *more])) if times else "")
