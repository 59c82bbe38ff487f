import asyncio
import gc
import weakref

import pytest
from textual.actions import SkipAction

from services.models.logs import LogLine, Severity
from tests.widgets.logs.log_reader import T0, filled_pane, line, texts, until
from widgets.logs.reading.reading import PatternCounts
from widgets.logs.store import row_subsets
from widgets.logs.store.shown import LineFilter, Shown
from widgets.logs.store.store import LogStore
from widgets.logs.store.view import LogView
from widgets.logs.text.search import SearchQuery


async def test_going_back_twice_before_the_filter_is_gone_takes_nothing_else_away():
    async with filled_pane(size=(100, 24)) as (pilot, pane):
        pane.show_from(Severity.DEBUG)
        await pilot.app.workers.wait_for_complete()
        pane.filters.add(SearchQuery("line"), hides=False)
        await pilot.app.workers.wait_for_complete()
        pane.action_back()
        with pytest.raises(SkipAction):
            pane.action_back()
        assert pane.filters.wanted == Shown(Severity.DEBUG)


async def test_the_matches_are_those_of_what_is_shown_once_the_search_ends(monkeypatch):
    monkeypatch.setattr(row_subsets, "_SLICE_SECONDS", -1.0)
    store = LogStore(chunk_bytes=400)
    store.append([LogLine(str(number), number, number, "", f"a {number % 2}") for number in range(1_000)])
    view = LogView(store)
    filtering = asyncio.create_task(view.show(Shown(filters=(LineFilter(SearchQuery("1"), hides=True),))))
    for _turn in range(len(store.chunks) * 3 // 2):
        await asyncio.sleep(0)
    assert not view.shown.hides, "the filter is still being computed"
    await view.search(SearchQuery("a"))
    await filtering
    assert view.shown.hides
    assert view.matches.count() == view.visible.count() == 500


async def test_a_second_search_is_running_when_the_first_one_ends(monkeypatch):
    async with filled_pane(size=(100, 24)) as (pilot, pane):
        asked: list[SearchQuery | None] = []

        async def endless(query: SearchQuery | None) -> None:
            asked.append(query)
            await asyncio.Event().wait()

        monkeypatch.setattr(pane.view, "search", endless)
        for text in ("first", "second"):
            pane.search.start(SearchQuery(text))
            await until(pilot, lambda text=text: asked[-1:] == [SearchQuery(text)])
        await pilot.pause()
        assert pane.search.running


async def test_the_cursor_is_drawn_where_keys_act_when_its_line_is_hidden():
    async with filled_pane(size=(100, 24)) as (pilot, pane):
        pane.go_row(90)
        pane.filters.add(SearchQuery("line 90"), hides=True)
        await pilot.app.workers.wait_for_complete()
        await until(pilot, lambda: "line 90" not in texts(pane))
        at_cursor = pane.lines.line_at_cursor()
        assert at_cursor is not None
        strips = pane.lines.render_lines(pane.lines.size.region)
        marked = [strip.text.split()[-1] for strip in strips if strip.text.startswith("\u258c")]
        assert marked == [at_cursor.text.split()[-1]] == ["91"]


@pytest.mark.slow
async def test_lines_whose_patterns_were_counted_can_be_dropped():
    store = LogStore(max_bytes=100_000, chunk_bytes=20_000)
    store.append([line(number) for number in range(200)])
    counts = PatternCounts(LogView(store))
    await counts.count(lambda _share: None)
    oldest = weakref.ref(store.chunks[0])
    store.append([line(number, "x" * 1_000, T0 + 10_000_000) for number in range(200)])
    assert store.dropped
    gc.collect()
    assert oldest() is None


async def test_what_is_drawn_is_not_computed_anew_beside_a_filter(monkeypatch):
    monkeypatch.setattr(row_subsets, "_SLICE_SECONDS", -1.0)
    read: list[str] = []
    lines_in = SearchQuery.lines_in

    def noted(query: SearchQuery, text: bytes | bytearray) -> list[int]:
        read.append(query.text)
        return lines_in(query, text)

    monkeypatch.setattr(SearchQuery, "lines_in", noted)
    store = LogStore(chunk_bytes=400)
    store.append([LogLine(str(number), number, number, "", f"a {number % 2}") for number in range(1_000)])
    view = LogView(store)
    await view.show(Shown(filters=(LineFilter(SearchQuery("1")),)))
    read.clear()
    filtering = asyncio.create_task(view.show(Shown(filters=(LineFilter(SearchQuery("0")),))))
    while not filtering.done():
        await asyncio.sleep(0)
        assert view.visible.count() == 500
    assert read == ["0"] * len(store.chunks)
