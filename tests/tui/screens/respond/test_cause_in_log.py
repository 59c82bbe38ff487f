from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from textual.pilot import Pilot

from services.i18n import use
from services.models.base import RawId
from services.models.first_wave import LogEntry, LogSample
from services.models.metrics import TimeSpan
from tests.tools.console import console, press, until
from tui.screens.respond.incident import logs_of

ALARM = "alb-5xx-error-rate"
DATABASE = "/aws/rds/instance/facility-prod-db/postgresql"
APPLICATION = "/ecs/staff-api"
CAUSE = "remaining connection slots are reserved"
T0 = datetime(2026, 1, 13, 9, 4, tzinfo=UTC)


def sample(group: str, *seconds: int) -> LogSample:
    lines = tuple(LogEntry(at=T0 + timedelta(seconds=each), stream="s", text="x") for each in seconds)
    return LogSample(
        group=RawId(group), pattern="p", span=TimeSpan(start=T0, end=T0 + timedelta(hours=1)), lines=lines
    )


def drawn(pilot: Pilot[Any], group: str) -> str:
    screen = pilot.app.screen
    pane = next((pane for pane, tail in screen.tails.items() if tail.group == group), None)
    if pane is None or not pane.lines.size.height:
        return ""
    return "\n".join(strip.text[16:] for strip in pane.lines.render_lines(pane.lines.size.region))


@pytest.mark.slow
@pytest.mark.scenario("alb-5xx")
@pytest.mark.parametrize("language", ["ja", "en"])
@pytest.mark.parametrize("size", [(120, 40), (80, 24)])
async def test_the_cause_of_the_5xx_is_readable_in_the_second_key_after_the_alarm(embedded, size, language):
    use(language)
    for _minute in range(6):
        embedded.advance(60)
    async with console(embedded.url, embedded.clock, size=size) as pilot:
        await until(pilot, lambda: any(each.target == ALARM for each in pilot.app.incidents))
        await press(pilot, "exclamation_mark", at="IncidentScreen")
        await until(pilot, lambda: pilot.app.screen.live is not None)
        await press(pilot, "l", at="LogsScreen", then=lambda: CAUSE in drawn(pilot, DATABASE))
        await until(pilot, lambda: pilot.app.screen.pane.lines.group_form.choice.group == DATABASE)
        store = pilot.app.screen.pane.store
        lines = [store.line(row)[1:] for row in range(store.first, store.end)]
        assert len(lines) == len(set(lines)), "the loop and the read of earlier lines bring each line once"
        await until(pilot, lambda: "503" in drawn(pilot, APPLICATION) or "500" in drawn(pilot, APPLICATION))


def test_the_group_that_tells_the_cause_is_opened_first_at_its_first_line_since_the_onset():
    samples = [sample(DATABASE, -60, 20, 30), sample(APPLICATION, 5)]
    request = logs_of(APPLICATION, T0, samples)
    assert (request.group, request.at, request.beside) == (
        DATABASE,
        T0 + timedelta(seconds=20),
        (APPLICATION,),
    )


def test_without_lines_the_alarm_leads_to_its_own_group_at_the_onset():
    request = logs_of(APPLICATION, T0, [])
    assert (request.group, request.at, request.beside) == (APPLICATION, T0, ())
    assert logs_of("", T0, []) is None


def test_complaints_before_the_onset_do_not_hide_what_the_application_says_since():
    samples = [sample(DATABASE, -60), sample(APPLICATION, 5)]
    request = logs_of("", T0, samples)
    assert (request.group, request.beside) == (APPLICATION, (DATABASE,))
