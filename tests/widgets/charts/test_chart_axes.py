from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len

from services.models.units import BYTES, PERCENT, PLAIN, SECONDS
from widgets.charts.axes import TimeScale, nice_step, scale_for, time_axis, time_ticks

JST = ZoneInfo("Asia/Tokyo")
VALUES = st.lists(st.floats(-1e12, 1e12, allow_nan=False), min_size=1, max_size=20)


@given(VALUES, st.sampled_from([PLAIN, BYTES, SECONDS, PERCENT]), st.integers(1, 60))
def test_a_scale_holds_its_values_and_has_few_ticks(values, unit, room):
    scale = scale_for(values, unit, room=room)
    assert scale.low < scale.high
    assert all(-1e-6 <= scale.part(value) <= 1 + 1e-6 for value in values)
    assert 1 <= len(scale.ticks) <= 9
    assert list(scale.ticks) == sorted(scale.ticks)


@given(st.floats(1e-9, 1e15), st.integers(1, 10))
def test_a_step_is_round_and_cuts_into_few_pieces(span, count):
    step = nice_step(span, count)
    assert span / step <= count + 1e-6
    assert f"{step:e}"[:3].rstrip(".0") in {"1", "2", "2.5", "5"}


def test_labels_are_what_a_person_would_write():
    assert scale_for([61.0], PERCENT, low=0, high=100, room=13).labels == (
        "0",
        "20%",
        "40%",
        "60%",
        "80%",
        "100%",
    )
    assert scale_for([0.1, 0.45], SECONDS, room=11).labels == (
        "0",
        "100ms",
        "200ms",
        "300ms",
        "400ms",
        "500ms",
    )
    assert scale_for([0.2, 1.2], PLAIN, room=11).labels[1] == "0.25"
    assert scale_for([3 * 2**30, 10 * 2**30], BYTES, room=5).labels[-1] == "10GiB"


def test_a_quiet_curve_is_not_drawn_as_a_wild_one():
    assert scale_for([20.0, 61.0], PERCENT).low == 0.0
    assert scale_for([58.0, 61.0], PERCENT).low == 58.0
    assert scale_for([45.1, 45.1], PLAIN).low == 0.0


def test_fixed_ends_stay():
    scale = scale_for([61.0], PERCENT, low=0, high=70)
    assert (scale.low, scale.high) == (0.0, 70.0)


START = int(datetime(2025, 11, 24, 21, 7, tzinfo=UTC).timestamp())


@pytest.mark.parametrize(("hours", "first"), [(1, "06:10"), (3, "06:30"), (24, "08:00")])
def test_time_ticks_are_round_local_times(hours, first):
    ticks = time_ticks(START, START + hours * 3600, 80, JST)
    assert ticks[0][1] == first or ticks[0][1].endswith(":00")
    assert all(START <= at <= START + hours * 3600 for at, _label in ticks)


def test_midnight_is_a_date_in_the_zone_shown():
    assert "11-26" in [label for _at, label in time_ticks(START, START + 86400, 80, JST)]
    assert "11-25" in [label for _at, label in time_ticks(START, START + 86400, 80, UTC)]


@given(st.integers(1, 40 * 86400), st.integers(0, 200))
def test_the_axis_has_its_width_and_names_the_zone_once(span, columns):
    axis = time_axis(START, START + span, columns, JST)
    assert cell_len(axis) == columns
    assert axis.count("JST") == (1 if columns > 4 else axis.count("JST"))


@given(st.integers(0, 2_000_000_000), st.integers(60, 2_000_000), st.integers(2, 300), st.integers(0, 10_000))
def test_time_moves_by_whole_columns(start, span, columns, later):
    now, then = (
        TimeScale(start, start + span, columns),
        TimeScale(start + later, start + later + span, columns),
    )
    assert 0 <= now.dot(start) <= 1
    assert now.dot(start + span) <= max(1, 2 * columns - 1)
    shifts = {
        now.dot(at) - then.dot(at) for at in range(start + later, start + later + span, max(1, span // 97))
    }
    assert len(shifts) == 1, "all of it moves alike"
    assert shifts.pop() % 2 == 0, "and by whole cells"


@pytest.mark.parametrize("columns", range(11, 40))
def test_a_narrow_chart_says_its_time_too(columns):
    start = 1_768_258_020
    axis = time_axis(start, start + 3 * 3600, columns, JST)
    assert ":" in axis
    assert axis.endswith("JST")
