import json
from typing import Any

from services.demo.logs.insights.plan import QueryOutcome, parse, run
from services.demo.logs.store import LogEvent

AT = 1_768_352_400_000  # 2026-01-14 01:00:00 UTC


def outcome(query: str, *messages: Any, most: int = 10_000, step: int = 60_000) -> QueryOutcome:
    """Run over messages a minute apart, given oldest first; objects are written as JSON."""
    lines = [each if isinstance(each, str) else json.dumps(each, ensure_ascii=False) for each in messages]
    events = [LogEvent(AT + n * step, AT + n * step + 900, n, "s1", line) for n, line in enumerate(lines)]
    return run(parse(query), [("123456789012:/app", event) for event in reversed(events)], most)


def table(query: str, *messages: Any, **how: Any) -> list[dict[str, str]]:
    """The rows, newest first unless the query sorts; without @ptr."""
    rows = [{pair["field"]: pair["value"] for pair in row} for row in outcome(query, *messages, **how).rows]
    return [{name: value for name, value in row.items() if name != "@ptr"} for row in rows]


def column(query: str, *messages: Any) -> list[str | None]:
    name = parse(query).columns[0]
    return [row.get(name) for row in table(query, *messages)]
