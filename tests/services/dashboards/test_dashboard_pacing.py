"""What of a large dashboard is requested, and when: AWS charges for each metric of each request."""

import json
from collections import Counter
from dataclasses import dataclass, field

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.aws.cloudwatch.dashboards.reader import parse_body
from services.clock import ManualClock
from services.dashboards.pacing import (
    JUDGED_STEPS,
    SEEN_STEPS,
    DayBudget,
    OnScreen,
    Pace,
    needs_of,
    open_seconds,
)
from services.dashboards.reader import JITTER, DashboardReader
from services.dashboards.requests import WidgetRequest
from services.models.runbook import Closures
from services.models.verdict import Verdict
from tests.services.dashboards.dashboard_world import NOW, RUNBOOK, World, widget

MINUTE = 60 * JITTER  # Seconds between two reads, at most


@dataclass
class Screen:
    widgets: frozenset[str] | None = frozenset()
    pause: str = ""

    def __call__(self):
        return OnScreen(self.widgets, self.pause)


@dataclass
class Watched:
    world: World
    reader: DashboardReader
    screen: Screen = field(default_factory=Screen)

    def __post_init__(self):
        self.reader.on_screen = self.screen

    async def read(self):
        view = await self.reader.read()
        while self.reader.is_due():
            view = await self.reader.read()
        return view

    async def minutes(self, count):
        for _minute in range(count):
            self.world.clock.advance(MINUTE)
            view = await self.read()
        return view

    def taken(self):
        count = sum(len(queries) for queries, _span, _region in self.world.calls)
        self.world.calls.clear()
        return count


def board(*metrics, count=100, per=2, **more):
    rows = [
        widget(
            *(["N", metrics[number % len(metrics)], "Id", f"{number}.{each}"] for each in range(per)),
            start="-PT5M",
        )
        for number in range(count)
    ]
    world = World(ManualClock(NOW), rows)
    return Watched(world, DashboardReader(world, world, world, RUNBOOK, world.clock), **more)


def keys(first, last):
    return frozenset(map(str, range(first, last)))


def of(view, key):
    return next(data for data in view.data if data.key == key)


async def test_the_price_of_an_expensive_dashboard_is_known_before_anything_is_spent():
    watched = board("MEM", count=250)
    view = await watched.reader.read()
    assert watched.taken() == 0
    assert view.price.is_over
    assert view.price.metrics == 500
    assert view.price.full_yen == pytest.approx(500 * 525 * 0.00001 * 150)
    assert all(data.is_unread for data in view.data)
    cheap = board("MEM", count=5)
    cheap.screen.widgets = keys(0, 5)
    assert not (await cheap.reader.read()).price.is_over
    assert cheap.taken() == 10, "a small one is read at once"


async def test_what_is_on_screen_is_requested_each_minute_and_the_rest_when_it_comes_into_view():
    watched = board("MEM")
    await watched.read()
    assert watched.taken() == 0
    watched.screen.widgets = keys(0, 8)
    view = await watched.read()
    assert watched.taken() == 16
    assert [of(view, key).is_unread for key in ("7", "8")] == [False, True]
    await watched.minutes(5)
    assert watched.taken() == 5 * 16
    watched.screen.widgets = keys(6, 14)
    assert watched.reader.is_due()
    view = await watched.read()
    assert watched.taken() == 12, "what was on screen anyway is not requested again"
    assert of(view, "13").as_of is None
    assert not watched.reader.is_due()


async def test_nothing_is_requested_while_nobody_looks():
    watched = board("CPU", "MEM")
    watched.screen.widgets = keys(0, 8)
    await watched.read()
    watched.taken()
    watched.screen.pause = "night"
    view = await watched.minutes(60)
    assert watched.taken() == 0
    assert view.pause == "night"
    assert of(view, "0").as_of == NOW
    assert {reading.verdict for data in view.data for reading in data.readings if reading.limit} == {
        Verdict.UNKNOWN
    }
    watched.screen.pause = ""
    assert watched.reader.is_due()
    view = await watched.read()
    assert of(view, "0").as_of is None
    assert of(view, "0").readings[0].verdict is Verdict.NORMAL


@pytest.mark.slow
async def test_what_has_a_limit_is_judged_as_often_as_the_budget_allows():
    few, many = board("CPU", count=10), board("CPU", count=250)
    for watched, seconds in ((few, 60), (many, 1800)):
        watched.screen.widgets = keys(0, 8)
        view = await watched.read()
        assert view.price.judged_seconds == seconds
        assert view.price.shown_yen <= 30
        assert all(data.verdict is Verdict.NORMAL for data in view.data), "each is judged at the beginning"
        watched.taken()
    await few.minutes(3)
    assert few.taken() == 3 * 20
    await many.minutes(round(120 / JITTER))
    assert many.taken() * 0.00001 * 150 * 525 / 120 < 40, "a business day"


@pytest.mark.slow
@pytest.mark.parametrize("step", [-1.0, -3 * 3600.0, -3 * 86_400.0, 86_400.0])
async def test_setting_the_clock_delays_no_request_and_makes_nothing_current(step):
    watched = board("CPU", count=250)
    watched.screen.widgets = keys(0, 8)
    view = await watched.read()
    judged = view.price.judged_seconds or 0
    watched.taken()
    watched.world.clock.step(step)
    view = await watched.minutes(10)
    assert of(view, "100").as_of is not None, "it was not requested for ten minutes"
    await watched.minutes(round(judged / MINUTE))
    assert watched.taken() >= 500, "each was requested again when it was due"
    watched.screen.pause = "night"
    await watched.read()
    bodies = watched.world.bodies
    watched.world.clock.step(step)
    await watched.minutes(60)
    assert watched.world.bodies > bodies, "the body is read each hour"


async def test_what_is_on_screen_is_read_less_often_where_that_alone_exceeds_the_budget():
    watched = board("MEM", count=50, per=10)
    watched.screen.widgets = keys(0, 12)
    view = await watched.read()
    assert 60 < view.price.screen_seconds <= 300
    watched.taken()
    await watched.minutes(60)
    assert watched.taken() * 0.00001 * 150 * 525 / 66 <= 35


async def test_a_reader_without_a_screen_stays_within_the_budget_too():
    watched = board("CPU", "MEM", count=250)
    watched.screen.widgets = None
    watched.reader.on_screen = None
    await watched.read()
    watched.taken()
    await watched.minutes(60)
    assert watched.taken() * 0.00001 * 150 * 525 / 66 <= 40


async def test_each_series_is_trimmed_once(monkeypatch):
    # Two hundred widgets that each trim the series of all took 2.4 s.
    trimmed: Counter[str] = Counter()
    trim = WidgetRequest.trimmed

    def counted(self, series):  # as WidgetRequest.trimmed
        trimmed[series.id] += 1
        return trim(self, series)

    monkeypatch.setattr(WidgetRequest, "trimmed", counted)
    watched = board("MEM", count=200)
    watched.screen.widgets = keys(0, 200)
    await watched.read()
    assert len(trimmed) == 400
    assert set(trimmed.values()) == {1}


STEPS = st.lists(
    st.one_of(
        st.tuples(st.just("scroll"), st.integers(0, 56)),
        st.tuples(st.just("minutes"), st.integers(1, 40)),
        st.tuples(st.just("cover"), st.integers(0, 0)),
        st.tuples(st.just("return"), st.integers(0, 0)),
    ),
    max_size=10,
)


@pytest.mark.slow
@given(steps=STEPS, count=st.sampled_from([8, 60]))
async def test_nothing_is_judged_late_and_nothing_old_is_shown_as_current(steps, count):
    watched = board("CPU", "MEM", count=count, per=4)
    watched.screen.widgets = keys(0, 4)
    view = await watched.read()
    for step, amount in (*steps, ("return", 0)):
        if step == "scroll":
            watched.screen.widgets = keys(amount % count, amount % count + 4)
        elif step == "cover":
            watched.screen.pause = "covered"
        elif step == "return":
            watched.screen.pause = ""
        for _minute in range(amount if step == "minutes" else 0):
            view = await watched.minutes(1)
            _check(watched, view)
        if step != "cover":
            view = await watched.read()
        _check(watched, view)


def _check(watched, view):
    now = watched.world.clock.now().timestamp()
    pace = Pace(view.price.screen_seconds, view.price.judged_seconds or 0)
    for data in view.data:
        ends = [series.times[-1] + series.period for series in data.series if series.times]
        age = now - min(ends, default=now)
        if data.as_of is None:
            assert age <= 2 * max(60, pace.on_screen) + 60 + MINUTE, "shown as current"
        is_judged = any(reading.verdict not in (None, Verdict.UNKNOWN) for reading in data.readings)
        if is_judged:
            assert age <= max(pace.judged, pace.on_screen) + 60 + 2 * MINUTE, "judged late"
        if not watched.screen.pause:
            assert not (data.key in (watched.screen.widgets or ()) and (data.is_unread or data.as_of)), (
                "in view"
            )
            limited = any(reading.limit is not None for reading in data.readings)
            assert is_judged or not limited, "what has a limit is judged while somebody looks"


@given(metrics=st.integers(1, 600), visible=st.integers(0, 60), yen=st.floats(1, 100))
def test_a_pace_is_the_fastest_that_the_budget_allows(metrics, visible, yen):
    body = {"widgets": [widget(["N", "CPU", "Id", str(number)]) for number in range(min(metrics, 500))]}
    needs = needs_of(parse_body("main", json.dumps(body)), RUNBOOK)
    budget, on_screen = DayBudget(Closures(), 150.0, yen), OnScreen(keys(0, visible))
    pace = budget.pace(needs, on_screen)
    assert pace.judged >= pace.on_screen
    if budget.of_day(needs, on_screen, pace) > yen:
        assert pace == Pace(SEEN_STEPS[-1], JUDGED_STEPS[-1]) or pace.judged == JUDGED_STEPS[-1]
    else:
        faster = [Pace(pace.on_screen, each) for each in JUDGED_STEPS if pace.on_screen <= each < pace.judged]
        assert all(budget.of_day(needs, on_screen, each) > yen for each in faster)


def test_a_business_day_is_as_long_as_the_runbook_says():
    assert open_seconds(Closures()) == 525 * 60
    assert open_seconds(Closures(opens="09:00", closes="17:00")) == 8 * 3600
