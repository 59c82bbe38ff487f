"""First waves on the embedded AWS over HTTP."""

from services.aws.cloudwatch.alarms.reader import Alarms
from services.background.boundaries import Fault, unreported
from services.incidents.first_wave.parts import moment_of
from services.incidents.first_wave.reading import read_first_wave
from services.inspections.base import InspectionContext
from services.models.first_wave import AlarmMoment, IncidentEvidence, Source
from tests.conftest import Embedded

ALARM = "alb-5xx-error-rate"
OF_SYSTEM = tuple(
    source for source in Source if source not in (Source.OWN_METRICS, Source.OWN_LOG, Source.ALARMS)
)
"""What is read about an alarm of the system's own."""


def live(embedded: Embedded, minutes: int = 6) -> None:
    for _minute in range(minutes):
        embedded.advance(60)


async def moment(console: InspectionContext, name: str = ALARM) -> AlarmMoment:
    overview = await Alarms(console.reader, console.runbook, clock=console.clock).overview()
    alarm = next(alarm for alarm in overview.alarms if alarm.name == name)
    return moment_of(alarm, console.clock.now())


async def wave(
    console: InspectionContext, alarm: AlarmMoment, *, seconds: float = 30.0, fault: Fault = unreported
) -> IncidentEvidence:
    return await read_first_wave(
        alarm, console.runbook, console.reader, console.clock, seconds=seconds, fault=fault
    )
