import json

import pytest

from tests.conftest import Embedded
from tests.tools.console import expect, screen_text, until
from tests.tui.screens.logs.panes_open import APPLICATION, DATABASE, logs
from tests.tui.seeding import client, put_lines
from tests.tui.typed import KEYS, burst
from tui.screens.logs.covers.request_ids import RequestPane

ID = "req-7f3a-0001"


async def write(embedded: Embedded, application: str) -> int:
    """Write lines of a request; returns when its first was written, epoch milliseconds."""
    at = int(embedded.clock.now().timestamp() * 1000) - 5_000
    async with client("logs", embedded.url) as aws:
        for group in (APPLICATION, DATABASE):
            await aws.create_log_stream(logGroupName=group, logStreamName="request")
        await put_lines(aws, APPLICATION, "request", [(at, application), (at + 40, f"requestId={ID} done")])
        await put_lines(
            aws, DATABASE, "request", [(at + 12, f"LOG: statement /* {ID} */"), (at + 13, "other")]
        )
    return at


async def test_all_groups_are_searched_for_the_id_and_shown_as_one(embedded):
    at = await write(embedded, json.dumps({"message": "started", "requestId": ID}))
    async with logs(embedded, APPLICATION) as pilot:
        screen = pilot.app.screen
        (pane,) = screen.tails
        await until(pilot, lambda: pane.store.row_at(at) < pane.store.end)
        pane.lines.go_row(pane.store.row_at(at))
        await burst(pilot, "I")
        await until(
            pilot, lambda: isinstance(screen.cover, RequestPane) and len(screen.cover.pane.store) == 3
        )
        store = screen.cover.pane.store
        lines = [store.line(row) for row in range(store.first, store.end)]
        assert [(line.at - at, line.stream[:2]) for line in lines] == [(0, "A:"), (12, "B:"), (40, "A:")]
        await expect(pilot, shows=(f"{ID} ±15 min", "log groups read, 15 min before and after"))
        await burst(pilot, KEYS["up"] * 4)
        await until(pilot, lambda: "+ searches a wider range" in screen_text(pilot))
        assert embedded.counts()["logs.FilterLogEvents"] < 12

        await burst(pilot, "+")
        await until(pilot, lambda: f"{ID} ±60 min" in screen_text(pilot))
        assert len(store) == 3, "no line twice"
        await burst(pilot, KEYS["escape"])
        await until(pilot, lambda: screen.cover is None and screen.pane is pane)


async def test_of_several_ids_one_is_chosen_and_a_refused_group_is_named(embedded):
    at = await write(embedded, json.dumps({"requestId": ID, "traceId": "another-1"}))
    async with logs(embedded, APPLICATION) as pilot:
        screen = pilot.app.screen
        (pane,) = screen.tails
        await until(pilot, lambda: pane.store.row_at(at) < pane.store.end)
        pane.lines.go_row(pane.store.row_at(at))
        embedded.fault("logs", "FilterLogEvents", preset="denied")
        await burst(pilot, "I")
        await expect(pilot, at="ChooseScreen", then=lambda: pilot.app.screen.guard.is_open)
        await burst(pilot, KEYS["enter"])
        await until(pilot, lambda: isinstance(screen.cover, RequestPane) and screen.cover.pane.problem)
        await until(pilot, lambda: "×" in screen_text(pilot))


@pytest.mark.slow
async def test_a_line_without_an_id_says_so(embedded):
    async with logs(embedded, DATABASE, DATABASE) as pilot:
        screen = pilot.app.screen
        list(screen.tails)[-1].focus()
        await burst(pilot, "I")
        await until(pilot, lambda: "no id of a request" in screen_text(pilot))
        assert screen.cover is None
