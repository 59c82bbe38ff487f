"""Which open incidents may be one: they began together, or the cause of one explains that of the other. Pure."""

from collections.abc import Mapping
from datetime import datetime, timedelta

from services.models.causes import Assessment, CauseSpec, OnsetBasis
from services.models.incidents import Incident

NEAR = timedelta(minutes=5)
"""Time between the beginnings of incidents that may be the same one."""


def may_be_one(
    incident: Incident, other: Incident, one: Assessment | None = None, two: Assessment | None = None
) -> bool:
    """Whether two open incidents began within NEAR: by T0 where it was found, else by the alarms."""
    if not (incident.is_open and other.is_open) or incident.joined_to or other.joined_to:
        return False
    if incident.id == other.id:
        return False
    starts = (_start(incident, one), _start(other, two))
    return abs(starts[0] - starts[1]) <= NEAR or abs(incident.since - other.since) <= NEAR


def _start(incident: Incident, assessment: Assessment | None) -> datetime:
    if assessment is not None and assessment.onset.basis is OnsetBasis.BASELINE:
        return assessment.onset.at
    return incident.since


def are_linked(one: Assessment | None, two: Assessment | None, specs: Mapping[str, CauseSpec]) -> bool:
    """Whether the leading causes are the same, or one can bring about the other."""
    leaders = [assessment.leader for assessment in (one, two) if assessment is not None]
    ids = [leader.id for leader in leaders if leader is not None]
    if len(ids) < 2:
        return False
    effects = [specs[id].explains if id in specs else () for id in ids]
    return ids[0] == ids[1] or ids[1] in effects[0] or ids[0] in effects[1]
