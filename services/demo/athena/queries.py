"""What Athena finds in the firewall's logs, for queries of the one shape that the console sends.

There is no SQL here: a query of any other shape fails, as one that Athena does not understand.
"""

import re
from collections import Counter
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import TYPE_CHECKING, NamedTuple

from services.demo.waf.log import Blocked, FirewallLog

if TYPE_CHECKING:
    from services.demo.world import World

TABLE, PARTITION = "waf_logs", "day"
COLUMNS = (
    ("grouped", "bigint"),
    ("address", "varchar"),
    ("country", "varchar"),
    ("rule", "varchar"),
    ("uri", "varchar"),
    ("blocked", "bigint"),
)
_SHAPE = re.compile(
    r"SELECT grouping\(address, rule, uri\) AS grouped, address, country, rule, uri, count\(\*\) AS blocked "
    r"FROM \( SELECT httprequest\.clientip AS address, httprequest\.country AS country, "
    r"terminatingruleid AS rule, httprequest\.uri AS uri "
    r'FROM "(?P<table>\w+)" WHERE action = \'BLOCK\' '
    r'AND "(?P<partition>\w+)" IN \((?P<days>[^)]*)\) '
    r'AND "timestamp" >= (?P<start>\d+) AND "timestamp" < (?P<end>\d+)'
    r"(?: AND webaclid = '[^']*')? \) "
    r"GROUP BY GROUPING SETS \(\(address, country\), \(rule\), \(uri\), \(\)\) "
    r"ORDER BY blocked DESC LIMIT (?P<limit>\d+)"
)
_DAY = "%Y/%m/%d"

Row = tuple[str | None, ...]


class Answer(NamedTuple):
    """What a query finds, or why it fails."""

    rows: Sequence[Row] = ()
    scanned: int = 0
    error: str = ""
    columns: Sequence[tuple[str, str]] = COLUMNS


def answer(world: "World", query: str) -> Answer:
    """Evaluate a query."""
    found = _SHAPE.fullmatch(" ".join(query.split()))
    if found is None:
        return Answer(error="NOT_SUPPORTED: The embedded AWS does not know queries of this shape.")
    if found["table"] != TABLE:
        return Answer(
            error=f"TABLE_NOT_FOUND: line 3:8: Table 'awsdatacatalog.{found['table']}' does not exist"
        )
    if found["partition"] != PARTITION:
        return Answer(error=f"COLUMN_NOT_FOUND: Column '{found['partition']}' cannot be resolved")
    days = set(re.findall(r"'([^']*)'", found["days"]))
    log = world.part(FirewallLog)
    blocked = [each for each in log.blocked(int(found["start"]), int(found["end"])) if _day(each) in days]
    scanned = log.size_of([datetime.strptime(day, _DAY).replace(tzinfo=UTC).date() for day in sorted(days)])
    return Answer(_grouped(blocked)[: int(found["limit"])], scanned)


def _day(each: Blocked) -> str:
    return datetime.fromtimestamp(each.at / 1000, UTC).strftime(_DAY)


def _grouped(blocked: Sequence[Blocked]) -> list[Row]:
    """`grouping()` has a bit for each of address, rule and URI, set where the row is not grouped by it."""
    counts: Counter[Row] = Counter({("7", None, None, None, None): 0})
    for each in blocked:
        counts["3", each.address, each.country, None, None] += 1
        counts["5", None, None, each.rule, None] += 1
        counts["6", None, None, None, each.uri] += 1
        counts["7", None, None, None, None] += 1
    ordered = sorted(counts.items(), key=lambda item: (-item[1], [value or "" for value in item[0]]))
    return [(*key, str(count)) for key, count in ordered]
