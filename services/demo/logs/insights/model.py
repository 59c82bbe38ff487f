import math
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal
from uuid import UUID

from services.demo.logs.insights import recorded
from services.demo.logs.insights.parse import Plan
from services.demo.logs.insights.run import Outcome, run
from services.demo.logs.store import Event
from services.demo.scenario import ScenarioRun

Status = Literal["Running", "Complete", "Failed", "Cancelled", "Timeout", "Unknown"]
_KEPT = 100
"""How many queries are stored; the oldest is dropped."""
_SPEED = 2e6
"""Bytes that a query scans in a millisecond."""


@dataclass(slots=True)
class Query:
    plan: Plan | None
    """None: the outcome is recorded."""
    events: list[tuple[str, Event]]
    """(`account:group`, event), newest first."""
    groups: list[str]
    most: int
    """Rows at most, if the query has no limit of its own."""
    polls: int
    """How many more results are Running."""
    text: str = ""
    language: str = "CWLI"
    created: int = 0
    """Epoch milliseconds."""
    indexes: Mapping[str, Collection[str]] = field(default_factory=dict)
    """Indexed fields by `account:group`."""
    polled: int = 0
    status: Status = "Running"
    outcome: Outcome = field(default_factory=Outcome)

    @property
    def duration(self) -> int:
        """Milliseconds that it has taken."""
        return 100 + int(self.outcome.bytes / _SPEED)

    def scan(self, share: float) -> None:
        if self.plan is not None:
            part = self.events[: math.ceil(len(self.events) * share)]
            self.outcome = run(self.plan, part, self.most, self.indexes)


class QueryStore:
    def __init__(self, scenario_run: ScenarioRun) -> None:
        seeded = not scenario_run.scenario.empty
        self.definitions: list[dict[str, Any]] = recorded.definitions(scenario_run) if seeded else []
        """Saved queries, as DescribeQueryDefinitions has them."""
        self.history: list[dict[str, Any]] = recorded.history(scenario_run) if seeded else []
        """Queries of other people, as DescribeQueries has them, newest first."""
        self.ends: Status = "Complete"
        """How queries end from now on; with Running they never do."""
        self.polls = 1
        """How many results are Running before the end."""
        self.queries: dict[str, Query] = {}
        self._serial = 0
        self._seed = scenario_run.scenario.seed

    def add(self, query: Query) -> str:
        self._serial += 1
        identity = str(UUID(int=(self._seed << 96) + (0x4000 << 64) + (0x8000 << 48) + self._serial))
        self.queries[identity] = query
        if len(self.queries) > _KEPT:
            del self.queries[next(iter(self.queries))]
        return identity

    def advance(self, query: Query) -> None:
        query.polled += 1
        if query.polled <= query.polls or self.ends == "Running":
            query.scan(query.polled / (query.polled + max(0, query.polls - query.polled) + 1))
            return
        if self.ends == "Complete":
            query.scan(1)
        else:
            query.outcome = Outcome()
        # It may have been stopped meanwhile.
        if query.status == "Running":
            query.status, query.events = self.ends, []
