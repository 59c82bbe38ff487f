import asyncio
import os
from contextlib import asynccontextmanager
from datetime import timedelta
from pathlib import Path

import pytest

from services.aws.client.session import AwsSettings
from services.inspections.base import InspectionRequest
from services.models.base import RawId
from services.models.first_wave import AlarmMoment
from services.runbook.loader import load_builtin
from services.system import Services
from tests.services.incidents.waves import ALARM

FILTER = "logs.FilterLogEvents"


@asynccontextmanager
async def services_of(embedded):
    book, journal = load_builtin("facility-prod"), Path(os.environ["HOME"]) / "journal.db"
    services = Services(book, AwsSettings(**embedded.settings()), embedded.clock, journal=journal, seed=1)
    try:
        yield services
    finally:
        await services.close()


async def waking(embedded):
    while True:
        if embedded.clock.sleepers:
            embedded.advance(0.1)
        await asyncio.sleep(0.001)


@pytest.mark.scenario("alb-5xx", history=5400.0)
async def test_whatever_reads_events_takes_its_turn(embedded):
    async with services_of(embedded) as services:
        now = embedded.clock.now()
        clock = asyncio.create_task(waking(embedded))
        try:
            alarm = AlarmMoment(id=RawId(ALARM), name=ALARM, since=now - timedelta(minutes=5))
            evidence = await services.response.first_waves.about(alarm)
            assert None not in (evidence.application_errors, evidence.database_lines)
            assert services.log_limiter.served == embedded.counts()[FILTER] >= 2
            request = InspectionRequest(since=now - timedelta(hours=1), until=now)
            await services.inspection_runner.run("error-logs", request)
            assert services.log_limiter.served == embedded.counts()[FILTER] > 2
        finally:
            clock.cancel()
            await asyncio.gather(clock, return_exceptions=True)
