"""The clocks that no runbook sets: until the storage is full, the CPU credits end, AWS applies a maintenance. Pure."""

from collections.abc import Iterable, Iterator
from datetime import UTC, datetime, timedelta

from services.i18n import N_, _
from services.incidents.signals.registry import BY_ID
from services.models.depletion import ends
from services.models.first_wave import IncidentEvidence, Measure
from services.models.incidents import ClockKind, ClockState, IncidentClock

HORIZON = timedelta(hours=24)  # What ends later is no clock of an incident
_LAST = 10 * HORIZON.total_seconds()
_FALLING = (
    (Measure.DB_FREE, ClockKind.STORAGE, N_("how the free storage falls"), "storage-empty"),
    (Measure.DB_CREDITS, ClockKind.CREDITS, N_("how the credits fall"), "db-cpu-high"),
)


def measured_clocks(
    evidence: IncidentEvidence | None, maintenance: Iterable[tuple[str, datetime]], now: datetime
) -> tuple[IncidentClock, ...]:
    clocks = list(_falling(evidence)) if evidence is not None else []
    for action, at in maintenance:
        basis = _("RDS's pending maintenance: {action}", action=action)
        if at > now:
            clocks.append(
                IncidentClock(
                    kind=ClockKind.MAINTENANCE, starts=now, due=at, state=ClockState.RUNNING, basis=basis
                )
            )
    return tuple(clock for clock in clocks if clock.due - now <= HORIZON)


def in_order(clocks: Iterable[IncidentClock]) -> tuple[IncidentClock, ...]:
    return tuple(sorted(clocks, key=lambda clock: (clock.state is ClockState.MET, clock.due)))


def _falling(evidence: IncidentEvidence) -> Iterator[IncidentClock]:
    for measure, kind, basis, signal in _FALLING:
        curve = evidence.curve(measure)
        if curve is None or not curve.times:
            continue
        read_at = datetime.fromtimestamp(curve.times[-1], UTC)
        above = [at for at, value in zip(curve.times, curve.values, strict=True) if value > 0]
        if above and above[-1] < read_at.timestamp():
            due = datetime.fromtimestamp(min(at for at in curve.times if at > above[-1]), UTC)
            latest, state, basis = None, ClockState.OVERDUE, BY_ID[signal].title
        elif left := ends(curve.times, curve.values):
            # A slope that hardly falls ends after the last year that a date can have.
            due, latest = (read_at + timedelta(seconds=min(each, _LAST)) for each in left)
            state = ClockState.RUNNING
        else:
            continue
        yield IncidentClock(kind=kind, starts=read_at, due=due, latest=latest, state=state, basis=_(basis))
