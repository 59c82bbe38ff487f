from itertools import product

import pytest
from textual.color import Color

from tests.tui.test_themes import LEAST, contrast
from tests.widgets.logs.log_reader import PaneApp, filled
from tui.themes import PALETTE_THEMES
from widgets.logs.drawing.styles import OWN_BACKGROUND, STYLES

PARTS = [name for name in STYLES if name not in ("cursor", "range")]


@pytest.mark.parametrize("theme", PALETTE_THEMES, ids=lambda theme: theme.name)
async def test_parts_are_readable_on_rows(theme):
    app = PaneApp()
    app.register_theme(theme)
    app.theme = theme.name
    async with app.run_test(size=(80, 24)) as pilot:
        painter = (await filled(pilot)).lines.painter
        weak = []
        for name, row in product(PARTS, ("", "cursor", "range")):
            style = painter.style(name, row)
            assert style.color is not None
            assert style.bgcolor is not None
            front, back = Color.from_rich_color(style.color), Color.from_rich_color(style.bgcolor)
            if contrast(front, back) < LEAST:
                weak.append((name, row))
        assert weak == []


@pytest.mark.parametrize("theme", ["ansi-dark", "ansi-light"])
async def test_among_16_colours_a_row_has_one_foreground(theme):
    app = PaneApp()
    app.theme = theme
    async with app.run_test(size=(80, 24)) as pilot:
        painter = (await filled(pilot)).lines.painter
        for row in ("cursor", "range"):
            styles = [painter.style(name, row) for name in PARTS if name not in OWN_BACKGROUND]
            assert len({(style.color, style.bgcolor) for style in styles}) == 1
            assert styles[0].color != styles[0].bgcolor
