from datetime import UTC, timedelta

import pytest

from services.incidents.measured_clocks import HORIZON, in_order, measured_clocks
from services.models.first_wave import Measure
from services.models.incidents import ClockKind, ClockState
from services.models.metrics import Series
from tests.widgets import incident_data as data
from widgets.incidents.incident_wording import clock_span

GIB = 2.0**30


def series(measure, values, period=60):
    end = int(data.NOW.timestamp()) // 60 * 60
    times = tuple(end - period * (len(values) - 1 - index) for index in range(len(values)))
    return Series(id=measure, label="x", times=times, values=tuple(values), period=period)


FALLING = [8.9 * GIB - GIB * minute / 60 for minute in range(180)]


@pytest.mark.parametrize(
    ("measure", "values", "period", "kind"),
    [
        (Measure.DB_FREE, FALLING, 60, ClockKind.STORAGE),
        (Measure.DB_CREDITS, [60.0 - 2 * step for step in range(20)], 300, ClockKind.CREDITS),
        (Measure.DB_FREE, [9 * GIB + (minute % 3) * 1e6 for minute in range(180)], 60, None),
        (Measure.DB_FREE, [*FALLING[:150], *(3 * GIB + GIB * minute / 60 for minute in range(30))], 60, None),
        (Measure.DB_FREE, [500 * GIB - GIB * minute / 60 for minute in range(180)], 60, None),
        (Measure.DB_FREE, [9 * GIB, 1 * GIB], 60, None),
        (Measure.DB_FREE, [], 60, None),
    ],
    ids=["storage", "credits", "steady", "rising-again", "after-weeks", "two-points", "none"],
)
def test_only_what_falls_certainly_and_soon_has_a_clock(measure, values, period, kind):
    clocks = measured_clocks(data.evidence(series=(series(measure, values, period),)), (), data.NOW)
    assert [clock.kind for clock in clocks] == ([kind] if kind else [])
    for clock in clocks:
        assert clock.latest is not None
        assert data.NOW < clock.due <= clock.latest
        assert clock.basis


@pytest.mark.parametrize(
    ("measure", "kind"), [(Measure.DB_FREE, ClockKind.STORAGE), (Measure.DB_CREDITS, ClockKind.CREDITS)]
)
def test_what_is_used_up_says_since_when_for_as_long_as_it_is(measure, kind):
    for empty in (1, 30, 150):
        falling = [10.0 * (180 - empty - minute) for minute in range(180 - empty)]
        curve = series(measure, [*falling, *[0.0] * empty])
        (clock,) = measured_clocks(data.evidence(series=(curve,)), (), data.NOW + timedelta(minutes=4))
        assert (clock.kind, clock.state, clock.latest) == (kind, ClockState.OVERDUE, None)
        assert clock.due.timestamp() == curve.times[180 - empty]
        text, role = clock_span(clock, data.NOW + timedelta(minutes=4), UTC)
        assert f"used up (since {clock.due:%H:%M})" in text
        assert f"known until {clock.starts:%H:%M}" in text
        assert role == "bad"
    always = data.evidence(series=(series(measure, [0.0] * 180),))
    assert not measured_clocks(always, (), data.NOW), "since when is not known"


def test_what_falls_says_up_to_when_it_is_known():
    (clock,) = measured_clocks(data.evidence(series=(series(Measure.DB_FREE, FALLING),)), (), data.NOW)
    text, _role = clock_span(clock, data.NOW, UTC)
    assert "full in" in text
    assert text.endswith(f"known until {clock.starts:%H:%M}")


def test_a_maintenance_that_aws_applies_today_has_a_clock():
    soon, far = data.NOW + timedelta(hours=3), data.NOW + HORIZON + timedelta(hours=1)
    actions = (("system-update", soon), ("db-upgrade", far), ("os-upgrade", data.NOW - timedelta(hours=1)))
    (clock,) = measured_clocks(None, actions, data.NOW)
    assert (clock.kind, clock.due) == (ClockKind.MAINTENANCE, soon)
    assert "system-update" in clock.basis


def test_the_clock_that_ends_first_is_first():
    (storage,) = measured_clocks(data.evidence(series=(series(Measure.DB_FREE, FALLING),)), (), data.NOW)
    recovery, escalation = data.clocks()
    met = recovery.model_copy(update={"state": ClockState.MET})
    assert in_order((storage, met, escalation)) == (escalation, storage, met)
