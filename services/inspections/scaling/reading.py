"""Reads the parts of one service; each part may fail without the others."""

import asyncio
from collections.abc import Awaitable, Iterable, Iterator
from dataclasses import dataclass, fields
from typing import TypeVar

from services.aws.autoscaling.reader import AutoScalingReader
from services.aws.client.errors import AwsError, NotFound
from services.aws.client.reader import Reader
from services.aws.cloudwatch.alarms.reader import Alarms
from services.aws.ecs.reader import EcsReader
from services.i18n import _
from services.models.alarms import AlarmOverview
from services.models.ecs import (
    ContainerService,
    ScalableTarget,
    ScalingActivities,
    ScalingPolicy,
    ScheduledAction,
)

T = TypeVar("T")
DECISIONS = 200  # Number of newest decisions read; on a day with a refusal every minute there are more


@dataclass(frozen=True, slots=True)
class ServiceReading:
    """The current state of one service; an AwsError replaces a part that could not be read."""

    name: str
    service: ContainerService | AwsError
    target: ScalableTarget | AwsError | None  # None: not registered with Auto Scaling
    policies: tuple[ScalingPolicy, ...] | AwsError
    actions: tuple[ScheduledAction, ...] | AwsError
    decisions: ScalingActivities | AwsError

    @property
    def missing(self) -> bool:
        return isinstance(self.service, NotFound)

    def errors(self) -> Iterator[tuple[str, AwsError]]:
        words = {
            "service": _("The service {name} cannot be read."),
            "target": _("The scaling bounds of {name} cannot be read."),
            "policies": _("The scaling policies of {name} cannot be read."),
            "actions": _("The scheduled actions of {name} cannot be read."),
            "decisions": _("The scaling activities of {name} cannot be read."),
        }
        for part, text in words.items():
            error = getattr(self, part)
            if isinstance(error, AwsError) and not (part == "service" and self.missing):
                yield text.format(name=self.name), error

    @property
    def nothing(self) -> bool:
        return len(list(self.errors())) == len(fields(self)) - 1


async def read(reader: Reader, cluster: str, name: str) -> ServiceReading:
    """Read all parts concurrently. Raises no AwsError."""
    scaling, containers = AutoScalingReader(reader), EcsReader(reader)
    service, target, policies, actions, decisions = await asyncio.gather(
        _attempt(containers.service(cluster, name)),
        _attempt(scaling.target(cluster, name)),
        _attempt(scaling.policies(cluster, name)),
        _attempt(scaling.scheduled_actions(cluster, name)),
        _attempt(scaling.decisions(cluster, name, DECISIONS)),
    )
    return ServiceReading(name, service, target, policies, actions, decisions)


async def read_alarms(alarms: Alarms, readings: Iterable[ServiceReading]) -> AlarmOverview | AwsError:
    names = {
        str(name)
        for reading in readings
        if not isinstance(reading.policies, AwsError)
        for policy in reading.policies
        for name in policy.alarms
    }
    return await _attempt(alarms.named(names))


async def _attempt(reading: Awaitable[T]) -> T | AwsError:
    try:
        return await reading
    except AwsError as error:
        return error
