import re

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.color import Color, ColorSystem
from textual.widgets import Input

from tests.tools.console import console, settled
from tests.tools.screens.encoding import PaletteRenditions, composed, sent, sent_in
from tests.tools.screens.index import write_index
from tests.tools.screens.painter import painted
from tests.tools.screens.palettes import LOOKS, SMALL, colour, looks_at, numbered
from tests.tools.screens.shots.registry import SHOTS
from tests.tools.screens.terminal import Cell, decoded
from tests.tui.screen_visits import every_screen
from tests.tui.terminal.cells.emulated import STYLES, texts
from tui.terminal.cells.encoder import Encoder
from tui.terminal.cells.graphemes import cells, is_steady
from tui.terminal.cells.grid import CellGrid
from tui.terminal.cells.styles import Rendition, Renditions

_BY_NAME = {look.name: look for look in LOOKS}


def _cell(text: str, rendition: Rendition) -> Cell:
    codes = Rendition(attributes=rendition.attributes).codes
    attributes = frozenset(map(int, codes.split(";"))) if codes else frozenset()
    return Cell(text, rendition.foreground, rendition.background, attributes)


def _seen(cell: Cell) -> tuple[object, ...]:
    """Of a space, nothing but what shows; of a wide character's second half, nothing."""
    decoration = cell.attributes & {4, 7, 9, 21, 51, 52, 53}
    if not cell.data:
        return ("",)
    if cell.data == " " and not decoration:
        return " ", cell.bg
    return cell.data, cell.fg, cell.bg, decoration if cell.data == " " else cell.attributes


def _wanted(grid: CellGrid, renditions: Renditions) -> list[list[tuple[object, ...]]]:
    return [
        [_seen(_cell(text, renditions[style])) for text, style in zip(texts, styles, strict=True)]
        for texts, styles in zip(grid.texts, grid.styles, strict=True)
    ]


def _shown(data: bytes, width: int, height: int) -> list[list[tuple[object, ...]]]:
    return [[_seen(cell) for cell in row] for row in decoded(data, width, height)]


@pytest.mark.slow
@given(
    st.integers(2, 60),
    st.integers(1, 12),
    st.lists(
        st.tuples(
            st.integers(-2, 60),
            st.integers(0, 11),
            texts.filter(lambda text: all(map(is_steady, cells(text)))),
            st.sampled_from([*STYLES, Rendition("38;5;245", "48;5;236", 2), Rendition("", "48;5;17", 1 | 2)]),
        ),
        max_size=25,
    ),
)
def test_what_is_decoded_is_what_was_encoded(width, height, puts):
    renditions = Renditions(ColorSystem.EIGHT_BIT)
    grid = CellGrid(width, height)
    for x, y, text, style in puts:
        grid.put(x, y % height, text, renditions.number(style))
    frame, _complete = Encoder(width, height, renditions).encode(grid)
    assert _shown(frame.encode(), width, height) == _wanted(grid, renditions)


@pytest.mark.slow
@pytest.mark.scenario("alb-5xx", history=600.0)
async def test_a_screen_is_decoded_as_composed_in_every_palette(embedded):
    async with console(embedded.url, embedded.clock, size=SMALL) as pilot:
        await settled(pilot)
        pictures = {}
        for look in LOOKS:
            data = await sent_in(pilot, look)
            renditions = PaletteRenditions(look.palette.colours)
            assert _shown(data, *SMALL) == _wanted(composed(pilot.app, renditions), renditions), look.name
            screen = decoded(data, *SMALL)
            pictures[look.name] = painted(screen, look)
            codes = {code for row in screen for cell in row for code in (cell.fg, cell.bg) if ";" in code}
            kinds = {code.split(";")[1] for code in codes}
            assert kinds == {"truecolor": {"2"}, "256": {"5"}, "16": set(), "nocolor": {"5"}}[look.palette.id]
        assert len(set(pictures.values())) == len(LOOKS), "each look is another picture"
        numbers = set(re.findall(r'fill="(#\w+)"', pictures["256-dark"]))
        own = set(_BY_NAME["256-dark"].ground)
        assert numbers - own <= {numbered(number) for number in range(256)}
        greys = set(re.findall(r'fill="(#\w+)"', pictures["nocolor-dark"])) - own
        assert all(code[1:3] == code[3:5] == code[5:7] for code in greys)
        assert sent(pilot.app, ColorSystem.TRUECOLOR) != sent(pilot.app, ColorSystem.EIGHT_BIT)


@pytest.mark.scenario("ordinary-day", history=600.0)
@pytest.mark.slow
async def test_a_theme_that_is_switched_to_looks_as_one_that_was_started_with(embedded):
    look, colours = _BY_NAME["256-light"], []
    for others in ([], [_BY_NAME["truecolor-dark"], _BY_NAME["256-dark"]]):
        first = others[0] if others else look
        async with console(embedded.url, embedded.clock, size=SMALL, theme=first.theme) as pilot:
            await settled(pilot)
            pilot.app.action_command_palette()
            await settled(pilot)
            # A cursor that blinks is in one picture and not in the other.
            pilot.app.screen.query_one(Input).cursor_blink = False
            for palette in [*others, look]:
                data = await sent_in(pilot, palette)
            colours.append({(cell.fg, cell.bg) for row in decoded(data, *SMALL) for cell in row})
    assert colours[0] == colours[1]


@pytest.mark.parametrize("number", [0, 15, 16, 17, 52, 196, 231, 232, 236, 255])
def test_numbers_are_painted_as_xterm_does(number):
    assert colour(f"48;5;{number}") == numbered(number)
    if number > 15:
        assert numbered(number) == Color.from_ansi(number).get_truecolor().hex


def test_the_first_sixteen_have_codes_of_their_own():
    assert [colour(code) for code in ("30", "37", "90", "97", "41", "107")] == [
        numbered(number) for number in (0, 7, 8, 15, 1, 15)
    ]
    assert colour("38;2;1;2;255") == "#0102ff"


def _painted(cell: Cell, look: str = "256-dark") -> str:
    return painted([[cell]], _BY_NAME[look])


def test_attributes_are_painted():
    assert 'class="b u"' in _painted(Cell("x", "31", "", frozenset({1, 4})))
    assert 'fill="#cd0000"' in _painted(Cell("x", "31"))
    reverse = _painted(Cell("x", "31", "44", frozenset({7})))
    assert reverse.index('fill="#cd0000"/>') < reverse.index('fill="#0000ee">x<')
    assert 'fill="#8c8c8c"' in _painted(Cell("x", "97", "40", frozenset({2}))), "dim"
    assert 'fill="#000000">x<' in _painted(Cell("x"), "16-light"), "a light terminal writes black"


@pytest.mark.parametrize("character", "─│┌╋━▁▔█▐⣿⡀▚")
def test_lines_and_blocks_are_drawn_without_a_font(character):
    picture = _painted(Cell(character))
    assert "<path" in picture
    assert "<text" not in picture


def test_each_character_stands_in_its_own_cell():
    row = [*map(Cell, "a b"), Cell("予"), Cell(""), Cell("<")]
    places = re.findall(r'<text x="([\d.]+)"[^>]*>([^<]+)<', painted([row], _BY_NAME["256-dark"]))
    assert places == [("0.0", "a"), ("16.8", "b"), ("25.2", "予"), ("42.0", "&lt;")]


def test_rarer_palettes_are_painted_at_one_size():
    assert looks_at(SMALL) == LOOKS
    assert {look.palette.id for look in looks_at((120, 40))} == {"truecolor", "256"}
    assert len(looks_at((120, 40))) == 4


def test_every_screen_has_a_picture():
    missing = {kind.__name__ for kind in every_screen()} - {shot.screen.__name__ for shot in SHOTS}
    assert not missing, "add a Shot to tests/tools/screens/shots"


def test_no_two_pictures_have_one_name():
    assert len({shot.name for shot in SHOTS}) == len(SHOTS)


def test_the_page_lists_the_pictures_and_needs_nothing_else(tmp_path):
    (tmp_path / "watch-ja-80x24-256-dark.svg").write_text("")
    (tmp_path / "other.svg").write_text("")
    write_index(tmp_path)
    page = (tmp_path / "index.html").read_text("utf-8")
    assert '"pictures": ["watch-ja-80x24-256-dark.svg"]' in page
    assert not re.search(r"https?://|src=\"[^\"{$]", page)


def test_a_palette_has_the_theme_of_its_terminals():
    assert {name: look.theme for name, look in _BY_NAME.items()} == {
        "truecolor-dark": "toban-dark",
        "truecolor-light": "toban-light",
        "256-dark": "toban-dark-256",
        "256-light": "toban-light-256",
        "16-dark": "ansi-dark",
        "16-light": "ansi-light",
        "nocolor-dark": "toban-dark-256",
    }
