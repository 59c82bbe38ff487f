"""Since when a service has had fewer tasks than it should, and when it last made progress. Pure.

ECS says neither. It writes "has reached a steady state" when all tasks run, and again at least every six hours, so
a shortage begins with the first event after the newest of these. A repeated event is not written again until its
cause is gone, or six hours have passed.
Source: "Amazon ECS service event messages" (developer guide).
"""

import re
from collections.abc import Iterator
from datetime import datetime

from services.models.ecs import ContainerService, ScalingActivity, ServiceEvent

_STEADY = re.compile(r"has reached a steady state")
_HARMLESS = re.compile(r"has reached a steady state|deployment completed|\bregistered \d+ targets")
"""Events of a service that is well, or about to be; in the same second as the steady state, or after it."""
COUNTED = re.compile(r"desired count", re.IGNORECASE)
"""In the description of a scaling decision that changed how many tasks are wanted."""
_FAILED = re.compile(r"deployment failed|rolling back|rolled back", re.IGNORECASE)


def short_since(service: ContainerService, activities: tuple[ScalingActivity, ...]) -> datetime | None:
    """The latest moment at which the shortage can have begun (UTC); None where nothing shows it."""
    steady = last_steady(service)
    later = [at for at in _beginnings(service, activities) if steady is None or at > steady]
    return min(later, default=None)


def last_steady(service: ContainerService) -> datetime | None:
    """When ECS last wrote that everything runs (UTC)."""
    return max((event.at for event in service.events if _STEADY.search(event.message)), default=None)


def _beginnings(service: ContainerService, activities: tuple[ScalingActivity, ...]) -> Iterator[datetime]:
    yield from (event.at for event in service.events if not _HARMLESS.search(event.message))
    yield from _created(service)
    for activity in activities:
        if not activity.not_scaled and COUNTED.search(activity.description):
            yield activity.at


def last_progress(service: ContainerService) -> datetime | None:
    """When the service last did something: its newest event, or the beginning of its newest deployment (UTC)."""
    moments = [event.at for event in service.events]
    moments += _created(service)
    return max(moments, default=None)


def _created(service: ContainerService) -> list[datetime]:
    return [deployment.created for deployment in service.deployments if deployment.created is not None]


def failure_event(service: ContainerService) -> ServiceEvent | None:
    """The newest event that tells of a failed or rolled back deployment."""
    return next((event for event in service.events if _FAILED.search(event.message)), None)
