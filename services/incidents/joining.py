"""Which incidents are one, and which open ones may be: they began together, or one's cause explains the other's. Pure."""

from collections.abc import Mapping
from datetime import datetime, timedelta

from services.models.causes import Assessment, CauseSpec, OnsetBasis
from services.models.incidents import Incident

NEAR = timedelta(minutes=5)  # Time between the beginnings of incidents that may be the same one


def with_parts(by_id: Mapping[str, Incident]) -> dict[str, Incident]:
    """The incidents, by id, each joined to the one that stands for it in lists, or to none. Nothing open is
    hidden behind an incident that is over, that is not there, or that is part of the same circle."""
    if not any(incident.joined_to for incident in by_id.values()):
        return dict(by_id)
    wholes = {id: _whole_of(incident, by_id) for id, incident in by_id.items()}
    parts: dict[str, list[Incident]] = {}
    for id, whole in wholes.items():
        if whole != id:
            parts.setdefault(whole, []).append(by_id[id])
    return {
        id: incident.model_copy(
            update={
                "joined_to": wholes[id] if wholes[id] != id else "",
                "joined": tuple(
                    part.id
                    for part in sorted(
                        parts.get(id, ()), key=lambda part: (part.since, part.seq), reverse=True
                    )
                ),
            }
        )
        for id, incident in by_id.items()
    }


def _whole_of(incident: Incident, by_id: Mapping[str, Incident]) -> str:
    """Id of the incident that stands for this one: the end of its chain, in a circle the oldest; or itself."""
    chain = [incident.id]
    while (into := by_id[chain[-1]].joined_to) in by_id and into not in chain:
        chain.append(into)
    if into in chain:
        circle = chain[chain.index(into) :]
        whole = min(circle, key=lambda id: (by_id[id].seq, id))
    else:
        whole = chain[-1]
    return incident.id if incident.is_open and not by_id[whole].is_open else whole


def may_be_one(
    incident: Incident, other: Incident, one: Assessment | None = None, two: Assessment | None = None
) -> bool:
    if not (incident.is_open and other.is_open) or incident.joined_to or other.joined_to:
        return False
    if incident.id == other.id or other.id in incident.apart_from or incident.id in other.apart_from:
        return False
    starts = (_start(incident, one), _start(other, two))
    return abs(starts[0] - starts[1]) <= NEAR or abs(incident.since - other.since) <= NEAR


def _start(incident: Incident, assessment: Assessment | None) -> datetime:
    if assessment is not None and assessment.onset.basis is OnsetBasis.BASELINE:
        return assessment.onset.at
    return incident.since


def are_linked(one: Assessment | None, two: Assessment | None, specs: Mapping[str, CauseSpec]) -> bool:
    leaders = [assessment.leader for assessment in (one, two) if assessment is not None]
    ids = [leader.id for leader in leaders if leader is not None]
    if len(ids) < 2:
        return False
    effects = [specs[id].explains if id in specs else () for id in ids]
    return ids[0] == ids[1] or ids[1] in effects[0] or ids[0] in effects[1]
