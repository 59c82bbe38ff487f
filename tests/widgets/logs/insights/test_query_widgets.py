from datetime import UTC, date, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st
from textual.app import App, ComposeResult
from textual.events import Paste

from services.models.insights_queries import QueryLanguage, QueryRows
from services.models.query_cells import local_time, milliseconds_of, number_of, sorted_rows, time_of
from tests.widgets.stage import Stage
from widgets.logs.insights.chart_data import MOST_CURVES, chart_of
from widgets.logs.insights.editor import QueryEditor
from widgets.logs.insights.tokens import completion, role_spans

JST = timezone(timedelta(hours=9), "JST")


def parts(line: str) -> list[tuple[str, str]]:
    return [(line[start:end], role) for start, end, role in role_spans(line)]


def test_the_parts_of_a_line():
    assert parts("| filter level = \"a | b\" and n > 5m # why") == [
        ("|", "key"), ("filter", "key"), ('"a | b"', "good"), ("and", "code"), ("5m", "warn"), ("# why", "faint"),
    ]  # fmt: skip
    assert parts("# fields @message") == [("# fields @message", "faint")]
    assert parts("parse @message /a (?<b>.*)/")[-1] == ("/a (?<b>.*)/", "good")
    assert ("{{id}}", "caution") in parts("filter a = {{id}}")
    assert parts("filter filter = 1")[1:] == [("1", "warn")], "a field named as a command is no command"


@pytest.mark.parametrize("language", [QueryLanguage.PPL, QueryLanguage.SQL])
async def test_the_text_of_another_language_is_plain_and_not_completed(language):
    class Host(App[None]):
        def compose(self) -> ComposeResult:
            yield QueryEditor("filter a = 1 an")

    async with Host().run_test() as pilot:
        editor = pilot.app.query_one(QueryEditor)
        editor.move_cursor((0, 15))
        editor.update_suggestion()
        assert editor.suggestion == "d"
        assert editor.get_line(0).spans
        editor.use_language(language)
        editor.update_suggestion()
        assert editor.suggestion == ""
        assert not editor.get_line(0).spans


@given(st.text(max_size=80))
def test_spans_are_in_order_and_inside_the_line(line):
    at = 0
    for start, end, _role in role_spans(line):
        assert at <= start < end <= len(line)
        at = end


@pytest.mark.parametrize(
    ("before", "after", "rest"),
    [
        ("fi", "", "elds"),
        ("fields a\n".splitlines()[0] + " | fil", "", "ter"),
        ("| st", "", "ats"),
        ("filter req", "", "uestId"),
        ("filter @t", "", "imestamp"),
        ("filter a = 1 an", "", "d"),
        ("stats cou", "", "nt"),
        ("fi", "eld", ""),
        ("filter ", "", ""),
        ("filter level", "", ""),
    ],
)
def test_completion(before, after, rest):
    assert completion(before, after, ("requestId", "level")) == rest


def test_values():
    assert milliseconds_of("2026-01-05 00:12:33.123") == 1767571953123
    assert time_of("2026-01-05") is None
    assert time_of("2026-13-05 00:00:00") is None
    assert [number_of(text) for text in ("1", "-2.5", "1e3", "nan", "1 ms", "", None)] == [1, -2.5, 1000, None, None, None, None]  # fmt: skip
    text = "2026-01-04 23:12:33.123"
    assert local_time(text, JST) == "2026-01-05 08:12:33.123"
    assert local_time(text, JST, date(2026, 1, 5)) == "08:12:33.123"
    assert local_time(text, UTC, date(2026, 1, 5)).startswith("01-04(")
    assert local_time("2026-01-04 23:00:00.000", JST) == "2026-01-05 08:00:00"


@given(st.lists(st.one_of(st.none(), st.integers(-99, 99).map(str), st.text("abc", max_size=3)), max_size=20))
def test_sorting_puts_numbers_as_numbers_and_missing_ones_last(texts):
    table = QueryRows(("a",), tuple((text,) for text in texts), ("",) * len(texts))
    for descending in (False, True):
        ordered = [texts[index] for index in sorted_rows(table, 0, descending=descending)]
        missing = texts.count(None)
        assert ordered[len(ordered) - missing :] == [None] * missing
        numbers = [float(text) for text in ordered if number_of(text) is not None]  # type: ignore[arg-type]
        assert numbers == sorted(numbers, reverse=descending)
        assert sorted(map(repr, ordered)) == sorted(map(repr, texts))


def binned(*rows: tuple[str | None, ...], columns: tuple[str, ...] = ("bin(5m)", "level", "n")) -> QueryRows:
    return QueryRows(columns, rows, ("",) * len(rows))


def test_counts_by_time_become_one_curve_a_group():
    first, second = "2026-01-05 00:00:00.000", "2026-01-05 00:05:00.000"
    data = chart_of(binned((second, "INFO", "7"), (first, "INFO", "5"), (second, "ERROR", "2")))
    assert [(curve.label, curve.values, curve.period) for curve in data.curves] == [
        ("INFO", (5.0, 7.0), 300),
        ("ERROR", (2.0,), 300),
    ]
    many = chart_of(binned(*((first, f"g{number}", str(number + 1)) for number in range(9))))
    assert len(many.curves) == MOST_CURVES
    assert sum(curve.values[0] for curve in many.curves) == sum(range(1, 10))


def test_other_rows_are_no_chart():
    at = "2026-01-05 00:00:00.000"
    assert chart_of(binned((at, "INFO", "7"), columns=("@timestamp", "level", "n"))) is None
    assert chart_of(binned((at, "INFO", "x"))) is None
    assert chart_of(QueryRows()) is None


async def test_what_is_pasted_takes_the_place_of_the_selection():
    async with Stage(QueryEditor("fields @message | limit 20")).run_test() as pilot:
        editor = pilot.app.query_one(QueryEditor)
        editor.focus()
        editor.select_all()
        editor.post_message(Paste("fields \x1b[2J@timestamp"))
        await pilot.pause()
        assert editor.text.startswith("fields ")
        assert editor.text.endswith("@timestamp")
        assert "\x1b" not in editor.text
        assert "@message" not in editor.text
