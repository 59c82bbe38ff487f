from textual.pilot import Pilot
from textual.widgets import Input

from tests.widgets.logs.log_reader import T0, facts, filled_pane, line, rule_texts, search, texts, until
from widgets.logs.pane.bar import LogBar, rate_text
from widgets.logs.pane.pane import LogPane
from widgets.logs.pane.title import LogTitle
from widgets.logs.reading.histories import Recall, query_of, written
from widgets.logs.text.search import SearchQuery


async def filter_here(pilot: Pilot[None], text: str, *keys: str) -> None:
    await pilot.press("f", *keys)
    pilot.app.query_one(Input).value = text
    await pilot.press("enter")
    await pilot.app.workers.wait_for_complete()
    await pilot.pause()


def title(pane: LogPane) -> str:
    return str(pane.query_one(LogTitle).render())


def bar(pane: LogPane) -> str:
    return str(pane.query_one(LogBar).render())


async def test_lines_are_filtered_in_and_out_and_shown_with_context():
    async with filled_pane(size=(100, 24)) as (pilot, pane):
        await filter_here(pilot, "/line [57]0$/", "ctrl+t")
        await until(pilot, lambda: texts(pane) == ["line 50", "line 70"])
        assert "only line [57]0$" in title(pane)
        await pilot.press("greater_than_sign")
        await pilot.app.workers.wait_for_complete()
        await until(
            pilot, lambda: texts(pane) == ["line 49", "line 50", "line 51", "line 69", "line 70", "line 71"]
        )
        assert rule_texts(pane)[-1] == "17 lines hidden"
        assert "±1" in title(pane)
        await filter_here(pilot, "line 5", "ctrl+t", "ctrl+t")
        await until(pilot, lambda: texts(pane) == ["line 69", "line 70", "line 71"])
        assert "without line 5" in title(pane)
        await pilot.press("less_than_sign", "escape")
        await pilot.app.workers.wait_for_complete()
        await until(pilot, lambda: texts(pane) == ["line 50", "line 70"])
        pane.filters.toggle(0)
        await pilot.app.workers.wait_for_complete()
        await until(pilot, lambda: facts(pane).visible == 100)
        assert "1 filter off" in title(pane)
        assert pane.holds_work is False
        await pilot.press("escape")
        await until(pilot, lambda: pane.filters.wanted.filters == ())


async def test_the_counters_stand_beside_a_long_search():
    async with filled_pane() as (pilot, pane):
        await search(pilot, "remaining connection slots are reserved for roles with the SUPERUSER attribute")
        await until(pilot, lambda: "/remaining" in bar(pane))
        assert ": no match" in bar(pane)
        assert "100 lines" in bar(pane)


async def test_errors_are_stepped_through_among_the_visible_lines_alone():
    async with filled_pane(size=(100, 24)) as (pilot, pane):
        await filter_here(pilot, "line 1", "ctrl+t")
        assert pane.view.visible.count() == 11
        await pilot.press("e", "w")
        await pilot.app.workers.wait_for_complete()
        assert pane.lines.cursor is None


async def test_several_terms_stay_highlighted_each_in_its_colour():
    async with filled_pane(size=(100, 24)) as (pilot, pane):
        await search(pilot, "line 8")
        pane.action_read("highlight")
        await search(pilot, "9")
        pane.action_read("highlight")
        await pilot.press("escape")
        await pilot.app.workers.wait_for_complete()
        assert [query.text for query, _style in pane.highlights.terms] == ["line 8", "9"]
        pane.lines.go_end()
        strips = pane.lines.render_lines(pane.lines.size.region)
        row = next(strip for strip in strips if "line 89" in strip.text)
        colours = {segment.text: segment.style.bgcolor for segment in row if segment.style}
        assert len({str(colours["line 8"]), str(colours["9"]), str(colours.get(" "))}) == 3
        for n in range(5):
            pane.highlights.toggle(SearchQuery(f"more {n}"))
        assert [query.text for query, _style in pane.highlights.terms] == [f"more {n}" for n in range(1, 5)]
        assert len({style for _query, style in pane.highlights.terms}) == 4


async def test_searches_and_filters_have_a_history_each():
    async with filled_pane(size=(100, 24)) as (pilot, pane):
        await search(pilot, "line 1")
        await search(pilot, "line [23]", "ctrl+t")
        await filter_here(pilot, "line", "ctrl+t")
        await pilot.press("slash")
        entry = pilot.app.query_one(Input)
        entry.value = "typed"
        await pilot.press("up")
        assert (entry.value, pane.prompt.ask) == ("line [23]", "regex")
        await pilot.press("up", "up")
        assert (entry.value, pane.prompt.ask) == ("line 1", "search")
        await pilot.press("down", "down")
        assert (entry.value, pane.prompt.ask) == ("typed", "search")
        await pilot.press("escape", "f", "up")
        assert entry.value == "line"
        await pilot.press("escape", "at")
        entry.value = "9:00"
        await pilot.press("up", "ctrl+t")
        assert (entry.value, pane.prompt.ask) == ("9:00", "time")


async def test_gaps_between_lines_are_shown_in_place_of_times():
    async with filled_pane(3, size=(100, 24)) as (pilot, pane):
        pane.append([line(9, "after a while", T0 + 2_000 + 185_250)])
        await until(pilot, lambda: facts(pane).lines == 4)
        await pilot.press("T", "T")
        stamps = [strip.text[:14].strip() for strip in pane.lines.render_lines(pane.lines.size.region)]
        assert [stamp for stamp in stamps if stamp and "─" not in stamp] == [
            "09:00:00.000",
            "+1.000s",
            "+1.000s",
            "+0:03:05",
        ]
        assert "3m 5s without a line" in rule_texts(pane)
        await filter_here(pilot, "/[02]$|while/", "ctrl+t")
        stamps = [strip.text[:14].strip() for strip in pane.lines.render_lines(pane.lines.size.region)]
        assert "+2.000s" in stamps
        await pilot.press("T")
        assert not pane.lines.format.gaps


def test_a_history_is_stepped_through_to_its_ends():
    recall = Recall(["new", "old"])
    steps = [(1, "new"), (1, "old"), (1, "old"), (-1, "new"), (-1, "typed"), (-1, "typed")]
    assert [recall.step(step, "typed") for step, _text in steps] == [text for _step, text in steps]


def test_a_remembered_query_is_read_as_it_was_written():
    for query in (SearchQuery("plain"), SearchQuery("a|b", regex=True), SearchQuery("/x"), SearchQuery("//")):
        assert query_of(written(query)) == query
    assert written(SearchQuery("/path/")) == ""


async def test_a_search_that_takes_too_long_says_so():
    async with filled_pane(size=(100, 24)) as (pilot, pane):
        pane.append([line(200, "a" * 4000 + "b")])
        await search(pilot, "(.*)(.*)(.*)(.*)[cd]$", "ctrl+t")
        await until(pilot, lambda: "takes too long" in facts(pane).search)
        await search(pilot, "line 9", "ctrl+t")
        await until(pilot, lambda: "10 of 11" in facts(pane).search or "11 of 11" in facts(pane).search)


async def test_a_range_is_typed():
    async with filled_pane(size=(100, 24)) as (pilot, pane):
        app = pilot.app
        pane.action_ask_range()
        entry = pilot.app.query_one(Input)
        for text in ("yesterday", "9:10 to 9:00"):
            entry.value = text
            await pilot.press("enter")
            assert pane.prompt.display
        entry.value = "9:00～9:10"
        await pilot.press("enter")
        await until(pilot, lambda: len(app.messages) == 1)
        request = app.messages[0]
        assert isinstance(request, LogPane.ToolRequested)
        assert (request.tool, request.range) == ("range", (T0, T0 + 600_000))


async def test_a_step_up_from_the_oldest_line_asks_for_older_ones_whether_or_not_there_was_a_cursor():
    async with filled_pane(100, size=(100, 24)) as (pilot, pane):
        app = pilot.app
        await pilot.press("home")
        current = pane.lines.line_at_cursor()
        assert current.at == T0
        await pilot.press("up")
        await until(pilot, lambda: any(isinstance(move, LogPane.EarlierRequested) for move in app.moves))


def test_a_rate_below_one_line_a_second_is_a_rate_of_lines_a_minute():
    assert [rate_text(rate) for rate in (1250.4, 1.5, 0.05, 0.001)] == ["1,250/s", "1.5/s", "3/min", "1/min"]
