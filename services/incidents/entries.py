"""The journal's entries about incidents, and what they say. Additive only: other versions read them."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from services.i18n import N_, _
from services.models.causes import Assessment
from services.models.incidents import FollowUp, HandOver, Incident, StepMark, TriggerKind, TurnKind
from services.models.journal import RESTRAINS_CHANGES, Entry, EntryKind, NewEntry
from services.models.text import clean

SCHEMA: dict[str, Any] = {RESTRAINS_CHANGES: False}  # In the data of each entry: no change depends on it
_TURNS = {
    TurnKind.ALARM: N_("{title}: the alarm fires again"),
    TurnKind.OK: N_("{title}: the alarm is ok again"),
    TurnKind.INSUFFICIENT: N_("{title}: the alarm has no data"),
    TurnKind.MISSING: N_("{title}: the alarm does not exist any more"),
    TurnKind.RECOVERED: N_("{title}: the system has recovered"),
}
_WITHOUT_ALARM = {
    TurnKind.ALARM: N_("{title}: it is seen again"),
    TurnKind.OK: N_("{title}: it is not seen any more"),
}
_MARKS = {
    StepMark.DONE: N_("Step {number} done: {text}"),
    StepMark.SKIPPED: N_("Step {number} skipped: {text}"),
    StepMark.TODO: N_("Step {number} open again: {text}"),
}


def opened(
    target: str,
    title: str,
    since: datetime,
    *,
    trigger: TriggerKind = TriggerKind.ALARM,
    playbook: str = "",
    after: str = "",
    text: str = "",
    facts: Iterable[str] = (),
    steps: Iterable[str] = (),
) -> NewEntry:
    """A new incident; `after` is the id of the one before it, so that two consoles cannot open two. `text`: a
    finding's sentence, or what was seen without an alarm; `facts`: what was measured; `steps`: what to do."""
    own = {"facts": [clean(fact) for fact in facts], "steps": [clean(step) for step in steps]}
    return NewEntry(
        kind=EntryKind.INCIDENT_OPENED,
        subject=f"incident:{target}@{since.isoformat()}",
        target=target,
        text=text or _("Incident: {title}", title=title),
        data={
            **SCHEMA,
            "trigger": trigger.value,
            "title": title,
            "playbook": playbook,
            "since": since.isoformat(),
            "reason": clean(text),
            **{key: texts for key, texts in own.items() if texts},
        },
        claim=f"incident:{target}:after:{after}",
    )


def about(incident: Incident, kind: EntryKind, text: str, /, *, claim: str = "", **data: Any) -> NewEntry:
    return NewEntry(
        kind=kind,
        subject=incident.id,
        target=incident.target,
        text=clean(" ".join(text.split())),
        data={**SCHEMA, **data},
        claim=claim,
    )


def _noted(text: str, note: str) -> str:
    return f"{text}: {' '.join(note.split())}" if note.strip() else text


def taken(incident: Incident) -> NewEntry:
    return about(
        incident,
        EntryKind.INCIDENT_TAKEN,
        _("Responding to {title}", title=incident.title),
        claim=f"taken:{incident.id}:after:{incident.holder_seq}",
        after=incident.holder_seq,
    )


def stepped(incident: Incident, index: int, mark: StepMark, step: str, note: str) -> NewEntry:
    text = _noted(_(_MARKS[mark], number=index + 1, text=step), note)
    return about(incident, EntryKind.INCIDENT_STEP, text, index=index, mark=mark.value, note=note)


def decided(incident: Incident, cause: str, title: str, note: str, assessment: Assessment | None) -> NewEntry:
    leader = assessment.leader if assessment is not None else None
    scores = {each.id: each.score for each in assessment.causes} if assessment is not None else {}
    return about(
        incident,
        EntryKind.INCIDENT_DECIDED,
        _noted(_("Cause decided: {title}", title=title), note),
        claim=f"decided:{incident.id}:after:{incident.decision_seq}",
        cause=cause,
        title=title,
        note=note,
        leader=leader.id if leader is not None else "",
        word=assessment.word.value if assessment is not None else "",
        scores=scores,
    )


def contacted(incident: Incident, role: str, channel: str, note: str) -> NewEntry:
    text = _("Contacted {role} by {channel}", role=role, channel=channel)
    return about(incident, EntryKind.CONTACTED, _noted(text, note), role=role, channel=channel, note=note)


def handed_over(incident: Incident, to: str, note: str) -> NewEntry:
    who = to or _("the next person")
    text = _noted(_("Handing {title} over to {who}", title=incident.title, who=who), note)
    return about(incident, EntryKind.HAND_OVER, text, to=to, note=note, scope="incident")


def day_handed_over(day: str, to: str, note: str, open_items: Iterable[str]) -> NewEntry:
    who, items = to or _("the next person"), [clean(item) for item in open_items]
    text = _("Handing the duty of {day} over to {who}, {count} open")
    return NewEntry(
        kind=EntryKind.HAND_OVER,
        subject=f"day:{day}",
        target=day,
        text=clean(_noted(text.format(day=day, who=who, count=len(items)), note)),
        data={**SCHEMA, "to": to, "note": note, "scope": "day", "open": items},
    )


def accepted(subject: str, target: str, offer: HandOver, *, alone: bool = False) -> NewEntry:
    """A hand-over is accepted, once, by the person who writes this; `alone`: the one who offered it."""
    words = _("{who} accepted their own hand-over") if alone else _("Took over from {who}")
    return NewEntry(
        kind=EntryKind.HAND_OVER_ACCEPTED,
        subject=subject,
        target=target,
        text=words.format(who=offer.by),
        data={**SCHEMA, "offer": offer.seq, "alone": alone},
        claim=f"hand-over:{offer.seq}",
    )


def joined(incident: Incident, into: Incident) -> NewEntry:
    text = _("{title} is part of {other}", title=incident.title, other=into.title)
    return about(incident, EntryKind.INCIDENT_JOINED, text, claim=f"joined:{incident.id}", into=into.id)


def kept_apart(incident: Incident, other: Incident) -> NewEntry:
    text = _("{title} and {other} are two incidents", title=incident.title, other=other.title)
    claim = f"apart:{incident.id}:{other.id}"
    return about(incident, EntryKind.INCIDENT_JOINED, text, claim=claim, into="", apart=other.id)


def turn_text(kind: TurnKind, incident: Incident) -> str:
    words = _WITHOUT_ALARM if incident.is_without_alarm else _TURNS
    return _(words.get(kind, _TURNS[kind]), title=incident.title)


def turned(incident: Incident, kind: TurnKind, at: datetime) -> NewEntry:
    last = incident.turns[-1] if incident.turns else None
    # What consoles date themselves, each dates differently: it is counted from the turn before it.
    moment = at.isoformat()
    if kind is TurnKind.RECOVERED:
        moment = incident.firing_since.isoformat()
    elif kind is TurnKind.MISSING:
        moment = f"after:{(last.at if last else incident.since).isoformat()}"
    elif last is not None and last.kind is TurnKind.MISSING:
        moment = f"{moment}:after:{last.at.isoformat()}"
    return about(
        incident,
        EntryKind.INCIDENT_TURNED,
        turn_text(kind, incident),
        claim=f"turned:{incident.id}:{kind.value}:{moment}",
        state=kind.value,
        at=at.isoformat(),
        detail="",
    )


def closed(incident: Incident, cause: str, title: str, summary: str) -> NewEntry:
    return about(
        incident,
        EntryKind.INCIDENT_CLOSED,
        _noted(_("Closed {title}", title=incident.title), title),
        claim=f"closed:{incident.id}",
        cause=cause,
        cause_title=title,
        summary=summary,
    )


def follow_up(id: str, subject: str, target: str, text: str, due: datetime) -> NewEntry:
    return NewEntry(
        kind=EntryKind.FOLLOW_UP,
        subject=subject,
        target=target,
        text=clean(" ".join(_("Follow-up: {text}", text=text).split())),
        data={**SCHEMA, "id": id, "text": text, "due": due.isoformat()},
        claim=f"follow-up:{id}",
    )


def follow_up_of(entry: Entry) -> FollowUp | None:
    data, by = entry.data, entry.person.name
    try:
        due = datetime.fromisoformat(str(data["due"]))
        if due.tzinfo is None:
            return None
        id, text = str(data["id"]), data["text"]
        return FollowUp(id=id, text=text, due=due, by=by, at=entry.at, subject=entry.subject)
    except (KeyError, TypeError, ValueError):
        return None
