from collections import Counter
from typing import Any

import pytest
from textual.app import App, ComposeResult
from textual.css import stylesheet as textual_stylesheet
from textual.screen import Screen
from textual.widget import Widget
from textual.widgets import Static

from tui.runtime.runtime_app import CachingStylesheet, RuntimeApp

WIDGETS = 100  # More than Textual caches


def _widget_class(number: int) -> type[Widget]:
    css = f"Grown{number} {{ color: $primary; height: {number}; }}"
    return type(f"Grown{number}", (Static,), {"DEFAULT_CSS": css})


class _Many(Screen[None]):
    def compose(self) -> ComposeResult:
        for number in range(WIDGETS):
            yield _widget_class(number)(str(number))


class _One(Screen[None]):
    CSS = "_One { color: $secondary; }"


class _Console(RuntimeApp):
    SCREENS = {"many": _Many, "one": _One}  # noqa: RUF012


@pytest.fixture
def parsed(monkeypatch: pytest.MonkeyPatch) -> Counter[str]:
    count: Counter[str] = Counter()
    parse = textual_stylesheet.parse

    def counting(scope: str, css: str, read_from: Any, *arguments: Any, **options: Any) -> Any:
        count[read_from[1]] += 1
        return parse(scope, css, read_from, *arguments, **options)

    monkeypatch.setattr(textual_stylesheet, "parse", counting)
    return count


async def test_a_screen_is_opened_without_parsing_earlier_styles(parsed):
    app = _Console()
    async with app.run_test() as pilot:
        await app.push_screen("many")
        await pilot.pause()
        grown = [name for name in parsed if "Grown" in name]
        assert len(grown) == WIDGETS
        parsed.clear()
        await app.push_screen("one")
        await pilot.pause()
        assert set(parsed) == {"_One.CSS"}


async def test_a_theme_changes_every_style(parsed):
    app = _Console()
    async with app.run_test() as pilot:
        await app.push_screen("many")
        await pilot.pause()
        grown = app.screen.query("Grown7").first()
        before = grown.styles.color
        parsed.clear()
        app.theme = "textual-light" if app.theme != "textual-light" else "textual-dark"
        await pilot.pause()
        assert sum("Grown" in name for name in parsed) == WIDGETS
        assert grown.styles.color != before


def test_it_stays_the_stylesheet_of_the_app():
    app: App[None] = _Console()
    assert isinstance(app.stylesheet, CachingStylesheet)
