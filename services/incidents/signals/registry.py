"""Every signal, in the order in which screens and answers list them."""

from services.incidents.facts import Facts
from services.incidents.signals import (
    base,
    database,
    dependencies,
    deployments,
    load_balancer,
    logs,
    network,
    own_resource,
    scaling,
    tasks,
)
from services.incidents.signals.base import SignalSpec
from services.models.causes import Signal, SignalState
from services.models.first_wave import STATES, Source

SIGNALS: tuple[SignalSpec, ...] = (
    *load_balancer.SIGNALS,
    *base.SIGNALS,
    *tasks.SIGNALS,
    *deployments.SIGNALS,
    *logs.SIGNALS,
    *dependencies.SIGNALS,
    *database.SIGNALS,
    *network.SIGNALS,
    *scaling.SIGNALS,
    *own_resource.SIGNALS,
)
_CHANGING = STATES | {Source.METRICS}
"""Sources whose earlier answer may be untrue by now; the others tell what has happened."""
BY_ID = {spec.id: spec for spec in SIGNALS}
SHOWN = frozenset(cause for spec in SIGNALS for cause in spec.direct_for)
"""The causes that a signal can show themselves; those of a runbook are known by their effects alone."""


def signals_of(facts: Facts) -> tuple[Signal, ...]:
    return tuple(_aged(spec.of(facts), facts) for spec in SIGNALS)


def _aged(signal: Signal, facts: Facts) -> Signal:
    """A signal of a source that was read earlier and failed since: it makes nothing surer than a source not
    read. What has happened stays; of a state, only what shows a cause itself."""
    reading = facts.evidence.reading(signal.source)
    if reading is None or reading.as_of is None or signal.source not in _CHANGING:
        return signal
    if signal.state is SignalState.PRESENT and signal.direct_for:
        return signal.model_copy(update={"direct_for": ()})
    why = signal.why or reading.cut
    return signal.model_copy(update={"state": SignalState.UNSEEN, "why": why, "is_denied": True})
