import asyncio

import pytest

from tests.tools.console import app_on, screen_text, until
from tui.screens.watch.panels import dashboard
from widgets.drawing.markdown import PARSER

TEXT = "始業時"


@pytest.mark.scenario("ordinary-day", history=600.0)
async def test_a_text_waits_for_the_parser(embedded, monkeypatch):
    come = asyncio.Event()
    waited_for: list[str] = []

    async def ready(*modules: str) -> None:
        waited_for.extend(modules)
        await come.wait()

    monkeypatch.setattr(dashboard, "are_imported", lambda *_modules: come.is_set())
    monkeypatch.setattr(dashboard, "ready", ready)
    app = app_on(embedded.url, embedded.clock)
    async with app.run_test(size=(120, 40)) as pilot:
        await until(pilot, lambda: app.view is not None and app.view.value is not None and waited_for)
        assert TEXT not in screen_text(pilot)
        assert {*waited_for} == {PARSER}
        come.set()
        await until(pilot, lambda: TEXT in screen_text(pilot))
