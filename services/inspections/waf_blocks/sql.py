"""The one query that is sent to Athena, and how its rows are read.

The written runbook's query names neither a partition nor a time and takes every column: it would read all logs
there are. This one reads the window's days only, and counts.
"""

import re
from collections.abc import Iterable, Mapping
from datetime import UTC, date, datetime, timedelta

from services.models.base import RawId
from services.models.metrics import TimeSpan
from services.models.runbook_inspections import Firewall
from services.models.waf import BlockedGroup

LIMIT = 100
"""Rows, as many as the runbook asks for."""
LATE = timedelta(minutes=15)
"""How far a record may be from the time of its partition: it is filed by when it was delivered."""
_FINER = ("%H", "%M", "%I", "%S", "%f", "%X", "%T", "%R")
_COUNT = re.compile("[0-9]{1,18}")
_KINDS = {"3": "address", "5": "rule", "6": "uri", "7": "all"}
"""`grouping(address, rule, uri)` sets a bit for each column by which a row is not grouped."""


def days_of(span: TimeSpan) -> list[date]:
    """The UTC days whose partitions may hold records of `span`, newest first."""
    first, last = (span.start - LATE).astimezone(UTC).date(), (span.end + LATE).astimezone(UTC).date()
    return [last - timedelta(days=number) for number in range((last - first).days + 1)]


def blocked_query(spec: Firewall, span: TimeSpan, acl_arn: str = "") -> str:
    """How many requests were blocked in `span`: by address and country, by rule, by URI, and in all.

    `acl_arn`: only those of this web ACL; a bucket may hold the logs of several.
    """
    start, end = _milliseconds(span.start), _milliseconds(span.end)
    lines = [
        "SELECT grouping(address, rule, uri) AS grouped, address, country, rule, uri, count(*) AS blocked",
        "FROM (",
        "  SELECT httprequest.clientip AS address, httprequest.country AS country,",
        "    terminatingruleid AS rule, httprequest.uri AS uri",
        f"  FROM {_name(spec.athena_table)}",
        "  WHERE action = 'BLOCK'",
        f"    AND {_name(spec.partition)} {_partitions(spec.partition_format, span)}",
        # The column is epoch milliseconds, and its name a word of SQL.
        f'    AND "timestamp" >= {start} AND "timestamp" < {end}',
        *([f"    AND webaclid = {_text(acl_arn)}"] if acl_arn else []),
        ")",
        # Only plain columns may stand here, hence the inner query.
        "GROUP BY GROUPING SETS ((address, country), (rule), (uri), ())",
        "ORDER BY blocked DESC",
        f"LIMIT {LIMIT}",
    ]
    return "\n".join(lines)


def groups_of(rows: Iterable[Mapping[str, str]]) -> tuple[BlockedGroup, ...]:
    """The rows of `blocked_query` that can be read, the largest first."""
    groups = []
    for row in rows:
        kind = _KINDS.get(row.get("grouped", ""))
        blocked = row.get("blocked", "")
        if kind is None or not _COUNT.fullmatch(blocked):
            continue
        name = row.get(kind, "") if kind != "all" else ""
        country = row.get("country", "") if kind == "address" else ""
        groups.append(
            BlockedGroup.model_validate(
                {"kind": kind, "name": name, "country": country, "count": int(blocked)}
            )
        )
    return tuple(sorted(groups, key=lambda group: -group.count))


def _partitions(form: str, span: TimeSpan) -> str:
    if any(mark in form for mark in _FINER):
        # There are too many partitions finer than a day to name; such a format sorts by time.
        first, last = (
            (moment.astimezone(UTC)).strftime(form) for moment in (span.start - LATE, span.end + LATE)
        )
        return f"BETWEEN {_text(first)} AND {_text(last)}"
    return f"IN ({', '.join(_text(day.strftime(form)) for day in reversed(days_of(span)))})"


def _name(name: RawId | str) -> str:
    return '"' + str(name).replace('"', '""') + '"'


def _text(value: str) -> str:
    return "'" + value.replace("'", "''") + "'"


def _milliseconds(moment: datetime) -> int:
    return int(moment.timestamp() * 1000)
