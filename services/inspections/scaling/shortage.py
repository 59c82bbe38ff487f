"""Computes since when a service has had fewer tasks than desired, and when it last made progress. Pure.

ECS reports neither. It writes "has reached a steady state" when all tasks run, and again at least every six hours, so a
shortage begins with the first event after the newest of these. A repeated event is written again only after its cause
has gone, or after six hours. Source: "Amazon ECS service event messages" (developer guide).
"""

import re
from collections.abc import Iterator
from datetime import datetime

from services.models.ecs import ContainerService, ScalingActivity, ServiceEvent

_STEADY = re.compile(r"has reached a steady state")
_HARMLESS = re.compile(r"has reached a steady state|deployment completed|\bregistered \d+ targets")
"""Events of a healthy service, in the same second as the steady state or later."""
COUNTED = re.compile(r"desired count", re.IGNORECASE)
"""Matches the description of a scaling decision that changed the desired count."""
_UNSTARTED = re.compile(
    r"unable to (place a task|consistently start tasks)|operations are being throttled", re.IGNORECASE
)
_FAILED = re.compile(r"deployment failed|rolling back|rolled back", re.IGNORECASE)


def short_since(service: ContainerService, activities: tuple[ScalingActivity, ...]) -> datetime | None:
    """The latest possible beginning of the shortage (UTC); None if nothing shows it."""
    steady = last_steady(service)
    later = [at for at in _beginnings(service, activities) if steady is None or at > steady]
    return min(later, default=None)


def last_steady(service: ContainerService) -> datetime | None:
    """When ECS last reported that everything runs (UTC)."""
    return max((event.at for event in service.events if _STEADY.search(event.message)), default=None)


def _beginnings(service: ContainerService, activities: tuple[ScalingActivity, ...]) -> Iterator[datetime]:
    yield from (event.at for event in service.events if not _HARMLESS.search(event.message))
    yield from _created(service)
    for activity in activities:
        if not activity.not_scaled and COUNTED.search(activity.description):
            yield activity.at


def last_progress(service: ContainerService) -> datetime | None:
    """When the service last made progress: its newest event, or the start of its newest deployment (UTC)."""
    moments = [event.at for event in service.events]
    moments += _created(service)
    return max(moments, default=None)


def _created(service: ContainerService) -> list[datetime]:
    return [deployment.created for deployment in service.deployments if deployment.created is not None]


def start_failures(service: ContainerService) -> list[ServiceEvent]:
    """The events about tasks that could not be started, newest first."""
    return [event for event in service.events if _UNSTARTED.search(event.message)]


def failure_event(service: ContainerService) -> ServiceEvent | None:
    """The newest event about a failed or rolled back deployment."""
    return next((event for event in service.events if _FAILED.search(event.message)), None)
