from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta, tzinfo

from services.aws.client.reader import when
from services.i18n import _
from services.inspections.base import table
from services.logs.insights.histogram import whole
from services.models.date_text import dated_time
from services.models.evidence import Evidence, EvidencePlace, Row
from services.models.insights import QueryResult
from services.models.metrics import TimeSpan
from services.models.verdict import Limit, Verdict

BIN = "bin(1h)"  # The expression in a query, and the name of its column
COUNT = "n"


@dataclass(frozen=True, slots=True)
class Hours:
    """Number of events per hour; an hour without events is absent."""

    counts: Mapping[datetime, int]

    @property
    def worst(self) -> tuple[datetime | None, int]:
        return max(((at, count) for at, count in self.counts.items()), key=_most, default=(None, 0))

    def least(self, span: TimeSpan) -> int | None:
        first, last = -(-int(span.start.timestamp()) // 3600), int(span.end.timestamp()) // 3600
        by_hour = {int(at.timestamp()) // 3600: count for at, count in self.counts.items()}
        return min((by_hour.get(hour, 0) for hour in range(first, last)), default=None)

    def evidence(self, zone: tzinfo, judge: Callable[[float], Verdict], group: str = "") -> Evidence:
        ordered = sorted(self.counts.items(), key=_most, reverse=True)
        rows = [
            log_row(
                group,
                at,
                (dated_time(at, zone), f"{count:,}"),
                None if judge(count) is Verdict.NORMAL else judge(count),
            )
            for at, count in ordered
        ]
        return table(_("By hour"), (_("From ({zone})", zone=zone_name(zone)), _("Count")), rows)


def _most(item: tuple[datetime, int]) -> tuple[int, datetime]:
    return item[1], item[0]


def hours_of(rows: Iterable[Mapping[str, str]]) -> Hours | None:
    times = [when(row.get("@timestamp")) for row in rows]
    if None in times:
        return None
    return Hours(Counter(at.replace(minute=0, second=0, microsecond=0) for at in times if at))


def event_spans(rows: Iterable[Mapping[str, str]], hours: Hours | None) -> list[TimeSpan]:
    """Times that are known to have events: the times of rows, and hours with a count."""
    times = [at for row in rows if (at := when(row.get("@timestamp")))]
    counts = hours.counts if hours else {}
    pairs = [(at, at) for at in times]
    pairs += [(at, at + timedelta(hours=1)) for at, count in counts.items() if count]
    return [TimeSpan(start=start, end=end) for start, end in pairs]


def binned(result: QueryResult) -> Hours | None:
    """The counts from a query that ends in `stats count(*) as n by bin(1h)…`; None if some are missing."""
    counts: Counter[datetime] = Counter()
    for row in result.rows:
        at, count = when(row.get(BIN)), count_of(row)
        if at is None or count is None:
            return None
        counts[at] += count
    return Hours(counts) if result.complete and counts.total() >= result.matched else None


def count_of(row: Mapping[str, str]) -> int | None:
    """The count in a row of `stats count(*) as n`; None if it is missing or invalid."""
    text = row.get(COUNT)
    count = whole(text)
    return count if text is not None and count > 0 else None


def below(limit: float) -> Limit:
    return Limit(id="count", title="", namespace="", metric="", below=limit)


def local(at: datetime | None, zone: tzinfo) -> str:
    """A local time to the second, for rows; "" for none."""
    return dated_time(at, zone, seconds=True) if at else ""


def log_row(group: str, at: datetime | None, cells: Sequence[str], verdict: Verdict | None = None) -> Row:
    place = EvidencePlace(kind="log", target=group, at=at) if group and at is not None else None
    return Row(cells=tuple(cells), verdict=verdict, place=place)


def timed_row(group: str, at: datetime | None, zone: tzinfo, *cells: str) -> Row:
    return log_row(group, at, (local(at, zone), *cells))


def zone_name(zone: tzinfo) -> str:
    """`JST`; the zone's full name if it has no short one, or another one in summer."""
    winter, summer = (datetime(2026, month, 1, tzinfo=zone).tzname() for month in (1, 7))
    return winter if winter and winter == summer else str(zone)
