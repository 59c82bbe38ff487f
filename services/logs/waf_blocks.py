from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from typing import Literal, NamedTuple

from services.models.json_text import json_object
from services.models.text import clean
from services.models.waf import BlockedGroup
from services.models.waf_records import rule_of

Kind = Literal["rule", "address", "country", "uri"]
KINDS: tuple[Kind, ...] = ("rule", "address", "country", "uri")
_BLOCK = b'"BLOCK"'


class WafBlock(NamedTuple):
    """One blocked request, or several alike; all texts clean."""

    at: datetime | None
    rule: str
    address: str
    country: str
    uri: str  # The path, without the query
    weight: float = 1.0  # Number of requests that it stands for


def block_of(line: bytes, at: int) -> WafBlock | None:
    """The blocked request in a log line of the time `at` (epoch milliseconds); None if it is none."""
    if _BLOCK not in line:
        return None
    record = json_object(line)
    if record is None or record.get("action") != "BLOCK":
        return None
    request = record.get("httpRequest")
    fields = request if isinstance(request, dict) else {}
    address, country, uri = (clean(fields.get(name)) for name in ("clientIp", "country", "uri"))
    return WafBlock(datetime.fromtimestamp(at / 1000, UTC), rule_of(record), address, country, uri)


def grouped(blocks: Iterable[WafBlock], kind: Kind) -> list[BlockedGroup]:
    """The requests by what they have in common, the largest group first; an address with its country."""
    members: dict[tuple[str, str], list[WafBlock]] = {}
    for block in blocks:
        country = block.country if kind == "address" else ""
        members.setdefault((getattr(block, kind), country), []).append(block)
    groups = [_group(kind, name, country, alike) for (name, country), alike in members.items()]
    return sorted(groups, key=lambda group: (-group.count, group.name, group.country))


def _group(kind: Kind, name: str, country: str, blocks: Sequence[WafBlock]) -> BlockedGroup:
    times = [block.at for block in blocks if block.at is not None]
    return BlockedGroup(
        kind=kind,
        name=name,
        country=country,
        count=round(sum(block.weight for block in blocks)),
        first=min(times, default=None),
        last=max(times, default=None),
    )
