"""What is said when an incident is escalated: a note for Slack, and a text to be read aloud within 20 seconds."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, tzinfo

from services.contacts import escalation
from services.i18n import N_, _, sentences
from services.incidents.clocks import clocks
from services.incidents.facts import Facts
from services.incidents.roster import on_duty, reach_of
from services.models.causes import Assessment, Word
from services.models.date_text import dated_time, time_text
from services.models.durations import lasting
from services.models.first_wave import Measure
from services.models.incidents import WAF_BLOCKS, ClockState, Incident, StepKind, StepMark, TriggerKind
from services.models.runbook import Runbook
from services.models.runbook_playbooks import Playbook, Step
from services.models.units import SECONDS, number

_CAUSE = {
    None: ("{cause}", N_("The cause was decided: {cause}.")),
    Word.STRONG: (N_("probably: {cause}"), N_("The cause is probably: {cause}.")),
    Word.LIKELY: (N_("possibly: {cause}"), N_("The cause may be: {cause}.")),
}
"""How a cause is written and how it is spoken, by how sure it is."""
SPOKEN = 2
"""Measured values of a finding that are read aloud."""


@dataclass(frozen=True, slots=True)
class Situation:
    """What is known when somebody is called."""

    incident: Incident
    runbook: Runbook
    playbook: Playbook | None
    now: datetime
    zone: tzinfo
    measured: str = ""
    """The value now beside its limit, in the units of the screen; "" if there is none."""
    impact: str = ""
    """What users notice, as far as it is measured; "" if it is not."""
    cause: str = ""
    """Title of the decided or leading cause; "" if there is none."""
    word: Word | None = None
    """How sure the leading cause is; None: a person decided on it."""
    reason: str = ""
    """Why the leading cause is the first, a sentence each fact; "" if nothing is known of it."""
    by: str = ""
    """Who calls."""


@dataclass(frozen=True, slots=True)
class Recipient:
    """Somebody to be called."""

    role: str
    reach: str
    """How to reach them; "" if undecided."""


def recipients(
    runbook: Runbook, playbook: Playbook | None, day: date, first: str = ""
) -> tuple[Recipient, ...]:
    """Whom to call: the one on duty, the role `first`, those that the playbook names, then every other contact."""
    entry = on_duty(runbook, day)
    people = [Recipient(str(entry.person), reach_of(runbook, entry))] if entry is not None else []
    contacts = {str(contact.role): str(contact.contact) for contact in runbook.contacts}
    # An approver may be named, who is no contact.
    approvers = {str(each.role): str(each.name) for each in runbook.approvers}
    first_roles = filter(None, (first, *named_roles(playbook)))
    roles = dict.fromkeys((*first_roles, *contacts))
    return (*people, *(Recipient(role, contacts.get(role) or approvers.get(role, "")) for role in roles))


def named_roles(playbook: Playbook | None) -> tuple[str, ...]:
    """The roles that a playbook calls for: whom it escalates to, then those of its steps."""
    if playbook is None:
        return ()
    roles = (str(playbook.escalate_to), *(str(step.to) for step in playbook.steps))
    return tuple(dict.fromkeys(filter(None, roles)))


def role_to_tell(incident: Incident, playbook: Playbook | None) -> str:
    """Whom to tell next: the role of the first step that tells and is open, else whom the playbook escalates to."""
    if playbook is None:
        return ""
    step = next((step for step in _open_steps(incident, playbook) if step.kind is StepKind.TELL), None)
    return (str(step.to) if step is not None else "") or str(playbook.escalate_to)


def undecided_roles(runbook: Runbook, playbook: Playbook | None) -> tuple[str, ...]:
    """The roles that the playbook calls for and that nobody can reach: red from the first minute on."""
    reach = {each.role: each.reach for each in recipients(runbook, playbook, date.min)}
    return tuple(role for role in named_roles(playbook) if not reach.get(role))


def impact_text(facts: Facts) -> str:
    """What users notice, as far as it is measured; "" if nothing is."""
    requests, errors = facts.total(Measure.REQUESTS), sum(facts.errors_since())
    targets = _targets(facts)
    if errors and requests + errors:
        share = min(1.0, errors / max(requests, errors))
        failed = _("{share}% of requests fail ({count} so far)").format(
            share=round(share * 100), count=round(errors)
        )
        return _("; ").join(filter(None, (failed, targets)))
    latency = facts.since(Measure.LATENCY)
    if latency and facts.onset.measure == Measure.LATENCY:
        return _("The 95th percentile of answers takes {time}").format(time=number(max(latency), SECONDS))
    return targets


def _targets(facts: Facts) -> str:
    if not facts.unhealthy:
        return ""
    healthy = sum(target.state == "healthy" for target in facts.registered)
    return _("{healthy} of {count} servers healthy").format(healthy=healthy, count=len(facts.registered))


def first_action(situation: Situation) -> str:
    """The first step that is still open; "" if the playbook has none."""
    return next((str(step.text) for step in _open_steps(situation.incident, situation.playbook)), "")


def _open_steps(incident: Incident, playbook: Playbook | None) -> Iterator[Step]:
    """The steps that are neither done nor skipped."""
    handled = {record.index for record in incident.steps if record.mark is not StepMark.TODO}
    steps = playbook.steps if playbook is not None else ()
    return (step for index, step in enumerate(steps) if index not in handled)


def next_check(situation: Situation) -> str:
    """When to look again: the next clock that has not run out; "" if none runs."""
    due = _next_due(situation)
    return dated_time(due, situation.zone, situation.now) if due is not None else ""


def _next_due(situation: Situation) -> datetime | None:
    every = clocks(situation.incident, situation.playbook, situation.now)
    return min((clock.due for clock in every if clock.state is ClockState.RUNNING), default=None)


def slack_rows(situation: Situation) -> Iterator[tuple[str, str]]:
    """(heading, text) of each line of the note."""
    incident = situation.incident
    since = dated_time(incident.firing_since, situation.zone, situation.now)
    measured = situation.measured or _("; ").join(incident.facts)
    if incident.trigger is TriggerKind.FINDING and incident.target != WAF_BLOCKS:
        yield _("Inspected"), since
        yield _("Details"), str(incident.reason)
        yield _("Measured"), measured
        yield _("Impact on users"), situation.impact
        yield _("Cause"), situation.cause
    else:
        lasts = lasting((situation.now - incident.firing_since).total_seconds())
        yield _("Since"), _("{time} ({duration})").format(time=since, duration=lasts)
        yield _("Measured"), measured
        yield _("Impact on users"), situation.impact or _("not known yet")
        yield _("Cause"), cause_text(situation)
        yield _("Why"), situation.reason
    yield _("First action (runbook)"), first_action(situation)
    yield _("Next check"), next_check(situation)
    role = str(situation.playbook.escalate_to) if situation.playbook is not None else ""
    yield _("Escalation"), escalation(situation.runbook, role)
    yield _("Responder"), str(incident.holder) or situation.by


def slack_text(situation: Situation) -> str:
    """The note for Slack; a person reads, edits and releases it."""
    system = str(situation.runbook.system.title)
    head = _("[Incident] {system}: {title}").format(system=system, title=situation.incident.title)
    rows = [f"{heading}: {text}" for heading, text in slack_rows(situation) if text]
    return "\n".join([head, *rows])


def cause_text(situation: Situation) -> str:
    """The decided cause, or the leading one with its word."""
    if not situation.cause or situation.word not in _CAUSE:
        return _("not known yet")
    return _(_CAUSE[situation.word][0]).format(cause=situation.cause)


def _what(situation: Situation) -> Iterator[str]:
    """What happened, in whole sentences: the alarm and its value, or what the finding says and measured."""
    incident = situation.incident
    since = time_text(incident.firing_since, situation.zone, situation.now)
    words = _("{title} has been firing since {time}.")
    if incident.target == WAF_BLOCKS:
        words = _("A surge of requests blocked by the firewall was seen at {time}; it may be an attack.")
    elif incident.is_asked:
        words = _("The inspection “{title}” of {time} is not normal.")
    elif incident.is_without_alarm:
        words = _("{title} since {time}, without an alarm.")
    yield words.format(title=incident.title, time=since)
    reason = str(incident.reason) if incident.is_asked else ""
    yield _sentence(situation.measured or reason)
    yield from (_sentence(fact) for fact in incident.facts[:SPOKEN] if fact not in reason)


def _sentence(text: str) -> str:
    """A text with its full stop; "" stays empty."""
    return _("{text}.").format(text=text.rstrip(".。")) if text else ""


def phone_text(situation: Situation) -> str:
    """What to say on the telephone: whole sentences that take about 20 seconds to read aloud."""
    incident = situation.incident
    parts = [
        _("This is {by}, on duty for {system}.").format(
            by=situation.by or incident.holder, system=situation.runbook.system.title
        ),
        *_what(situation),
        _sentence(situation.impact),
        _spoken_cause(situation),
        *_spoken_plan(situation),
        _("Please help with the response."),
    ]
    return " ".join(part for part in parts if part)


def _spoken_cause(situation: Situation) -> str:
    """The cause as a sentence; "" if there is none to be named."""
    if not situation.cause:
        return ""
    if situation.word not in _CAUSE:
        return _("The cause is not known yet.")
    text = _(_CAUSE[situation.word][1])
    return sentences(text.format(cause=situation.cause), situation.reason)


def _spoken_plan(situation: Situation) -> Iterator[str]:
    """What the responder does first, and when they look again."""
    if action := first_action(situation):
        yield _("The runbook's next step: {step}.").format(step=_without_asides(action))
    running = _next_due(situation)
    if running is not None:
        time = time_text(running, situation.zone, situation.now)
        yield _("The next check is at {time}.").format(time=time)


def _without_asides(text: str) -> str:
    """A text without what stands in brackets, which nobody reads aloud."""
    return re.sub(r"\s*[（(][^（）()]*[）)]", "", text).rstrip(".。")


def phone_lines(situation: Situation) -> str:
    """The same, a sentence a line."""
    text = phone_text(situation).replace("。", "。\n").replace(". ", ".\n")
    return "\n".join(filter(None, map(str.strip, text.splitlines())))


def leading_cause(assessment: Assessment | None, titles: dict[str, str]) -> tuple[str, Word | None]:
    """(title, word) of the leading cause; ("", None) if there is none."""
    if assessment is None or assessment.leader is None or assessment.word is Word.OPEN:
        return "", None
    return titles.get(str(assessment.leader.id), str(assessment.leader.id)), assessment.word
