import json
from typing import Any

from textual.pilot import Pilot
from textual.widgets import Input

from services.models.journal import EntryKind, EntryQuery
from services.models.log_exports import ExportFormat, ExportHead
from services.models.logs import Severity
from tests.tools.console import expect, press, screen_text, until
from tests.tui.screens.logs.panes_open import APPLICATION, logs
from tui.screens.logs.export.choosing import ExportDialog
from widgets.logs.text.search import SearchQuery


async def _choose(pilot: Pilot[Any], *keys: str) -> None:
    """Choose in the list that is open: the key of the line for each list."""
    for key in keys:
        screen = await expect(pilot, at="ChooseScreen", then=lambda: pilot.app.screen.guard.is_open)
        screen.table.move_to(key)
        await press(pilot, "enter", then=lambda screen=screen: pilot.app.screen is not screen)


async def _dialog(pilot: Pilot[Any]) -> ExportDialog:
    screen = await expect(pilot, at="ExportDialog", then=lambda: pilot.app.screen.guard.is_open)
    assert isinstance(screen, ExportDialog)
    return screen


async def _exported(pilot: Pilot[Any]) -> dict[str, Any]:
    entries = await pilot.app.ready.journal.entries(EntryQuery(kinds=frozenset({EntryKind.EXPORTED})))
    (entry,) = entries
    return dict(entry.data)


async def test_the_selected_lines_are_saved_and_recorded(embedded, tmp_path):
    path = tmp_path / "lines.jsonl"
    async with logs(embedded, APPLICATION) as pilot:
        await pilot.press("up", "v", "up", "up", "ctrl+s")
        await _choose(pilot, "0", "jsonl", "masked")
        dialog = await _dialog(pilot)
        assert "The 3 selected lines" in screen_text(pilot)
        dialog.fields["path"].value = str(path)
        await press(pilot, "enter", shows="3 lines saved to")
        head, *records = [json.loads(line) for line in path.read_text("utf-8").splitlines()]
        assert ExportHead(**head).lines == len(records) == 3
        assert {record["group"] for record in records} == {APPLICATION}
        data = await _exported(pilot)
        assert (data["path"], data["head"]["sha256"]) == (str(path), head["sha256"])
        pane = pilot.app.screen.pane
        assert not pane.lines.ranging


async def test_the_head_names_lines_that_filters_left(embedded, tmp_path):
    path = tmp_path / "lines.jsonl"
    async with logs(embedded, APPLICATION) as pilot:
        pane = pilot.app.screen.pane
        pane.show_from(Severity.INFO)
        await until(pilot, lambda: pane.view.shown.threshold is Severity.INFO)
        pane.filters.add(SearchQuery("api"), hides=False)
        await until(pilot, lambda: pane.view.shown.filters)
        count = pane.view.visible.count()
        assert count > 1
        await pilot.press("ctrl+s")
        await _choose(pilot, "0", "jsonl", "masked")
        dialog = await _dialog(pilot)
        dialog.fields["path"].value = str(path)
        await press(pilot, "enter", shows="lines saved to")
        head, *records = [json.loads(line) for line in path.read_text("utf-8").splitlines()]
        assert len(records) == count
        assert head["note"] == "Only what the pane showed of the lines: INFO and worse, only api"


async def test_a_span_is_read_and_needs_a_reason_unless_masked(embedded, tmp_path):
    path = tmp_path / "span.csv"
    async with logs(embedded, APPLICATION) as pilot:
        await pilot.press("ctrl+s")
        await _choose(pilot, "1", "csv", "as-logged")
        dialog = await _dialog(pilot)
        dialog.fields["path"].value = str(path)
        await press(pilot, "enter", shows="A reason is needed")
        dialog.fields["reason"].value = "for the vendor"
        dialog.fields["from"].value = "9:00"
        dialog.fields["to"].value = "8:00"
        await press(pilot, "enter", shows="The span must be two times")
        dialog.fields["to"].value = "9:10"
        await pilot.press("enter")
        while pilot.app.screen is dialog:
            await pilot.pause(0.01)
            embedded.advance(0.5)
        data = await _exported(pilot)
        head = ExportHead(**data["head"])
        assert (head.masked, head.unmasked_reason, head.kind) == (None, "for the vendor", "range")
        assert head.lines > 0
        assert path.read_text("utf-8-sig").startswith("time,group,stream,late,text")


async def test_nothing_is_written_over_and_escape_closes(embedded, tmp_path):
    path = tmp_path / "mine.txt"
    path.write_text("mine")
    async with logs(embedded, APPLICATION) as pilot:
        screen = pilot.app.screen
        await pilot.press("ctrl+s")
        await _choose(pilot, "0", "txt", "masked")
        dialog = await _dialog(pilot)
        assert dialog.fields["path"].value.endswith(f".{ExportFormat.TEXT}")
        dialog.fields["path"].value = str(path)
        await press(pilot, "enter", shows="nothing is overwritten")
        assert path.read_text() == "mine"
        await press(pilot, "escape", then=lambda: pilot.app.screen is screen)


async def test_a_running_export_is_cancelled_without_a_trace(embedded, tmp_path):
    async with logs(embedded, APPLICATION) as pilot:
        await pilot.press("ctrl+s")
        await _choose(pilot, "1", "jsonl", "masked")
        dialog = await _dialog(pilot)
        embedded.fault("logs", "FilterLogEvents", preset="throttled")
        dialog.fields["path"].value = str(tmp_path / "a.jsonl")
        await press(pilot, "enter", then=lambda: dialog.query(Input) and "Exporting" in screen_text(pilot))
        await press(pilot, "escape", shows="Cancelled; nothing was saved.")
        assert not any(tmp_path.iterdir())
        embedded.clear_faults()
