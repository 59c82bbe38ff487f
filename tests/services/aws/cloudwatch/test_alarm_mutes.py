from datetime import UTC, datetime

import pytest

from services.aws.cloudwatch.alarms.mute_rules import window_end

NOW = datetime(2026, 4, 1, 3, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("expression", "duration", "zone", "end"),
    [
        ("at(2026-04-01T11:30)", "PT1H", "Asia/Tokyo", "2026-04-01T03:30"),
        ("at(2026-03-31T00:00)", "P2DT12H", "UTC", "2026-04-02T12:00"),
        ("cron(0 2 * * *)", "PT4H", "UTC", "2026-04-01T06:00"),
        ("cron(0 12 * * WED)", "PT30M", "Asia/Tokyo", "2026-04-01T03:30"),
        ("cron(0 18 * * FRI)", "P7D", "Asia/Tokyo", "2026-04-03T09:00"),
        ("cron(0 1 1 JAN-APR *)", "PT3H", "UTC", "2026-04-01T04:00"),
        ("cron(0 12 * * THU)", "PT30M", "Asia/Tokyo", None),
        ("at(2026-04-01T00:00)", "PT1H", "UTC", None),
        ("cron(x)", "PT1H", "UTC", None),
        ("cron(a b c d e)", "PT1H", "UTC", None),
        ("at(soon)", "PT1H", "UTC", None),
        ("at(2026-04-01T11:30)", "PT1H", "Mars/Base", None),
        ("", "", "", None),
    ],
)
def test_the_end_of_a_mute_window(expression, duration, zone, end):
    expected = datetime.fromisoformat(end).replace(tzinfo=UTC) if end else None
    assert window_end(expression, duration, zone, NOW) == expected
