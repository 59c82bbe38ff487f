"""From a proposal to an incident: what is proposed still, what a person accepts, and what becomes of it afterwards."""

from collections.abc import Iterable, Mapping
from datetime import datetime, tzinfo

from services.i18n import N_, _
from services.incidents.entries import Brought
from services.incidents.findings import playbook_of_finding
from services.incidents.service import Incidents
from services.models.incidents import Incident, TurnKind
from services.models.outages import Outage, OutageKind
from services.models.runbook import Runbook

FIREWALL = "waf-blocks"
"""The inspection whose finding is about the same as an attack that the readings show."""
STEPS: Mapping[OutageKind, tuple[tuple[str, str], ...]] = {
    OutageKind.TRAFFIC: (
        (N_("Open the service as its users do: from outside, by its name."), ""),
        (N_("Check the certificate and the DNS record of the name."), ""),
        (N_("Check whether the firewall blocks what used to pass."), "waf-blocks"),
        (N_("Check what was changed just before."), "sign-ins"),
    ),
    OutageKind.TARGETS: (
        (N_("Check why the targets fail their health checks."), "targets"),
        (N_("Check the tasks and their last deployment."), "ecs"),
        (N_("Check the application's errors."), "tail"),
    ),
    OutageKind.TLS: (
        (N_("Check the certificate: its end, its names, its chain."), ""),
        (N_("Check what was changed just before."), "sign-ins"),
    ),
    OutageKind.FIREWALL: (
        (N_("Check which rules block which addresses and paths."), "waf-blocks"),
        (N_("If it is an attack, report it as a security incident."), ""),
    ),
    OutageKind.CERTIFICATE: (
        (N_("Check in ACM why it was not renewed: its DNS validation record, or an import that is due."), ""),
        (N_("Renew it, and check that listener and distribution use the new one."), ""),
    ),
}
"""What to do where the runbook has no playbook: text, and what the console shows for it."""


def proposed(outages: Iterable[Outage], incidents: Iterable[Incident]) -> tuple[Outage, ...]:
    """The outages that nobody has opened an incident for."""
    every = tuple(incidents)
    return tuple(outage for outage in outages if not any(_is_about(one, outage) for one in every))


def _is_about(incident: Incident, outage: Outage) -> bool:
    if outage.kind is OutageKind.FIREWALL and incident.target == FIREWALL:
        return incident.is_open
    return incident.target == outage.target and (incident.is_open or incident.firing_since >= outage.since)


def proposal_text(outage: Outage, zone: tzinfo) -> str:
    """`Proposed: Requests −96 % since 00:41 (4 a minute, usual: 104)`, for the bell and a console without a screen."""
    time = f"{outage.since.astimezone(zone):%H:%M}"
    text = _("Proposed as an incident: {title} since {time} ({measured})")
    return text.format(title=outage.title, time=time, measured=outage.measured)


async def accept(incidents: Incidents, runbook: Runbook, outage: Outage) -> Incident | None:
    """Open the incident, and respond to it unless somebody does; None if it is closed already. Raises JournalError."""
    book = playbook_of_finding(runbook, FIREWALL) if outage.kind is OutageKind.FIREWALL else None
    text = _("{title}, {measured}, seen without an alarm").format(
        title=outage.title, measured=outage.measured
    )
    brought = Brought(text, steps=tuple((_(step), look) for step, look in STEPS[outage.kind]))
    incident = await incidents.open_for_alarm(
        str(outage.target), str(outage.title), outage.since, str(book.id) if book is not None else "", brought
    )
    incident = incident or incidents.open_for(str(outage.target))
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
