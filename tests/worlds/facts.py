"""What is true in a world at the moment of reading, for `tests.worlds.claims`; computed from the world alone."""

import json
from collections.abc import Iterable, Iterator
from datetime import datetime
from functools import cached_property
from math import floor
from statistics import median
from typing import Any

from tests.worlds.answers import WorldReader
from tests.worlds.curves import ELB, OWN, SPARSE, measured
from tests.worlds.schema import APPLICATION_LOG, DATABASE_LOG, Lines, Trail
from tests.worlds.system import KEY, SECRET
from tests.worlds.tasks import REGION

Verdict3 = tuple[bool | None, str]  # (whether a sentence is true; None: neither, what is true instead)
_OWN_NAMES = [
    "vpc-0a1b2c3d",
    "sg-0c4d5e6f7a8b9c0d1",
    "sg-0a1b2c3d",
    "sg-0d5e6f7a8b9c0d1e2",
    "rtb-0f1e2d3c",
    "acl-0a0b0c0d",
    "vpce-0s3gateway",
    "vpce-0ecr",
    "vpce-0logs",
    "vpce-0secrets",
    "subnet-0aaa",
    "subnet-0ccc",
    "staff-api",
    "facility-prod",
    "facility-cache",
]
_NETWORK = [
    "Route",
    "RouteTable",
    "SecurityGroup",
    "NetworkAcl",
    "VpcEndpoint",
    "Subnet",
    "NatGateway",
    "InternetGateway",
    "VpcPeering",
    "TransitGateway",
    "DhcpOptions",
]
_NAMES = {"route53.amazonaws.com", "acm.amazonaws.com", "cloudfront.amazonaws.com"}


class WorldFacts:
    """One world as it is at a moment; minutes are the world's."""

    def __init__(self, session: WorldReader, onset: datetime, until: datetime | None = None) -> None:
        self.session = session
        self._until = until
        self._points: dict[tuple[str, str, str, int], dict[int, float]] = {}
        self.world = session.world
        self.now: datetime = session.now
        self.minute = session.minute
        self.onset = session.world.minute(onset)  # T0 as the console sees it, which its figures count from
        self._offset = int(self.world.zero.timestamp()) // 60

    @cached_property
    def last(self) -> int:
        """The newest published minute, or the one up to which a sentence is known."""
        published = int((self.minute - 1 - self.session.metrics.lag) // 1)
        return published if self._until is None else min(published, floor(self.world.minute(self._until)))

    @property
    def bad(self) -> range:
        """The published minutes since T0; none in a world without a fault."""
        return range(0, self.last + 1)

    @property
    def since(self) -> int:
        """T0, or the console's where it looks at a later time, such as that of an alarm about what is long over."""
        return max(0, floor(self.onset))

    def points(self, namespace: str, name: str, stat: str, first: int | None = None) -> dict[int, float]:
        """The published points from a minute on, or since T0; counts that AWS does not publish are zero."""
        first = self.since if first is None else first
        key = (namespace, name, stat, first)
        if key not in self._points:
            self._points[key] = dict(self._published(*key))
        return self._points[key]

    def _published(self, namespace: str, name: str, stat: str, first: int) -> Iterator[tuple[int, float]]:
        level = measured(self.world, namespace, name, stat, OWN[namespace])
        for minute in range(first, self.last + 1):
            value = level(minute + self._offset)
            if value is None and name in SPARSE and name != "TargetResponseTime":
                value = 0.0
            if value is not None:
                yield minute, value

    def usual(self, namespace: str, name: str, stat: str) -> float:
        before = [value for minute, value in self.points(namespace, name, stat, -180).items() if minute < -5]
        return median(before) if before else 0.0

    def recent(self, namespace: str, name: str, stat: str, count: int = 3) -> list[float]:
        """The newest published points since T0."""
        return list(self.points(namespace, name, stat).values())[-count:]

    def total(self, name: str) -> float:
        """The sum of a count of the load balancer since T0."""
        return sum(self.points(ELB, name, "Sum").values())

    def answer(self, service: str, operation: str, **params: Any) -> dict[str, Any]:
        return self.session.answer(service, operation, REGION, params)

    @cached_property
    def targets(self) -> list[dict[str, Any]]:
        rows: list[dict[str, Any]] = self.answer("elbv2", "DescribeTargetHealth")["TargetHealthDescriptions"]
        return rows

    @cached_property
    def service(self) -> dict[str, Any]:
        row: dict[str, Any] = self.answer("ecs", "DescribeServices")["services"][0]
        return row

    @cached_property
    def database(self) -> dict[str, Any]:
        row: dict[str, Any] = self.answer("rds", "DescribeDBInstances")["DBInstances"][0]
        return row

    @cached_property
    def stopped(self) -> list[dict[str, Any]]:
        """Stopped tasks since shortly before T0."""
        rows = self.session.rollout.described(self.minute, "STOPPED")
        return [row for row in rows if self.world.minute(row["stoppingAt"]) >= -5.2]

    def rules(self, group: str) -> Iterator[Lines]:
        """The kinds of lines of a log group that had been written since shortly before T0."""
        for item in self.world.lines:
            if (
                item.group == group
                and item.begin <= self.minute
                and item.to > -1
                and next(self.written(item), None)
            ):
                yield item

    def written(self, rule: Lines, first: float = -30.0) -> Iterator[tuple[float, str, str]]:
        number = self.world.lines.index(rule)
        return self.session._written(number, rule, first, self.minute)

    def says(self, *words: str, group: str = "") -> list[Lines]:
        """Kinds of lines with one of the words (case-insensitive), of one log or both."""
        groups = [group] if group else [APPLICATION_LOG, DATABASE_LOG]
        return [
            rule
            for item in groups
            for rule in self.rules(item)
            if any(word.casefold() in rule.text.casefold() for word in words)
        ]

    def writes(self, *, visible: bool, since: float = -60.0) -> list[Trail]:
        """What people and programs changed; `visible`: only what CloudTrail lists by now."""
        late = self.session.variant.trail if visible else 0
        return [
            item for item in self.session.history.events if since <= item.at and item.at + late <= self.minute
        ]

    @staticmethod
    def is_own(event: Trail) -> bool:
        text = json.dumps([event.resources, event.request])
        return any(name in text for name in (*_OWN_NAMES, SECRET, KEY))

    @staticmethod
    def is_network(event: Trail) -> bool:
        is_words_only = "Descriptions" in event.name
        is_path = event.source == "ec2.amazonaws.com" and any(word in event.name for word in _NETWORK)
        is_path = is_path and not is_words_only
        return is_path or event.name == "SetSecurityGroups"

    @staticmethod
    def is_name(event: Trail) -> bool:
        return event.source in _NAMES or "Listener" in event.name

    def activities(self, since: float = -60.0) -> Iterable[Any]:
        return [item for item in self.world.activity if since <= item.at <= self.minute]
