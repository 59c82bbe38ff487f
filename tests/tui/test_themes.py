import re
from itertools import product
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from textual.app import App, ComposeResult
from textual.color import Color
from textual.widgets import Static

from tui import themes
from tui.terminal.cells.styles import nearest
from tui.themes import PALETTE_THEMES, PaletteTheme
from widgets.drawing.lines import ROLES, LineStyles

LEAST = 4.5  # WCAG 2.2 AA, 1.4.3
DECORATION = {"rule"}  # Roles without text: lines between panels
OWN_SURFACE = {"alert", "band", "cursor", "cursor-blur"}
QUIET = {"muted", "faint", "head", "struck"}  # Roles that have the row's own colour on the cursor's row
PAGES = ("background", "surface", "panel", "boost")


def luminance(color: Color) -> float:
    parts = [part / 255 for part in color.rgb]
    red, green, blue = (
        part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts
    )
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one: Color, other: Color) -> float:
    dark, bright = sorted((luminance(one), luminance(other)))
    return (bright + 0.05) / (dark + 0.05)


class Page(App[None]):
    def __init__(self, theme: PaletteTheme) -> None:
        super().__init__()
        self.register_theme(theme)
        self.theme = theme.name

    def compose(self) -> ComposeResult:
        yield Static("")


@pytest.mark.parametrize("theme", PALETTE_THEMES, ids=lambda theme: theme.name)
async def test_every_role_is_readable_on_every_surface_that_it_stands_on(theme):
    app, palette = Page(theme), theme.palette
    async with app.run_test():
        widget = app.query_one(Static)
        weak = []
        for surface, role in product((*PAGES, "selection"), ROLES):
            if role in DECORATION | OWN_SURFACE or (surface == "selection" and role in QUIET):
                continue
            style = LineStyles(widget).style(role)
            assert style.color is not None, role
            front = Color.from_rich_color(style.color)
            if contrast(front, Color.parse(getattr(palette, surface))) < LEAST:
                weak.append((role, surface))
        for role in OWN_SURFACE - {"cursor-blur"}:
            style = LineStyles(widget).style(role)
            assert style.color is not None, role
            assert style.bgcolor is not None, role
            if contrast(Color.from_rich_color(style.color), Color.from_rich_color(style.bgcolor)) < LEAST:
                weak.append((role, "its own"))
    assert weak == []


@pytest.mark.parametrize("theme", PALETTE_THEMES, ids=lambda theme: theme.name)
def test_bands_and_reversed_words_are_readable(theme):
    palette = theme.palette
    for role in ("error", "warning", "success", "accent", "secondary"):
        colour, band = Color.parse(getattr(palette, role)), Color.parse(getattr(palette, f"{role}_band"))
        assert contrast(colour, band) >= LEAST, role
        assert contrast(Color.parse(palette.foreground), band) >= LEAST, role


@pytest.mark.parametrize("theme", [themes.DARK_256, themes.LIGHT_256], ids=lambda theme: theme.name)
def test_a_palette_of_256_colours_has_no_other_colours(theme):
    for name in theme.palette.__dataclass_fields__:
        colour = Color.parse(getattr(theme.palette, name))
        number = nearest(*colour.rgb)
        assert number >= 16
        assert xterm(number) == colour.rgb, name


@given(st.tuples(*[st.integers(0, 255)] * 3))
def test_no_other_of_the_256_colours_is_nearer(colour):
    def distance(number: int) -> float:
        pairs = zip((0.3, 0.59, 0.11), xterm(number), colour, strict=True)
        return sum(weight * (one - other) ** 2 for weight, one, other in pairs)

    assert distance(nearest(*colour)) == pytest.approx(min(map(distance, range(16, 256))))


def xterm(number: int) -> tuple[int, int, int]:
    if number >= 232:
        return (8 + (number - 232) * 10,) * 3  # type: ignore[return-value]
    red, green, blue = (number - 16) // 36, (number - 16) // 6 % 6, (number - 16) % 6
    return tuple(each * 40 + 55 if each else 0 for each in (red, green, blue))  # type: ignore[return-value]


def test_every_textual_variable_that_a_stylesheet_uses_is_exact_or_a_colour_of_the_palette():
    # No colour is blended: a blend is exact in truecolor only.
    for role, style in ROLES.items():
        assert not re.search(r"\d%|auto", style), role


@pytest.mark.parametrize("colours", [16, 256, 1 << 24])
@pytest.mark.parametrize("setting", themes.SETTINGS)
def test_the_theme_command_reaches_every_setting_that_looks_different(setting, colours):
    reached, theme = set(), themes.theme_name(setting, colours)
    for _step in themes.SETTINGS:
        theme = themes.theme_name(themes.next_setting(theme), colours)
        reached.add(theme)
    assert {themes.theme_name(each, colours) for each in themes.SETTINGS} <= reached | {
        themes.theme_name(setting, colours)
    }


def test_a_terminal_gets_a_theme_for_its_number_of_colours():
    assert themes.theme_name("auto", 1 << 24) == "toban-dark"
    assert themes.theme_name("", 256) == "toban-dark-256"
    assert themes.theme_name("light", 256) == "toban-light-256"
    assert themes.theme_name("light", 16) == "ansi-light"
    assert themes.theme_name("16", 1 << 24) == "ansi-dark"
    assert themes.theme_name("nord", 256) == "nord"


async def test_words_on_black_are_never_the_terminals_dark_blue():
    class Words(App[None]):
        def compose(self) -> ComposeResult:
            yield Static("")

    app = Words()
    app.register_theme(themes.ANSI_DARK)
    app.theme = "ansi-dark"
    async with app.run_test():
        styles = LineStyles(app.query_one(Static))
        colours = {role: styles.style(role).color for role in ROLES if role not in DECORATION | OWN_SURFACE}
        dark_blue = [role for role, colour in colours.items() if colour is not None and colour.number == 4]
        assert dark_blue == []
        assert app.get_css_variables()["text-primary"] == "ansi_bright_blue"


def test_words_take_the_text_colours_of_the_theme():
    # `$primary` is for lines and bars: as a word it would be dark blue on black among 16 colours.
    sources = [path for folder in ("tui", "widgets") for path in Path(folder).rglob("*.py")]
    words = re.compile(r"styled\([^)]*\$primary\b|(?<![\w-])color: \$primary\b")
    lines = {str(path) for path in sources if words.search(path.read_text("utf-8"))}
    assert lines <= {"widgets/logs/drawing/lines.py"}
