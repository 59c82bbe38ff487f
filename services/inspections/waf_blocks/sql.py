"""The query for Athena, and the parsing of its rows. The written runbook's query names neither a partition
nor a time and selects every column: it would scan all logs. This one reads the window's days."""

import re
from collections.abc import Iterable, Mapping
from datetime import UTC, date, datetime, timedelta

from services.models.base import RawId
from services.models.metrics import TimeSpan
from services.models.runbook_inspections import Firewall
from services.models.waf import BlockedGroup

LIMIT = 100  # Number of rows, as in the runbook
LATE = timedelta(minutes=15)
"""Maximum distance of a record from the time of its partition: it is filed by its delivery time."""
_FINER = ("%H", "%M", "%I", "%S", "%f", "%X", "%T", "%R")
_COUNT = re.compile("[0-9]{1,18}")
_KINDS = {"3": "address", "5": "rule", "6": "uri", "7": "all"}
"""`grouping(address, rule, uri)` sets a bit for each column that a row is not grouped by."""


def days_of(span: TimeSpan) -> list[date]:
    """The UTC days whose partitions may hold records of `span`, newest first."""
    first, last = (span.start - LATE).astimezone(UTC).date(), (span.end + LATE).astimezone(UTC).date()
    return [last - timedelta(days=number) for number in range((last - first).days + 1)]


def blocked_query(spec: Firewall, span: TimeSpan, acl_arn: str = "") -> str:
    """Counts the requests blocked in `span`: by address and country, by rule, by URI, and in total.
    `acl_arn`: only those of this web ACL; a bucket may contain the logs of several."""
    start, end = _milliseconds(span.start), _milliseconds(span.end)
    lines = [
        "SELECT grouping(address, rule, uri) AS grouped, address, country, rule, uri, count(*) AS blocked",
        "FROM (",
        "  SELECT httprequest.clientip AS address, httprequest.country AS country,",
        "    terminatingruleid AS rule, httprequest.uri AS uri",
        f"  FROM {_name(spec.athena_table)}",
        "  WHERE action = 'BLOCK'",
        f"    AND {_name(spec.partition)} {_partitions(spec.partition_format, span)}",
        # The column contains epoch milliseconds, and its name is an SQL keyword.
        f'    AND "timestamp" >= {start} AND "timestamp" < {end}',
        *([f"    AND webaclid = {_text(acl_arn)}"] if acl_arn else []),
        ")",
        # Only plain columns are allowed here, hence the inner query.
        "GROUP BY GROUPING SETS ((address, country), (rule), (uri), ())",
        "ORDER BY blocked DESC",
        f"LIMIT {LIMIT}",
    ]
    return "\n".join(lines)


def groups_of(rows: Iterable[Mapping[str, str]]) -> tuple[BlockedGroup, ...]:
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
        # Partitions finer than a day are too many to list; such a format sorts by time.
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
