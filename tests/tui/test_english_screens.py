import re
from collections.abc import Iterator
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from textual.pilot import Pilot

from services import i18n
from services.demo.system import logs
from services.inspections.registry import INSPECTIONS
from services.report.make import make
from services.report.periods import of_day
from services.report.rendering.html import to_html
from services.report.rendering.markdown import to_markdown
from tests.tools.console import console, press, screen_text, settled, until
from tests.tui.screen_visits import OPENERS, close_screens, has_read, open_screen, things
from tui.app import TobanApp
from tui.modes import MODES
from tui.screens.slack.post import propose_alarm

JST = ZoneInfo("Asia/Tokyo")
MONDAY = datetime(2026, 1, 19, 9, 0, tzinfo=JST)
STORM = datetime(2026, 1, 14, 10, 0, tzinfo=JST)
SIZE = (120, 40)
_RUN = re.compile("[\u3041-\u30ff\u3400-\u9fff\uff01-\uff9f]+")
_NAMES = ("当番", "2025年度", "令和7年度", "日本語", "元日", "成人の日")
"""The program's own name, what may be typed in either language, and the names of national holidays."""
_BEGINNING = 12  # Characters of an entry's text that tell it from others, and that every row shows


def _logged() -> Iterator[str]:
    """What the application writes into its log."""
    yield from (words for _method, _path, words, _weight in logs._ROUTES)
    yield from (words for _status, words in logs._REFUSED)
    for errors in logs._ERRORS.values():
        for words, _kind, detail in errors:
            yield from (words, detail)
    yield from ("応答に時間がかかりました（", "ms）", "起動しました（", "秒）")


DATA = (*_logged(), *_NAMES)


def japanese(text: str) -> list[str]:
    """Each run of Japanese that nobody outside wrote, with its row."""
    return [
        f"{run}: {row.strip()}"
        for row in text.splitlines()
        for run in _RUN.findall(row)
        if not any(run in datum for datum in DATA)
    ]


def rendered(pilot: Pilot[Any]) -> list[str]:
    return [f"{type(pilot.app.screen).__name__}: {each}" for each in japanese(screen_text(pilot))]


async def _modes(pilot: Pilot[Any]) -> list[str]:
    strange = []
    for mode in MODES:
        await press(pilot, mode.key, then=lambda mode=mode: pilot.app.current_mode == mode.id)
        await settled(pilot)
        strange += rendered(pilot)
    return strange


@pytest.mark.scenario("alb-5xx", origin=STORM, language="en")
@pytest.mark.parametrize("step", [6, pytest.param(1, marks=pytest.mark.slow)])
async def test_every_screen_is_english(embedded, step):
    # Every `step`-th screen at every run, and all in `make faults`.
    embedded.advance(15 * 60.0)
    async with console(embedded.url, embedded.clock, size=SIZE) as pilot:
        strange = await _modes(pilot)
        await pilot.press("1")
        it = await things(pilot)
        ways = [(kind, opener) for kind, openers in OPENERS.items() for opener in openers]
        for kind, opener in ways[::step]:
            await open_screen(pilot, kind, opener, it)
            await has_read(pilot)
            await pilot.pause()
            strange += rendered(pilot)
            await close_screens(pilot)
    assert strange == []


@pytest.mark.scenario("monday-faults", origin=MONDAY, history=3 * 24 * 3600.0, language="en")
@pytest.mark.slow
async def test_findings_notes_and_reports_are_english(embedded):
    async with console(embedded.url, embedded.clock, size=SIZE) as pilot:
        app = pilot.app
        await until(pilot, lambda: app.duties is not None and app.duties.today.occurrences)
        strange = await _modes(pilot)
        findings = [
            await app.ready.scheduler.runs.run_on_demand(kind.id)
            for kind in INSPECTIONS
            if not kind.missing_setting(app.ready.runbook)
        ]
        for recorded in findings:
            strange += japanese(recorded.finding.model_dump_json())
        await until(pilot, lambda: app.alarms is not None and app.alarms.value is not None)
        firing = app.alarms.value.watched[0]
        await pilot.press("1")
        propose_alarm(app, firing)
        await settled(pilot)
        strange += rendered(pilot)
        await close_screens(pilot)
        journal = app.ready.journal.path
        report = make(journal, app.ready.runbook, of_day(MONDAY.date()), embedded.clock.now())
        strange += japanese(to_markdown(report)) + japanese(to_html(report))
    assert strange == []


@pytest.mark.scenario("alb-5xx", origin=STORM, language="en")
@pytest.mark.slow
async def test_the_language_is_switched_on_the_running_console(embedded):
    i18n.use("ja")
    async with console(embedded.url, embedded.clock, size=SIZE) as pilot:
        for mode in MODES:
            await pilot.press(mode.key)
            await settled(pilot)
        assert japanese(screen_text(pilot)) != []
        await press(pilot, "2", shows="始業時の確認", then=lambda: has_inspected(pilot.app))
        recorded = [entry.text for entry in await pilot.app.ready.journal.entries()]
        await pilot.app.run_action("app.next_language")
        await until(pilot, lambda: "Opening check" in screen_text(pilot))
        await settled(pilot)
        strange = await _modes(pilot)
        # The journal keeps the language of the moment in which something was recorded.
        assert [each for each in strange if not any(text[:_BEGINNING] in each for text in recorded)] == []


def has_inspected(app: TobanApp) -> bool:
    view = app.findings
    due = [each for each in view.duties if each.expected] if view is not None else []
    return any(each.recorded for each in due) and not any(each.running or each.queued for each in due)
