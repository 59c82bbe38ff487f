from dataclasses import dataclass
from datetime import datetime

from services.demo.athena.queries import Answer

POLLS = 2
"""How often a query is polled until it has ended."""
ACTIVE = ("QUEUED", "RUNNING")
"""States of a query that has not ended."""


@dataclass(slots=True)
class Execution:
    id: str
    query: str
    database: str
    submitted: datetime
    answer: Answer
    reused: bool
    """Its answer is that of an earlier query."""
    state: str = "QUEUED"
    polls: int = 0
    completed: datetime | None = None

    def poll(self, now: datetime) -> None:
        self.polls += 1
        if self.state not in ACTIVE:
            return
        self.state = "RUNNING"
        if self.polls >= POLLS:
            self.state, self.completed = "FAILED" if self.answer.error else "SUCCEEDED", now


class ExecutionStore:
    def __init__(self) -> None:
        self.executions: dict[str, Execution] = {}
        self.tokens: dict[str, str] = {}
        """Id of the query by the ClientRequestToken it was started with."""
