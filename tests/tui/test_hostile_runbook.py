import re
from datetime import date
from importlib.resources import files
from pathlib import Path
from typing import Any

import pytest
from icalendar import Calendar
from textual.pilot import Pilot

from services.duties.icalendar_file import calendar_file
from services.models.text import UNSAFE
from services.report.agenda import agenda
from services.runbook.loader import load, load_builtin
from tests.services.duties.duty_world import jst
from tests.services.report.ledger import Ledger
from tests.tools.console import console, screen_text, settled, until
from tui.cli.files import check, show

SUFFIX = (
    r"\u001B[2J\u001B]52;c;ZXZpbA==\u0007\u009B31m\u202Egnp [@click=app.quit]x[/] [bold \nBEGIN:VEVENT\r\n"
)
"""As a TOML string writes it."""
WORDS = (
    *("title", "document", "document_version", "approved_by", "section", "record", "text", "note", "cause"),
    *("action", "timing", "revert", "role", "contact", "scope", "approval", "escalate_to"),
    *("report_to", "usd_jpy_source", "channel", "source"),
)
LISTS = ("asks", "caution", "readers", "advice")


def hostile_text() -> str:
    """The shipped runbook with the suffix at the end of everything that people read."""
    shipped = (files("services.runbook") / "facility-prod.toml").read_text("utf-8")
    alone = re.compile(rf'^((?:en\.)?(?:{"|".join(WORDS)})) = "(?!regional")([^"\n]*)"', re.MULTILINE)
    text = alone.sub(lambda match: f'{match[1]} = "{match[2]}{SUFFIX}"', shipped)
    # Roles that steps name stand within a line.
    text = re.sub(r'(, to = )"([^"\n]*)"', lambda match: f'{match[1]}"{match[2]}{SUFFIX}"', text)
    arrays = re.compile(rf"^((?:en\.)?(?:{'|'.join(LISTS)})) = \[[^\]]*\]", re.MULTILINE)
    return arrays.sub(lambda match: re.sub(r'"([^"\n]*)"', rf'"\1{_doubled(SUFFIX)}"', match[0]), text)


def _doubled(text: str) -> str:
    return text.replace("\\", "\\\\")


@pytest.fixture
def hostile(tmp_path: Path) -> Path:
    path = tmp_path / "hostile.toml"
    path.write_text(hostile_text(), "utf-8")
    return path


async def visible_text(pilot: Pilot[Any]) -> str:
    await settled(pilot)
    return screen_text(pilot)


@pytest.mark.slow
async def test_no_screen_interprets_hostile_text(embedded, hostile):
    screens = []
    async with console(embedded.url, embedded.clock, size=(160, 48), runbook=hostile) as pilot:
        app = pilot.app
        screens.append(await visible_text(pilot))
        for keys in (["a", "enter"], ["escape", "2"], ["enter"], ["escape", "s"], ["escape", "4"], ["enter"]):
            await pilot.press(*keys)
            screens.append(await visible_text(pilot))
        await pilot.press("escape", "escape", "6")
        screens.append(await visible_text(pilot))
        await app.run_action("app.show_runbook")
        await until(pilot, lambda: type(app.screen).__name__ == "RunbookScreen")
        screens.append(await visible_text(pilot))
        await pilot.press("escape", "2", "g")
        screens.append(await visible_text(pilot))
        await pilot.press("escape", "question_mark")
        screens.append(await visible_text(pilot))
        assert app.filter_hits == 0, "cleaned where it entered, not by the last line of defence"
        assert not app.bugs
        assert app.is_running
    assert sum("gnp" in text for text in screens) >= 5, "the hostile words were on most of these screens"
    assert [sign for text in screens for sign in UNSAFE.findall(text) if sign != "\n"] == []


def test_what_is_used_as_it_is_written_is_refused_with_the_character(tmp_path):
    path = tmp_path / "unit.toml"
    path.write_text(hostile_text().replace('unit = "ms"', r'unit = "m\u202Es"'), "utf-8")
    lines, status = check(path)
    assert status == 65
    assert [line.partition(": ")[2] for line in lines[:-1]] == [
        "limits[2].unit: contains an invisible character: U+202E; write the text again"
    ]


def test_no_command_prints_it(hostile):
    lines, status = check(hostile)
    assert status == 0
    printed = [*lines, *show(str(hostile))]
    assert any("gnp" in line for line in printed)
    assert [line for line in printed if UNSAFE.search(line)] == []


def test_the_calendar_file_holds_the_same_events_with_it_and_without(hostile, tmp_path):
    days = (date(2026, 1, 5), date(2026, 4, 10))
    ledger = Ledger(tmp_path / "j.db")
    ledger.began("2026-01-04 09:00")
    events: list[dict[str, Any]] = []
    for runbook in (load(hostile), load_builtin("facility-prod")):
        occurrences = agenda(runbook, ledger.path, *days, jst("2026-01-05 08:00")).occurrences
        written = calendar_file(runbook, occurrences)
        assert [sign for sign in UNSAFE.findall(written) if sign not in "\r\n"] == []
        calendar = Calendar.from_ical(written)
        events.append({str(event["uid"]): event.decoded("dtstart") for event in calendar.walk("VEVENT")})
    assert events[0] == events[1]
