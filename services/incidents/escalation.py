"""What is said when an incident is escalated: a note for Slack, and a text to be read aloud within 20 seconds."""

import re
from collections.abc import Awaitable, Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta, tzinfo

from services.contacts import escalation
from services.i18n import N_, _, sentences
from services.incidents.approval_call import asking, step_to_approve
from services.incidents.clocks import clocks, told, whole_clocks
from services.incidents.course_text import course_text
from services.incidents.reason import SPOKEN, reason_of
from services.incidents.roster import on_duty, reach_of
from services.logs.masking.of_runbook import masker_of
from services.models.alarms import Alarm
from services.models.causes import Assessment, Word
from services.models.changes import Plan
from services.models.date_text import dated_time, day_text, time_text, zoned_time
from services.models.first_wave import IncidentEvidence
from services.models.incidents import ClockKind, ClockState, Incident, IncidentClock, Phase, StepKind
from services.models.runbook import Runbook
from services.models.runbook_playbooks import Playbook
from services.models.step_records import open_steps
from services.models.units import alarm_unit, number

_CAUSE = {
    None: ("{cause}", N_("The cause was decided: {cause}.")),
    Word.STRONG: (N_("probably: {cause}"), N_("The cause is probably: {cause}.")),
    Word.LIKELY: (N_("possibly: {cause}"), N_("The cause may be: {cause}.")),
}
"""How a cause is written and how it is spoken, by how sure it is."""
_HEADS = {
    Phase.RECOVERED: N_("[Recovered] {system}: {title}"),
    Phase.CLOSED: N_("[Closed] {system}: {title}"),
}
_ALARMS = (Phase.FIRING, Phase.QUIET, Phase.NO_DATA, Phase.MISSING)
"""The phases that are what the alarm was when it was last read."""
STALE = timedelta(minutes=2)  # Age from which it is said when the alarm was read
FACTS = 2  # Measured values of a finding that are read aloud


@dataclass(frozen=True, slots=True)
class Situation:
    """What is known at one moment; each text that leaves the console is made from one."""

    incident: Incident
    runbook: Runbook
    playbook: Playbook | None
    now: datetime
    zone: tzinfo
    measured: str = ""
    """The value at `seen_at` beside its limit, in the units of the screen; "" if there is none."""
    impact: str = ""  # What users notice, as far as it is measured
    cause: str = ""  # Title of the decided or leading cause; "" if there is none
    word: Word | None = None  # How sure the leading cause is; None: a person decided on it
    reason: str = ""  # Why the leading cause is the first, a sentence each fact; "" if nothing is known of it
    by: str = ""  # Who calls
    seen_at: datetime | None = None  # When the alarm was last read; None: it is not known
    whole: Incident | None = None  # The incident that it is part of; None: it stands alone
    parts: tuple[Incident, ...] = ()  # Of the incidents that are part of it, those that go on
    evidence: IncidentEvidence | None = None  # The newest reading
    plan: Plan | None = None
    """The newest plan of the change that a step asks approval for; None: none was made."""
    changes: tuple[str, ...] = ()  # The changes that were sent since it began, a line each, oldest first

    @property
    def is_over(self) -> bool:
        return self.incident.over_at is not None and not self.parts

    def time(self, at: datetime) -> str:
        return time_text(at, self.zone, self.now)

    def masked(self, text: str) -> str:
        return masker_of(self.runbook).without_secrets(text)

    @property
    def facts(self) -> tuple[str, ...]:
        is_true = self.incident.is_asked or self.incident.phase is Phase.FIRING
        return self.incident.facts if is_true else ()

    @property
    def question(self) -> str:
        """What the next step asks approval for; "" if it asks for none."""
        step = step_to_approve(self.incident, self.playbook)
        asked = asking(step, self.plan, self.evidence, self.zone, self.now) if step is not None else ()
        return sentences(*asked)

    @property
    def responder(self) -> str:
        """Who responds now, and whom it is offered to: of a part, as of the whole."""
        owner = self.whole or self.incident
        if not owner.holder:
            return _("nobody yet") if owner.is_open else ""
        if owner.hand_over is None:
            return str(owner.holder)
        to = owner.hand_over.to or _("the next person")
        return _("{who} (offered to {to}, not accepted yet)", who=owner.holder, to=to)


_LIMITS = {
    ">": N_("now {value}; the alarm fires above {limit}"),
    ">=": N_("now {value}; the alarm fires at {limit} or more"),
    "<": N_("now {value}; the alarm fires below {limit}"),
    "<=": N_("now {value}; the alarm fires at {limit} or less"),
}
"""A value beside its limit in words that can be read aloud, by the comparison."""


def measured_text(alarm: Alarm, value: str) -> str:
    """The alarm's value as written beside its limit; "" without a value."""
    words, limit = _LIMITS.get(alarm.comparison), number(alarm.threshold, alarm_unit(alarm))
    return _(words, value=value, limit=limit) if value and words else value


Renewed = Callable[[], Awaitable[Situation | None]]
"""Returns how an incident stands at that moment; None: the journal has it no more."""


@dataclass(frozen=True, slots=True)
class Recipient:
    role: str
    reach: str  # How to reach them; "" if undecided


def recipients(
    runbook: Runbook, playbook: Playbook | None, day: date, first: str = "", by: str = ""
) -> tuple[Recipient, ...]:
    """Whom `by` calls: who else is on duty, the role `first`, those that the playbook names, then every other contact."""
    entry = on_duty(runbook, day)
    people = [Recipient(str(entry.person), reach_of(runbook, entry))] if entry is not None else []
    # Whoever calls does what the role on duty does: it comes last.
    callees = sorted(runbook.contacts, key=lambda contact: contact.on_duty)
    contacts = {str(contact.role): str(contact.contact) for contact in callees}
    # An approver may be named, who is no contact.
    approvers = {str(each.role): str(each.name) for each in runbook.approvers}
    first_roles = filter(None, (first, *named_roles(playbook)))
    roles = dict.fromkeys((*first_roles, *contacts))
    every = (*people, *(Recipient(role, contacts.get(role) or approvers.get(role, "")) for role in roles))
    return tuple(each for each in every if not by or each.role != by)


def named_roles(playbook: Playbook | None) -> tuple[str, ...]:
    if playbook is None:
        return ()
    roles = (str(playbook.escalate_to), *(str(step.to) for step in playbook.steps))
    return tuple(dict.fromkeys(filter(None, roles)))


def role_to_tell(incident: Incident, playbook: Playbook | None) -> str:
    if playbook is None:
        return ""
    step = next((step for step in open_steps(incident, playbook) if step.kind is StepKind.TELL), None)
    return (str(step.to) if step is not None else "") or str(playbook.escalate_to)


def undecided_roles(runbook: Runbook, playbook: Playbook | None) -> tuple[str, ...]:
    reach = {each.role: each.reach for each in recipients(runbook, playbook, date.min)}
    return tuple(role for role in named_roles(playbook) if not reach.get(role))


def next_step(situation: Situation) -> str:
    """The first step that is still open; "" if the playbook has none."""
    return next((str(step.text) for step in open_steps(situation.incident, situation.playbook)), "")


def _next_due(situation: Situation) -> datetime | None:
    every = clocks(situation.incident, situation.playbook, situation.now)
    return min(
        (each.due for each in every if each.state is not ClockState.MET and each.due > situation.now),
        default=None,
    )


def state_text(situation: Situation, when: Callable[[datetime], str]) -> str:
    at, stale = situation.seen_at, ""
    if at is not None and situation.incident.phase in _ALARMS and situation.now - at > STALE:
        stale = _("The alarm was last read at {time}.", time=when(at))
    every = (situation.incident, *situation.parts)
    return sentences(*(course_text(incident, when) for incident in every), stale)


def escalation_text(
    incident: Incident | None,
    playbook: Playbook | None,
    runbook: Runbook,
    when: Callable[[datetime], str],
    every: Iterable[IncidentClock] = (),
) -> str:
    """Whom to tell, by when or since when that is overdue, by the clock among `every`; else when somebody was told."""
    waiting = (clock for clock in every if clock.state in (ClockState.RUNNING, ClockState.OVERDUE))
    if clock := next((each for each in waiting if each.kind is ClockKind.ESCALATION), None):
        is_late = clock.state is ClockState.OVERDUE
        words = _("overdue since {time}; tell {who}") if is_late else _("not yet; by {time} {who}")
        return words.format(time=when(clock.due), who=escalation(runbook, str(clock.who)))
    role = str(playbook.escalate_to) if playbook is not None else ""
    roles = set(map(str, playbook.versions("escalate_to"))) if playbook is not None and role else set()
    if incident is not None and (contacts := told(incident, roles)):
        newest = contacts[-1]
        return _("{role} was told at {time}", role=newest.role, time=when(newest.at))
    who = escalation(runbook, role)
    return _("not yet; next {who}", who=who) if who else _("not yet")


def slack_rows(situation: Situation) -> Iterator[tuple[str, str]]:
    incident, is_over = situation.incident, situation.is_over
    yield _("As of"), zoned_time(situation.now, situation.zone, situation.now)
    yield _("State"), state_text(situation, situation.time)
    yield _("Part of"), str(situation.whole.title) if situation.whole is not None else ""
    yield _("Details"), str(incident.reason) if incident.is_asked else ""
    yield _("Measured"), _measured(situation) or _("; ").join(situation.facts)
    unknown = _("not measured") if is_over or situation.evidence is not None else _("not known so far")
    yield _("Impact on users"), situation.impact or ("" if incident.is_asked else unknown)
    yield _("Cause"), situation.cause if incident.is_asked else cause_text(situation)
    yield _("Why"), situation.reason
    yield _("Changes made"), _("; ").join(situation.changes)
    if is_over:
        nothing = _("nothing") if incident.recovered_at is not None else ""
        yield _("To be done"), _("; ").join(remaining(situation)) or nothing
    else:
        yield _("Next step (runbook)"), next_step(situation)
        book, due = situation.playbook, _next_due(situation)
        approver = str(book.approval) if book is not None else ""
        yield _("Approval by {role}", role=approver), situation.question
        yield _("Next check"), dated_time(due, situation.zone, situation.now) if due is not None else ""
        every = whole_clocks(incident, situation.parts, situation.runbook.playbooks, situation.now)
        yield _("Escalation"), escalation_text(incident, book, situation.runbook, situation.time, every)
    yield _("Responder"), situation.responder


def slack_text(situation: Situation) -> str:
    phase = situation.incident.phase if situation.is_over else Phase.FIRING
    head = _HEADS.get(phase, N_("[Incident] {system}: {title}"))
    head = _(head, system=situation.runbook.system.title, title=situation.incident.title)
    rows = [f"{heading}: {text}" for heading, text in slack_rows(situation) if text]
    return situation.masked("\n".join([head, *rows]))


def hand_over_text(situation: Situation) -> str:
    others = {_("As of"), _("Measured"), _("Next check")}
    rows = ((heading, text) for heading, text in slack_rows(situation) if text and heading not in others)
    return situation.masked("\n".join(f"{heading}: {text}" for heading, text in rows))


def remaining(situation: Situation) -> Iterator[str]:
    incident = situation.incident
    if incident.is_open and incident.decision is None:
        yield _("decide on the cause")
    for follow_up in incident.follow_ups:
        day = day_text(follow_up.due.astimezone(situation.zone).date(), situation.now.date())
        yield _("{text} (by {day})", text=follow_up.text, day=day)


def _measured(situation: Situation) -> str:
    if not situation.measured or not situation.incident.is_open or situation.seen_at is None:
        return ""
    return _("{value} (as of {time})", value=situation.measured, time=situation.time(situation.seen_at))


def cause_text(situation: Situation) -> str:
    if not situation.cause or situation.word not in _CAUSE:
        return _("not decided") if situation.is_over else _("not known so far")
    return _(_CAUSE[situation.word][0], cause=situation.cause)


def _what(situation: Situation) -> Iterator[str]:
    """What happened, in whole sentences: the alarm and its value, or what the finding says and measured."""
    incident = situation.incident
    yield state_text(situation, situation.time)
    if situation.whole is not None:
        is_part, was = _("It is handled as part of “{title}”."), _("It was handled as part of “{title}”.")
        yield (is_part if incident.is_open else was).format(title=situation.whole.title)
    reason = str(incident.reason) if incident.is_asked else ""
    yield _sentence(("" if situation.is_over else _measured(situation)) or reason)
    yield from (_sentence(fact) for fact in situation.facts[:FACTS] if fact not in reason)


def _sentence(text: str) -> str:
    """A text with its full stop; "" stays empty."""
    return _("{text}.", text=text.rstrip(".。")) if text else ""


def phone_text(situation: Situation) -> str:
    """What to say on the telephone: whole sentences that take about 20 seconds to read aloud."""
    incident = situation.incident
    by, system = situation.by or incident.holder, situation.runbook.system.title
    words = _("This is {by}, operating {system}.") if by else _("This call is about {system}.")
    parts = [words.format(by=by, system=system), *_what(situation)]
    if question := situation.question:
        parts.append(question)
    else:
        impact = map(_sentence, situation.impact.split(_("; ")))
        parts += [*impact, _spoken_cause(situation)]
        # 20 seconds have room for the newest one.
        parts += [_("A change was sent: {change}.", change=each) for each in situation.changes[-1:]]
        parts += _spoken_plan(situation)
    return situation.masked(" ".join(part for part in parts if part))


def _spoken_cause(situation: Situation) -> str:
    if not situation.cause or situation.word not in _CAUSE:
        return ""
    return sentences(_(_CAUSE[situation.word][1], cause=situation.cause), situation.reason)


def _spoken_plan(situation: Situation) -> Iterator[str]:
    if situation.is_over:
        if situation.incident.recovered_at is not None:
            yield _("There is nothing for you to do.")
        for what in remaining(situation):
            yield _("Left for operations to do: {what}.", what=what)
        return
    if step := next_step(situation):
        # Nobody reads aloud what stands in brackets.
        step = re.sub(r"\s*[（(][^（）()]*[）)]", "", step).rstrip(".。")
        yield _("The runbook's next step: {step}.", step=step)
    running = _next_due(situation)
    if running is not None:
        yield _("The next check is at {time}.", time=situation.time(running))
    if situation.incident.phase is Phase.QUIET and not situation.parts:
        yield _("Please stand by until we know that it has recovered.")
    else:
        yield _("Please help with the response.")


def phone_lines(situation: Situation) -> str:
    text = phone_text(situation).replace("。", "。\n").replace(". ", ".\n")
    return "\n".join(filter(None, map(str.strip, text.splitlines())))


def cause_of(
    incident: Incident, assessment: Assessment | None, titles: Mapping[str, str]
) -> tuple[str, Word | None, str]:
    """(title, word, why) of the cause: with which it was closed, else as decided (without a word), else the
    leading one. Why is what is measured: nothing once the alarm is quiet."""
    leader = assessment.leader if assessment is not None else None
    decision, is_past = incident.decision, incident.phase in (Phase.QUIET, Phase.RECOVERED, Phase.CLOSED)
    why = "" if is_past else reason_of(assessment, SPOKEN)
    if not incident.is_open or decision is not None:
        title = incident.cause or (decision.title if decision is not None else "")
        is_leading = decision is not None and leader is not None and leader.id == decision.cause
        return title, None, why if is_leading else ""
    if assessment is None or leader is None or assessment.word is Word.OPEN:
        return "", None, ""
    return titles.get(str(leader.id), str(leader.id)), assessment.word, why
