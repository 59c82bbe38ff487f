"""What of the open incidents every screen tells."""

from services.incidents.clocks import whole_clocks
from services.models.incidents import Incident, IncidentState
from tui.console import Console
from widgets.incidents.alert import IncidentAlert


def incident_alerts(app: Console) -> tuple[IncidentAlert, ...]:
    """The open incidents as the alarm strip tells of them."""
    now = app.aws_now()
    proposals = (IncidentAlert(str(each.title), is_taken=False, is_proposed=True) for each in app.outages)
    return tuple(proposals) + tuple(
        IncidentAlert(
            str(incident.title if incident.is_asked or incident.is_without_alarm else incident.target),
            incident.state is not IncidentState.OPEN,
            whole_clocks(incident, app.incidents, app.ready.runbook.playbooks, now),
            is_offered=_is_offered(incident, app.ready.journal.person.name),
        )
        for incident in app.incidents
        if incident.is_open and not incident.joined_to
    )


def _is_offered(incident: Incident, user: str) -> bool:
    """Whether somebody else hands the incident over to this user, or to whoever accepts."""
    offer = incident.hand_over
    return offer is not None and offer.by != user and offer.to in ("", user)
