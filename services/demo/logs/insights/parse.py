"""Source: "CloudWatch Logs Insights language query syntax" (Amazon CloudWatch Logs user guide)."""

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from services.demo import grammar
from services.demo.grammar import Node
from services.demo.logs.insights.expressions import Expressions, name_of, regex_text, span, text_of
from services.demo.logs.insights.patterns import extract_glob, extract_regex
from services.demo.logs.insights.records import Read, Record
from services.demo.logs.insights.records import field as reader
from services.demo.logs.insights.shapes import SHAPE_COLUMNS, group_by_shape
from services.demo.logs.insights.stats import Named, group
from services.demo.logs.insights.values import QueryError, sort_key, truth
from services.demo.logs.insights.values import text_of as value_text

MOST = 100_000
"""The greatest limit of a query."""
_GRAMMAR = Path(__file__).with_name("language.lark")
_COMMENT = re.compile(r"^[ \t]*#.*$", re.MULTILINE)
_DEFAULT = ("@timestamp", "@message")
Run = Callable[[list[Record]], list[Record]]


@dataclass(slots=True)
class Plan:
    steps: list[tuple[str, Run]] = field(default_factory=list)
    """(command, function from rows to rows)"""
    columns: list[str] = field(default_factory=list)
    aggregated: bool = False
    """Rows are groups, not events: they have no `@ptr`."""
    limited: bool = False
    """The query has a `limit` of its own."""
    equalities: list[tuple[str, Read]] = field(default_factory=list)
    """(field, test) of every event that the query needs, where a field index can tell them: `f = v` and `f in [v]`."""
    sources: dict[str, list[str]] = field(default_factory=dict)
    """What `SOURCE logGroups(…)` chooses by: `namePrefix`, `class`, `accountIdentifiers`."""


def parse(text: str, now: float = 0.0) -> Plan:
    """Parse a query of the time `now` (epoch seconds). Raises QueryError with a message and place like AWS's."""
    # Only a whole line can be a comment: a `#` after a command is an unexpected symbol.
    text = _COMMENT.sub(lambda comment: " " * len(comment[0]), text)
    try:
        return _Commands(text, now).plan(grammar.parse(_GRAMMAR, text))
    except grammar.Unexpected as error:
        if not error.symbol:
            message = f"{error} of query" if str(error).endswith("end") else str(error)
            raise QueryError(message).at(len(text), len(text)) from None
        before = text[: error.at]
        raise QueryError(
            f"{error} at line {before.count(chr(10)) + 1} and position {error.at - before.rfind(chr(10))}"
        ).at(error.at, error.at + len(error.symbol)) from None


class _Commands(Expressions):
    """Each command takes its node, and returns its step if it has one."""

    def __init__(self, text: str, now: float) -> None:
        super().__init__(text, now)
        self._plan = Plan()
        self._parsed: list[str] = []
        self._displayed: list[str] = []
        self._defined: set[str] = set()

    def plan(self, tree: Node) -> Plan:
        for node in tree.children:
            if self._plan.steps and self._plan.steps[-1][0] == "dedup" and node.data != "limit":
                raise QueryError(f"Only limit can follow dedup, not {node.data}").at(*span(node))
            before = self.aggregates
            run = self.visit(node)
            if node.data != "stats" and self.aggregates != before:
                message = f"Aggregation functions are only for stats, not for {node.data}"
                raise QueryError(message).at(*span(node))
            if run is not None:
                self._plan.steps.append((str(node.data), run))
        # Fields of `parse` follow the other fields, unless `display` names the columns.
        columns = self._displayed or [*(self._plan.columns or _DEFAULT), *self._parsed]
        self._plan.columns = list(dict.fromkeys(columns))
        return self._plan

    def source(self, node: Node) -> None:
        for selector in node.children:
            name, *texts = selector.children
            self._plan.sources[str(name)] = [text_of(text) for text in texts]

    def _define(self, *names: str) -> None:
        """Define ephemeral fields; AWS accepts each name once."""
        for name in names:
            if name in self._defined:
                raise QueryError(f"Ephemeral field is already defined: {name}")
            self._defined.add(name)

    def columns(self, node: Node) -> list[Named]:
        return [self.visit(column) for column in node.children]

    def column(self, node: Node) -> Named:
        expression, *alias = node.children
        return name_of(alias[0] if alias else self.written(node)), self.read(expression)

    def _names(self, node: Node) -> list[str]:
        names = [name_of(self.written(child)) for child in node.children]
        for name, child in zip(names, node.children, strict=True):
            if child.data != "field" and name not in self.unnamed:
                raise QueryError(f"not a field: {name}").at(*span(child))
        return names

    def fields(self, node: Node) -> Run | None:
        columns: list[Named] = self.visit(node.children[0])
        self._plan.columns += [name for name, _ in columns]
        plain = {
            self.written(column)
            for column in node.children[0].children
            if len(column.children) == 1 and column.children[0].data == "field"
        }
        plain_names = {name_of(written) for written in plain} | set(self.unnamed)
        ephemeral = [(name, read) for name, read in columns if name not in plain_names]
        self._define(*(name for name, _ in ephemeral))

        def run(records: list[Record]) -> list[Record]:
            for record in records:
                for name, read in ephemeral:
                    record.ephemeral[name] = read(record)
            return records

        return run if ephemeral else None

    def display(self, node: Node) -> None:
        self._displayed = self._names(node)

    def filter(self, node: Node) -> Run:
        test = self.read(node.children[0])
        if not self._plan.aggregated:
            self._plan.equalities += self._equalities(node.children[0])
        return lambda records: [record for record in records if truth(test(record))]

    def _equalities(self, node: Node) -> list[tuple[str, Read]]:
        if node.data == "conjunction":
            return [equality for child in node.children for equality in self._equalities(child)]
        left, *rest = node.children
        is_equality = node.data == "comparison" and rest[0] == "="
        is_listed = node.data == "membership" and all(hasattr(item, "data") for item in rest)
        if (
            not (is_equality or is_listed)
            or left.data != "field"
            or name_of(left.children[0]) in self._defined
        ):
            return []
        return [(name_of(left.children[0]), self.visit(node))]

    def parse(self, node: Node) -> Run:
        """`parse a "user=*" as user`, `parse /(?<user>\\w+)/`; without a field, the message is parsed."""
        tokens = list(node.children)
        source = reader(name_of(tokens.pop(0)) if tokens[0].type in ("NAME", "QUOTED") else "@message")
        pattern, *aliases = tokens
        if pattern.type == "REGEX":
            names, extract = extract_regex(regex_text(pattern))
        else:
            names = [name_of(alias) for alias in aliases]
            extract = extract_glob(text_of(pattern), names)
        self._define(*names)
        self._parsed += names

        def run(records: list[Record]) -> list[Record]:
            for record in records:
                value = source(record)
                if value is not None:
                    record.ephemeral.update(extract(value_text(value)))
            return records

        return run

    def _aggregate_into(self, columns: list[str]) -> None:
        self._plan.columns, self._plan.aggregated = list(columns), True
        self._parsed, self._displayed = [], []
        self.unnamed = [name for name in columns if "(" in name]
        self._defined = set(columns)

    def stats(self, node: Node) -> Run:
        values: list[Named] = []
        for column in node.children[0].children:
            before = self.aggregates
            values.append(self.visit(column))
            if self.aggregates == before:
                raise QueryError(f"stats needs an aggregation: {values[-1][0]}").at(*span(column))
        by: list[Named] = self.visit(node.children[1]) if len(node.children) > 1 else []
        self._aggregate_into([name for name, _ in by + values])
        return lambda records: group(records, by, values)

    def pattern(self, node: Node) -> Run:
        read = self.read(node.children[0])
        self._aggregate_into(list(SHAPE_COLUMNS))
        return lambda records: group_by_shape(records, read)

    def sort(self, node: Node) -> Run:
        orders = [
            (self.read(order.children[0]), str(order.children[-1]).lower() == "desc")
            for order in node.children
        ]

        def run(records: list[Record]) -> list[Record]:
            for read, down in reversed(orders):
                records = sorted(records, key=lambda record: sort_key(read(record)), reverse=down)
            return records

        return run

    def limit(self, node: Node) -> Run:
        written = str(node.children[0])
        if not written.isdecimal() or not 1 <= int(written) <= MOST:
            raise QueryError(f"limit must be between 1 and {MOST}")
        self._plan.limited = True
        return lambda records: records[: int(written)]

    def dedup(self, node: Node) -> Run:
        reads = [reader(name) for name in self._names(node)]

        def run(records: list[Record]) -> list[Record]:
            keys: set[tuple[str, ...]] = set()
            unique = []
            for record in records:
                values = [read(record) for read in reads]
                key = tuple(value_text(value) for value in values if value is not None)
                # A record that lacks a field is never a duplicate.
                if len(key) < len(values) or key not in keys:
                    unique.append(record)
                keys.add(key)
            return unique

        return run
