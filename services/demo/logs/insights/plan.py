"""A Logs Insights query as a plan, the meaning of its commands, and the run of a plan over log events.
Source: "CloudWatch Logs Insights language query syntax", "parse", "stats" (Amazon CloudWatch Logs user
guide)."""

import re
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from services.demo import grammar
from services.demo.grammar import Node
from services.demo.logs.insights.expressions import Expressions, name_of, regex, regex_text, span, string_of
from services.demo.logs.insights.records import QueryError, QueryRecord, Read, Value, sort_key, text_of, truth
from services.demo.logs.insights.records import field as reader
from services.demo.logs.store import LogEvent

MOST = 100_000  # The greatest limit of a query
_GRAMMAR = Path(__file__).with_name("language.lark")
_COMMENT = re.compile(r"^[ \t]*#.*$", re.MULTILINE)
_DEFAULT = ("@timestamp", "@message")
_UNKNOWN = frozenset({"anomaly", "dedup", "diff", "join", "lookup", "pattern", "unnest"})
"""Commands of AWS's that the embedded AWS does not carry out."""
Run = Callable[[list[QueryRecord]], list[QueryRecord]]
Named = tuple[str, Read]
Row = list[dict[str, str]]


@dataclass(slots=True)
class QueryPlan:
    steps: list[tuple[str, Run]] = field(default_factory=list)  # (command, function from rows to rows)
    columns: list[str] = field(default_factory=list)
    aggregated: bool = False  # Rows are groups, not events: they have no `@ptr`
    limited: bool = False  # The query has a `limit` of its own
    equalities: list[tuple[str, Read]] = field(default_factory=list)
    """(field, test) of every event that the query needs, where a field index can tell them: `f = v` and `f in [v]`."""
    sources: dict[str, list[str]] = field(default_factory=dict)
    """What `SOURCE logGroups(…)` chooses by: `namePrefix`, `class`, `accountIdentifiers`."""


@dataclass(frozen=True, slots=True)
class QueryOutcome:
    rows: list[Row] = field(default_factory=list)
    matched: int = 0  # Events that passed every filter before the first `stats`
    scanned: int = 0
    bytes: int = 0
    skipped: int = 0  # Events that a field index spared
    bytes_skipped: int = 0


def parse(text: str) -> QueryPlan:
    """The plan of a query. Raises QueryError with a message and place like AWS's."""
    # Only a whole line can be a comment: a `#` after a command is an unexpected symbol.
    text = _COMMENT.sub(lambda comment: " " * len(comment[0]), text)
    try:
        return _Commands(text).plan(grammar.parse(_GRAMMAR, text))
    except grammar.Unexpected as error:
        if not error.symbol:
            message = f"{error} of query" if str(error).endswith("end") else str(error)
            raise QueryError(message).at(len(text), len(text)) from None
        before, place = text[: error.at], (error.at, error.at + len(error.symbol))
        if error.symbol.lower() in _UNKNOWN:
            raise QueryError(f"The demo does not know the command {error.symbol}").at(*place) from None
        position = error.at - before.rfind("\n")
        raise QueryError(f"{error} at line {before.count(chr(10)) + 1} and position {position}").at(
            *place
        ) from None


def run(
    plan: QueryPlan,
    events: Sequence[tuple[str, LogEvent]],
    most: int,
    indexes: Mapping[str, Collection[str]] | None = None,
) -> QueryOutcome:
    """Run over (`account:group`, event), newest first; at most `most` rows if the query has no limit.
    `indexes` are the indexed fields by `account:group`."""
    records = all_records = [QueryRecord(event, log) for log, event in events]
    if indexes and plan.equalities:
        records = [record for record in records if _may_match(plan, record, indexes.get(record.log, ()))]
    scanned, size, whole = len(records), _bytes(records), _bytes(all_records)
    matched, counts = len(records), True
    for command, step in plan.steps:
        counts = counts and command != "stats"
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
    return QueryOutcome(rows, matched, scanned, size, len(events) - scanned, whole - size)


def _may_match(plan: QueryPlan, record: QueryRecord, fields: Collection[str]) -> bool:
    return all(truth(test(record)) for name, test in plan.equalities if name in fields)


def _bytes(records: Sequence[QueryRecord]) -> int:
    return sum(
        len(record.event.message.encode("utf-8", "surrogatepass")) for record in records if record.event
    )


class _Commands(Expressions):
    """Each command takes its node, and returns its step if it has one."""

    def __init__(self, text: str) -> None:
        super().__init__(text)
        self._plan = QueryPlan()
        self._parsed: list[str] = []
        self._displayed: list[str] = []
        self._defined: set[str] = set()

    def plan(self, tree: Node) -> QueryPlan:
        for node in tree.children:
            before = self.aggregates
            step = self.visit(node)
            if node.data != "stats" and self.aggregates != before:
                message = f"Aggregation functions are only for stats, not for {node.data}"
                raise QueryError(message).at(*span(node))
            if step is not None:
                self._plan.steps.append((str(node.data), step))
        # Fields of `parse` follow the other fields, unless `display` names the columns.
        columns = self._displayed or [*(self._plan.columns or _DEFAULT), *self._parsed]
        self._plan.columns = list(dict.fromkeys(columns))
        return self._plan

    def source(self, node: Node) -> None:
        for selector in node.children:
            name, *texts = selector.children
            self._plan.sources[str(name)] = [string_of(text) for text in texts]

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

    def fields(self, node: Node) -> Run | None:
        columns: list[Named] = self.visit(node.children[0])
        self._plan.columns += [name for name, _ in columns]
        plain_names = set(self.unnamed) | {
            name_of(self.written(column))
            for column in node.children[0].children
            if len(column.children) == 1 and column.children[0].data == "field"
        }
        ephemeral = [(name, read) for name, read in columns if name not in plain_names]
        self._define(*(name for name, _ in ephemeral))

        def step(records: list[QueryRecord]) -> list[QueryRecord]:
            for record in records:
                for name, read in ephemeral:
                    record.ephemeral[name] = read(record)
            return records

        return step if ephemeral else None

    def display(self, node: Node) -> None:
        self._displayed = [name_of(self.written(child)) for child in node.children]
        for name, child in zip(self._displayed, node.children, strict=True):
            if child.data != "field" and name not in self.unnamed:
                raise QueryError(f"not a field: {name}").at(*span(child))

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
        if not (is_equality or is_listed) or left.data != "field":
            return []
        name = name_of(left.children[0])
        return [] if name in self._defined else [(name, self.visit(node))]

    def parse(self, node: Node) -> Run:
        """`parse a "user=*" as user`, `parse /(?<user>\\w+)/`; without a field, the message is parsed."""
        tokens = list(node.children)
        source = reader(name_of(tokens.pop(0)) if tokens[0].type in ("NAME", "QUOTED") else "@message")
        pattern, *aliases = tokens
        names = [name_of(alias) for alias in aliases]
        if pattern.type == "REGEX":
            expression = regex(regex_text(pattern))
            names = list(expression.groupindex)
            if not names:
                raise QueryError("parse needs at least one named capturing group")
        else:
            expression = _glob(string_of(pattern), len(names))
        self._define(*names)
        self._parsed += names

        def step(records: list[QueryRecord]) -> list[QueryRecord]:
            for record in records:
                value = source(record)
                match = None if value is None else expression.search(text_of(value))
                if match is not None:
                    values = (
                        zip(names, match.groups(), strict=False) if aliases else match.groupdict().items()
                    )
                    record.ephemeral |= {name: text for name, text in values if text is not None}
            return records

        return step

    def stats(self, node: Node) -> Run:
        values: list[Named] = []
        for column in node.children[0].children:
            before = self.aggregates
            values.append(self.visit(column))
            if self.aggregates == before:
                raise QueryError(f"stats needs an aggregation: {values[-1][0]}").at(*span(column))
        by: list[Named] = self.visit(node.children[1]) if len(node.children) > 1 else []
        # From here on, rows are groups of these columns.
        columns = [name for name, _ in by + values]
        self._plan.columns, self._plan.aggregated = columns, True
        self._parsed, self._displayed, self._defined = [], [], set(columns)
        self.unnamed = [name for name in columns if "(" in name]
        return lambda records: _grouped(records, by, values)

    def sort(self, node: Node) -> Run:
        orders = [
            (self.read(order.children[0]), str(order.children[-1]).lower() == "desc")
            for order in node.children
        ]

        def step(records: list[QueryRecord]) -> list[QueryRecord]:
            for read, down in reversed(orders):
                records = sorted(records, key=lambda record: sort_key(read(record)), reverse=down)
            return records

        return step

    def limit(self, node: Node) -> Run:
        written = str(node.children[0])
        if not written.isdecimal() or not 1 <= int(written) <= MOST:
            raise QueryError(f"limit must be between 1 and {MOST}")
        self._plan.limited = True
        return lambda records: records[: int(written)]


def _glob(glob: str, count: int) -> re.Pattern[str]:
    """`user=*, method:*`, for so many names. Raises QueryError."""
    parts = glob.split("*")
    if len(parts) - 1 != count:
        raise QueryError(f"parse has {len(parts) - 1} wildcards and {count} names; they must be as many")
    pattern = "(.*?)".join(re.escape(part) for part in parts)
    # A wildcard at the very end matches the rest.
    return re.compile(pattern[:-2] + ")" if not parts[-1] else pattern, re.DOTALL)


def _grouped(records: list[QueryRecord], by: list[Named], values: list[Named]) -> list[QueryRecord]:
    """One row per group; no row if there is nothing to group."""
    groups: dict[tuple[str | None, ...], tuple[list[Value], list[QueryRecord]]] = {}
    for record in records:
        keys = [read(record) for _, read in by]
        key = tuple(None if value is None else text_of(value) for value in keys)
        groups.setdefault(key, (keys, []))[1].append(record)
    rows = []
    for keys, members in groups.values():
        row, group = QueryRecord(None), QueryRecord(None, rows=members)
        row.ephemeral = {name: value for (name, _), value in zip(by, keys, strict=True)}
        row.ephemeral |= {name: read(group) for name, read in values}
        rows.append(row)
    return rows
