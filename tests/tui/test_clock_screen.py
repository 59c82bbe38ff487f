import pytest

from tests.tools.console import console, screen_text, until
from tui.screens.frame.header_facts import skew_words

pytestmark = pytest.mark.scenario("ordinary-day", history=600.0)


async def test_a_clock_set_back_is_reported_and_hides_nothing(embedded):
    async with console(embedded.url, embedded.clock, size=(200, 48)) as pilot:
        app = pilot.app
        await until(pilot, lambda: "● ok" in screen_text(pilot))
        alarms = app.alarms
        for step in (-3 * 86_400.0, 86_400.0):
            reads = embedded.counts()["cloudwatch.DescribeAlarms"]
            embedded.clock.step(step)
            app.screen.strip.redraw()
            app.screen.alarms.tick()
            app.screen.dashboard.tick()
            await pilot.pause()
            assert "● ok" not in screen_text(pilot), "what was read by another time is not known to be so now"
            assert "stale" in screen_text(pilot)
            embedded.advance(67)
            await until(pilot, lambda alarms=alarms: app.alarms is not alarms)
            alarms = app.alarms
            assert embedded.counts()["cloudwatch.DescribeAlarms"] > reads
            await until(pilot, lambda: "● ok" in screen_text(pilot))
        app.screen._frame_changed()
        assert "check NTP" in app.screen.header.facts.skew
        await until(pilot, lambda: "check NTP" in screen_text(pilot))


@pytest.mark.parametrize(
    ("seconds", "words"), [(None, ""), (59.0, ""), (-61.0, "1m 1s fast"), (7200.0, "2h 0m slow")]
)
def test_a_clock_that_differs_from_aws_is_reported(seconds, words):
    warning = skew_words(seconds)
    assert bool(warning) == bool(words)
    assert words in (warning or ("",))[0]
    signed = skew_words(seconds, signs_by_aws=True)
    assert ("signed by AWS's time" in (signed or ("",))[0]) == bool(words)
