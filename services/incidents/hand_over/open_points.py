"""What is open when one person hands the day's duty over to another (引き継ぎ). Pure."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta, tzinfo
from itertools import chain

from services.changes.reverts import reverts
from services.i18n import N_, _
from services.incidents.clocks import overdue, whole_clocks
from services.incidents.course_text import course_text
from services.logs.masking.mask import Masker
from services.models import glyphs
from services.models.change_runs import Run
from services.models.date_text import day_text, time_text
from services.models.duties import DutyView, OccurrenceState
from services.models.incidents import ClockKind, FollowUp, Incident, IncidentState
from services.models.posts import Post
from services.models.report_lines import AbnormalLine
from services.models.runbook_playbooks import Playbook
from services.models.state_words import VERDICTS

SOON = timedelta(days=7)  # How far ahead follow-ups are listed
_DUTIES = {
    OccurrenceState.LATE: (glyphs.LATE, N_("Late: {title}")),
    OccurrenceState.MISSED: (glyphs.MISSING, N_("Missed: {title}")),
    OccurrenceState.DUE: (glyphs.WAITING, N_("To sign off: {title}")),
}


@dataclass(frozen=True, slots=True)
class OpenPoint:
    glyph: str
    text: str


@dataclass(frozen=True, slots=True)
class DayAtHand:
    now: datetime
    zone: tzinfo
    incidents: tuple[Incident, ...] = ()
    playbooks: tuple[Playbook, ...] = ()
    duties: DutyView | None = None
    runs: tuple[Run, ...] = ()
    posts: tuple[Post, ...] = ()
    follow_ups: tuple[FollowUp, ...] = ()  # Those that nobody has signed off
    armed_until: datetime | None = None  # None: this console is read-only
    abnormal: tuple[AbnormalLine, ...] = ()
    unread: str = ""  # Why what is abnormal could not be read; "" if it was
    causes: Mapping[str, str] = field(default_factory=dict)
    """The likely cause of an incident and why, by its id, as far as this console has weighed it."""
    masker: Masker = field(default_factory=Masker)

    def time(self, at: datetime) -> str:
        return time_text(at, self.zone, self.now)


def open_points(day: DayAtHand) -> tuple[OpenPoint, ...]:
    later = (_changes(day), _writing(day), _duties(day.duties), _posts(day.posts), _follow_ups(day))
    return (*_masked(_incidents(day), day.masker), *_abnormal(day), *_masked(chain(*later), day.masker))


def _masked(points: Iterable[OpenPoint], masker: Masker) -> Iterator[OpenPoint]:
    return (replace(point, text=masker.without_secrets(point.text)) for point in points)


def _incidents(day: DayAtHand) -> Iterator[OpenPoint]:
    for incident in day.incidents:
        if not incident.is_open or incident.joined_to:
            continue
        if incident.state is IncidentState.OPEN:
            glyph, text = glyphs.WAITING, _("Incident, not taken: {title}", title=incident.title)
        else:
            glyph = glyphs.UNDERWAY
            text = _("Incident, {who} responds: {title}", who=incident.holder, title=incident.title)
        yield OpenPoint(glyph, text)
        parts = (each for each in day.incidents if each.id in incident.joined and each.over_at is None)
        yield from (OpenPoint("  ", course_text(each, day.time)) for each in (incident, *parts))
        if (offer := incident.hand_over) is not None:
            yield OpenPoint("  ", _("Offered to {to}, not accepted yet", to=offer.to or _("the next person")))
        if incident.decision is not None:
            yield OpenPoint("  ", _("Cause decided: {title}", title=incident.decision.title))
        elif cause := day.causes.get(incident.id):
            yield OpenPoint("  ", cause)
        for clock in overdue(whole_clocks(incident, day.incidents, day.playbooks, day.now)):
            at = day.time(clock.due)
            words = (
                _("Escalation to {who} overdue since {time}: {title}")
                if clock.kind is ClockKind.ESCALATION
                else _("Not recovered by {time}: {title}")
            )
            text = words.format(who=clock.who, time=at, title=clock.title)
            yield OpenPoint(glyphs.ATTENTION, text)


def _abnormal(day: DayAtHand) -> Iterator[OpenPoint]:
    listed = {str(incident.target) for incident in day.incidents if incident.is_open}
    # Masked before they are put together: an inspection's title is not the name of what its summary says.
    for line in day.masker.without_secrets(day.abnormal):
        if line.id not in listed:
            what, accepted = abnormal_texts(line, day.time)
            yield OpenPoint(VERDICTS[line.verdict][0], what)
            yield OpenPoint("  ", accepted)
    if day.unread:
        text = _("What is still abnormal could not be read: {why}", why=day.unread)
        yield OpenPoint(glyphs.NOT_JUDGED, text)


def abnormal_texts(line: AbnormalLine, when: Callable[[datetime], str]) -> tuple[str, str]:
    """(what is abnormal, who accepted it and until when); `when` writes a time."""
    words = _("{title}: {summary} (as of {time})")
    if line.unread_since:
        words = _("{title}: {summary} (as of {time}, could not be judged since)")
    what = words.format(title=line.title, summary=line.summary.rstrip(".。"), time=when(line.read_at))
    if line.accepted_at is None:
        return what, _("nobody has accepted it")
    words = _("accepted by {name} at {time}: {note}") if line.note else _("accepted by {name} at {time}")
    note = " ".join(line.note.split())
    accepted = words.format(name=line.accepted_by, time=when(line.accepted_at), note=note)
    until = _("until {day}", day=when(line.until)) if line.until else _("no date set")
    return what, _("; ").join((accepted, until))


def _changes(day: DayAtHand) -> Iterator[OpenPoint]:
    for run in day.runs:
        names = {"title": run.plan.title, "target": run.plan.target.title}
        if run.in_flight:
            yield OpenPoint(glyphs.NOT_JUDGED, _("Outcome unknown: {title} ({target})", **names))
        elif run.watching:
            yield OpenPoint(glyphs.RUNNING, _("Followed to its end: {title} ({target})", **names))
    # One that is due already is among the duties.
    for slot in reverts(day.runs, day.zone):
        if slot.due_at > day.now:
            words = _("To be reverted at {time}: {title}")
            yield OpenPoint(glyphs.UPCOMING, words.format(time=day.time(slot.due_at), title=slot.title))
            yield OpenPoint("  ", slot.remark)


def _writing(day: DayAtHand) -> Iterator[OpenPoint]:
    if day.armed_until is not None:
        at = day.time(day.armed_until)
        yield OpenPoint(glyphs.ATTENTION, _("Changes are allowed here until {time}", time=at))


def _duties(view: DutyView | None) -> Iterator[OpenPoint]:
    if view is None:
        return
    for occurrence in view.open:
        glyph, words = (
            (glyphs.UNDERWAY, N_("Under way: {title}")) if occurrence.underway else _DUTIES[occurrence.state]
        )
        yield OpenPoint(glyph, _(words, title=occurrence.slot.title))
    for occurrence in (*view.running, *view.today.occurrences):
        # Begun before it is due, or what may still be done on another day.
        if occurrence.underway and not occurrence.open:
            yield OpenPoint(glyphs.UNDERWAY, _("Under way: {title}", title=occurrence.slot.title))


def _posts(posts: Iterable[Post]) -> Iterator[OpenPoint]:
    for post in posts:
        if post.unsent:
            head = str(post.text).partition("\n")[0]
            yield OpenPoint(glyphs.WAITING, _("Not in Slack yet: {text}", text=head))


def _follow_ups(day: DayAtHand) -> Iterator[OpenPoint]:
    today = day.now.astimezone(day.zone).date()
    for follow_up in day.follow_ups:
        due = follow_up.due.astimezone(day.zone).date()
        if today < due <= today + SOON:
            words = _("Follow-up due {day}: {text}")
            yield OpenPoint(glyphs.UPCOMING, words.format(day=day_text(due, today), text=follow_up.text))
