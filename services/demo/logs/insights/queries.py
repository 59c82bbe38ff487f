"""The Logs Insights queries of one world: how they advance, and what is recorded, not computed. Recorded
(`recorded.json`) are the tables of PPL and SQL, which say so themselves, saved queries, and queries of
others."""

import json
import math
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any, Literal
from uuid import UUID

from services.demo.account import ACCOUNT, own_names
from services.demo.logs.insights.plan import QueryOutcome, QueryPlan, run
from services.demo.logs.store import LogEvent
from services.demo.scenario import ScenarioRun

Status = Literal["Running", "Complete", "Failed", "Cancelled", "Timeout", "Unknown"]
_KEPT = 100  # How many queries are stored; the oldest is dropped
_WEEK = 604_800_000
MOST_RECORDED = 10_000  # Rows that PPL and SQL give at most


@dataclass(slots=True)
class StoredQuery:
    plan: QueryPlan | None  # None: the outcome is recorded
    events: list[tuple[str, LogEvent]]  # (`account:group`, event), newest first
    groups: list[str]
    most: int  # Rows at most, if the query has no limit of its own
    polls: int  # How many more results are Running
    text: str = ""
    language: str = "CWLI"
    created: int = 0  # Epoch milliseconds
    indexes: Mapping[str, Collection[str]] = field(default_factory=dict)  # Indexed fields by `account:group`
    polled: int = 0
    status: Status = "Running"
    outcome: QueryOutcome = field(default_factory=QueryOutcome)

    def scan(self, share: float) -> None:
        if self.plan is not None:
            part = self.events[: math.ceil(len(self.events) * share)]
            self.outcome = run(self.plan, part, self.most, self.indexes)


class QueryStore:
    def __init__(self, scenario_run: ScenarioRun) -> None:
        seeded = not scenario_run.scenario.empty
        self.definitions: list[dict[str, Any]] = _definitions(scenario_run) if seeded else []
        """Saved queries, as DescribeQueryDefinitions has them."""
        self.history: list[dict[str, Any]] = _history(scenario_run) if seeded else []
        """Queries of other people, as DescribeQueries has them, newest first."""
        self.ends: Status = "Complete"  # How queries end from now on; with Running they never do
        self.polls = 1  # How many results are Running before the end
        self.queries: dict[str, StoredQuery] = {}
        self._serial = 0
        self._seed = scenario_run.scenario.seed

    def add(self, query: StoredQuery) -> str:
        self._serial += 1
        identity = str(UUID(int=(self._seed << 96) + (0x4000 << 64) + (0x8000 << 48) + self._serial))
        self.queries[identity] = query
        if len(self.queries) > _KEPT:
            del self.queries[next(iter(self.queries))]
        return identity

    def advance(self, query: StoredQuery) -> None:
        query.polled += 1
        if query.polled <= query.polls or self.ends == "Running":
            query.scan(query.polled / (query.polled + max(0, query.polls - query.polled) + 1))
            return
        if self.ends == "Complete":
            query.scan(1)
        else:
            query.outcome = QueryOutcome()
        # It may have been stopped meanwhile.
        if query.status == "Running":
            query.status, query.events = self.ends, []


@cache
def _recorded() -> dict[str, Any]:
    return dict(json.loads(own_names(Path(__file__).with_name("recorded.json").read_text("utf-8"))))


def recorded_outcome(language: str, most: int) -> QueryOutcome:
    table = _recorded()["tables"][language]
    rows = [
        [{"field": name, "value": value} for name, value in zip(table["columns"], values, strict=True)]
        for values in table["rows"][: min(most, MOST_RECORDED)]
    ]
    scanned = table["scanned"]
    return QueryOutcome(rows, len(rows), scanned["records"], scanned["bytes"])


def _definitions(run: ScenarioRun) -> list[dict[str, Any]]:
    at = int(run.began.timestamp() * 1000)
    return [
        row | {"queryDefinitionId": _identity(0xD, place), "lastModified": at - (place + 1) * _WEEK}
        for place, row in enumerate(_recorded()["definitions"])
    ]


def _history(run: ScenarioRun) -> list[dict[str, Any]]:
    """Queries that others ran before the world began, newest first."""
    at = int(run.began.timestamp() * 1000)
    rows = []
    for place, row in enumerate(_recorded()["history"]):
        query = {name: value for name, value in row.items() if name not in ("minutes", "user")}
        query |= {"queryId": _identity(0xE, place), "createTime": at - row["minutes"] * 60_000}
        rows.append(query | {"userIdentity": f"arn:aws:sts::{ACCOUNT}:assumed-role/{row['user']}"})
    return rows


def _identity(kind: int, place: int) -> str:
    return str(UUID(int=(kind << 124) + (0x4000 << 64) + (0x8000 << 48) + place))
