from collections.abc import Iterator

import pytest

from services import i18n
from tests.tools.console import screen_text
from tests.tools.painted import painted
from tests.widgets import incident_data as data
from tests.widgets.incident_gallery import IncidentApp

HOSTILE = "[/ecs/web] [@click=app.bell]x[/] \x1b[2J\u202e"


@pytest.fixture(autouse=True)
def japanese() -> Iterator[None]:
    i18n.use("ja")
    yield
    i18n.use("en")


@pytest.mark.parametrize("size", [(80, 21), (120, 37)])
def test_snapshot(snap_compare, size):
    assert snap_compare(IncidentApp(), terminal_size=size, run_before=painted)


async def test_hostile_text_stays_text():
    lines = data.log(3, HOSTILE)
    sample = data.evidence().application_errors
    evidence = data.evidence(application_errors=sample.model_copy(update={"lines": lines}))
    incident = data.incident(title=HOSTILE, steps=())
    app = IncidentApp(evidence=evidence, incident=incident)
    async with app.run_test(size=(120, 37)) as pilot:
        await pilot.pause()
        await pilot.pause()
        text = screen_text(pilot)
        assert "[/ecs/web] [@click" in text
        assert not any(ord(each) < 32 and each != "\n" for each in text)
        assert "\u202e" not in text
        assert app.is_running


@pytest.mark.parametrize("theme", ["toban-light", "ansi-dark", "ansi-light"])
async def test_the_words_are_the_same_in_every_theme(theme):
    app = IncidentApp()
    async with app.run_test(size=(120, 37)) as pilot:
        await pilot.pause()
        await pilot.pause()
        before = screen_text(pilot)
        app.theme = theme
        await pilot.pause()
        await pilot.pause()
        assert screen_text(pilot) == before
