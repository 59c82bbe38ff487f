"""The moments that the ruler of a log pane shows: T0 of open incidents, and alarms that fire."""

from services.incidents.onset import onset_of
from services.models import glyphs
from services.models.alarms import AlarmState
from services.models.causes import OnsetBasis
from services.models.incidents import Incident
from tui.console import Console


def moments(app: Console) -> tuple[tuple[int, str], ...]:
    """Epoch milliseconds and label, by time; T0 is read from the newest evidence, else the alarm's own time."""
    starts = [(_start(app, incident), "T0") for incident in app.incidents if incident.is_open]
    overview = app.alarms.value if app.alarms is not None else None
    firing = [
        (int(alarm.since.timestamp() * 1000), f"{glyphs.FIRING} {alarm.name}")
        for alarm in (overview.watched if overview is not None else ())
        if alarm.state is AlarmState.ALARM and alarm.since is not None
    ]
    return tuple(sorted([*starts, *firing]))


def _start(app: Console, incident: Incident) -> int:
    evidence = app.ready.response.live.newest(incident)
    start = incident.since
    if evidence is not None:
        onset = onset_of(evidence)
        start = onset.at if onset.basis is OnsetBasis.BASELINE else start
    return int(start.timestamp() * 1000)
