import asyncio
from types import SimpleNamespace

import pytest

from tests.tools.console import expect, screen_text, until, until_later
from tests.tui.screens.logs.panes_open import APPLICATION, logs
from tests.tui.screens.logs.test_one_time import EVEN, ODD, at_cursor, start
from tests.tui.seeding import client, put_lines
from tests.tui.typed import KEYS, burst
from tui.screens.logs.covers import merged

__all__ = ["start"]


@pytest.mark.slow
async def test_the_merged_pane_has_every_line_with_its_source(embedded, start):
    async with logs(embedded, APPLICATION, EVEN, ODD) as pilot:
        screen = pilot.app.screen
        first, even, odd = screen.tails
        await screen.remove_pane(first)
        await until(pilot, lambda: len(even.store) == len(odd.store) == 30)

        await burst(pilot, "&")
        await until(pilot, lambda: screen.cover is not None and len(screen.cover.pane.store) == 60)
        store = screen.cover.pane.store
        lines = [store.line(row) for row in range(store.first, store.end)]
        assert [line.text for line in lines] == [f"line {second}" for second in range(60)]
        assert [line.stream[:2] for line in lines] == ["A:", "B:"] * 30
        await expect(pilot, shows=("B line 59", "A further/even", "B further/odd"))

        async with client("logs", embedded.url) as aws:
            await put_lines(
                aws, ODD, "stream", [(start + 30_500, "a late one"), (start + 60_000, "a new one")]
            )
        await until_later(pilot, embedded, lambda: len(store) == 62)
        texts = [store.line(row).text for row in range(store.first, store.end)]
        assert texts[31] == "a late one"
        assert texts[-1] == "a new one"

        await burst(pilot, KEYS["up"] * 20)
        await until(pilot, lambda: at_cursor(screen.cover.pane).startswith("line"))
        place = int(at_cursor(screen.cover.pane).removeprefix("line "))
        await burst(pilot, KEYS["escape"])
        await until(pilot, lambda: screen.cover is None)
        await until(
            pilot, lambda: {at_cursor(even), at_cursor(odd)} == {f"line {place}", f"line {place + 1}"}
        )
        assert not even.listeners


@pytest.mark.slow
async def test_a_filter_in_the_merged_pane_filters_every_pane(embedded, start):
    async with logs(embedded, APPLICATION, EVEN, ODD) as pilot:
        screen = pilot.app.screen
        await screen.remove_pane(next(iter(screen.tails)))
        await burst(pilot, "&")
        await until(pilot, lambda: screen.cover is not None and len(screen.cover.pane.store) == 60)
        await burst(pilot, "f", "-a/b", KEYS["enter"])
        await until(pilot, lambda: [tail.pattern for tail in screen.tails.values()] == ['-"a/b"'] * 2)
        assert screen.cover.pane.pattern == '-"a/b"'
        await until(pilot, lambda: len(screen.cover.pane.store) == 60)
        await burst(pilot, "f", KEYS["backspace"] * 10, '"line 3"', KEYS["enter"])
        await until(pilot, lambda: [tail.pattern for tail in screen.tails.values()] == ['"line 3"'] * 2)
        await until(pilot, lambda: len(screen.cover.pane.store) == 11)


async def test_a_request_that_a_line_does_not_name_leaves_the_merging_as_it_is(embedded, start, monkeypatch):
    gate = asyncio.Event()

    async def until_opened(_seconds: float) -> None:
        await gate.wait()

    monkeypatch.setattr(merged, "_STEP", 1)
    monkeypatch.setattr(merged, "asyncio", SimpleNamespace(sleep=until_opened))
    async with logs(embedded, APPLICATION, EVEN, ODD) as pilot:
        screen = pilot.app.screen
        await screen.remove_pane(next(iter(screen.tails)))
        await until(pilot, lambda: [len(pane.store) for pane in screen.tails] == [30, 30])
        screen.action_merge()
        await until(pilot, lambda: screen.cover is not None and len(screen.cover.pane.store) == 1)
        screen.action_request()
        await until(pilot, lambda: "There is no id of a request" in screen_text(pilot))
        gate.set()
        await until(pilot, lambda: len(screen.cover.pane.store) == 60)
        assert screen.cover.pane.title == "Merged"


async def test_a_field_of_a_merged_line_is_searched_and_explained(embedded, start):
    async with logs(embedded, APPLICATION, EVEN, ODD) as pilot:
        screen = pilot.app.screen
        await screen.remove_pane(next(iter(screen.tails)))
        await burst(pilot, "&")
        await until(pilot, lambda: screen.cover is not None and len(screen.cover.pane.store) == 60)
        pane = screen.cover.pane
        await burst(pilot, KEYS["up"], KEYS["enter"])
        await until(pilot, lambda: pane.detail.fields.has_focus)
        await burst(pilot, "/")
        await until(pilot, lambda: pane.prompt.display and pane.prompt.entry.value.startswith("line "))
        await burst(pilot, KEYS["escape"], "f", "abc")
        await until(pilot, lambda: "lines with “abc”" in screen_text(pilot))


async def test_a_time_that_cannot_be_read_is_a_gap_with_its_reason(embedded):
    async with logs(embedded, APPLICATION) as pilot:
        pane = pilot.app.screen.pane
        await until(pilot, lambda: len(pane.store) > 20)
        embedded.fault("logs", "FilterLogEvents", preset="denied")
        pane.go_to(pane.store.oldest - 6 * 3_600_000)
        await until(pilot, lambda: pane.gaps)
        assert "FilterLogEvents" in pane.gaps[0].reason
