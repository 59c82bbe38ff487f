"""Source: "stats" (Amazon CloudWatch Logs user guide)."""

from services.demo.logs.insights.records import Read, Record
from services.demo.logs.insights.values import Value, text_of

Named = tuple[str, Read]


def group(records: list[Record], by: list[Named], values: list[Named]) -> list[Record]:
    groups: dict[tuple[str | None, ...], tuple[list[Value], list[Record]]] = {}
    for record in records:
        keys = [read(record) for _, read in by]
        key = tuple(None if value is None else text_of(value) for value in keys)
        groups.setdefault(key, (keys, []))[1].append(record)
    rows = []
    for keys, members in groups.values():
        row, group = Record(None), Record(None, rows=members)
        row.ephemeral = {name: value for (name, _), value in zip(by, keys, strict=True)}
        row.ephemeral |= {name: read(group) for name, read in values}
        rows.append(row)
    return rows
