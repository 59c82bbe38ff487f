"""The Logs Insights queries of one world, and how they advance."""

from dataclasses import dataclass, field
from typing import Literal
from uuid import UUID

from services.demo.logs.insights.parse import Plan
from services.demo.logs.insights.run import Outcome, run
from services.demo.logs.store import Event

Status = Literal["Running", "Complete", "Failed", "Cancelled", "Timeout", "Unknown"]
_KEPT = 100
"""How many queries are stored; the oldest is dropped."""
_PARTIAL = 4
"""A running query has results from the newest of its events only: one in so many."""


@dataclass(slots=True)
class Query:
    """One query, over the events that were visible when it was started."""

    plan: Plan
    events: list[tuple[str, Event]]
    """(`account:group`, event), newest first."""
    groups: int
    most: int
    """Rows at most, if the query has no limit of its own."""
    polls: int
    """How many more results are Running."""
    status: Status = "Running"
    outcome: Outcome = field(default_factory=Outcome)


class QueryStore:
    """The queries of one world; `seed` is the scenario's."""

    def __init__(self, seed: int) -> None:
        self.ends: Status = "Complete"
        """How queries end from now on; with Running they never do."""
        self.polls = 1
        """How many results are Running before the end."""
        self.queries: dict[str, Query] = {}
        self._serial = 0
        self._seed = seed

    def add(self, query: Query) -> str:
        """Store a query; returns its id."""
        self._serial += 1
        identity = str(UUID(int=(self._seed << 96) + (0x4000 << 64) + (0x8000 << 48) + self._serial))
        self.queries[identity] = query
        if len(self.queries) > _KEPT:
            del self.queries[next(iter(self.queries))]
        return identity

    def advance(self, query: Query) -> None:
        """Advance a running query by one poll."""
        if query.polls > 0 or self.ends == "Running":
            query.polls -= 1
            part = query.events[: -(-len(query.events) // _PARTIAL)]
            query.outcome = run(query.plan, part, query.most)
            return
        query.status = self.ends
        complete = self.ends == "Complete"
        query.outcome = run(query.plan, query.events, query.most) if complete else Outcome()
        query.events = []
