"""The runbook's dialog on a small terminal: whom to call is never cut."""

from pathlib import Path

from tests.conftest import Embedded
from tests.services.runbook.small import SYSTEM
from tests.tools.console import console, screen_text, settled

ADDRESS = "city-systems-duty-officer@operations.example.lg.jp"


async def test_whom_to_call_is_whole_on_80_columns(embedded: Embedded, tmp_path: Path) -> None:
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
