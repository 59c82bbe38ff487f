"""A log group that a test fills itself, in an empty account, and a runbook that inspects it."""

import json
from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from services.demo.logs.insights.queries import QueryStore
from services.inspections.base import InspectionContext, InspectionRequest
from services.inspections.registry import make
from services.models.evidence import Evidence
from services.models.findings import Finding, Measure
from services.models.runbook import Runbook
from services.runbook.loader import load_builtin
from tests.conftest import REGION, Embedded

GROUP = "/app/library"
Event = tuple[float, object]  # (minutes before now, a JSON object or a line)


def fill(embedded: Embedded, events: Iterable[Event], *, group: str = GROUP, days: int | None = 30) -> None:
    """Make the group, sixty days old, and put these events into it."""
    now = embedded.clock.now()
    world = embedded.world
    with world.lock:
        log_group = world.logs.create_group(group, _ms(now - timedelta(days=60)), REGION, days)
        rows = [
            (_ms(now - timedelta(minutes=ago)), each if isinstance(each, str) else json.dumps(each))
            for ago, each in events
        ]
        world.logs.put(log_group, "stream", sorted(rows), _ms(now))


def ends(embedded: Embedded, how: Any) -> None:
    embedded.world.component(QueryStore).ends = how


def runbook(**sections: dict[str, Any]) -> Runbook:
    book = load_builtin("facility-prod").model_dump(mode="json")
    for name, keys in sections.items():
        book[name] |= keys
    return Runbook.model_validate(book)


async def again(
    inspection_context: InspectionContext, id: str, *, hours: float, book: Runbook | None = None
) -> Finding:
    """One run over the last `hours` with the session of `inspection_context`, which many runs may share."""
    until = inspection_context.clock.now()
    inspection = make(replace(inspection_context, runbook=book or inspection_context.runbook), id)
    return await inspection.run(InspectionRequest(since=until - timedelta(hours=hours), until=until))


def measure(finding: Finding, title: str) -> Measure:
    return next(each for each in finding.measures if each.title == title)


def evidence(finding: Finding, title: str) -> Evidence:
    return next(each for each in finding.evidence if each.title == title)


def cells(finding: Finding, title: str) -> list[tuple[str, ...]]:
    return [tuple(row.cells) for row in evidence(finding, title).rows]


def _ms(moment: datetime) -> int:
    return int(moment.timestamp() * 1000)
