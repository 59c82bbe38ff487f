from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field

from services.demo.logs.insights.parse import Plan
from services.demo.logs.insights.records import Record
from services.demo.logs.insights.records import field as reader
from services.demo.logs.insights.values import text_of, truth
from services.demo.logs.store import Event

Row = list[dict[str, str]]


@dataclass(frozen=True, slots=True)
class Outcome:
    rows: list[Row] = field(default_factory=list)
    matched: int = 0
    """Events that passed every filter before the first `stats`."""
    scanned: int = 0
    bytes: int = 0
    skipped: int = 0
    """Events that a field index spared."""
    bytes_skipped: int = 0


def run(
    plan: Plan,
    events: Sequence[tuple[str, Event]],
    most: int,
    indexes: Mapping[str, Collection[str]] | None = None,
) -> Outcome:
    """Run over (`account:group`, event), newest first; at most `most` rows if the query has no limit.

    `indexes` are the indexed fields by `account:group`.
    """
    records = all_records = [Record(event, log) for log, event in events]
    if indexes and plan.equalities:
        records = [record for record in records if _may_match(plan, record, indexes.get(record.log, ()))]
    scanned, size, whole = len(records), _bytes(records), _bytes(all_records)
    matched, counts = len(records), True
    for command, step in plan.steps:
        counts = counts and command not in ("stats", "pattern")
        records = step(records)
        if counts and command == "filter":
            matched = len(records)
    if not plan.limited:
        records = records[:most]
    columns = plan.columns if plan.aggregated else [*plan.columns, "@ptr"]
    reads = [(name, reader(name)) for name in columns]
    rows = []
    for record in records:
        values = [(name, read(record)) for name, read in reads]
        rows.append([{"field": name, "value": text_of(value)} for name, value in values if value is not None])
    return Outcome(rows, matched, scanned, size, len(events) - scanned, whole - size)


def _may_match(plan: Plan, record: Record, fields: Collection[str]) -> bool:
    return all(truth(test(record)) for name, test in plan.equalities if name in fields)


def _bytes(records: Sequence[Record]) -> int:
    return sum(
        len(record.event.message.encode("utf-8", "surrogatepass")) for record in records if record.event
    )
