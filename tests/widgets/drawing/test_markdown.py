from hypothesis import given
from hypothesis import strategies as st

from services.models.text import clean_block
from widgets.drawing.lines import plain, width_of
from widgets.drawing.markdown import markdown_lines


def test_headings_lists_emphasis_and_links_are_text():
    lines = markdown_lines("# 題名\n**太字** と [手順](https://example.invalid/x)\n1. 一\n2. 二\n- `三`", 60)
    assert plain(lines) == ["題名", "", "太字 と 手順 (https://example.invalid/x)", "1. 一", "2. 二", "• 三"]
    roles = {text: role for line in lines for text, role in line}
    assert (roles["題名"], roles["太字"], roles["手順"], roles["三"]) == ("heading", "strong", "link", "code")


def test_cloudwatch_buttons_lose_their_prefix():
    assert plain(markdown_lines("[button:primary:開く](#x)", 40)) == ["開く"]


def test_tables_keep_their_cells():
    assert plain(markdown_lines("|a|b|\n|-|-|\n|1|2|", 40)) == ["a  b", "1  2"]


def test_long_items_hang_under_their_text():
    assert plain(markdown_lines("- one two three four", 12)) == ["• one two", "  three four"]


def test_html_and_textual_markup_stay_text():
    assert plain(markdown_lines("<b>x</b> [@click=app.quit]y[/]", 60)) == ["<b>x</b> [@click=app.quit]y[/]"]


@given(st.text(alphabet="#*-_`[]()|>1. \nab漢", max_size=120).map(clean_block), st.integers(8, 60))
def test_any_text_becomes_lines_that_fit(source, width):
    for line in markdown_lines(source, width):
        assert width_of(line) <= width or line[0][1] in ("code", "muted") or len(line) > 1
