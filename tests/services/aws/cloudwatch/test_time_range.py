from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from services.aws.cloudwatch.metrics.time_range import parse_point, resolve

PREVIOUS = ["ns", "m", "d1", "v1", "d2", "v2"]


@settings(max_examples=200, deadline=None)
@given(st.text(max_size=12) | st.from_regex(r"-P[0-9]{0,12}[YMWD]?(T[0-9]{0,12}[HMS])?", fullmatch=True))
def test_points_in_time_never_raise(text):
    point = parse_point(text)
    now = datetime(2026, 4, 1, tzinfo=UTC)
    if point is not None:
        resolved = resolve(text, now)
        assert resolved is not None
        assert isinstance(point, datetime) or now - resolved == point


@pytest.mark.parametrize(
    ("text", "point"),
    [
        ("-PT3H", timedelta(hours=3)),
        ("-P1D", timedelta(days=1)),
        ("-P1W", timedelta(days=7)),
        ("-P1M", timedelta(days=30)),
        ("-P1DT2H30M", timedelta(days=1, hours=2, minutes=30)),
        ("-PT5M", timedelta(minutes=5)),
        ("-P99Y", timedelta(days=455)),
        ("2026-04-01T09:00:00+09:00", datetime(2026, 4, 1, tzinfo=UTC)),
        ("2026-04-01T00:00:00.000Z", datetime(2026, 4, 1, tzinfo=UTC)),
        ("-P", None),
        ("-PT", None),
        ("-PT0S", None),
        ("PT3H", None),
        ("3h", None),
        ("", None),
    ],
)
def test_points_in_time(text, point):
    assert parse_point(text) == point
