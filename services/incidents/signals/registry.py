"""Every signal, in the order in which screens and answers list them."""

from services.incidents.facts import Facts
from services.incidents.signals import (
    database,
    dependencies,
    deployments,
    load_balancer,
    logs,
    network,
    own_resource,
    scaling,
    targets,
    tasks,
)
from services.incidents.signals.base import SignalSpec
from services.models.causes import Signal

SIGNALS: tuple[SignalSpec, ...] = (
    *load_balancer.SIGNALS,
    *targets.SIGNALS,
    *tasks.SIGNALS,
    *deployments.SIGNALS,
    *logs.SIGNALS,
    *dependencies.SIGNALS,
    *database.SIGNALS,
    *network.SIGNALS,
    *scaling.SIGNALS,
    *own_resource.SIGNALS,
)
BY_ID = {spec.id: spec for spec in SIGNALS}


def signals_of(facts: Facts) -> tuple[Signal, ...]:
    """Judge every signal."""
    return tuple(spec.of(facts) for spec in SIGNALS)
