"""What the firewall logged: the blocked requests of every minute the world has lived, and the objects in S3.

A Firehose stream puts one object every five minutes into the runbook's bucket, under the day of its arrival (UTC).
"""

from bisect import bisect_left
from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from random import Random
from typing import TYPE_CHECKING, NamedTuple
from uuid import UUID

import orjson

from services.demo.cloudwatch.store import metric_key
from services.demo.system import names
from services.demo.system.minute import live
from services.demo.system.other_logs import firewall_lines

if TYPE_CHECKING:
    from services.demo.world import World

BUCKET = "facility-waf-logs-prod"
PREFIX = "waf/"
STREAM = "aws-waf-logs-facility-prod"
EVERY = 300
"""Seconds from object to object."""
_LATE = 20
"""Seconds that an object takes to arrive."""
_BYTES = 120
"""Of one request in an object, compressed."""
_ALLOWED = metric_key("AWS/WAFV2", "AllowedRequests", names.WAF_DIMENSIONS)


class Blocked(NamedTuple):
    """One blocked request."""

    at: int
    """Epoch milliseconds."""
    address: str
    country: str
    uri: str
    method: str
    rule: str


class LogObject(NamedTuple):
    """One object in the bucket."""

    key: str
    size: int
    modified: datetime


class FirewallLog:
    """The log of one world; the same world, the same log, whichever part of it is asked for first."""

    def __init__(self, world: "World") -> None:
        self._world = world
        self._until = 0
        self._blocked: list[Blocked] = []
        self._requests: dict[int, int] = {}
        """In each five minutes, by their beginning (epoch seconds)."""
        self._keys: dict[int, str] = {}

    def blocked(self, start: int, end: int) -> Sequence[Blocked]:
        """From `start` to before `end` (epoch milliseconds), oldest first."""
        self._catch_up()
        return self._blocked[bisect_left(self._blocked, (start,)) : bisect_left(self._blocked, (end,))]

    def objects(self, prefix: str) -> list[LogObject]:
        """What has arrived in the bucket under a prefix, by key."""
        self._catch_up()
        now = self._world.clock.now()
        found = (
            LogObject(key, 400 + self._requests[start] * _BYTES, _arrival(start))
            for start, key in self._keys.items()
            if key.startswith(prefix)
        )
        return sorted(each for each in found if each.modified <= now)

    def size_of(self, days: Sequence[date]) -> int:
        """Bytes stored under these days."""
        return sum(each.size for day in days for each in self.objects(f"{PREFIX}{day:%Y/%m/%d}/"))

    def _catch_up(self) -> None:
        world, now = self._world, int(self._world.clock.now().timestamp()) // 60 * 60
        began = world.began.timestamp()
        for bucket in world.metrics.buckets(_ALLOWED, self._until, now):
            minute = live(world.scenario, began, bucket.at, 1)
            self._blocked += sorted(_parsed(line.message) for line in firewall_lines(minute))
            slot = bucket.at // EVERY * EVERY
            self._requests[slot] = self._requests.get(slot, 0) + minute.requests + minute.blocked
            if slot not in self._keys:
                self._keys[slot] = _key(slot)
        self._until = now


def _parsed(message: str) -> Blocked:
    record = orjson.loads(message)
    request = record["httpRequest"]
    return Blocked(
        record["timestamp"],
        request["clientIp"],
        request["country"],
        request["uri"],
        request["httpMethod"],
        record["terminatingRuleId"],
    )


def _key(start: int) -> str:
    at = datetime.fromtimestamp(start, UTC)
    name = f"{STREAM}-1-{at:%Y-%m-%d-%H-%M-%S}-{UUID(int=Random(start).getrandbits(128))}.gz"
    return f"{PREFIX}{at:%Y/%m/%d/%H}/{name}"


def _arrival(start: int) -> datetime:
    return datetime.fromtimestamp(start, UTC) + timedelta(seconds=EVERY + _LATE)
