"""One form of a day and a time by context (`docs/screens.md`)."""

import asyncio
from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

import pytest

from services import i18n
from services.models.date_text import dated_time, day_text, span_text, time_text, written_on, zoned_time

JAPAN = ZoneInfo("Asia/Tokyo")
AT = datetime(2025, 12, 31, 15, 30, 5, tzinfo=UTC)  # Half past midnight on New Year's Day in Japan


@pytest.fixture(autouse=True)
def _japanese():
    i18n.use("ja")
    yield
    i18n.use("en")


def test_the_year_is_left_out_where_it_is_that_of_the_day_of_reading_in_its_zone():
    assert day_text(date(2026, 1, 19), date(2026, 12, 31)) == "01-19(月)"
    assert day_text(date(2025, 12, 29), date(2026, 1, 1)) == "2025-12-29(月)"
    assert dated_time(AT, JAPAN, AT) == "01-01(木) 00:30"
    assert zoned_time(AT, UTC, AT) == "12-31(水) 15:30 UTC"
    assert zoned_time(AT, JAPAN, datetime(2025, 12, 31, 14, 0, tzinfo=UTC)) == "2026-01-01(木) 00:30 JST"
    assert time_text(AT, JAPAN, AT) == "00:30"


def test_without_a_day_of_reading_the_year_is_written():
    assert dated_time(AT, JAPAN, seconds=True) == "2026-01-01(木) 00:30:05"


def test_a_day_of_writing_holds_for_all_that_is_written_within_also_in_tasks_and_threads():
    async def written():
        with written_on(date(2026, 6, 1)):
            return [
                await asyncio.create_task(asyncio.to_thread(dated_time, AT, JAPAN)),
                day_text(date(2025, 6, 1)),
                day_text(date(2025, 6, 1), date(2025, 1, 1)),
            ]

    assert asyncio.run(written()) == ["01-01(木) 00:30", "2025-06-01(日)", "06-01(日)"]
    assert day_text(date(2026, 6, 1)) == "2026-06-01(月)"


def test_a_range_has_the_sign_of_the_language():
    assert span_text("01:17", "01:28") == "01:17～01:28"
    i18n.use("en")
    assert span_text("01:17", "01:28") == "01:17–01:28"
