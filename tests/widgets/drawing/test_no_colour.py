import pytest
from rich.style import Style
from textual.color import Color

from tests.widgets.stage import Stage
from widgets.drawing.lines import Line, LineWidget

GRAVE = ("bad", "alert", "warn", "caution", "limit")


class Words(LineWidget):
    def draw(self, width: int, height: int) -> list[Line]:
        return [[("text", "")]]


def contrast(style: Style, ground: Style) -> float:
    assert style.color is not None
    assert ground.bgcolor is not None
    return abs(
        Color.from_rich_color(ground.bgcolor).brightness - Color.from_rich_color(style.color).brightness
    )


@pytest.mark.parametrize("theme", ["textual-dark", "textual-light"])
async def test_what_is_wrong_is_not_dimmer_than_ordinary_text(theme, monkeypatch):
    monkeypatch.setenv("NO_COLOR", "1")
    app = Stage(Words())
    app.theme = theme
    async with app.run_test():
        styles = app.query_one(Words).line_styles
        text = styles.style("")
        for role in GRAVE:
            assert contrast(styles.style(role), text) >= contrast(text, text) - 0.01, role
        assert styles.style("bad").bold
        assert styles.style("alert").reverse
