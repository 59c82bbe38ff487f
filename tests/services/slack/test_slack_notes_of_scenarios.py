"""Notes about everything that each scenario brings: in Japanese, in the units of the screen, in local time."""

import re
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from services import i18n
from services.aws.cloudwatch.alarms.reader import Alarms
from services.aws.cloudwatch.metrics.reader import Metrics
from services.calendar.calendar import Calendar
from services.demo.launch import scenarios
from services.models.alarms import AlarmState
from services.models.findings import Recorded
from services.models.metrics import TimeSpan
from services.runbook.loader import load_builtin
from services.slack.note_wording import newest
from services.slack.notes import NoteContext, about_alarm, about_finding
from tests.services.inspections.running_world import context
from tests.services.inspections.test_every_fault import run_every_inspection

MONDAY = datetime(2026, 1, 19, 9, 0, tzinfo=ZoneInfo("Asia/Tokyo"))
BOOK = load_builtin("facility-prod")
RAW = re.compile(
    r"\d\.\d{4,}|\de[+-]\d|Threshold Crossed|datapoint|\d{2}/\d{2}/\d{2}|(?<![a-z]:\d\d:\d\d)(?<=:\d\d) ?[（(]?UTC"
)
"""Floats as programs write them, AWS's English and dates, and UTC, except in a window as RDS is told it."""
LABEL = re.compile(r"[^ -~]")  # A character that is not ASCII: a Japanese line has at least one


async def notes(embedded):
    """Yield a note about each finding, and about each alarm in its present state."""
    for finding in (await run_every_inspection(embedded)).values():
        yield about_finding(Recorded(seq=1, by="sato", finding=finding), desk(embedded)).text
    async with context(embedded) as inspection_context:
        overview = await Alarms(inspection_context.reader, BOOK, clock=embedded.clock).overview()
        metrics, now = Metrics(inspection_context.reader), embedded.clock.now()
        for alarm in overview.watched:
            span = TimeSpan(start=now - timedelta(hours=1), end=now)
            curve = await metrics.fetch(alarm.queries, span) if alarm.queries else None
            text = about_alarm(alarm, desk(embedded), current=newest(curve)).text
            if alarm.state is AlarmState.ALARM and alarm.threshold is not None:
                assert "現在 " in text
                assert "発報時 " in text
                assert "発報条件 " in text
            yield text


def desk(embedded):
    return NoteContext(BOOK, Calendar(BOOK), "ap-northeast-1", embedded.clock.now(), "sato")


AT_EVERY_RUN = ("monday-faults",)  # Every fault at once; `make faults` reads all the others
SCENARIOS = [
    pytest.param(
        info.name,
        marks=[
            pytest.mark.scenario(info.name, history=1800.0, origin=MONDAY),
            *([] if info.name in AT_EVERY_RUN else [pytest.mark.slow]),
        ],
        id=info.name,
    )
    for info in scenarios()
    if info.name not in ("denied", "expired", "throttled")  # nothing is read
]


@pytest.mark.slow
@pytest.mark.parametrize("name", SCENARIOS)
async def test_notes_speak_the_language_of_the_screen(embedded, name):
    i18n.use("ja")
    for _minute in range(8):
        embedded.advance(60)
    texts = [text async for text in notes(embedded)]
    assert len(texts) > 11, name
    for text in texts:
        assert not RAW.search(text), text
        assert all(LABEL.search(line) for line in text.splitlines()), text
        assert text.count("JST") >= 1, text
