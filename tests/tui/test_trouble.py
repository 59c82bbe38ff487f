import pytest

from services.models.alarms import AlarmState
from services.models.problem import ProblemKind
from tests.tools.console import console, screen_text, until

pytestmark = pytest.mark.scenario("ordinary-day", history=600.0)


async def test_a_missing_permission_is_named_in_its_panel_and_the_rest_lives(embedded):
    embedded.fault("logs", "FilterLogEvents", preset="denied")
    async with console(embedded.url, embedded.clock, size=(160, 48)) as pilot:
        tail = pilot.app.screen.tail
        await until(pilot, lambda: tail.problem)
        assert tail.problem.permission == "logs:FilterLogEvents"
        await until(pilot, lambda: "logs:FilterLogEvents" in screen_text(pilot))
        assert pilot.app.alarms.value.alarms
        assert not pilot.app.screen.banner.display, "one panel's trouble is not everybody's"


@pytest.mark.slow
async def test_expired_credentials_are_one_banner_and_reading_resumes_by_itself(embedded):
    async with console(embedded.url, embedded.clock, size=(160, 48)) as pilot:
        app = pilot.app
        alarms = app.alarms.value
        embedded.fault("", "", preset="expired")
        embedded.advance(67)
        await until(pilot, lambda: app.alarms.problem and app.alarms.problem.kind is ProblemKind.EXPIRED)
        assert app.alarms.value == alarms, "the last values stay"
        await until(pilot, lambda: app.screen.banner.display and "stale" in screen_text(pilot))
        await pilot.pause()
        text = screen_text(pilot)
        assert text.count(app.alarms.problem.summary) == 1, "the panels do not repeat the banner"
        embedded.clear_faults()
        embedded.advance(67)
        await until(pilot, lambda: app.alarms.problem is None)
        embedded.advance(67)
        await until(
            pilot, lambda: (app.view.problem is None and app.identity.problem is None) or embedded.advance(60)
        )
        await until(pilot, lambda: not app.screen.banner.display)


@pytest.mark.slow
async def test_throttling_slows_down_keeps_the_values_and_says_so(embedded):
    async with console(embedded.url, embedded.clock, size=(160, 48)) as pilot:
        app = pilot.app
        embedded.fault("cloudwatch", "DescribeAlarms", preset="throttled")
        embedded.advance(67)
        await until(pilot, lambda: app.alarms.problem)
        assert app.alarms.problem.kind is ProblemKind.THROTTLED
        assert app.alarms.value.count(AlarmState.MISSING) == 0


async def test_a_proxys_page_is_no_all_clear(embedded):
    embedded.fault("cloudwatch", "DescribeAlarms", mode="html")
    async with console(embedded.url, embedded.clock, size=(160, 48)) as pilot:
        app = pilot.app
        assert app.alarms.value is None
        assert app.alarms.problem.kind is ProblemKind.INCOMPLETE
        await pilot.pause()
        assert "ok" not in screen_text(pilot).splitlines()[1].casefold().replace("looked", "")


async def test_an_endpoint_that_is_not_there_is_one_banner(embedded):
    async with console("http://127.0.0.1:9", embedded.clock, size=(160, 48)) as pilot:
        app = pilot.app
        await until(pilot, lambda: app.screen.banner.display)
        assert app.alarms.problem.kind is ProblemKind.UNREACHABLE
        assert app.alarms.value is None


@pytest.mark.parametrize(
    "sizes",
    [
        pytest.param([(1, 1), (2, 2), (10, 3), (40, 10)], id="small"),
        pytest.param([(500, 200)], id="large", marks=pytest.mark.slow),
    ],
)
@pytest.mark.slow
async def test_any_size_is_survived(embedded, sizes):
    async with console(embedded.url, embedded.clock, size=sizes[0]) as pilot:
        for size in sizes:
            await pilot.resize_terminal(*size)
            await pilot.press("d", "l", "a", "3", "1")
            assert not pilot.app.bugs, size
        await pilot.resize_terminal(120, 40)
        await until(pilot, lambda: "read-only" in screen_text(pilot))
        assert not pilot.app.bugs
