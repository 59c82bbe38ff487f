import pytest

from services.models.metrics import LENGTH
from tests.tools.console import expect, flat_text, press, until
from tests.tui.change_steps import arm_without_screen, change_mode
from tui.screens.changes.parts import TargetRows, divide
from widgets.changes.load import LEAST_ROWS

pytestmark = [
    pytest.mark.slow,
    pytest.mark.usefixtures("at_once"),
    pytest.mark.scenario("ecs-cpu", history=3600.0),
]

METRICS = "cloudwatch.GetMetricData"


@pytest.mark.parametrize("size", [(120, 40), (200, 60)])
async def test_the_last_hour_fills_what_is_empty(embedded, size):
    async with change_mode(embedded, size=size) as pilot:
        screen = pilot.app.screen
        await until(pilot, lambda: screen.load.state.value is not None and screen.load.bounds)
        await until(pilot, lambda: "Running tasks" in flat_text(pilot))
        load = screen.load.state.value
        tasks, cpu = load.series
        assert load.span.end - load.span.start == LENGTH
        assert tasks.values[-1] == screen.live.state.value.bounds[0].value == 5
        assert 0 < cpu.values[-1] <= 100
        assert "desired = maximum 5" in flat_text(pilot)
        assert "limit < 70%" in flat_text(pilot)
        assert "Scaling target 60%" in flat_text(pilot)
        blank = [line for line in pilot.app.screen._compositor.render_strips() if not line.text.strip()]
        assert len(blank) <= 5, "the page is not empty"


async def test_a_small_screen_shows_and_reads_no_curve(embedded):
    async with change_mode(embedded, size=(80, 24)) as pilot:
        screen = pilot.app.screen
        await until(pilot, lambda: pilot.app.view is not None and pilot.app.view.value is not None)
        assert not screen.load.display
        assert screen.load.state.fetched_at is None
        await pilot.resize_terminal(120, 40)
        await until(pilot, lambda: screen.load.state.value is not None)
        await pilot.resize_terminal(80, 24)
        await until(pilot, lambda: not screen.load.display)


@pytest.mark.parametrize("size", [(80, 24), (120, 40), (200, 60)])
async def test_the_target_s_state_is_never_cut(embedded, size):
    async with change_mode(embedded, size=size) as pilot:
        await expect(pilot, shows=("Scaling policy", "service/facility-prod-cluster/staff-api"))


async def test_it_is_read_with_mode_and_dashboard_but_never_hidden(embedded):
    reads: list[float] = []
    async with change_mode(embedded, size=(120, 40)) as pilot:
        app, screen = pilot.app, pilot.app.screen
        fetch = app.ready.metrics.fetch

        async def counted(queries, span, **where):  # type: ignore[no-untyped-def]  # as Metrics.fetch
            if {query.id for query in queries} == {"tasks", "cpu"}:
                reads.append(app.ready.clock.elapsed())
            return await fetch(queries, span, **where)

        await until(pilot, lambda: screen.load.state.value is not None)
        app.ready.metrics.fetch = counted
        first = screen.load.state
        embedded.advance(61)
        await until(pilot, lambda: screen.load.state is not first and screen.load.state.problem is None)
        assert len(reads) == 1
        assert screen.load.state.interval == app.ready.feeds["dashboard"].interval
        await press(pilot, "1", left="ChangeScreen")
        embedded.advance(200)
        await until(pilot, lambda: app.alarms.fetched_at == embedded.clock.now())
        assert len(reads) == 1
        await press(pilot, "4", then=lambda: len(reads) == 2)


async def test_unreadable_metrics_leave_the_rest_and_are_not_calm(embedded):
    embedded.fault("cloudwatch", "GetMetricData", preset="denied")
    async with change_mode(embedded, size=(120, 40)) as pilot:
        screen = pilot.app.screen
        await until(pilot, lambda: screen.load.state.problem is not None)
        await expect(pilot, shows=("does not mean “all clear”", "Maximum", "cloudwatch:GetMetricData"))


async def test_the_state_is_read_again_as_soon_as_a_change_is_verified(embedded):
    async with change_mode(embedded, size=(120, 40)) as pilot:
        app, screen = pilot.app, pilot.app.screen
        await arm_without_screen(pilot)
        change = app.ready.engine.changes["task-limit"]
        (target,) = change.targets()
        plan = await app.ready.engine.plan(change.kind.id, str(target.id), {})
        await app.ready.engine.apply(plan, plan.confirm)
        # Without a step of the clock: the next read by itself would be in half a minute.
        await until(pilot, lambda: screen.live.state.value.bounds[0].value == 10)
        await until(pilot, lambda: "maximum 10" in flat_text(pilot))
        assert screen.load.moments


def test_the_state_is_whole_then_the_changes_then_the_curves():
    assert divide(37, facts=14, runs=0) == TargetRows(15, 18, 4)
    assert divide(37, facts=14, runs=3) == TargetRows(15, 17, 5)
    assert divide(37, facts=14, runs=99) == TargetRows(15, 11, 11)
    assert divide(21, facts=14, runs=0).load == 0
    assert divide(37, facts=14, runs=0, has_load=False) == TargetRows(15, 0, 22)
    for height in range(12, 80):
        for facts in (4, 14, 30):
            for runs in (0, 5, 50):
                rows = divide(height, facts, runs)
                assert rows.load == 0 or rows.load >= LEAST_ROWS
                assert sum(rows) == height
                assert min(rows.offers, rows.runs) >= 4


async def test_reading_everything_again_reads_the_target_too(embedded):
    async with change_mode(embedded, size=(120, 40)) as pilot:
        screen = pilot.app.screen
        await until(pilot, lambda: screen.load.state.value is not None)
        state, load = screen.live.state.fetched_at, screen.load.state.fetched_at
        embedded.clock.advance(1)
        await press(pilot, "f5", then=lambda: screen.live.state.fetched_at > state)
        await until(pilot, lambda: screen.load.state.fetched_at > load)


async def test_it_is_not_read_for_nobody_and_at_once_for_somebody(embedded):
    reads: list[float] = []
    async with change_mode(embedded, size=(120, 40)) as pilot:
        app, screen = pilot.app, pilot.app.screen
        await until(pilot, lambda: screen.load.state.value is not None)
        fetch = app.ready.metrics.fetch

        async def counted(queries, span, **where):  # type: ignore[no-untyped-def]  # as Metrics.fetch
            if {query.id for query in queries} == {"tasks", "cpu"}:
                reads.append(app.ready.clock.elapsed())
            return await fetch(queries, span, **where)

        app.ready.metrics.fetch = counted
        app.on_visibility(False)
        for _minute in range(5):
            before = app.alarms.fetched_at
            embedded.advance(66)
            await until(pilot, lambda before=before: app.alarms.fetched_at > before)
        await until(pilot, lambda: screen.load.pause)
        assert len(reads) <= 1, "at most the one that was due when the pause began"
        assert "until a terminal shows it" in flat_text(pilot)
        reads.clear()
        app.on_visibility(True)
        await until(pilot, lambda: len(reads) == 1)
        await until(pilot, lambda: "until a terminal shows it" not in flat_text(pilot))
        # And from then on as before.
        state = screen.load.state
        embedded.advance(66)
        await until(pilot, lambda: len(reads) == 2)
        await until(pilot, lambda: screen.load.state is not state)
