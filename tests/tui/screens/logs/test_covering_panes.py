import json
from datetime import timedelta

import pytest
from textual.pilot import Pilot

from services.models.journal import EntryKind, EntryQuery
from tests.tools.console import expect, press, screen_text, until
from tests.tui.screens.logs.panes_open import APPLICATION, DATABASE, logs
from tests.tui.screens.logs.test_log_export_dialog import _choose, _dialog
from tests.tui.screens.logs.test_one_time import EVEN, ODD, start
from tests.tui.screens.logs.test_task_pane import TASK
from tests.tui.seeding import client, put_lines
from tests.tui.typed import KEYS, burst
from tui.messages import OpenLogs
from widgets.logs.pane.pane import LogPane

pytestmark = pytest.mark.scenario("ordinary-day", history=600.0)

__all__ = ["start"]


async def merged(pilot: Pilot[object], lines: int) -> LogPane:
    """The merged pane with at least so many lines, its window drawn."""
    screen = pilot.app.screen
    await burst(pilot, "&")
    await until(pilot, lambda: screen.cover is not None and len(screen.cover.pane.store) >= lines)
    pane = screen.cover.pane
    await until(pilot, lambda: pane.lines.bottom >= pane.store.first)
    return pane


async def test_each_line_of_the_merged_pane_has_the_form_of_its_group(embedded):
    async with logs(embedded, APPLICATION, DATABASE) as pilot:
        application, database = pilot.app.screen.tails
        await until(pilot, lambda: len(application.store) and len(database.store))
        pane = await merged(pilot, len(application.store) + len(database.store))
        forms = pane.lines.painter.forms
        rows = range(pane.store.first, pane.store.end)
        by_letter = {line.stream[0]: line for line in map(pane.store.line, rows)}
        await until(pilot, lambda: all(forms.of(line).form is not None for line in by_letter.values()))
        ids = {letter: forms.of(line).form.id for letter, line in by_letter.items()}
        assert ids == {"A": "json", "B": "postgresql"}
        assert '{"' not in screen_text(pilot), "no line is raw"


async def test_lines_stand_with_the_time_since_the_line_above(embedded, start):
    async with logs(embedded, APPLICATION, EVEN, ODD) as pilot:
        screen = pilot.app.screen
        first, even, odd = screen.tails
        await screen.remove_pane(first)
        await until(pilot, lambda: len(even.store) == len(odd.store) == 30)
        await merged(pilot, 60)
        await until(pilot, lambda: "09:59:59.000     +1.0s B line 59" in screen_text(pilot))


async def test_a_mark_in_the_merged_pane_is_one_of_its_group(embedded, start):
    async with logs(embedded, APPLICATION, EVEN, ODD) as pilot:
        screen = pilot.app.screen
        first, even, odd = screen.tails
        await screen.remove_pane(first)
        await until(pilot, lambda: len(even.store) == len(odd.store) == 30)
        pane = await merged(pilot, 60)
        pane.lines.go_row(pane.store.row_at(start + 41_000))
        await burst(pilot, "m")
        await expect(pilot, at="MarkScreen", then=lambda: pilot.app.screen.guard.is_open)
        await burst(pilot, "here", KEYS["enter"])
        await until(pilot, lambda: len(pane.marks) == 1 and pilot.app.screen is screen)
        query = EntryQuery(kinds=frozenset({EntryKind.LOG_MARK}))
        (entry,) = (await pilot.app.ready.journal.page(query)).entries
        assert entry.target == ODD
        await until(pilot, lambda: [mark.text for mark in odd.marks.all] == ["line 41"])
        assert not len(even.marks)

        await burst(pilot, "&")
        await until(pilot, lambda: screen.cover is None)
        again = await merged(pilot, 60)
        await until(pilot, again.marks.rows)
        await until(pilot, lambda: "here" in screen_text(pilot))


@pytest.mark.slow
async def test_the_lines_of_the_merged_pane_are_exported_with_their_groups(embedded, start, tmp_path):
    path = tmp_path / "lines.jsonl"
    async with logs(embedded, APPLICATION, EVEN, ODD) as pilot:
        screen = pilot.app.screen
        first, even, odd = screen.tails
        await screen.remove_pane(first)
        await until(pilot, lambda: len(even.store) == len(odd.store) == 30)
        await merged(pilot, 60)
        await pilot.press("ctrl+s")
        await _choose(pilot, "jsonl", "masked")
        dialog = await _dialog(pilot)
        assert "The 60 lines in memory" in screen_text(pilot)
        dialog.fields["path"].value = str(path)
        await press(pilot, "enter", shows="60 lines saved to")
    head, *records = [json.loads(line) for line in path.read_text("utf-8").splitlines()]
    assert head["groups"] == [EVEN, ODD]
    assert [(each["group"], each["stream"]) for each in records] == [(EVEN, "stream"), (ODD, "stream")] * 30


async def test_a_task_pane_reads_older_lines_and_says_what_it_shows(embedded):
    ended = embedded.clock.now() - timedelta(minutes=2)
    at = int(ended.timestamp() * 1000)
    stream = f"ecs/staff-api/{TASK}"
    async with client("logs", embedded.url) as aws:
        await aws.create_log_stream(logGroupName=APPLICATION, logStreamName=stream)
        await put_lines(aws, APPLICATION, stream, [(at - 4_500_000, "started"), (at, "killed")])
    async with logs(embedded, APPLICATION) as pilot:
        screen = pilot.app.screen
        pilot.app.post_message(OpenLogs(APPLICATION, ended, task=TASK))
        await until(pilot, lambda: screen.cover is not None and len(screen.cover.pane.store) == 1)
        await until(pilot, lambda: "1 stream of the task, " in screen_text(pilot))
        assert "not read yet" not in screen_text(pilot)
        await burst(pilot, KEYS["up"] * 2)
        await until(pilot, lambda: len(screen.cover.pane.store) == 2)
