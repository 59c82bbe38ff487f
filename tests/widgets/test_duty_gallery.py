from collections.abc import Iterator

import pytest

from services import i18n
from tests.tools.painted import painted
from tests.widgets.gallery_duties import DutyGallery
from widgets.duties.duty_wording import DUTY_STYLES, State


@pytest.fixture(autouse=True)
def english() -> Iterator[None]:
    i18n.use("en")
    yield
    i18n.use("en")


@pytest.mark.parametrize("theme", ["toban-dark", "toban-light", "ansi-dark", "ansi-light"])
async def test_text_is_the_same_in_every_theme(theme, monkeypatch):
    monkeypatch.setenv("NO_COLOR", "1")
    app = DutyGallery()
    async with app.run_test(size=(200, 60)) as pilot:
        app.theme = theme
        await pilot.pause()
        await pilot.pause()
        text = "\n".join(strip.text for strip in app.screen._compositor.render_strips())
        assert not any(
            (ord(character) < 32 and character != "\n") or character in "\x7f\x9b\u202e" for character in text
        )
        assert "[/ecs/web] [@" in text
        for state in (State.LATE, State.MISSED, State.DUE, State.DONE, State.UPCOMING, State.SKIPPED):
            assert DUTY_STYLES[state].text in text  # the legend
        assert "▌" in text


async def test_a_new_theme_repaints_what_was_drawn():
    app = DutyGallery()
    async with app.run_test(size=(120, 40)) as pilot:
        await pilot.pause()
        await pilot.pause()
        before = app.screen._compositor.render_strips()
        app.theme = "toban-light"
        await pilot.pause()
        await pilot.pause()
        after = app.screen._compositor.render_strips()
        assert [strip.text for strip in before] == [strip.text for strip in after]
        assert [y for y, (one, two) in enumerate(zip(before, after, strict=True)) if one == two] == []


def test_snapshot(snap_compare):
    assert snap_compare(DutyGallery(), terminal_size=(120, 40), run_before=painted)
