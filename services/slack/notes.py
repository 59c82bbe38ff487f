"""What only a person knows is left as FILL. No note contains log texts. Times are local, and the zone is printed once."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from urllib.parse import quote

from services.alarms.acknowledgements import change_of
from services.calendar.calendar import Calendar
from services.contacts import escalation, reachable
from services.i18n import N_, _, sentences
from services.incidents.clocks import clocks
from services.incidents.escalation import escalation_text
from services.inspections.registry import INSPECTIONS
from services.models.alarms import Alarm, AlarmState
from services.models.approvals import Consent, ConsentWay
from services.models.base import RawId
from services.models.change_runs import Run
from services.models.date_text import dated_time
from services.models.duties import ScheduledOccurrence
from services.models.evidence import Evidence
from services.models.findings import Finding, Recorded, bad_measures, measure_text
from services.models.incidents import Incident, StepMark
from services.models.posts import Post, Proposal
from services.models.runbook import Duty, Environment, Runbook
from services.models.runbook_playbooks import Playbook
from services.models.step_records import change_mark, outcome_text
from services.models.verdict import Verdict
from services.slack import note_wording
from services.slack.note_wording import FILL, AlarmNow

_DOMAINS = {"cn-": "console.amazonaws.cn", "us-gov-": "console.amazonaws-us-gov.com"}


def alarm_page(region: str, name: str) -> str:
    return f"{_root(region)}/cloudwatch/deeplink.js?region={region}#alarmsV2:alarm/{quote(name, safe='')}"


def inspection_page(region: str, inspection: str) -> str:
    """The page that shows what an inspection checks; "" where there is no single one."""
    page = next((entry.page for entry in INSPECTIONS if entry.id == inspection), "")
    return f"{_root(region)}/{page.format(region=region)}" if page else ""


def _root(region: str) -> str:
    domain = next(
        (name for start, name in _DOMAINS.items() if region.startswith(start)), "console.aws.amazon.com"
    )
    return f"https://{region}.{domain}"


SOON = timedelta(minutes=10)  # When to check a firing alarm again if its playbook gives no time
ROWS, CELLS, MEASURES = 5, 160, 4  # Rows of a table, characters of one row, and measures that a note shows
_SEVERITY = {
    AlarmState.ALARM: N_("ABNORMAL"),
    AlarmState.INSUFFICIENT: N_("NOT JUDGED"),
    AlarmState.MISSING: N_("ABNORMAL"),
    AlarmState.OK: N_("OK AGAIN"),
}
_VERDICTS = {
    Verdict.NORMAL: N_("NORMAL"),
    Verdict.ATTENTION: N_("ATTENTION"),
    Verdict.ABNORMAL: N_("ABNORMAL"),
    Verdict.UNKNOWN: N_("NOT JUDGED"),
}
_ENVIRONMENTS = {
    Environment.PRODUCTION: N_("production"),
    Environment.STAGING: N_("staging"),
    Environment.TEST: N_("test"),
}


@dataclass(frozen=True, slots=True)
class NoteContext:
    runbook: Runbook
    calendar: Calendar
    region: str
    now: datetime  # Aware, UTC
    by: str  # The user at the console

    def moment(self, at: datetime | None) -> str:
        """A time without its zone; "" for None."""
        return "" if at is None else dated_time(at, self.calendar.zone, self.now)

    def zoned(self, at: datetime) -> str:
        return f"{self.moment(at)} {at.astimezone(self.calendar.zone):%Z}"


def about_alarm(
    alarm: Alarm,
    desk: NoteContext,
    posts: Iterable[Post] = (),
    *,
    current: AlarmNow | None = None,
    incident: Incident | None = None,
) -> Proposal:
    """A note about an alarm's present state; notes about one state form one thread. A note of recovery
    replies to earlier notes about the alarm. `posts`: the notes released so far; `current`: the newest value
    of its metric, None if it is not known; `incident`: the alarm's newest, None if there is none."""
    zone = desk.calendar.zone
    book = desk.runbook
    playbook = book.playbook_for(alarm.id)
    title = next((str(each.title) for each in book.alarms if each.name == alarm.id), "")
    named = (
        _("{name} ({title})", name=alarm.name, title=title)
        if title and title != alarm.name
        else str(alarm.name)
    )
    rows = [
        (_("As of"), desk.zoned(desk.now)),
        (_("State"), note_wording.state(alarm, zone, desk.now)),
        (_("Measured"), note_wording.measured(alarm, current, zone, desk.now)),
        (_("Impact on users"), _(FILL)),
    ]
    if alarm.state is not AlarmState.OK:
        every = clocks(incident, playbook, desk.now) if incident is not None else ()
        rows += [
            (
                _("First action (runbook)"),
                str(playbook.steps[0].text) if playbook and playbook.steps else _(FILL),
            ),
            (_("Next check"), _next_look(alarm, playbook, desk)),
            (_("Escalation"), escalation_text(incident, playbook, book, desk.moment, every)),
        ]
    rows += [(_("Written by"), desk.by), (_("AWS console"), alarm_page(desk.region, alarm.id))]
    return Proposal(
        title=alarm.name,
        text=note_text(_(_SEVERITY[alarm.state]), named, rows, desk),
        evidence=_original(alarm),
        thread=_thread(alarm, posts),
        target=alarm.id,
        alarm=alarm.name,
    )


def about_finding(recorded: Recorded, desk: NoteContext) -> Proposal:
    finding = recorded.finding
    rows = [
        (_("Inspected"), desk.zoned(finding.read_at)),
        (_("Details"), str(finding.summary)),
        (_("Measured"), _("; ").join(map(measure_text, bad_measures(finding)[:MEASURES]))),
        (_("Overridden"), _overruled(recorded, desk)),
        (_("Impact on users"), _(FILL)),
        (_("First action (runbook)"), str(finding.advice[0]) if finding.advice else _(FILL)),
        (_("Written by"), desk.by),
        (_("Next check"), _next_run(finding, desk)),
        (_("Escalation"), _named(finding, desk.runbook)),
        (_("AWS console"), inspection_page(desk.region, finding.inspection)),
        (_("Journal"), str(recorded.seq) if recorded.seq else ""),
    ]
    return Proposal(
        title=finding.title,
        text=note_text(_severity(finding), str(finding.title), rows, desk),
        evidence=_tables(each for each in finding.evidence if not each.private),
        private=_tables(each for each in finding.evidence if each.private),
        target=RawId(finding.inspection),
    )


def _severity(finding: Finding) -> str:
    """`ATTENTION, NOT JUDGED`: a bad verdict comes before what could not be judged."""
    verdicts = dict.fromkeys((finding.leading, finding.leading if finding.complete else Verdict.UNKNOWN))
    return _(", ").join(_(_VERDICTS[each]) for each in verdicts)


def _overruled(recorded: Recorded, desk: NoteContext) -> str:
    overrule = recorded.overruled
    if overrule is None:
        return ""
    words = _("{name}, {time}: {reason}")
    return words.format(name=overrule.by, time=desk.moment(overrule.at), reason=overrule.reason)


def _thread(alarm: Alarm, posts: Iterable[Post]) -> str:
    if alarm.state is AlarmState.OK:
        earlier = [each for each in posts if each.target == alarm.name and each.thread]
        if earlier:
            return max(earlier, key=lambda post: post.seq).thread
    return change_of(alarm)


def note_text(severity: str, title: str, rows: Iterable[tuple[str, str]], desk: NoteContext) -> str:
    system = desk.runbook.system
    head = _("[{severity}] {title} — {system}, {environment}").format(
        severity=severity,
        title=title,
        system=system.title,
        environment=_(_ENVIRONMENTS[Environment(system.environment)]),
    )
    lines = (_("{label}: {value}", label=label, value=value) for label, value in rows if value)
    return "\n".join([head, *lines])


def _original(alarm: Alarm) -> str:
    """AWS's own words, which are English and in UTC; a person may add them."""
    texts = [_("AWS's own text")] if alarm.reason or alarm.rule else []
    return "\n".join(filter(None, [*texts, alarm.reason, alarm.rule]))


def _next_look(alarm: Alarm, playbook: Playbook | None, desk: NoteContext) -> str:
    """The playbook's next time that has not passed, else soon: an alarm that fires does not wait for a duty."""
    since = alarm.since or desk.now
    minutes = (playbook.wait_minutes, playbook.escalate_minutes) if playbook else ()
    times = (since + timedelta(minutes=each) for each in minutes if each is not None)
    return desk.moment(min((each for each in times if each > desk.now), default=desk.now + SOON))


def _named(finding: Finding, runbook: Runbook) -> str:
    advice = sentences(*finding.advice)
    roles = dict.fromkeys(each.role for each in reachable(runbook) if each.role in advice)
    called = _(", ").join(escalation(runbook, role) for role in roles)
    return _("not yet; next {who}", who=called) if called else _("not yet")


def _next_run(finding: Finding, desk: NoteContext) -> str:
    """What is not normal is checked on the next open day at the latest, within the next duty that inspects anything."""
    duties = [each for each in desk.runbook.duties if each.inspections and not each.only_when_planned]
    slot = _soonest((each for each in duties if finding.inspection in each.inspections), desk)
    if finding.verdict is not Verdict.NORMAL:
        today = desk.calendar.day_of(desk.now)
        limit = desk.calendar.open_days.next_open(today + timedelta(days=1))
        if slot is None or limit is None or slot.day > limit:
            slot = _soonest(duties, desk)
    if slot is None:
        return _(FILL)
    return _("{time}, {duty}", time=desk.moment(slot.due_at), duty=slot.title)


def _soonest(duties: Iterable[Duty], desk: NoteContext) -> ScheduledOccurrence | None:
    slots = (desk.calendar.next_slot(each.id, desk.now) for each in duties)
    return min((slot for slot in slots if slot is not None), key=lambda slot: slot.due_at, default=None)


def _tables(tables: Iterable[Evidence]) -> str:
    lines = []
    for table in tables:
        if table.rows:
            lines.append(_("{title} ({more})", title=table.title, more=" | ".join(table.columns)))
            lines += [" | ".join(row.cells)[:CELLS] for row in table.rows[:ROWS]]
            omitted = len(table.rows) - ROWS + table.omitted
            if omitted > 0:
                lines.append(_("… and {count} more", count=omitted))
    return "\n".join(lines)


def emergency_of(run: Run) -> Consent | None:
    return next((each for each in run.consents if each.way is ConsentWay.EMERGENCY), None)


def about_change(run: Run, desk: NoteContext) -> Proposal:
    plan, emergency = run.plan, emergency_of(run)
    revert = f"{desk.moment(plan.revert.at)} {plan.revert.title}" if plan.revert is not None else ""
    rows = [
        (_("As of"), desk.zoned(desk.now)),
        (_("Confirmed"), desk.moment(run.at)),
        (_("Reason"), emergency.reason if emergency else _(FILL)),
        (_("Bypassed"), _bypassed(run, emergency)),
        (_("Result"), _result(run)),
        (_("Impact on users"), plan.blast or plan.downtime or _(FILL)),
        (_("Revert plan"), revert or plan.reversible),
        (_("By"), run.by),
        (_("Journal"), str(run.seq) if run.seq else ""),
    ]
    title = _("{title} ({target})", title=plan.title, target=plan.target.title)
    severity = _("EMERGENCY CHANGE") if emergency else _("CHANGE")
    return Proposal(title=plan.title, text=note_text(severity, title, rows, desk), target=plan.target.id)


def _bypassed(run: Run, emergency: Consent | None) -> str:
    if emergency is None:
        return ""
    freezes = dict.fromkeys(each.freeze for each in run.consents)
    missing = _("the approval of {role}", role=run.plan.approval) if run.lacks_approval else ""
    return _("; ").join(filter(None, (*freezes, missing)))


def change_line(run: Run, when: Callable[[datetime], str]) -> str:
    """When a change was confirmed, what it is, how it stands; "" if nothing of it was sent."""
    if (mark := change_mark(run)) is None:
        return ""
    state = _("in progress") if mark is StepMark.RUNNING else outcome_text(run)
    names = {"title": run.plan.title, "target": run.plan.target.title}
    return _("{time} {title} ({target}): {state}", time=when(run.at), state=state, **names)


def _result(run: Run) -> str:
    state, progress = outcome_text(run), run.progress
    text = progress.text if progress is not None else run.refusal
    # Why it was only partly done.
    text = text or (run.steps[run.partly_done].text if run.partly_done else "")
    return _("{title} ({more})", title=state, more=text) if text else state
