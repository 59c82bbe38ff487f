"""Parses the commands of a Logs Insights query into a plan.

Source: "CloudWatch Logs Insights language query syntax" (Amazon CloudWatch Logs user guide).
"""

from collections.abc import Callable
from dataclasses import dataclass, field

from services.demo.logs.insights.filter import Expressions
from services.demo.logs.insights.patterns import extract_glob, extract_regex
from services.demo.logs.insights.records import Read, Record
from services.demo.logs.insights.records import field as reader
from services.demo.logs.insights.scan import Scanner
from services.demo.logs.insights.stats import Stats, named
from services.demo.logs.insights.values import QueryError, sort_key, text_of, truth

MOST = 100_000
"""The greatest limit of a query."""
_DEFAULT = ("@timestamp", "@message")
Run = Callable[[list[Record]], list[Record]]


@dataclass(slots=True)
class Plan:
    """A query as a sequence of steps."""

    steps: list[tuple[str, Run]] = field(default_factory=list)
    """(command, function from rows to rows)"""
    columns: list[str] = field(default_factory=list)
    """Names of the columns."""
    aggregated: bool = False
    """Rows are groups, not events: they have no `@ptr`."""
    limited: bool = False
    """The query has a `limit` of its own."""


def parse(text: str) -> Plan:
    """Parse a query. Raises QueryError with a message like AWS's."""
    return _Parser(text).plan()


class _Parser:
    def __init__(self, text: str) -> None:
        self._scanner = Scanner(text)
        self._expressions = Expressions(self._scanner)
        self._plan = Plan()
        self._parsed: list[str] = []
        self._displayed: list[str] = []
        self._defined: set[str] = set()
        self._commands: dict[str, Callable[[], Run | None]] = {
            "fields": self._fields,
            "display": self._display,
            "filter": self._filter,
            "parse": self._parse,
            "stats": self._stats,
            "sort": self._sort,
            "limit": self._limit,
            "dedup": self._dedup,
        }

    def plan(self) -> Plan:
        scanner = self._scanner
        while True:
            if scanner.peek().word not in self._commands:
                raise scanner.unexpected()
            command = scanner.take().word
            before = self._expressions.aggregates
            run = self._commands[command]()
            if command != "stats" and self._expressions.aggregates != before:
                raise QueryError(f"Aggregation functions are only for stats, not for {command}")
            if run is not None:
                self._plan.steps.append((command, run))
            if scanner.peek().kind == "end":
                break
            scanner.expect("|")
        # Fields of `parse` follow the other fields, unless `display` names the columns.
        columns = self._displayed or [*(self._plan.columns or _DEFAULT), *self._parsed]
        self._plan.columns = list(dict.fromkeys(columns))
        return self._plan

    def _define(self, name: str) -> None:
        """Define an ephemeral field; AWS accepts each name once."""
        if name in self._defined:
            raise QueryError(f"Ephemeral field is already defined: {name}")
        self._defined.add(name)

    def _names(self) -> list[str]:
        """Fields or columns, separated by commas."""
        names = []
        while True:
            names.append(self._scanner.literally(self._expressions.columns) or self._scanner.name())
            if not self._scanner.accept(","):
                return names

    def _fields(self) -> Run | None:
        ephemeral: list[tuple[str, Read]] = []
        while True:
            plain = self._scanner.peek()
            name, read = named(self._scanner, self._expressions)
            if plain.text != name:
                self._define(name)
                ephemeral.append((name, read))
            self._plan.columns.append(name)
            if not self._scanner.accept(","):
                break
        return _definition(ephemeral) if ephemeral else None

    def _display(self) -> None:
        self._displayed = self._names()

    def _filter(self) -> Run:
        test = self._expressions.condition()
        return lambda records: [record for record in records if truth(test(record))]

    def _parse(self) -> Run:
        scanner = self._scanner
        # Without a field, the message is parsed.
        source = reader(scanner.name() if scanner.peek().kind in ("name", "quoted") else "@message")
        pattern = scanner.regex()
        if pattern is not None:
            names, extract = extract_regex(pattern)
        elif scanner.peek().kind == "text":
            glob = scanner.take().text
            scanner.expect("as")
            names = self._names()
            extract = extract_glob(glob, names)
        else:
            raise scanner.unexpected()
        for name in names:
            self._define(name)
        self._parsed += names

        def run(records: list[Record]) -> list[Record]:
            for record in records:
                value = source(record)
                if value is not None:
                    record.ephemeral.update(extract(text_of(value)))
            return records

        return run

    def _stats(self) -> Run:
        stats = Stats(self._scanner, self._expressions)
        self._plan.columns, self._plan.aggregated = list(stats.columns), True
        self._parsed, self._displayed = [], []
        self._expressions.columns = [name for name in stats.columns if "(" in name]
        self._defined = set(stats.columns)
        return stats.run

    def _sort(self) -> Run:
        orders: list[tuple[Read, bool]] = []
        while True:
            read = self._expressions.arithmetic()
            orders.append((read, self._scanner.accept("asc", "desc") == "desc"))
            if not self._scanner.accept(","):
                break

        def run(records: list[Record]) -> list[Record]:
            for read, down in reversed(orders):
                records = sorted(records, key=lambda record: sort_key(read(record)), reverse=down)
            return records

        return run

    def _limit(self) -> Run:
        if self._scanner.peek().kind != "number" or not self._scanner.peek().text.isdecimal():
            raise self._scanner.unexpected()
        most = int(self._scanner.take().text)
        if not 1 <= most <= MOST:
            raise QueryError(f"limit must be between 1 and {MOST}")
        self._plan.limited = True
        return lambda records: records[:most]

    def _dedup(self) -> Run:
        reads = [reader(name) for name in self._names()]

        def run(records: list[Record]) -> list[Record]:
            keys: set[tuple[str, ...]] = set()
            unique = []
            for record in records:
                values = [read(record) for read in reads]
                key = tuple(text_of(value) for value in values if value is not None)
                # A record that lacks a field is never a duplicate.
                if len(key) < len(values) or key not in keys:
                    unique.append(record)
                keys.add(key)
            return unique

        return run


def _definition(fields: list[tuple[str, Read]]) -> Run:
    def run(records: list[Record]) -> list[Record]:
        for record in records:
            for name, read in fields:
                record.ephemeral[name] = read(record)
        return records

    return run
