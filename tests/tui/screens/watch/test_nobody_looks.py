from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from textual.pilot import Pilot

from services import i18n
from tests.conftest import Embedded
from tests.tools.console import console, expect, screen_text, until, until_later
from tui.messages import OpenAlarm

pytestmark = pytest.mark.slow
ROUND = 66.0  # Seconds in which a feed of a minute reads once, with its jitter
BEFORE_NINE = datetime(2026, 1, 13, 23, 55, tzinfo=UTC)
WORDS = {"en": "paused at {} until a terminal shows it", "ja": "{} から休止中（端末に表示されると再開）"}


async def rounds(pilot: Pilot[Any], aws: Embedded, count: int) -> None:
    app: Any = pilot.app
    for _round in range(count):
        before = app.view.fetched_at, app.alarms.fetched_at
        aws.advance(ROUND)
        await until(pilot, lambda b=before: app.view.fetched_at > b[0] and app.alarms.fetched_at > b[1])


@pytest.mark.parametrize("language", ["en", "ja"])
@pytest.mark.parametrize("size", [(80, 24), (120, 40)])
@pytest.mark.scenario("ordinary-day", history=600.0)
async def test_the_screen_says_that_it_is_paused_since_when_and_what_ends_it(embedded, size, language):
    i18n.use(language)
    async with console(embedded.url, embedded.clock, size=size) as pilot:
        app: Any = pilot.app
        app.on_visibility(False)
        at = app.ready.clock.now().astimezone(app.zone)
        await rounds(pilot, embedded, 1)
        words = WORDS[language].format(f"{at:%H:%M}")
        # As `tmux capture-pane` prints it for whoever has no client.
        await until(pilot, lambda: words in screen_text(pilot))
        (head,) = [line for line in screen_text(pilot).splitlines() if words in line]
        assert i18n._("just now") not in head, "nothing was read"
        await rounds(pilot, embedded, 3)
        assert words in screen_text(pilot), "the time is that of the beginning"
        paused = app.view
        app.on_visibility(True)
        # Without the clock going on: at once.
        await until(pilot, lambda: app.view is not paused and words not in screen_text(pilot))
        assert app.view.fetched_at == app.ready.clock.now()


@pytest.mark.scenario("ordinary-day", history=600.0, origin=BEFORE_NINE)
async def test_alarms_and_inspections_never_pause(embedded):
    async with console(embedded.url, embedded.clock) as pilot:
        app: Any = pilot.app
        await until(pilot, lambda: app.duties is not None)
        app.on_visibility(False)
        before = app.alarms.fetched_at
        await rounds(pilot, embedded, 2)
        assert app.alarms.fetched_at >= before + timedelta(seconds=2 * 60), "read each minute"
        await until_later(pilot, embedded, lambda: embedded.clock.now() >= BEFORE_NINE + timedelta(minutes=5))
        morning = next(each for each in app.duties.today.occurrences if each.slot.duty == "daily-morning")

        def is_judged() -> bool:
            findings = app.ready.scheduler.of(morning.slot)
            return bool(findings and len(findings.recorded) == len(findings.expected))

        await until_later(pilot, embedded, is_judged)
        assert app.presence.pause(), "all the while nobody looked"


@pytest.mark.scenario("ecs-cpu", history=3600.0)
async def test_the_curve_of_an_alarm_is_read_at_once_when_somebody_looks_again(embedded):
    async with console(embedded.url, embedded.clock) as pilot:
        app: Any = pilot.app
        app.post_message(OpenAlarm(app.alarms.value.alarms[0]))
        screen = await expect(pilot, at="AlarmScreen")
        app.on_visibility(False)
        await rounds(pilot, embedded, 1)
        await until(pilot, lambda: screen._is_behind)
        app.on_visibility(True)
        await until(pilot, lambda: not screen._is_behind)
