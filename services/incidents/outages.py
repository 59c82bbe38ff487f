"""From a proposal to an incident: what is proposed still, what a person accepts, and what becomes of it afterwards."""

from collections.abc import Iterable
from datetime import datetime, tzinfo

from services.i18n import _
from services.incidents.catalogue import causes_by_id
from services.incidents.findings import playbook_of_finding
from services.incidents.service import Incidents
from services.models.incidents import Incident, TriggerKind, TurnKind
from services.models.outages import Outage, OutageKind
from services.models.runbook import Runbook

_CAUSES = {
    OutageKind.TRAFFIC: ("dns-tls", "firewall", "all-unhealthy"),
    OutageKind.TARGETS: ("all-unhealthy", "tasks-cannot-start", "no-target"),
    OutageKind.CERTIFICATE: ("dns-tls",),
}
"""The causes of an outage whose first actions are its steps."""


def proposed(outages: Iterable[Outage], incidents: Iterable[Incident]) -> tuple[Outage, ...]:
    every = tuple(incidents)
    return tuple(outage for outage in outages if not any(_is_about(one, outage) for one in every))


def _is_about(incident: Incident, outage: Outage) -> bool:
    return incident.target == outage.target and (incident.is_open or incident.firing_since >= outage.since)


def proposal_text(outage: Outage, zone: tzinfo) -> str:
    """`Proposed: Requests −96 % since 00:41 (4 a minute, usual: 104)`, for the bell and a console without a screen."""
    time = f"{outage.since.astimezone(zone):%H:%M}"
    text = _("Proposed as an incident: {title} since {time} ({measured})")
    return text.format(title=outage.title, time=time, measured=outage.measured)


async def accept(incidents: Incidents, runbook: Runbook, outage: Outage) -> Incident | None:
    """Open the incident, and respond to it unless somebody does; None if it is closed already. Raises JournalError."""
    text = _("{title}, {measured}, seen without an alarm", title=outage.title, measured=outage.measured)
    target, specs = str(outage.target), causes_by_id(runbook)
    has_begun = outage.ends is None or outage.ends <= outage.seen_at
    book = playbook_of_finding(runbook, target) if has_begun else None
    steps = [specs[id].advice_for({"tls-errors"}).action for id in _CAUSES.get(outage.kind, ())]
    incident = await incidents.begin(
        target,
        str(outage.title),
        # A certificate in its last week is no trouble yet that clocks could count from.
        outage.since if has_begun else outage.seen_at,
        # An attack asks and does what it would if the inspection had found it.
        trigger=TriggerKind.ALARM if steps else TriggerKind.FINDING,
        playbook=str(book.id) if book is not None else "",
        text=text,
        facts=(str(outage.measured),),
        steps=steps
        or (
            _("Check which rules block which addresses and paths."),
            _("If it is an attack, report it as a security incident."),
        ),
    )
    incident = incident or incidents.open_for(target)
    return await incidents.take(incident) if incident is not None and not incident.holder else incident


async def follow(incidents: Incidents, outages: Iterable[Outage], now: datetime) -> None:
    """Record once that an outage with an open incident has ended, or is there again. Raises JournalError."""
    present = {outage.target: outage for outage in outages}
    for incident in incidents.incidents:
        if not incident.is_open or not incident.is_without_alarm:
            continue
        outage = present.get(incident.target)
        if incident.is_firing and outage is None:
            await incidents.turn(incident, TurnKind.OK, now)
        elif not incident.is_firing and outage is not None:
            await incidents.turn(incident, TurnKind.ALARM, max(outage.since, incident.turns[-1].at))
