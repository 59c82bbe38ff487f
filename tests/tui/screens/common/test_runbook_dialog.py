from datetime import timedelta

import pytest

from tests.services.runbook.small import SYSTEM
from tests.tools.console import console, screen_text, settled

pytestmark = pytest.mark.scenario("ordinary-day", history=600.0)

ADDRESS = "city-systems-duty-officer@operations.example.lg.jp"


async def test_whom_to_call_is_whole_on_80_columns(embedded, tmp_path):
    book = tmp_path / "book.toml"
    people = [
        ("Duty officer", ADDRESS, "Whatever cannot wait until the next morning"),
        ("The head of the section for the municipal information systems", "03-1234-5678", "Decisions"),
    ]
    text = "".join(
        f'[[contacts]]\nrole = "{role}"\ncontact = "{reach}"\nscope = "{scope}"\n'
        for role, reach, scope in people
    )
    book.write_text(SYSTEM + text, "utf-8")
    async with console(embedded.url, embedded.clock, size=(80, 24), runbook=book) as pilot:
        await pilot.app.run_action("app.show_runbook")
        await settled(pilot)
        screen = screen_text(pilot)
    for person in people:
        for text in person:
            assert text in screen


async def test_the_roster_shows_the_days_of_nobody(embedded, tmp_path):
    book = tmp_path / "book.toml"
    day = embedded.clock.now().date()
    entries = "".join(
        f'[[roster]]\nperson = "{person}"\nstarts = {day + timedelta(days=starts)}\nends = {day + timedelta(days=ends)}\n'
        for person, starts, ends in (("佐藤", -7, 1), ("田中", 12, 20))
    )
    role = '[[contacts]]\nrole = "Operator on duty"\ncontact = "ext. 2000"\non_duty = true\n'
    book.write_text(SYSTEM.replace("210987654321", "123456789012") + role + entries, "utf-8")
    async with console(embedded.url, embedded.clock, size=(200, 40), runbook=book) as pilot:
        assert "on duty 佐藤" in screen_text(pilot).splitlines()[0]
        await pilot.press("2")
        await settled(pilot)
        assert "on duty 佐藤" in screen_text(pilot).splitlines()[2]
        await pilot.app.run_action("app.show_runbook")
        await settled(pilot)
        lines = screen_text(pilot).splitlines()
    rows = [line for line in lines if "佐藤" in line or "田中" in line]
    assert sum("ext. 2000" in line for line in rows) == 2
    assert any("UNDECIDED" in line for line in lines)
