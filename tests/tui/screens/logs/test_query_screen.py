import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from rich.cells import cell_len
from textual.pilot import Pilot

from services.demo.logs.insights.queries import QueryStore
from services.logs.export.export_file import companion_of
from services.models.journal import EntryKind, EntryQuery
from services.models.log_exports import ExportFormat, ExportHead
from services.models.query_cells import milliseconds_of
from tests.conftest import Embedded, assert_in
from tests.tools.console import console, expect, press, screen_text, until
from tui.screens.common.choose import ChooseScreen
from tui.screens.logs.export.choosing import ExportDialog
from tui.screens.logs.insights.draft import QueryDraft
from tui.screens.logs.insights.ranges import up_to
from tui.screens.logs.insights.screen import InsightsScreen

pytestmark = pytest.mark.scenario("ordinary-day", history=3600)
GROUP = "/ecs/staff-api"


@asynccontextmanager
async def query_screen(embedded: Embedded, **options: Any) -> AsyncIterator[Pilot[None]]:
    async with console(embedded.url, embedded.clock, **options) as pilot:
        await press(pilot, "3", at="LogsScreen", then=lambda: pilot.app.screen.tails)
        await until(pilot, lambda: all(len(pane.store) for pane in pilot.app.screen.tails))  # type: ignore[attr-defined]
        await press(pilot, "Q", at="InsightsScreen", then=lambda: screen_of(pilot).draft.estimate is not None)
        yield pilot


def screen_of(pilot: Pilot[None]) -> InsightsScreen:
    screen = pilot.app.screen
    assert isinstance(screen, InsightsScreen), screen
    return screen


async def ask(pilot: Pilot[None], text: str) -> None:
    screen = screen_of(pilot)
    screen.editor.load_text(text)
    await until(pilot, lambda: screen.draft.estimate is not None)
    await pilot.press("ctrl+r")
    await until(pilot, lambda: screen.draft.progress is not None and screen.draft.progress.is_whole)
    await until(pilot, lambda: screen.table.has_focus)


async def test_the_price_of_another_text_lets_nothing_be_sent(embedded):
    async with query_screen(embedded) as pilot:
        screen = screen_of(pilot)
        screen.editor.load_text("source logGroups(namePrefix: ['/']) | fields @message")
        screen.draft.groups = ()
        screen.action_run()
        await expect(pilot, at="ChooseScreen", shows="unknown price")
        assert embedded.counts().get("logs.StartQuery", 0) == 0


async def cancel(pilot: Pilot[Any], store: QueryStore) -> None:
    """Cancel the query by Esc in its result; the screen stays."""
    screen = pilot.app.screen
    await pilot.press("tab", "escape")
    await until(pilot, lambda: {query.status for query in store.queries.values()} == {"Cancelled"})
    await until(pilot, lambda: "cancelled" in screen_text(pilot))
    assert pilot.app.screen is screen


async def test_the_price_stands_there_before_and_after(embedded):
    async with query_screen(embedded) as pilot:
        screen = screen_of(pilot)
        assert screen.draft.groups == (GROUP,)
        text = screen_text(pilot)
        assert_in(text, "stored in 1 log group", "LogsQL")
        await ask(pilot, "fields @timestamp, level | sort @timestamp desc | limit 20")
        text = screen_text(pilot)
        assert_in(text, "20 rows", "scanned:", "@timestamp JST", "⏎ Open")
        assert screen.services.meter.snapshot().rows


async def test_rows_are_partial_while_it_runs_and_escape_stops_it(embedded):
    store = embedded.world.component(QueryStore)
    store.ends = "Running"
    async with query_screen(embedded) as pilot:
        screen = screen_of(pilot)
        screen.editor.load_text("fields @timestamp | limit 50")
        await pilot.press("ctrl+r")
        await until(pilot, lambda: screen.draft.progress is not None and screen.draft.progress.rows.rows)
        assert screen.table.is_partial
        assert "partial, not judged" in screen_text(pilot)
        await cancel(pilot, store)


async def test_a_query_that_replaces_a_running_one_runs(embedded):
    store = embedded.world.component(QueryStore)
    store.ends = "Running"
    async with query_screen(embedded) as pilot:
        screen = screen_of(pilot)
        screen.editor.load_text("fields @timestamp | limit 50")
        await pilot.press("ctrl+r")
        await until(pilot, lambda: screen.draft.progress is not None and screen.draft.progress.rows.rows)
        await pilot.press("ctrl+r")
        await until(pilot, lambda: sorted(query.status for query in store.queries.values())[0] == "Cancelled")
        await until(pilot, lambda: screen.draft.progress is not None and screen.draft.progress.rows.rows)
        await until(pilot, lambda: "partial, not judged" in screen_text(pilot))
        assert "cancelled" not in screen_text(pilot)
        await cancel(pilot, store)


async def test_leaving_the_console_stops_the_query(embedded):
    store = embedded.world.component(QueryStore)
    store.ends = "Running"
    async with query_screen(embedded) as pilot:
        screen = screen_of(pilot)
        await pilot.press("ctrl+r")
        await until(pilot, lambda: screen.draft.progress is not None and screen.draft.progress.rows.rows)
        await pilot.app.ready.close()  # type: ignore[attr-defined]
    assert {query.status for query in store.queries.values()} == {"Cancelled"}


async def test_a_compile_error_is_shown_where_it_is(embedded):
    async with query_screen(embedded) as pilot:
        screen = screen_of(pilot)
        screen.editor.load_text("fields @timestamp\n| filter level = \n| limit 3")
        await press(pilot, "ctrl+r", then=lambda: screen.editor.error_place is not None)
        place = screen.editor.error_place
        assert screen.editor.cursor_location == place
        assert f"line {place[0] + 1}, column {place[1] + 1}" in screen_text(pilot)
        await pilot.press("x")
        assert screen.editor.error_place is None
        assert "^r runs the query" in screen_text(pilot)
        assert "cancelled" not in screen_text(pilot)


@pytest.mark.slow
async def test_a_row_opens_the_log_at_its_millisecond(embedded):
    async with query_screen(embedded) as pilot:
        await ask(pilot, "fields @timestamp, level | sort @timestamp asc | limit 20")
        await pilot.press("down", "down")
        table = screen_of(pilot).table
        at = milliseconds_of(table.table.rows[2][0])
        await press(pilot, "enter", at="LogsScreen")
        lines = pilot.app.screen.pane.lines  # type: ignore[attr-defined]
        # Older lines than those in the pane are read first.
        await until(pilot, lambda: (line := lines.line_at_cursor()) is not None and line.at == at)


async def test_a_row_shows_its_whole_record(embedded):
    async with query_screen(embedded) as pilot:
        await ask(pilot, "fields level | limit 5")
        await press(pilot, "R", at="RecordScreen", shows="@message")


async def test_counts_by_time_are_a_chart(embedded):
    async with query_screen(embedded) as pilot:
        await ask(pilot, "stats count(*) as n by bin(5m), level")
        screen = screen_of(pilot)
        assert screen.has_class("-charted")
        assert {curve.label for curve in screen.chart.data.curves} >= {"INFO"}
        await pilot.press("#")
        assert screen.table.sorted_by is not None


async def test_a_saved_query_asks_for_its_parameters(embedded):
    async with query_screen(embedded) as pilot:
        screen = screen_of(pilot)
        await press(pilot, "f3", at="ChooseScreen", shows="Error logs")
        await press(pilot, "enter", at="ParametersScreen")
        await press(pilot, "enter", then=lambda: pilot.app.screen is screen)
        assert 'filter level = "ERROR"' in screen.editor.text


async def test_groups_range_and_language_are_chosen(embedded):
    async with query_screen(embedded) as pilot:
        screen = screen_of(pilot)
        await pilot.press("tab")
        await press(pilot, "O", at="GroupScreen")
        await press(pilot, "down", "space", "enter", then=lambda: pilot.app.screen is screen)
        assert len(screen.draft.groups) == 2
        await pilot.press("ctrl+t")
        assert screen.draft.language == "PPL"
        assert "PPL" in screen_text(pilot)
        await press(pilot, "at", at="ChooseScreen")
        await press(pilot, "down", "down", "enter", then=lambda: pilot.app.screen is screen)
        assert (screen.draft.span.end - screen.draft.span.start).total_seconds() == 3 * 3600
        assert screen.draft.ends_now
        await press(pilot, "at", at="ChooseScreen")
        await press(pilot, "end", "enter", at="LineScreen")
        await press(pilot, "enter", then=lambda: pilot.app.screen is screen and not screen.draft.ends_now)


def test_a_length_up_to_now_moves_on_until_the_query_is_sent_and_a_range_stays():
    opened, hour = datetime(2026, 1, 14, 1, 0, tzinfo=UTC), timedelta(hours=1)
    draft = QueryDraft(span=up_to(opened, hour), ends_now=True)
    sent = draft.query("fields a", opened + hour / 6).span
    assert sent == draft.span == up_to(opened + hour / 6, hour)
    draft.ends_now = False
    assert draft.query("fields a", opened + hour).span == sent


async def test_at_80_columns_items_are_whole_and_a_click_opens_one(embedded):
    async with query_screen(embedded, size=(80, 24)) as pilot:
        bar = screen_of(pilot).bar
        (line, *_rest) = (row for row in screen_text(pilot).splitlines() if "LogsQL" in row)
        assert all(item.text in line for item in bar.facts.items)
        await pilot.click(bar, offset=(cell_len(line[: line.index("≤")]), 0))
        await expect(pilot, at="ChooseScreen", shows="100,000")


async def test_a_high_price_is_asked_about(embedded):
    async with query_screen(embedded) as pilot:
        screen = screen_of(pilot)
        estimate = screen.draft.estimate
        screen.draft.estimate = estimate.model_copy(update={"yen": 1e6})
        await press(pilot, "ctrl+r", at="ChooseScreen")
        await press(pilot, "escape", then=lambda: pilot.app.screen is screen)
        assert not embedded.counts().get("logs.StartQuery")


@pytest.mark.parametrize("form", list(ExportFormat))
@pytest.mark.slow
async def test_a_result_is_exported_masked(embedded, tmp_path, form):
    path = tmp_path / f"rows.{form}"
    query = 'fields concat("taro@", "example.jp") as who, level | limit 5'
    async with query_screen(embedded, size=(80, 24)) as pilot:
        await ask(pilot, query)
        await pilot.press("ctrl+s")
        for key in (form.value, "masked"):
            choose = await expect(pilot, at="ChooseScreen")
            assert isinstance(choose, ChooseScreen)
            await until(pilot, lambda choose=choose: choose.guard.is_open)
            choose.table.move_to(key)
            await press(pilot, "enter", then=lambda choose=choose: pilot.app.screen is not choose)
        dialog = await expect(pilot, at="ExportDialog", then=lambda: pilot.app.screen.guard.is_open)
        assert isinstance(dialog, ExportDialog)
        await expect(pilot, shows=("⏎ exports", "The 5 rows of the query"))
        dialog.fields["path"].value = str(path)
        await press(pilot, "enter", at="InsightsScreen")
        kinds = frozenset({EntryKind.EXPORTED})
        (entry,) = await pilot.app.ready.journal.entries(EntryQuery(kinds=kinds))  # type: ignore[attr-defined]
    head = ExportHead(**entry.data["head"])
    assert (head.kind, head.lines, head.masked, head.query) == ("query", 5, {"mail": 5}, query)
    assert (head.groups, head.language, head.note) == ((GROUP,), "LogsQL", "")
    assert path.stat().st_mode & 0o777 == 0o600
    lines = path.read_text("utf-8-sig").splitlines()
    if form is ExportFormat.CSV:
        assert companion_of(path).exists()
        assert lines[0] == "who,level"
        assert [line.partition(",")[0] for line in lines[1:]] == ["***"] * 5
    elif form is ExportFormat.TEXT:
        assert lines[-6] == "who\tlevel"
        assert [line.partition("\t")[0] for line in lines[-5:]] == ["***"] * 5
    else:
        assert ExportHead.model_validate_json(lines[0]) == head
        assert [json.loads(line)["who"] for line in lines[1:]] == ["***"] * 5


async def test_the_price_of_sql_is_that_of_the_groups_it_names(embedded):
    async with query_screen(embedded) as pilot:
        screen = screen_of(pilot)
        await pilot.press("ctrl+t", "ctrl+t")
        screen.editor.load_text("SELECT COUNT(*) FROM `/aws/rds/instance/db/postgresql`")
        estimate = await screen._estimated(screen.query_now())
        assert estimate is None or "/aws/rds/instance/db/postgresql" in estimate.unknown
        screen.editor.load_text("SELECT COUNT(*) FROM logGroups(namePrefix: ['/'])")
        await until(pilot, lambda: screen.draft.estimate is None)
        await press(pilot, "ctrl+r", at="ChooseScreen", shows="at an unknown price")
        await press(pilot, "escape", then=lambda: pilot.app.screen is screen)
        assert screen.draft.progress is None
