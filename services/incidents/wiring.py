from collections.abc import Awaitable, Callable, Iterable
from dataclasses import dataclass

from services.aws.client.reader import Reader
from services.background.faults import Fault
from services.clock import Clock
from services.incidents.capture import IncidentCapture
from services.incidents.first_wave.reading import FirstWaveReader
from services.incidents.live import LiveEvidence
from services.incidents.readings import Readings
from services.incidents.recovery.watch import RecoveryWatch
from services.incidents.service import Incidents
from services.incidents.watch import IncidentWatch
from services.journal.journal import Journal
from services.models.alarms import AlarmOverview
from services.models.runbook import Runbook


@dataclass(frozen=True, slots=True)
class Response:
    incidents: Incidents
    watch: IncidentWatch
    """Opens incidents for alarms."""
    first_waves: FirstWaveReader
    capture: IncidentCapture
    """Records the first wave of each incident."""
    live: LiveEvidence
    readings: Readings
    """Records later readings that change the causes."""
    recovery: RecoveryWatch


def response_of(
    runbook: Runbook,
    journal: Journal,
    reader: Reader,
    clock: Clock,
    aws_clock: Clock,
    region: str,
    alarms: Callable[[], AlarmOverview | None],
    fault: Fault,
    is_elsewhere: Callable[[], Awaitable[bool]],
    warm: Callable[[Iterable[str]], Awaitable[object]],
) -> Response:
    """`aws_clock` is `clock` corrected by AWS's time, `alarms` returns the newest reading, `fault` is called with internal
    errors of first waves, `is_elsewhere` whether AWS answers for another account, `warm` loads the SDK's models of services.
    """
    incidents = Incidents(journal, clock)
    first_waves = FirstWaveReader(runbook, reader, aws_clock, region, alarms, fault, warm)
    live = LiveEvidence(first_waves.of, clock, first_waves.again)
    readings = Readings(incidents, live, runbook)
    return Response(
        incidents,
        IncidentWatch(incidents, runbook, clock),
        first_waves,
        IncidentCapture(incidents, first_waves.of, clock, is_elsewhere=is_elsewhere),
        live,
        readings,
        RecoveryWatch(incidents, live, runbook, clock, lambda: journal.person, readings.note),
    )
