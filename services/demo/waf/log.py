"""A Firehose stream puts one object every five minutes into the runbook's bucket, under the day of its arrival (UTC)."""

from bisect import bisect_left
from collections.abc import Sequence
from datetime import UTC, date, datetime
from random import Random
from typing import NamedTuple
from uuid import UUID

import orjson

from services.demo.account import SYSTEM
from services.demo.cloudwatch.store import MetricStore, metric_key
from services.demo.scenario import ScenarioRun
from services.demo.system import names
from services.demo.system.minute import simulate
from services.demo.system.other_logs import firewall_lines

BUCKET = f"{SYSTEM}-waf-logs-prod"
PREFIX = "waf/"
STREAM = names.WAF_LOG
EVERY = 300
"""Seconds from one object to the next."""
_LATE = 20
"""Seconds until an object arrives."""
_BYTES = 120
"""Compressed size of one request in an object."""
_ALLOWED = metric_key("AWS/WAFV2", "AllowedRequests", names.WAF_DIMENSIONS)


class BlockedRequest(NamedTuple):
    at: int
    """Epoch milliseconds."""
    address: str
    country: str
    uri: str
    method: str
    rule: str


class LogObject(NamedTuple):
    key: str
    size: int
    modified: datetime


class FirewallLog:
    """The log of one world, generated from its metrics when it is read; the order of reading makes no difference."""

    def __init__(self, run: ScenarioRun, metrics: MetricStore) -> None:
        self._run = run
        self._metrics = metrics
        self._until = 0
        self._blocked: list[BlockedRequest] = []
        self._requests: dict[int, int] = {}
        """Number of requests in each object, by its beginning (epoch seconds)."""
        self._keys: dict[int, str] = {}

    def blocked(self, start: int, end: int) -> Sequence[BlockedRequest]:
        """From `start` to before `end` (epoch milliseconds), oldest first."""
        self._update()
        return self._blocked[bisect_left(self._blocked, (start,)) : bisect_left(self._blocked, (end,))]

    def objects(self, prefix: str) -> list[LogObject]:
        self._update()
        now = self._run.now
        objects = (
            LogObject(
                key, 400 + self._requests[start] * _BYTES, datetime.fromtimestamp(start + EVERY + _LATE, UTC)
            )
            for start, key in self._keys.items()
            if key.startswith(prefix)
        )
        return sorted(item for item in objects if item.modified <= now)

    def size_of(self, days: Sequence[date]) -> int:
        """Bytes of the objects under these days."""
        return sum(item.size for day in days for item in self.objects(f"{PREFIX}{day:%Y/%m/%d}/"))

    def _update(self) -> None:
        now, began = int(self._run.now.timestamp()) // 60 * 60, self._run.began.timestamp()
        for bucket in self._metrics.buckets(_ALLOWED, self._until, now):
            minute = simulate(self._run.scenario, began, bucket.at, 1)
            self._blocked += sorted(_parsed(line.message) for line in firewall_lines(minute))
            slot = bucket.at // EVERY * EVERY
            self._requests[slot] = self._requests.get(slot, 0) + minute.requests + minute.blocked
            if slot not in self._keys:
                self._keys[slot] = _key(slot)
        self._until = now


def _parsed(message: str) -> BlockedRequest:
    record = orjson.loads(message)
    request = record["httpRequest"]
    return BlockedRequest(
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
