import gc
from collections.abc import Iterator

import pytest
from textual.screen import ModalScreen, Screen

from tui.runtime import closed_screens
from tui.runtime.runtime_app import RuntimeApp


@pytest.fixture
def collections(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[object]]:
    """The collections of everything; what a test freezes is thawed at its end."""
    noted: list[object] = []
    monkeypatch.setattr(closed_screens, "THAW_SECONDS", 0.01)

    def note(freeze: closed_screens.StyleFreeze) -> None:
        noted.append(freeze)

    monkeypatch.setattr(closed_screens.StyleFreeze, "renew", note)
    yield noted
    gc.unfreeze()


async def test_a_dialog_that_was_frozen_is_left_where_it_is(collections):
    app = RuntimeApp()
    async with app.run_test() as pilot:
        await app.push_screen(ModalScreen())
        app.freeze()
        await app.pop_screen()
        await pilot.pause(0.1)
        assert collections == []


@pytest.mark.parametrize("before", [False, True], ids=["closed after it", "closed before it"])
async def test_a_modes_screen_is_freed_even_if_closed_before(collections, before):
    app = RuntimeApp()
    app.add_mode("own", Screen)
    app.add_mode("other", Screen)
    async with app.run_test() as pilot:
        await app.switch_mode("own")
        own = app.screen
        await app.switch_mode("other")
        if before:
            await app.remove_mode("own")
        app.freeze()
        if not before:
            await app.remove_mode("own")
        assert own._closing
        # This test holds it, as its closer may: it is tried again.
        while len(collections) < closed_screens.THAWS:
            await pilot.pause(0.01)
