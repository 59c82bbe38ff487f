"""How an incident stands, in whole sentences with their times: every text that leaves the console says it like this. Pure."""

from collections.abc import Callable, Iterator
from datetime import datetime

from services.i18n import N_, _, sentences
from services.models.date_text import span_text
from services.models.durations import lasting
from services.models.incident_report import IncidentLine
from services.models.incidents import OUTAGE, WAF_BLOCKS, Incident, Phase, Spell

MOST = 3  # Earlier times of firing that are named
_FIRING = {
    Phase.FIRING: N_("{title} has been firing since {start}."),
    Phase.QUIET: N_("{title} fired at {start} and is ok since {end}; recovery has not been judged yet."),
    Phase.NO_DATA: N_("{title} fired at {start} and has no data since {end}: whether it goes on is not known."),
    Phase.MISSING: N_("{title} fired at {start}; the alarm does not exist any more ({end})."),
    Phase.RECOVERED: N_("{title} fired at {start} and recovered at {recovered} ({duration})."),
    Phase.CLOSED: N_("{title} fired at {start}; recovery was not judged."),
}  # fmt: skip
_SEEN = {
    Phase.FIRING: N_("{title} since {start}, without an alarm."),
    Phase.QUIET: N_("{title} from {start} to {end}, without an alarm; recovery has not been judged yet."),
    Phase.RECOVERED: N_("{title} from {start} to {end}, without an alarm; recovered at {recovered} ({duration})."),
    Phase.CLOSED: N_("{title} from {start} on, without an alarm; recovery was not judged."),
}  # fmt: skip
"""Of an outage that no alarm tells of."""
_SEEN_TO_END = N_("{title} from {start} to {end}, without an alarm; recovery was not judged.")


def course_text(incident: Incident | IncidentLine, when: Callable[[datetime], str]) -> str:
    return sentences(*_course(incident, when))


def _course(incident: Incident | IncidentLine, when: Callable[[datetime], str]) -> Iterator[str]:
    title, spells = incident.title, incident.spells
    if incident.target == WAF_BLOCKS:
        words = _("A surge of requests blocked by the firewall was seen at {start}.")
        # At its end a person names the cause.
        yield sentences(
            words.format(start=when(incident.since)), _("It may be an attack.") if incident.is_open else ""
        )
    elif not spells:
        words = _("The inspection “{title}” of {start} was not normal.")
        yield words.format(title=title, start=when(incident.since))
    else:
        last, phase = spells[-1], incident.phase
        recovered = last.recovered_at
        if phase is Phase.CLOSED and recovered is not None:
            phase = Phase.RECOVERED
        words = (_SEEN if incident.target.startswith(OUTAGE) else _FIRING).get(phase, _FIRING[phase])
        if words is _SEEN[Phase.CLOSED] and last.end is not None:
            words = _SEEN_TO_END
        yield _(words).format(
            title=title,
            start=when(last.start),
            end=when(last.turned_at or last.start),
            recovered=when(recovered) if recovered else "",
            duration=lasting((recovered - last.start).total_seconds()) if recovered else "",
        )
        if spells[:-1]:
            yield _before(spells[:-1], when, is_seen=words not in _FIRING.values())
    if incident.closed_at is not None:
        yield _("It was closed at {time} by {name}.", time=when(incident.closed_at), name=incident.closed_by)


def _before(spells: tuple[Spell, ...], when: Callable[[datetime], str], *, is_seen: bool) -> str:
    ends = [(spell.start, spell.end or spell.recovered_at or spell.start) for spell in spells]
    times = _(", ").join(span_text(when(start), when(end)) for start, end in ends[-MOST:])
    if len(ends) > MOST:
        times = _("{times}, and {count} times earlier", times=times, count=len(ends) - MOST)
    words = _("It had been seen before: {times}.") if is_seen else _("It had fired before: {times}.")
    return words.format(times=times)
