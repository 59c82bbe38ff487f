"""There is no SQL engine: a query of any other form fails with an error."""

import re
from collections import Counter
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import NamedTuple

from services.demo.waf.log import BlockedRequest, FirewallLog

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
    rows: Sequence[Row] = ()
    scanned: int = 0
    error: str = ""
    columns: Sequence[tuple[str, str]] = COLUMNS


def answer(log: FirewallLog, query: str) -> Answer:
    match = _SHAPE.fullmatch(" ".join(query.split()))
    if match is None:
        return Answer(error="NOT_SUPPORTED: The embedded AWS does not know queries of this shape.")
    if match["table"] != TABLE:
        return Answer(
            error=f"TABLE_NOT_FOUND: line 3:8: Table 'awsdatacatalog.{match['table']}' does not exist"
        )
    if match["partition"] != PARTITION:
        return Answer(error=f"COLUMN_NOT_FOUND: Column '{match['partition']}' cannot be resolved")
    days = set(re.findall(r"'([^']*)'", match["days"]))
    blocked = [
        request
        for request in log.blocked(int(match["start"]), int(match["end"]))
        if datetime.fromtimestamp(request.at / 1000, UTC).strftime(_DAY) in days
    ]
    scanned = log.size_of([datetime.strptime(day, _DAY).replace(tzinfo=UTC).date() for day in sorted(days)])
    return Answer(_grouped(blocked)[: int(match["limit"])], scanned)


def _grouped(blocked: Sequence[BlockedRequest]) -> list[Row]:
    counts: Counter[Row] = Counter({("7", None, None, None, None): 0})
    for request in blocked:
        counts["3", request.address, request.country, None, None] += 1
        counts["5", None, None, request.rule, None] += 1
        counts["6", None, None, None, request.uri] += 1
        counts["7", None, None, None, None] += 1
    ordered = sorted(counts.items(), key=lambda item: (-item[1], [value or "" for value in item[0]]))
    return [(*key, str(count)) for key, count in ordered]
