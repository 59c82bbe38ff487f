from datetime import UTC, datetime
from typing import Any

import pytest

from services.models.journal import EntryKind, EntryQuery
from tests.services.incidents.incident_desk import desk
from tests.tools.console import console, press, screen_text, until
from tui.screens.duties.hand_over import AcceptDayScreen, OfferDayScreen

FIVE = datetime(2026, 1, 14, 8, 2, tzinfo=UTC)  # A Wednesday, 17:02 JST
pytestmark = [
    pytest.mark.scenario("ordinary-day", history=600.0, origin=FIVE),
    pytest.mark.usefixtures("at_once"),
]


async def guarded(pilot: Any, kind: type) -> Any:
    await until(pilot, lambda: isinstance(pilot.app.screen, kind) and pilot.app.screen.guard.is_open)
    return pilot.app.screen


@pytest.mark.slow
async def test_offered_with_what_is_open_and_shown_until_the_next_person_accepts(embedded):
    async with console(embedded.url, embedded.clock, mode="inspect", size=(80, 24)) as pilot:
        app = pilot.app
        await until(pilot, lambda: app.duties and app.duties.open)
        await pilot.press("H")
        dialog = await guarded(pilot, OfferDayScreen)
        assert any("Alarms and the day's report" in point.text for point in dialog.points)
        await press(pilot, *"quiet", "enter", then=lambda: app.hand_over is not None)
        for mode in "1346":
            await pilot.press(mode)
            await until(pilot, lambda: "hands the day's duty over" in screen_text(pilot).splitlines()[2])
        assert "2 H accept" in screen_text(pilot)
        await pilot.press("2", "H")
        await guarded(pilot, AcceptDayScreen)
        text = screen_text(pilot)
        assert "You offered it yourself" in text
        assert "quiet" in text
        await pilot.press("escape")
        # The next person, on a console of their own.
        async with desk(app.ready.journal.path, "suzuki") as other:
            await other.incidents.load()
            offer = other.incidents.day_offer
            assert "Late" in offer[1].open[0] or "To sign off" in "".join(offer[1].open)
            await other.incidents.accept_day(*offer)
        await until(pilot, lambda: app.hand_over is None)
        await until(pilot, lambda: "hands the day's duty over" not in screen_text(pilot))


async def test_offered_anew_and_accepted_by_the_same_person_all_the_same(embedded):
    async with console(embedded.url, embedded.clock, mode="inspect", size=(80, 24)) as pilot:
        app = pilot.app
        await until(pilot, lambda: app.duties)
        await pilot.press("H")
        await guarded(pilot, OfferDayScreen)
        await press(pilot, "enter", then=lambda: app.hand_over is not None)
        before = app.hand_over[1].seq
        await pilot.press("H")
        await guarded(pilot, AcceptDayScreen)
        await pilot.press("H")
        await guarded(pilot, OfferDayScreen)
        await press(pilot, "enter", then=lambda: app.hand_over[1].seq > before)
        await pilot.press("H")
        await guarded(pilot, AcceptDayScreen)
        await press(pilot, "enter", then=lambda: app.hand_over is None)
        kinds = frozenset({EntryKind.HAND_OVER_ACCEPTED})
        (entry,) = await app.ready.journal.entries(EntryQuery(kinds=kinds))
        assert entry.data["alone"] is True
