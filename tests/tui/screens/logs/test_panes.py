from datetime import timedelta
from typing import Any

import pytest
from textual.pilot import Pilot

from tests.tools.console import screen_text, until
from tests.tui.screens.logs.panes_open import APPLICATION, DATABASE, FIREWALL, MORE, logs
from tests.tui.typed import KEYS, burst
from tui.messages import OpenLogs

pytestmark = pytest.mark.scenario("ordinary-day", history=600.0)


def groups_of(pilot: Pilot[Any]) -> list[str]:
    return [tail.group for tail in pilot.app.screen.tails.values()]


async def test_several_groups_open_at_one_time_the_telling_one_in_focus(embedded):
    async with logs(embedded, APPLICATION) as pilot:
        screen = pilot.app.screen
        at = embedded.clock.now() - timedelta(minutes=3)

        pilot.app.post_message(OpenLogs(DATABASE, at, beside=(APPLICATION, DATABASE, FIREWALL)))

        await until(pilot, lambda: groups_of(pilot) == [APPLICATION, DATABASE, FIREWALL])
        await until(pilot, lambda: screen.tails[screen.pane].group == DATABASE)
        moment = int(at.timestamp() * 1000)
        await until(pilot, lambda: [pane.lines.rules.marked_at for pane in screen.tails] == [moment] * 3)


async def test_groups_that_find_no_room_leave_the_others_open(embedded):
    async with logs(embedded, APPLICATION, DATABASE, FIREWALL, *MORE) as pilot:
        screen = pilot.app.screen
        await burst(pilot, "o")
        assert pilot.app.screen is screen
        await until(pilot, lambda: "at most 6 panes" in screen_text(pilot))
        next(iter(screen.tails)).focus()
        await pilot.pause()

        pilot.app.post_message(OpenLogs("/another", None, beside=("/yet/another", DATABASE)))

        await until(pilot, lambda: "/another" in groups_of(pilot))
        assert groups_of(pilot) == ["/another", DATABASE, FIREWALL, *MORE], "the first took the active pane"


@pytest.mark.slow
async def test_the_active_one_of_six_panes_can_be_read_at_every_size(embedded):
    async with logs(embedded, APPLICATION, DATABASE, FIREWALL, *MORE, size=(200, 60)) as pilot:
        screen = pilot.app.screen
        for size in ((200, 60), (120, 40), (80, 24)):
            await pilot.resize_terminal(*size)
            await until(pilot, lambda size=size: screen.size == size)
            for pane in screen.tails:
                pane.focus()
                await until(pilot, lambda pane=pane: pane.size.height >= 6 and pane.size.width >= 56)
            assert all(pane.size.height >= 1 for pane in screen.tails)


async def test_a_zoomed_pane_has_the_room_and_tab_shows_the_next(embedded):
    async with logs(embedded, APPLICATION, DATABASE) as pilot:
        screen = pilot.app.screen
        first, second = screen.tails
        first.focus()
        await burst(pilot, "z")
        await until(pilot, lambda: first.size == screen.area.content_size)
        await burst(pilot, KEYS["tab"])
        await until(pilot, lambda: second.size == screen.area.content_size)
        await burst(pilot, "z")
        await until(pilot, lambda: first.size.height == second.size.height < screen.area.size.height)


async def test_a_pane_grows_and_shrinks(embedded):
    async with logs(embedded, APPLICATION, DATABASE) as pilot:
        first, second = pilot.app.screen.tails
        first.focus()
        before = first.size.height
        await burst(pilot, KEYS["ctrl+right"])
        await until(pilot, lambda: first.size.height > before > second.size.height)
        await burst(pilot, KEYS["ctrl+left"] * 20)
        await until(pilot, lambda: 0 < first.size.height < before)


async def test_closing_gives_the_focus_to_the_neighbour_and_ends_zooming(embedded):
    async with logs(embedded, APPLICATION, DATABASE, FIREWALL) as pilot:
        screen = pilot.app.screen
        _first, second, third = screen.tails
        second.focus()
        await burst(pilot, "x")
        await until(pilot, lambda: len(screen.tails) == 2 and screen.pane is third)
        await burst(pilot, "z", "x")
        await until(pilot, lambda: groups_of(pilot) == [APPLICATION])
        assert not screen.area.zoomed
