from pathlib import Path

import pytest

from services.incidents.capture import captured, capturing
from services.incidents.weighing import assess
from services.models.incidents import StepMark
from services.models.journal import EntryKind, NewEntry
from services.models.text import UNSAFE
from tests.services.incidents.incident_desk import ALARM, NOW, RUNBOOK, alarm, desk
from tests.services.incidents.test_hostile_texts import TEXTS, hostile
from tests.tools.console import console, expect, press, screen_text, until
from tests.tui.screens.respond.test_respond import shows
from tui.screens.common.choose import ChooseScreen
from tui.screens.respond.actions import IncidentReportScreen
from tui.screens.respond.closing import CloseScreen
from tui.screens.respond.incident import IncidentScreen
from tui.screens.respond.told import ToldScreen
from tui.screens.slack.post import PostScreen

pytestmark = [
    pytest.mark.scenario("alb-5xx", history=300.0),
    pytest.mark.usefixtures("at_once"),
    pytest.mark.filterwarnings("ignore:Sending a large body:ResourceWarning"),
]


async def responded(path: Path, text: str) -> None:
    """A journal whose incident was answered with this text by everybody."""
    async with desk(path) as one, desk(path, "suzuki") as two:
        await one.see(alarm())
        (incident,) = one.incidents.incidents
        await one.journal.append(capturing(incident, 1))
        evidence = hostile(text)
        await one.journal.append(captured(incident, 1, evidence))
        await one.journal.append(NewEntry(kind=EntryKind.OPINION, subject=incident.id, text=text))
        await two.incidents.load()
        incidents = two.incidents
        incident = await incidents.take(two.incidents.incidents[0])
        incident = await incidents.mark(incident, 0, StepMark.SKIPPED, text, text)
        incident = await incidents.decide(incident, text, text, text, assess(evidence, RUNBOOK))
        incident = await incidents.contacted(incident, text, text, text)
        await incidents.note(incident, text)
        await incidents.hand_over(incident, text, text)
        await incidents.leave(incident.id, str(incident.target), text, NOW)


@pytest.mark.slow
@pytest.mark.parametrize("size", [(80, 24), (200, 60)])
@pytest.mark.parametrize("name", list(TEXTS))
async def test_every_screen_of_a_hostile_incident(embedded, tmp_path, name, size):
    for _minute in range(6):
        embedded.advance(60)
    journal = tmp_path / "journal.db"
    await responded(journal, TEXTS[name])
    async with console(embedded.url, embedded.clock, size=size, notifications=True, journal=journal) as pilot:
        app = pilot.app
        await until(pilot, lambda: any(each.target == ALARM for each in app.incidents))
        screen = await press(pilot, "exclamation_mark", at="IncidentScreen")
        await until(
            pilot, lambda: screen.detail.view is not None and screen.detail.view.assessment is not None
        )
        await until(pilot, lambda: screen.live is not None)
        for _step in range(len(screen.detail.view.kinds) + 4):
            await pilot.press("down")
            assert UNSAFE.search(screen_text(pilot).replace("\n", "")) is None
        for key, kind in (
            ("m", ToldScreen),
            ("p", PostScreen),
            ("equals_sign", ChooseScreen),
            ("g", IncidentReportScreen),
            ("x", CloseScreen),
        ):
            await pilot.press(key)
            await shows(pilot, kind)
            assert UNSAFE.search(screen_text(pilot).replace("\n", "")) is None
            for _time in range(3):
                await pilot.press("escape")
                if isinstance(app.screen, IncidentScreen):
                    break
            await expect(pilot, at="IncidentScreen")
        await pilot.press("tab", "tab", "tab", "enter")
        await pilot.pause()
        assert not app.bugs
        assert app.filter_hits == 0
