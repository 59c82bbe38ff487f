import pytest
from textual.app import App

from tests.tools.painted import painted
from tests.widgets.gallery import GalleryApp

SHOWN = [
    *[(page, "toban-dark") for page in ("watch", "detail", "states", "alarms", "dashboard", "journal")],
    ("watch", "ansi-dark"),
    ("watch", "ansi-light"),
    ("watch", "textual-light"),
]


@pytest.mark.parametrize(("page", "theme"), SHOWN)
async def test_hostile_text_stays_text_in_every_theme(page, theme):
    app = GalleryApp(page)
    async with app.run_test(size=(120, 60)) as pilot:
        app.theme = theme
        await pilot.pause()
        await pilot.pause()
        text = "".join(strip.text for strip in app.screen._compositor.render_strips())
        assert app.is_running
        assert not any(ord(character) < 32 or character in "\x7f\x9b\u202e" for character in text)
        if page in ("watch", "alarms", "dashboard", "journal"):
            assert "[/ecs/web] [@" in text


async def test_without_colour_every_state_is_distinct(monkeypatch):
    monkeypatch.setenv("NO_COLOR", "1")
    app = GalleryApp("alarms")
    async with app.run_test(size=(120, 30)) as pilot:
        await pilot.pause()
        text = "\n".join(strip.text for strip in app.screen._compositor.render_strips())
        for words in ("■ firing", "× missing", "? no data", "● ok", "▌"):
            assert words in text


async def test_a_new_theme_repaints_what_was_drawn():
    app = GalleryApp("watch")
    async with app.run_test(size=(120, 40)) as pilot:
        await pilot.pause()
        await pilot.pause()
        before = app.screen._compositor.render_strips()
        app.theme = "toban-light"
        await pilot.pause()
        await pilot.pause()
        after = app.screen._compositor.render_strips()
        assert [strip.text for strip in before] == [strip.text for strip in after]
        unchanged = [y for y, (one, two) in enumerate(zip(before, after, strict=True)) if one == two]
        assert unchanged == []


SIZES = {"watch": (120, 40), "detail": (120, 40), "states": (80, 40)}


@pytest.mark.parametrize("page", SIZES)
def test_snapshot(snap_compare, page):
    app: App[None] = GalleryApp(page)
    assert snap_compare(app, terminal_size=SIZES[page], run_before=painted)
