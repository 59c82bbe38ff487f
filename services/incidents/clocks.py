"""The clocks of an incident, counted from the alarm's own transition. Pure, so any console shows the same at any time."""

from collections.abc import Iterable, Set
from datetime import datetime

from services.models.incidents import ClockKind, ClockState, Contacted, Incident, IncidentClock, Phase
from services.models.runbook_playbooks import Playbook
from services.models.step_records import due_at


def clocks(incident: Incident, playbook: Playbook | None, now: datetime) -> tuple[IncidentClock, ...]:
    """The clocks that the playbook sets; () if it sets none. They start when the alarm fired. While it flaps
    they go on; they start anew only after recovery was judged."""
    if playbook is None:
        return ()
    starts = incident.trouble_since
    built = []
    if playbook.wait_minutes is not None:
        built.append(_recovery(incident, starts, playbook.wait_minutes, now))
    minutes = playbook.escalate_minutes or (playbook.wait_minutes if playbook.escalate_to else None)
    if minutes is not None and playbook.escalate_to:
        built.append(_escalation(incident, starts, minutes, playbook, now))
    return tuple(built)


def whole_clocks(
    incident: Incident, incidents: Iterable[Incident], playbooks: Iterable[Playbook], now: datetime
) -> tuple[IncidentClock, ...]:
    """The clocks of an incident and of those that are part of it: of each kind the one that runs out first.
    Joining takes no time limit away. Who was told of the whole was told of its parts."""
    books = {str(book.id): book for book in playbooks}
    every = list(clocks(incident, books.get(incident.playbook or ""), now))
    for part in incidents:
        if part.id in incident.joined and part.is_open:
            contacts = (
                each.model_copy(update={"at": max(each.at, part.since)}) for each in incident.contacted
            )
            one = part.model_copy(update={"contacted": (*part.contacted, *contacts)})
            every += clocks(one, books.get(part.playbook or ""), now)
    kinds = dict.fromkeys(clock.kind for clock in every)
    return tuple(
        min(
            (clock for clock in every if clock.kind is kind),
            key=lambda one: (one.state is ClockState.MET, one.state is ClockState.CONFIRMING, one.due),
        )
        for kind in kinds
    )


def _state(met_at: datetime | None, due: datetime, now: datetime) -> ClockState:
    if met_at is not None:
        return ClockState.MET
    return ClockState.OVERDUE if now >= due else ClockState.RUNNING


def _recovery(incident: Incident, starts: datetime, minutes: int, now: datetime) -> IncidentClock:
    due = due_at(starts, minutes)
    met_at = incident.over_at
    state = _state(met_at, due, now)
    if incident.phase is Phase.QUIET:
        state, met_at = ClockState.CONFIRMING, incident.spells[-1].turned_at
    return IncidentClock(
        kind=ClockKind.RECOVERY, starts=starts, due=due, state=state, met_at=met_at, title=incident.title
    )


def _escalation(
    incident: Incident, starts: datetime, minutes: int, playbook: Playbook, now: datetime
) -> IncidentClock:
    """Met once the role was told, in whichever language that was recorded, or the trouble ended. Telling
    somebody else, such as the one on duty, is recorded and leaves the time limit."""
    due = due_at(starts, minutes)
    roles = {str(role) for role in playbook.versions("escalate_to")}
    contacts = [max(each.at, starts) for each in told(incident, roles)]
    met_at = min(
        [*contacts, *(at for at in (incident.recovered_at, incident.closed_at) if at is not None)],
        default=None,
    )
    return IncidentClock(
        kind=ClockKind.ESCALATION,
        starts=starts,
        due=due,
        state=_state(met_at, due, now),
        met_at=met_at,
        who=playbook.escalate_to,
        title=incident.title,
        is_told=bool(contacts),
    )


def told(incident: Incident, roles: Set[str]) -> list[Contacted]:
    """Whom of the roles, or of all without any, somebody has told of the present trouble, in the journal's order."""
    starts = incident.trouble_since
    # A console whose clock is wrong dates a contact before what it was about; one may also be recorded before the journal
    # has the alarm's return that it is about.
    return [
        each
        for each in incident.contacted
        if (not roles or str(each.role) in roles) and max(each.at, each.about or each.at) >= starts
    ]


def overdue(every: tuple[IncidentClock, ...]) -> tuple[IncidentClock, ...]:
    late = [clock for clock in every if clock.state is ClockState.OVERDUE]
    return tuple(sorted(late, key=lambda clock: clock.due))
