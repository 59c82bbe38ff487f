import json
from bisect import bisect_right
from collections import Counter
from datetime import UTC, date

from hypothesis import given, settings
from hypothesis import strategies as st
from textual.pilot import Pilot

from services.models.logs import LogLine, Severity
from tests.widgets.logs.log_reader import T0, PaneApp, line, log_pane, texts, until
from tests.widgets.stage import running
from widgets.logs.pane.bar import LogBar
from widgets.logs.pane.pane import LogPane
from widgets.logs.reading.histogram import STEPS, BarScale, Histogram, LevelCounts, fitting
from widgets.logs.reading.ruler import (
    LEFT,
    RIGHT,
    RangeCounts,
    Ruler,
    RulerFacts,
    count_text,
    stacked,
    worst_levels,
)
from widgets.logs.reading.ruler import drawn as ruler_rows
from widgets.logs.store.store import LogStore
from widgets.logs.text.severity import severity_of

WORDS = ("INFO fine", "WARN slow", "ERROR failed", "FATAL gone", "plain", '{"level":"error"}', "a\nERROR b")
LINES = st.builds(
    LogLine,
    id=st.just("e"),
    at=st.integers(0, 5000),
    ingested_at=st.just(5000),
    stream=st.just(""),
    text=st.sampled_from(WORDS),
)
BATCHES = st.lists(st.lists(LINES, max_size=12), max_size=12)
SCALES = st.builds(BarScale, st.sampled_from([1, 7, 100, 1000]), st.sampled_from([0, 3, 32_400_000]))


def straight_count(store: LogStore, scale: BarScale) -> dict[int, LevelCounts]:
    counter: Counter[tuple[int, int]] = Counter()
    for row in range(store.first, store.end):
        current = store.line(row)
        level = severity_of(current.text.encode())
        kind = 2 if level >= Severity.ERROR else 1 if level is Severity.WARNING else 0
        counter[scale.bar(current.at), kind] += 1
    return {bar: LevelCounts(*(counter[bar, kind] for kind in range(3))) for bar, _kind in counter}


@settings(deadline=None)
@given(BATCHES, st.lists(SCALES, min_size=1, max_size=3), st.integers(300, 4000))
def test_the_counts_equal_a_straight_count_whatever_arrives_late_or_is_dropped(batches, scales, bound):
    store = LogStore(bound, 200)
    histogram = Histogram(store)
    for number, batch in enumerate(batches):
        store.append(batch)
        assert histogram.classify(10) == 1.0
        scale = scales[number % len(scales)]
        assert histogram.bars(scale) == straight_count(store, scale)


@given(st.integers(0, 10**13), st.integers(0, 10**10), st.integers(1, 200), st.sampled_from([0, 32_400_000]))
def test_bars_fit_and_are_no_wider_than_needed(first, span, columns, offset):
    scale = fitting(first, first + span, columns, offset)
    needed = scale.bar(first + span) - scale.bar(first) + 1
    assert needed <= columns or scale.step == STEPS[-1]
    narrower = STEPS[max(0, bisect_right(STEPS, scale.step) - 2)]
    if narrower < scale.step:
        small = BarScale(narrower, offset)
        assert small.bar(first + span) - small.bar(first) + 1 > columns


def test_the_width_of_bars_does_not_flip_to_and_fro():
    step = fitting(0, 100_000, 100, 0).step
    steps = [step := fitting(0, 100_000 + (n % 2) * 2000, 100, 0, step).step for n in range(8)]
    assert len(set(steps[1:])) == 1


def test_bars_that_were_once_far_too_wide_do_not_stay():
    span = 90 * 300_000  # nine tenths of the columns in bars of five minutes
    assert fitting(0, span, 100, 0).step == 300_000
    assert fitting(0, span, 100, 0, STEPS[-1]).step == 300_000


@given(
    st.lists(st.builds(LevelCounts, *[st.integers(0, 10**6)] * 3), min_size=1, max_size=8), st.integers(1, 3)
)
def test_every_error_is_drawn_and_no_cell_without_lines(bars, rows):
    grid = stacked(bars, rows)
    assert [len(row) for row in grid] == [len(bars)] * rows
    for index, bar in enumerate(bars):
        assert (grid[-1][index].text == " ") == (bar.total == 0)
        assert (grid[-1][index].level == "error") == (bar.errors > 0)
        assert (worst_levels(bars)[index].level == "error") == (bar.errors > 0)


def test_counts_are_written_in_few_cells():
    assert [count_text(n) for n in (0, 812, 1234, 34_000, 5_600_000)] == ["0", "812", "1.2k", "34k", "5.6M"]


def levelled(index: int, level: str = "INFO", at: int | None = None) -> LogLine:
    return line(index, json.dumps({"level": level, "message": f"line {index}"}), at)


async def ruled(pilot: Pilot[None], lines: list[LogLine]) -> LogPane:
    app = pilot.app
    app.pane.append(lines)
    await until(pilot, lambda: app.pane.query_one(LogBar).facts.lines == len(lines))
    await until(pilot, lambda: sum(bar.total for bar in app.pane.ruler.facts.bars) == len(lines))
    return app.pane


def drawn(pane: LogPane) -> list[str]:
    return str(pane.query_one(Ruler).render()).splitlines()


async def test_the_ruler_has_as_many_rows_as_the_pane_can_spare():
    for height, rows in ((10, 0), (14, 2), (24, 3), (40, 4)):
        async with PaneApp(ruler=True).run_test(size=(80, height)) as pilot:
            await pilot.pause()
            assert pilot.app.query_one(Ruler).size.height == rows


async def test_bars_axis_errors_and_moments_are_drawn():
    async with running(PaneApp(ruler=True), (80, 24)) as (app, pilot):
        elsewhere = (T0 + 999_000_000, "elsewhere")
        app.pane.ruler.show_moments(((T0 + 10_000, "● staff-api-5xx"), (T0 + 30_000, "T0"), elsewhere))
        pane = await ruled(pilot, [levelled(n, "ERROR" if n == 40 else "INFO") for n in range(60)])
        bars, errors, axis = drawn(pane)
        assert bars.count("█") == 60
        assert errors.startswith("E")
        assert errors.count("█") == 1
        assert "T0" in axis
        assert "● staff-api-5…" in axis
        assert "elsewhere" not in axis
        assert "▏09:00:45" in axis
        assert axis.rstrip().endswith("1s")


async def test_the_row_of_errors_says_that_there_are_none_and_one_line_is_not_a_wall():
    async with PaneApp(ruler=True).run_test(size=(80, 24)) as pilot:
        pane = await ruled(pilot, [levelled(0)])
        bars, errors, _axis = drawn(pane)
        assert 1 <= bars.count("█") <= 8
        assert errors.strip() == "no errors or warnings"


async def test_a_hidden_ruler_does_not_choose_the_width_of_its_bars():
    async with PaneApp(ruler=True).run_test(size=(120, 24)) as pilot:
        pane = await ruled(pilot, [levelled(n, at=T0 + n * 300_000) for n in range(95)])
        step = pane.ruler.facts.scale.step
        pane.display = False
        await until(pilot, lambda: not pane.ruler.size.width)
        pane.append([levelled(95, at=T0 + 95 * 300_000)])
        pane.ruler.show_range(None)
        pane.display = True
        await until(pilot, lambda: sum(bar.total for bar in pane.ruler.facts.bars) == 96)
        assert pane.ruler.facts.scale.step == step


async def test_the_keys_go_from_bar_to_bar_and_from_error_to_error():
    async with PaneApp(ruler=True).run_test(size=(80, 24)) as pilot:
        lines = [levelled(n, {40: "ERROR", 90: "FATAL", 50: "WARN"}.get(n, "INFO")) for n in range(120)]
        pane = await ruled(pilot, lines)
        step = pane.ruler.facts.scale.step
        for key, expected in (("e", 90), ("E", 40), ("E", 90), ("e", 40), ("w", 50), ("w", 50)):
            await pilot.press(key)
            await pilot.app.workers.wait_for_complete()
            current = pane.lines.line_at_cursor()
            assert f"line {expected}" in current.text
        await pilot.press("right_parenthesis")
        current = pane.lines.line_at_cursor()
        assert current.at == (T0 + 50_000) // step * step + step
        await pilot.press("left_parenthesis", "left_parenthesis")
        current = pane.lines.line_at_cursor()
        assert current.at == (T0 + 50_000) // step * step - step
        await until(pilot, lambda: pane.ruler.facts.cursor == pane.ruler.facts.scale.bar(current.at))
        assert "↑" in drawn(pane)[-1]


async def test_a_bar_before_the_oldest_line_is_requested():
    async with running(PaneApp(ruler=True), (80, 24)) as (app, pilot):
        await ruled(pilot, [levelled(n) for n in range(60)])
        await pilot.press("up", "home", "left_parenthesis")
        await until(pilot, lambda: len(app.messages) == 1)
        request = app.messages[0]
        assert isinstance(request, LogPane.TimeRequested)
        assert request.at == T0 - 1000


async def test_a_click_goes_to_the_bar():
    async with PaneApp(ruler=True).run_test(size=(80, 24)) as pilot:
        pane = await ruled(pilot, [levelled(n) for n in range(60)])
        column = drawn(pane)[0].index("█")
        await pilot.click(Ruler, offset=(column + 20, 0))
        await until(pilot, lambda: any("line 20" in text for text in texts(pane)))


async def test_without_room_for_the_ruler_its_keys_go_by_the_bars_that_it_would_have():
    async with log_pane(size=(80, 10), ruler=True) as (_app, pilot, pane):
        pane.append([levelled(n, at=T0 + n * 60_000) for n in range(60)])
        await until(pilot, lambda: pane.query_one(LogBar).facts.lines == 60)
        assert not pane.ruler.display
        await pilot.press("up", "left_parenthesis")
        await until(pilot, lambda: "line 58" in pane.lines.selected_texts(1)[0])


async def test_a_range_that_was_asked_for_is_shown_even_without_room_for_the_ruler():
    async with running(PaneApp(ruler=True), (80, 10)) as (app, pilot):
        ruler = app.pane.ruler
        app.pane.append([levelled(0)])
        counts = RangeCounts(0, 3_599_999, BarScale(60_000), {5: LevelCounts(7, 0, 0)}, "query")
        ruler.show_range(counts)
        await until(pilot, lambda: ruler.size.height == 2 and len(ruler.facts.bars) == 60)
        assert drawn(app.pane)[0].rstrip().endswith("7")
        ruler.show_range(None)
        await until(pilot, lambda: not ruler.display)


@given(st.sampled_from(["query", "クエリ", "…", ""]), st.integers(1, 60))
def test_no_row_of_the_ruler_is_wider_than_it(note, bars):
    facts = RulerFacts(
        bars=(LevelCounts(1, 0, 0),) * bars,
        first=0,
        scale=BarScale(60_000),
        cursor=None,
        moments=(),
        zone=UTC,
        note=note,
    )
    rows = ruler_rows(facts, 80 - LEFT - RIGHT, 2, date(1970, 1, 1))
    assert [row.cell_length for row in rows] == [80, 80]
    assert note in rows[-1].plain
