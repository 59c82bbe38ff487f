import re
from time import process_time

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len
from textual.app import App, ComposeResult
from textual.screen import Screen
from textual.widgets import Static

from tests.widgets.stage import draw, running
from widgets.drawing.format import ELLIPSIS
from widgets.frame.key_bar import KeyBar
from widgets.frame.message_line import LOW, LineMessage, MessageLine, message_rows

WORDS = st.lists(
    st.sampled_from(
        ["確認済みに", "しました。", "IMA", "アクセスキー", "a", "、", "10 → 5", "計画の後に", "｡", " "]
    ),
    max_size=12,
).map("".join)
SAVED = "運用報告書を ~/.local/state/toban/reports/facility-prod-2026-01-19.html に保存しました"


def squeezed(text: str) -> str:
    return re.sub(r"\s", "", text)


@given(WORDS, st.integers(8, 120), st.integers(1, 2))
def test_no_character_is_lost_and_no_row_is_too_wide(text, width, rows):
    lines = message_rows(text, width, rows)
    assert len(lines) <= rows
    assert all(cell_len(line) <= width for line in lines)
    shown = squeezed("".join(lines))
    if ELLIPSIS in shown:
        assert squeezed(text).startswith(shown.removesuffix(ELLIPSIS))
        assert cell_len(lines[-1]) >= width - 2, "cut only where the row is full"
    else:
        assert shown == squeezed(text)


@pytest.mark.parametrize("width", [60, 70, 76])
def test_a_long_path_loses_its_middle_and_keeps_its_name(width):
    [line] = message_rows(SAVED, width, 1)
    assert "~/…/" in line
    assert "facility-prod-2026-01-19.html" in line


def test_a_path_that_fits_is_whole():
    assert message_rows(SAVED, 100, 1) == [SAVED]
    assert squeezed("".join(message_rows(SAVED, 78, 2))) == squeezed(SAVED)


@pytest.mark.parametrize("text", ["saved: ~/" + "a/" * 20_000 + "b.html", "あ" * 10_000, "\t" * 100_000])
def test_a_long_message_is_broken_at_once(text):
    # A path of so many folders took minutes, in which no key was read.
    began = process_time()
    lines = message_rows(text, 78, 2)
    assert process_time() - began < 2
    assert len(lines) <= 2
    assert all(cell_len(line) <= 78 for line in lines)


class Framed(Screen[None]):
    def compose(self) -> ComposeResult:
        yield Static("last\n" * 50)
        yield KeyBar()
        self.line = MessageLine()
        self.line.fit_height(self.app.size.height)
        yield self.line


class One(App[None]):
    def get_default_screen(self) -> Framed:
        return Framed()


def rows_of(app: App[None]) -> list[str]:
    strips = app.screen._compositor.render_strips()
    return ["".join(segment.text for segment in strip).rstrip() for strip in strips]


@pytest.mark.parametrize("height", [LOW, LOW + 16])
@pytest.mark.parametrize("text", ["short 短い", "長い文" * 40])
async def test_a_message_covers_only_the_footer_and_the_row_kept_for_it(height, text):
    async with running(One(), (60, height)) as (app, pilot):
        line = app.screen.query_one(MessageLine)
        before = rows_of(app)
        own = height - (1 if height <= LOW else 2)
        assert before[own - 1].startswith("last")
        await draw(pilot, line, message=LineMessage(text))
        now = rows_of(app)
        assert now[:own] == before[:own]
        assert any(row.strip().startswith(text[:3]) for row in now[own:])
        await draw(pilot, line, message=None)
        assert rows_of(app) == before


async def test_bad_news_has_a_glyph_and_what_goes_on_has_one_too():
    async with running(One(), (60, LOW)) as (app, pilot):
        line = app.screen.query_one(MessageLine)
        for message, mark in (
            (LineMessage("words", "error"), "◆"),
            (LineMessage("words", "warning"), "▲"),
            (LineMessage("words", matter="a"), "▶"),
            (LineMessage("words"), "words"),
        ):
            await draw(pilot, line, message=message)
            assert rows_of(app)[-1].strip().startswith(mark)
