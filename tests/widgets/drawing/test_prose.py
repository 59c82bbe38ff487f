import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len
from textual.content import Content

from tests.tools.painting import painting
from tests.widgets.stage import Stage
from widgets.drawing.prose import Prose, wrap_content

WORDS = st.text(st.sampled_from("ab 7、。点検）\n"), max_size=80)


def test_a_line_is_full_though_a_space_comes_early():
    text = Content("直近 7 回のバックアップウィンドウすべて")
    first = wrap_content(text, 20).plain.split("\n")[0]
    assert first == "直近 7 回のバック", "a small letter begins no line"


@given(WORDS, st.integers(2, 60))
def test_nothing_is_lost_and_nothing_is_too_wide(text, width):
    content = wrap_content(Content(text), width)
    assert "".join(content.plain.split()) == "".join(text.split())
    assert all(cell_len(line) <= width for line in content.plain.split("\n"))


@given(st.lists(st.tuples(WORDS, st.sampled_from(["bold", "red", ""])), max_size=5), st.integers(2, 40))
def test_each_character_keeps_its_style(parts, width):
    text = Content.assemble(*parts)
    assert styles_of(wrap_content(text, width)) == styles_of(text)


def styles_of(text: Content) -> list[tuple[str, tuple[str, ...]]]:
    marks: list[list[str]] = [[] for _character in text.plain]
    for span in text.spans:
        for at in range(span.start, min(span.end, len(marks))):
            marks[at].append(str(span.style))
    pairs = zip(text.plain, marks, strict=True)
    return [(each, tuple(mark)) for each, mark in pairs if not each.isspace()]


@pytest.mark.parametrize("columns", [20, 41, 80])
async def test_it_is_as_high_as_its_text(columns):
    text = Content("直近 7 回のバックアップウィンドウすべてにスナップショットがあります。" * 2)
    prose = Prose(text)
    async with Stage(prose).run_test(size=(columns, 24)) as pilot:
        assert prose.size.width == columns
        assert prose.size.height == len(wrap_content(text, columns).plain.split("\n"))
        prose.update(Content("短い"))
        await pilot.pause()
        assert prose.size.height == 1


async def test_the_same_words_are_not_painted_again():
    async with Stage(Prose(Content("left: 5 min"))).run_test() as pilot:
        prose = pilot.app.query_one(Prose)
        with painting() as requests:
            prose.show(Content("left: 5 min"))
            assert requests == []
            prose.show(Content.styled("left: 5 min", "bold"))
            prose.show(Content("left: 4 min"))
        assert len(requests) == 2


def test_an_indented_paragraph_stays_indented():
    text = wrap_content(Content("題\n  ● 正常  ダッシュボードのすべての項目が正常範囲内です。"), 20)
    title, *rest = text.plain.split("\n")
    assert title == "題"
    assert len(rest) > 1
    assert all(line.startswith("  ") for line in rest)
