from datetime import UTC, datetime

import pytest

from services.calendar.calendar import Calendar
from services.changes.typed_values import any_moment
from services.runbook.loader import load_builtin

CALENDAR = Calendar(load_builtin("facility-prod"))


@pytest.mark.parametrize(
    "text",
    [
        "2026-01-19 10:00",
        "２０２６－０１－１９　１０：００",
        "2026−01−19 10:00",
        "２０２６ー０１ー１９ １０：００",
    ],
)
def test_a_time_of_a_japanese_keyboard_is_understood(text):
    assert any_moment("x", text, CALENDAR.zone) == (datetime(2026, 1, 19, 1, 0, tzinfo=UTC), "")
