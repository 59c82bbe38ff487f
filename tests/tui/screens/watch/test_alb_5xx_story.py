import pytest

from services.models.alarms import AlarmState
from tests.conftest import Embedded
from tests.tools.console import console, expect, press, screen_text, until
from tui.messages import OpenAlarm


@pytest.mark.scenario("alb-5xx")
@pytest.mark.slow
async def test_the_storm_from_the_first_error_to_the_last_line_of_history(embedded):
    async with console(embedded.url, embedded.clock, size=(160, 48)) as pilot:
        app = pilot.app
        rung: list[str] = []
        app.ring = rung.append
        state = lambda: next(a.state for a in app.alarms.value.alarms if a.name == "alb-5xx-error-rate")  # noqa: E731
        assert state() is not AlarmState.ALARM
        minutes = await advance_until(pilot, embedded, lambda: state() is AlarmState.ALARM, most=8)
        assert minutes <= 6, "the alarm fires within the scenario's first minutes"
        assert len([text for text in rung if "alb-5xx-error-rate ALARM" in text]) == 1, (
            "the bell rang once for it"
        )
        assert "firing" in screen_text(pilot).splitlines()[1], "the strip shows it"

        app.post_message(
            OpenAlarm(next(a for a in app.alarms.value.alarms if a.name == "alb-5xx-error-rate"))
        )
        await expect(pilot, at="AlarmScreen", then=lambda: app.screen.detail.history.value)
        await until(pilot, lambda: "notified SNS" in screen_text(pilot))
        detail = screen_text(pilot)
        assert "An ECS task crashed" in detail, "the runbook's causes and remedies"
        assert "Threshold Crossed" not in detail
        await press(pilot, "R", shows="Threshold Crossed")
        since = app.screen.detail.alarm.since
        await pilot.press("escape")

        watch = app.screen
        window = (since.timestamp() - 360) * 1000, since.timestamp() * 1000
        await until(pilot, lambda: errors_between(watch.tail, *window))

        rung.clear()
        await advance_until(pilot, embedded, lambda: state() is AlarmState.OK, most=25)
        assert len([text for text in rung if "alb-5xx-error-rate OK" in text]) == 1, (
            "and once when it cleared"
        )
        history = await app.services.alarms.history("alb-5xx-error-rate", since.replace(hour=0))
        states = [entry.after for entry in history if entry.kind == "state" and entry.at >= since]
        assert states[:2] == [AlarmState.OK, AlarmState.ALARM], "newest first, both told"


async def advance_until(pilot, embedded: Embedded, reached, most: int) -> int:
    for minute in range(1, most + 1):
        before = pilot.app.alarms
        embedded.advance(66)
        await until(pilot, lambda before=before: pilot.app.alarms is not before)
        if reached():
            await pilot.pause()
            return minute
    raise AssertionError(f"not within {most} minutes:\n{screen_text(pilot)}")


def errors_between(pane, start: float, end: float) -> bool:
    return any('"statusCode":5' in text.replace(" ", "") for text in texts(pane, start, end))


def texts(pane, start: float, end: float) -> list[str]:
    first, last = pane.store.row_at(int(start)), pane.store.row_at(int(end))
    return [pane.store.line(row).text for row in range(first, min(last, len(pane.store)))]
