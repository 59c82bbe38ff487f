"""Inspections on the embedded AWS over HTTP, as the console makes them but without journal and screen."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import datetime, timedelta

from services.aws.client.meter import UsageMeter
from services.aws.client.session import AwsSession, AwsSettings
from services.calendar.calendar import Calendar
from services.clock import Clock
from services.inspections.allow_list import AllowList
from services.inspections.base import InspectionContext, InspectionRequest
from services.inspections.registry import INSPECTIONS, make
from services.models.date_text import written_on
from services.models.findings import Finding, Progress
from services.models.runbook import Runbook
from services.runbook.loader import load_builtin
from tests.conftest import Embedded


@asynccontextmanager
async def context(
    embedded: Embedded, *, runbook: Runbook | None = None, allow_list: AllowList | None = None
) -> AsyncIterator[InspectionContext]:
    """What inspections are made of, on this embedded AWS and its clock."""
    used_runbook = runbook or load_builtin("facility-prod")
    clock: Clock = embedded.clock
    settings = AwsSettings(region=used_runbook.system.region, endpoint_url=embedded.url)
    session = AwsSession(settings, clock=clock, meter=UsageMeter(clock))
    try:
        yield InspectionContext(
            runbook=used_runbook,
            calendar=Calendar(used_runbook),
            clock=clock,
            region=used_runbook.system.region,
            reader=session,
            allow_list=allow_list or AllowList(),
        )
    finally:
        await session.close()


async def run_inspection(
    embedded: Embedded,
    id: str,
    *,
    hours: float = 1.0,
    since: datetime | None = None,
    runbook: Runbook | None = None,
    allow_list: AllowList | None = None,
    consent: bool = False,
    progress: list[Progress] | None = None,
) -> Finding:
    """Run one inspection over the last `hours`, or since `since`. AwsError passes through."""
    until = embedded.clock.now()
    async with context(embedded, runbook=runbook, allow_list=allow_list) as inspection_context:
        request = InspectionRequest(
            since=since or until - timedelta(hours=hours),
            until=until,
            consent=consent,
            on_progress=(progress if progress is not None else []).append,
        )
        with written_on(inspection_context.calendar.day_of(until)):
            return await make(inspection_context, id).run(request)


def missing_setting(id: str, runbook: Runbook) -> str:
    """The runbook's key for want of which the inspection is not offered."""
    return next(entry for entry in INSPECTIONS if entry.id == id).missing_setting(runbook)
