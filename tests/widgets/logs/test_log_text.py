from collections.abc import Iterator
from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from rich.cells import cell_len
from rich.style import Style

from services.models.logs import Severity
from widgets.logs.drawing.strips import HEAD_WIDTH, Accent, LogFormat, Painter
from widgets.logs.form.values import task_of
from widgets.logs.store.store import StoredLine
from widgets.logs.text.search import BadQuery, SearchQuery, SlowQuery, timed_lines
from widgets.logs.text.severity import severity_of
from widgets.logs.text.time import age_text, clock_text, local_day, parse_moment, second_text, span_text

JST = ZoneInfo("Asia/Tokyo")
NEAR = datetime(2026, 11, 25, 0, 30, tzinfo=UTC)
HOSTILE = [
    "[@click=app.quit]x[/] [/] [type=x, v={'a[0]'}]",
    "\x1b[2J\x1b]52;c;AAAA\x07 \x9b31m \x9d0;title\x9c",
    "\u202eabc\u202c \u200b\u2066x\u2069 \ufeff",
    "e\u0301" + "\u0300" * 500,
    "\ud800 lone \udfff",
    "x" * 1_000_000,
    "\t" * 100_000,
    "😀👍🏽🇯🇵👨\u200d👩\u200d👧 日本語テキスト ｶﾅ",
    '{"message":"\\u001b[2J\\u0007\\ud800","k\\u202e":"a\\nb","n":' + "1" * 5000 + "}",
    '{"a":' * 3000 + "1" + "}" * 3000,
    "a\rb\x00c\x7f",
    "",
]


@pytest.mark.parametrize(
    ("line", "severity"),
    [
        ('{"message":"ERROR in the past","level":"info"}', Severity.INFO),
        ('{"severity":"CRITICAL","msg":"x"}', Severity.FATAL),
        ('{"level":50,"msg":"pino"}', Severity.ERROR),
        ('{"level": 30}', Severity.INFO),
        ('{"level":60}', Severity.FATAL),
        ('{"message":"no level"}', Severity.PLAIN),
        ("2026-11-25 09:00:00 JST:10.0.1.2(5432):app@facility:[12]:ERROR:  deadlock", Severity.ERROR),
        ("2026-11-25 09:00:00 JST::@:[12]:LOG:  checkpoint starting", Severity.INFO),
        ("2026/11/25 09:00:00 [warn] 7#7: *1 upstream", Severity.WARNING),
        ('time=x level=error msg="y"', Severity.ERROR),
        ("WARNING: something", Severity.WARNING),
        ("TERRORS and INFORMATIVE words", Severity.PLAIN),
        ("GET /error HTTP/1.1", Severity.PLAIN),
    ],
)
def test_severity_is_read_from_the_usual_spellings(line, severity):
    assert severity_of(line.encode()) is severity


@settings(deadline=None)
@given(st.binary(max_size=200))
def test_severity_of_anything(line):
    assert severity_of(line) in Severity


def test_times_are_shown_in_the_zone_and_typed_in_it():
    at = 1_764_028_813_257
    assert clock_text(at, JST) == "09:00:13.257"
    assert clock_text(at, UTC) == "00:00:13.257"
    day = date(2025, 11, 25)
    assert (local_day(at, JST), local_day(at - 12 * 3_600_000, JST)) == (day, date(2025, 11, 24))
    assert second_text(at, JST, day) == "09:00:13"
    assert second_text(at - 86_400_000, JST, day) == "11-24(Mon) 09:00:13"
    assert second_text(at, JST, date(2026, 1, 1)) == "2025-11-25(Tue) 09:00:13"
    assert age_text(at, at + 192_000) == "-0:03:12"
    assert age_text(at, at - 90_061_000) == "+1d1:01:01"
    assert [span_text(ms) for ms in (850, 38_000, 720_000, 90_000_000)] == ["850ms", "38s", "12m", "25h"]


@pytest.mark.parametrize(
    ("text", "iso"),
    [
        ("9:12", "2026-11-25T09:12:00+09:00"),
        ("09:12:33", "2026-11-25T09:12:33+09:00"),
        ("23:50", "2026-11-24T23:50:00+09:00"),
        ("11-24 8:00", "2026-11-24T08:00:00+09:00"),
        ("2026/11/20 08:00:05", "2026-11-20T08:00:05+09:00"),
        ("2026-11-20T08:00:00Z", "2026-11-20T08:00:00+00:00"),
        ("-15m", "2026-11-25T09:15:00+09:00"),
    ],
)
def test_a_typed_time(text, iso):
    assert parse_moment(text, JST, NEAR) == datetime.fromisoformat(iso).timestamp() * 1000


@pytest.mark.parametrize(
    ("near", "text", "iso"),
    [
        ("2026-01-05T09:00:00+09:00", "12-31 16:00", "2025-12-31T16:00:00+09:00"),
        ("2025-12-30T09:00:00+09:00", "1-5 8:00", "2026-01-05T08:00:00+09:00"),
        ("2026-11-20T09:00:00+09:00", "11-25 8:00", "2026-11-25T08:00:00+09:00"),
        ("2029-01-05T09:00:00+09:00", "2-29 8:00", "2028-02-29T08:00:00+09:00"),
    ],
)
def test_a_day_without_a_year_is_the_nearest_one(near, text, iso):
    assert (
        parse_moment(text, JST, datetime.fromisoformat(near))
        == datetime.fromisoformat(iso).timestamp() * 1000
    )


@pytest.mark.parametrize("text", ["", "soon", "25:00", "13-45 9:00", "9:99", "-99999d", "2026-02-30"])
def test_what_is_no_time(text):
    moment = parse_moment(text, JST, NEAR)
    assert moment is None or text == "-99999d"


@settings(deadline=None)
@given(st.text(max_size=30))
def test_any_text_may_be_typed_as_a_time(text):
    moment = parse_moment(text, JST, NEAR)
    assert moment is None or isinstance(moment, int)


def test_a_query_that_could_hang_is_refused_with_a_reason():
    for pattern in ("(a+)+$", "(.*)*x", "[", "(?P<a>"):
        with pytest.raises(BadQuery):
            SearchQuery(pattern, regex=True)


def test_a_query_finds_what_is_drawn():
    line = b'{"level":"ERROR","http":{"status": 503},"msg":"\\u6c7a\\u6e08"}\n'
    assert SearchQuery("status=503").lines_in(line) == [0]
    assert SearchQuery("http.status=503").lines_in(line) == [0]
    assert SearchQuery("決済").lines_in(line) == [0]
    assert SearchQuery("status=504").lines_in(line) == []
    assert SearchQuery("error").lines_in(line) == [0]
    assert SearchQuery("Error").lines_in(line) == []
    assert SearchQuery("err").spans("xErr err") == [(1, 4), (5, 8)]


def painter(width: int = 80, **options: object) -> Painter:
    painter = Painter(LogFormat(JST, **options), lambda name: Style(color="red" if "error" in name else None))  # type: ignore[arg-type]  # test helper
    painter.width = width
    return painter


def draw(text: str, painter: Painter, *, late: bool = False) -> list[str]:
    line = StoredLine(1, 1_764_028_813_257, 1_764_028_913_257, "ecs/web/0123456789abcdef", late, text)
    strips = painter.block(line, Accent(), 1_764_028_999_000)
    for strip in strips:
        assert strip.cell_length == painter.width
        assert cell_len(strip.text) == painter.width
    return [strip.text for strip in strips]


@pytest.mark.parametrize("text", HOSTILE, ids=range(len(HOSTILE)))
@pytest.mark.parametrize("wrap", [False, True])
@pytest.mark.parametrize("width", [18, 40, 81])
def test_a_hostile_line_is_harmless_and_aligned(text, wrap, width):
    for raw in (False, True):
        rows = draw(text, painter(width, wrap=wrap, raw=raw), late=raw)
        screen = "".join(rows)
        assert not any(
            ord(c) < 0x20 or 0x7F <= ord(c) < 0xA0 or c in "\u202e\u200b\u2066\ufeff" for c in screen
        )
        screen.encode()


@settings(deadline=None)
@given(st.text(max_size=120), st.integers(18, 60), st.booleans(), st.integers(0, 40))
def test_any_line_fills_its_rows_exactly(text, width, wrap, shift):
    narrow = painter(width, wrap=wrap, shift=0 if wrap else shift)
    narrow.query = SearchQuery("a")
    draw(text, narrow)


def test_a_row_reads_well():
    row = draw('{"level":"ERROR","message":"決済に失敗","code":402}', painter(60))[0]
    assert row.rstrip() == " 09:00:13.257 E 決済に失敗  code=402"
    assert draw("plain text", painter(60), late=True)[0].rstrip() == "«09:00:13.257   plain text"
    assert draw("x" * 100, painter(40))[0].endswith("x\u203a")
    assert draw("x", painter(40, relative=True))[0].rstrip() == "     -0:03:05   x"


def test_wrapping_keeps_every_character_and_breaks_at_spaces():
    words = " ".join(f"語{n}" for n in range(60))
    rows = draw(words, painter(40, wrap=True))
    assert "".join(row[HEAD_WIDTH:].rstrip() for row in rows).replace(" ", "") == words.replace(" ", "")
    assert all(not row[HEAD_WIDTH:].startswith(tuple("0123456789")) for row in rows)


def test_matches_are_set_apart():
    narrow = painter(60)
    narrow.query = SearchQuery("失敗")
    narrow._component = lambda name: Style(bold=name.endswith("match"))
    line = StoredLine(1, 0, 0, "", False, "決済に失敗 失敗")
    strip = narrow.block(line, Accent(), 0)[0]
    assert [segment.text for segment in strip if segment.style and segment.style.bold] == ["失敗", "失敗"]


def test_the_task_is_what_a_stream_is_shortened_to():
    assert task_of("ecs/staff-api/0123456789abcdef") == "staff-api/01234567"
    assert task_of("i-0abc") == "i-0abc"


class Taken(list[str]):
    count = 0

    def __iter__(self) -> Iterator[str]:
        for line in super().__iter__():
            self.count += 1
            yield line


def test_slow_lines_use_up_the_time_of_a_block_together():
    # None of them takes all of the time by itself.
    lines = Taken(["a" * 22 + "!"] * 200)
    with pytest.raises(SlowQuery):
        timed_lines("(a|aa)+$", lines, folds=False)
    assert lines.count < 60
