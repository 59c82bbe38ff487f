"""`stats`: groups the events of a query, one row per group.

Source: "stats" (Amazon CloudWatch Logs user guide).
"""

from services.demo.logs.insights.filter import Expressions
from services.demo.logs.insights.records import Read, Record
from services.demo.logs.insights.scan import Scanner
from services.demo.logs.insights.values import QueryError, Value, text_of

Named = tuple[str, Read]


class Stats:
    """One `stats` command, parsed after its name. Raises QueryError."""

    def __init__(self, scanner: Scanner, expressions: Expressions) -> None:
        self._values: list[Named] = []
        self._by: list[Named] = []
        while True:
            before = expressions.aggregates
            self._values.append(named(scanner, expressions))
            if expressions.aggregates == before:
                raise QueryError(f"stats needs an aggregation: {self._values[-1][0]}")
            if not scanner.accept(","):
                break
        if scanner.accept("by"):
            self._by.append(named(scanner, expressions))
            while scanner.accept(","):
                self._by.append(named(scanner, expressions))

    @property
    def columns(self) -> list[str]:
        """The names of a row's columns: groups, then values."""
        return [name for name, _ in self._by + self._values]

    def run(self, records: list[Record]) -> list[Record]:
        """One row per group; no row if there is nothing to group."""
        groups: dict[tuple[str | None, ...], tuple[list[Value], list[Record]]] = {}
        for record in records:
            values = [read(record) for _, read in self._by]
            key = tuple(None if value is None else text_of(value) for value in values)
            groups.setdefault(key, (values, []))[1].append(record)
        return [self._row(values, rows) for values, rows in groups.values()]

    def _row(self, values: list[Value], rows: list[Record]) -> Record:
        group = Record(None, rows=rows)
        row = Record(None)
        row.ephemeral = {name: value for (name, _), value in zip(self._by, values, strict=True)}
        row.ephemeral |= {name: read(group) for name, read in self._values}
        return row


def named(scanner: Scanner, expressions: Expressions) -> Named:
    """An expression and its name: after `as`, else as it is written."""
    start = scanner.at
    read = expressions.condition()
    written = scanner.text[start : scanner.before].strip("`")
    return (scanner.name() if scanner.accept("as") else written), read
