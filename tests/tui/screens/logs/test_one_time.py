from typing import Any

import pytest
from textual.pilot import Pilot

from tests.conftest import Embedded
from tests.tools.console import screen_text, until
from tests.tui.screens.logs.panes_open import APPLICATION, logs
from tests.tui.seeding import client, make_group, put_lines
from tests.tui.typed import KEYS, burst
from widgets.logs.pane.pane import LogPane
from widgets.logs.pane.prompt import LogPrompt

EVEN, ODD = "/further/even", "/further/odd"


@pytest.fixture
async def start(embedded: Embedded) -> int:
    """When the first of the lines was written: one a second, to the two groups in turn."""
    start = int(embedded.clock.now().timestamp() * 1000) - 60_000
    async with client("logs", embedded.url) as aws:
        for group, first in ((EVEN, 0), (ODD, 1)):
            await make_group(aws, group, "stream")
            lines = [(start + second * 1000, f"line {second}") for second in range(first, 60, 2)]
            await put_lines(aws, group, "stream", lines)
    return start


def panes_of(pilot: Pilot[Any]) -> tuple[LogPane, LogPane]:
    _first, even, odd = pilot.app.screen.tails
    return even, odd


def at_cursor(pane: LogPane) -> str:
    line = pane.lines.line_at_cursor()
    return line.text if line is not None else ""


async def filled(pilot: Pilot[Any], even: LogPane, odd: LogPane) -> None:
    """Wait until both panes have all their lines and show them, so that keys move in them."""
    await until(pilot, lambda: len(even.store) == len(odd.store) == 30)
    await until(pilot, lambda: "line 58" in screen_text(pilot) and "line 59" in screen_text(pilot))


async def test_moving_in_a_pane_moves_the_others_to_the_same_moment(embedded, start):
    async with logs(embedded, APPLICATION, EVEN, ODD) as pilot:
        even, odd = panes_of(pilot)
        await filled(pilot, even, odd)
        even.focus()
        await burst(pilot, KEYS["up"] * 20)
        place = int(at_cursor(even).removeprefix("line "))
        await until(pilot, lambda: at_cursor(odd) == f"line {place + 1}")
        assert odd.lines.rules.time_mark == start + place * 1000
        assert even.lines.rules.time_mark is None, "only the others have the line"
        await until(pilot, lambda: "⌖" in screen_text(pilot))

        odd.focus()
        await burst(pilot, KEYS["up"])
        await until(pilot, lambda: at_cursor(even) == f"line {place}")
        await until(pilot, lambda: odd.lines.rules.time_mark is None)


async def test_following_again_follows_in_panes_moved_along(embedded, start):
    async with logs(embedded, APPLICATION, EVEN, ODD) as pilot:
        even, odd = panes_of(pilot)
        await filled(pilot, even, odd)
        even.focus()
        await burst(pilot, "*", KEYS["up"] * 20)
        await until(pilot, lambda: odd.lines.rules.time_mark is not None)
        assert odd.lines.scroller.follow, "only its mark line moved"
        await burst(pilot, "*")
        await until(pilot, lambda: not odd.lines.scroller.follow)
        await burst(pilot, KEYS["end"])
        await until(pilot, lambda: odd.lines.scroller.follow and odd.lines.rules.time_mark is None)


async def test_a_typed_time_is_gone_to_in_every_pane(embedded, start):
    async with logs(embedded, APPLICATION, EVEN, ODD) as pilot:
        even, odd = panes_of(pilot)
        even.focus()
        await burst(pilot, "@", "9:59:20", KEYS["enter"])
        await until(pilot, lambda: (at_cursor(even), at_cursor(odd)) == ("line 20", "line 21"))
        assert even.lines.rules.marked_at == odd.lines.rules.marked_at == start + 20_000


async def test_a_time_that_is_asked_for_is_the_one_time_though_the_pane_has_no_line_at_it(embedded, start):
    async with logs(embedded, APPLICATION, EVEN, ODD) as pilot:
        even, odd = panes_of(pilot)
        await until(pilot, lambda: len(even.store) == len(odd.store) == 30)
        even.focus()
        asked = start + 10_500  # the pane's next line is that of 12 s, the other's that of 11 s
        even.prompt.post_message(LogPrompt.TimeEntered(asked, minute=False))
        await until(pilot, lambda: at_cursor(even) == "line 12")
        await until(pilot, lambda: odd.lines.rules.time_mark == asked)
        assert at_cursor(odd) == "line 11"
        await burst(pilot, KEYS["down"])
        await until(pilot, lambda: odd.lines.rules.time_mark == start + 14_000)
        await until(pilot, lambda: at_cursor(odd) == "line 15")


@pytest.mark.slow
async def test_going_around_the_end_of_the_matches_is_told(embedded, start):
    async with logs(embedded, APPLICATION, EVEN, ODD, size=(120, 60)) as pilot:
        even, _odd = panes_of(pilot)
        await until(pilot, lambda: len(even.store) == 30)
        even.focus()
        await burst(pilot, "/line 5", KEYS["enter"])
        await until(pilot, lambda: at_cursor(even) == "line 58")
        await burst(pilot, "n")
        await until(pilot, lambda: "past the newest: on from the oldest" in screen_text(pilot))
