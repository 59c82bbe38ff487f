from collections.abc import Iterable, Iterator
from datetime import datetime, tzinfo
from zoneinfo import ZoneInfo

from services.i18n import N_, _
from services.incidents.course_text import course_text
from services.incidents.entries import turn_text
from services.incidents.evidence import UnreadableEvidence, unpacked
from services.incidents.outages import proposal_text, proposed
from services.incidents.readings import verdict_text
from services.incidents.service import Incidents
from services.incidents.weighing import assess
from services.journal.errors import JournalError
from services.models import glyphs
from services.models.alarms import AlarmOverview, AlarmState
from services.models.date_text import dated_time
from services.models.feeds import FeedState
from services.models.incidents import Incident, TriggerKind
from services.models.journal import JournalHealth
from services.models.outages import Outage, OutageKind
from services.models.runbook import Runbook

_ALARMS = {
    AlarmState.ALARM: (glyphs.FIRING, N_("{name}: the alarm fires. {reason}")),
    AlarmState.OK: (glyphs.NORMAL, N_("{name}: the alarm is ok. {reason}")),
    AlarmState.INSUFFICIENT: (glyphs.NOT_JUDGED, N_("{name}: the alarm has no data. {reason}")),
    AlarmState.MISSING: (glyphs.MISSING, N_("{name}: the alarm does not exist. {reason}")),
}


class Announcements:
    def __init__(self, incidents: Incidents, runbook: Runbook) -> None:
        self._incidents = incidents
        self._runbook = runbook
        self._zone = ZoneInfo(runbook.system.timezone)
        self._alarms: dict[str, AlarmState] = {}
        self._proposed: set[OutageKind] = set()
        self._known: dict[str, Incident] = {}
        self._problem = ""
        self._trouble = ""

    def of_alarms(self, state: FeedState[AlarmOverview]) -> Iterator[str]:
        problem = state.problem.message if state.problem is not None else ""
        if problem and problem != self._problem:
            yield f"{glyphs.ATTENTION} " + _("The alarms cannot be read: {why}", why=problem)
        elif self._problem and not problem:
            yield f"{glyphs.NORMAL} " + _("The alarms are read again.")
        self._problem = problem
        if problem or state.value is None:
            return
        for alarm in state.value.alarms:
            if not alarm.expected:
                continue
            before = self._alarms.get(alarm.id, AlarmState.OK)
            if alarm.state is not before:
                glyph, text = _ALARMS[alarm.state]
                yield f"{glyph} " + _(text, name=alarm.name, reason=alarm.reason).rstrip()
            self._alarms[alarm.id] = alarm.state

    def of_outages(self, outages: Iterable[Outage], zone: tzinfo) -> Iterator[str]:
        present = proposed(outages, self._incidents.incidents)
        for outage in present:
            if outage.kind not in self._proposed:
                yield f"{glyphs.ATTENTION} {proposal_text(outage, zone)}"
        self._proposed = {outage.kind for outage in present}

    def of_journal(self, health: JournalHealth) -> Iterator[str]:
        trouble = health.problem.message if health.problem is not None else ""
        if trouble and trouble != self._trouble:
            yield f"{glyphs.ATTENTION} " + _("The journal cannot be written: {why}", why=trouble)
        elif self._trouble and not trouble:
            yield f"{glyphs.NORMAL} " + _("The journal is written again.")
        self._trouble = trouble

    async def of_incidents(self, incidents: tuple[Incident, ...]) -> list[str]:
        lines: list[str] = []
        for incident in sorted(incidents, key=lambda incident: incident.seq):
            before = self._known.get(incident.id)
            if before is None and not incident.is_open:
                self._known[incident.id] = incident
                continue
            if before is None:
                lines.append(f"{glyphs.ABNORMAL} " + _("Incident: {title}", title=incident.title))
                lines.append(f"  {course_text(incident, self._time)}")
            if len(incident.evidence) > (len(before.evidence) if before else 0):
                lines.append(await self._evidence(incident))
            lines += self._course(incident, before)
            self._known[incident.id] = incident
        return lines

    def _course(self, incident: Incident, before: Incident | None) -> Iterator[str]:
        title, offer = incident.title, incident.hand_over
        # What happened before this console began is in the first sentence, with its times.
        for turn in incident.turns[len(before.turns) :] if before else ():
            text = turn_text(turn.kind, incident)
            yield "  " + _("{text} ({time})", text=text, time=self._time(turn.at))
        if incident.joined_to and (before is None or before.joined_to != incident.joined_to):
            whole = self._incidents.of(incident.joined_to)
            yield "  " + _("{title} is part of {other}", title=title, other=whole.title if whole else "?")
        if offer is not None and (before is None or before.hand_over != offer):
            words, to = _("{title}: {who} offers it to {to}, who has not accepted it yet"), offer.to
            yield "  " + words.format(title=title, who=offer.by, to=to or _("the next person"))
        if incident.holder and (before is None or before.holder != incident.holder):
            yield "  " + _("{title}: {who} responds", title=title, who=incident.holder)
        if not incident.is_open and (before is None or before.is_open):
            yield f"{glyphs.DONE} {course_text(incident, self._time)}"

    def _time(self, at: datetime) -> str:
        return dated_time(at, self._zone)

    async def _evidence(self, incident: Incident) -> str:
        try:
            entry = await self._incidents.journal.entry(incident.evidence[-1])
            evidence = unpacked(entry.data if entry else {})
            if incident.trigger is TriggerKind.FINDING:
                return f"  {entry.text if entry else ''}"
            assessment = assess(evidence, self._runbook)
        except (JournalError, UnreadableEvidence) as error:
            return f"  {incident.title}: {error}"
        text = verdict_text(assessment, self._runbook.causes)
        words = _("{title}: evidence is recorded (as of {time}); {text}")
        return "  " + words.format(title=incident.title, time=self._time(evidence.ended), text=text)
