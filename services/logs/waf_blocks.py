"""Requests that AWS WAF blocked, counted by rule, address, country and path: from log lines, and from samples."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Literal, NamedTuple

from services.models.json_text import json_object
from services.models.text import clean
from services.models.waf_records import rule_of

Kind = Literal["rule", "address", "country", "uri"]
KINDS: tuple[Kind, ...] = ("rule", "address", "country", "uri")
_BLOCK = b'"BLOCK"'


class Block(NamedTuple):
    """One blocked request, or several alike; all texts clean."""

    at: datetime | None
    rule: str
    address: str
    country: str
    uri: str
    """The path, without the query."""
    weight: float = 1.0
    """Number of requests that it stands for."""


@dataclass(slots=True)
class Group:
    """Blocked requests with one name in common."""

    name: str
    country: str = ""
    """Of an address."""
    count: float = 0.0
    first: datetime | None = None
    last: datetime | None = None

    def add(self, block: Block) -> None:
        """Count a request."""
        self.count += block.weight
        if block.at is not None:
            self.first = min(self.first or block.at, block.at)
            self.last = max(self.last or block.at, block.at)


def block_of(line: bytes, at: int) -> Block | None:
    """The blocked request in a log line of the time `at` (epoch milliseconds); None if it is none."""
    if _BLOCK not in line:
        return None
    record = json_object(line)
    if record is None or record.get("action") != "BLOCK":
        return None
    request = record.get("httpRequest")
    fields = request if isinstance(request, dict) else {}
    address, country, uri = (clean(fields.get(name)) for name in ("clientIp", "country", "uri"))
    return Block(datetime.fromtimestamp(at / 1000, UTC), rule_of(record), address, country, uri)


def grouped(blocks: Iterable[Block], kind: Kind) -> list[Group]:
    """The requests by what they have in common, the largest group first; an address with its country."""
    groups: dict[tuple[str, str], Group] = {}
    for block in blocks:
        name: str = getattr(block, kind)
        country = block.country if kind == "address" else ""
        groups.setdefault((name, country), Group(name, country)).add(block)
    return sorted(groups.values(), key=lambda group: (-group.count, group.name, group.country))
