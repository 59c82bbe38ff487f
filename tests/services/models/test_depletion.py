import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.models.depletion import HOUR, RECENT, depletion

MINUTES = tuple(range(0, HOUR, 60))
GIB = 2.0**30


def falling(per_minute, start=60 * GIB):
    return tuple(start - per_minute * index for index in range(len(MINUTES)))


@given(st.floats(1e-3, 1e9), st.floats(1.5, 1000))
def test_a_straight_fall_ends_where_the_line_meets_zero(per_minute, hours):
    values = falling(per_minute, per_minute * 60 * (hours + 1))
    end = depletion(MINUTES, values)
    assert end.per_hour == pytest.approx(-per_minute * 60, rel=1e-3)
    assert end.left == pytest.approx(values[-1] / per_minute * 60, rel=1e-3)


@given(st.lists(st.floats(0, 1e12), min_size=1, max_size=60))
def test_what_does_not_fall_has_no_end(values):
    assert depletion(MINUTES[: len(values)], tuple(sorted(values))) is None


@given(st.lists(st.floats(0, 1e12), max_size=60))
def test_an_end_is_in_the_future_and_comes_from_a_fall(values):
    end = depletion(MINUTES[: len(values)], tuple(values))
    assert end is None or (end.left >= 0 and end.per_hour < 0)


def test_noise_around_a_level_is_no_fall():
    noise = random.Random(7)
    values = tuple(50 * GIB + noise.uniform(-1, 1) * GIB for _minute in MINUTES)
    assert depletion(MINUTES, values) is None


def test_a_few_wild_points_do_not_move_the_end():
    straight = depletion(MINUTES, falling(0.1 * GIB))
    wild = list(falling(0.1 * GIB))
    wild[10], wild[30], wild[47] = 0.0, 100 * GIB, 1.0
    bent = depletion(MINUTES, tuple(wild))
    assert bent.left == pytest.approx(straight.left, rel=0.1)


def test_a_fall_that_has_become_faster_is_not_averaged_away():
    slow, fast = falling(0.08 * GIB)[:50], [56 * GIB - 0.4 * GIB * index for index in range(10)]
    end = depletion(MINUTES, (*slow, *fast))
    assert end.span == RECENT
    assert end.per_hour == pytest.approx(-24 * GIB, rel=0.05)


def test_a_fall_that_was_stopped_has_no_end():
    values = (*falling(0.1 * GIB)[:50], *(54 * GIB + GIB * index for index in range(10)))
    assert depletion(MINUTES, values) is None


def test_a_handful_of_points_is_not_enough():
    assert depletion(MINUTES[:9], falling(GIB)[:9]) is None


@pytest.mark.parametrize("value", [float("nan"), float("inf"), -float("inf")])
def test_what_is_no_number_is_no_value(value):
    assert depletion((*MINUTES, MINUTES[-1] + 60), (*falling(GIB), value)) == depletion(MINUTES, falling(GIB))
    assert depletion((0,), (value,)) is None
