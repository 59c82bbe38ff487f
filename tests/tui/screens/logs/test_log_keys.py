from typing import Any

import pytest
from rich.cells import cell_len
from textual.pilot import Pilot

from services import i18n
from services.i18n import _
from services.models import glyphs
from tests.tools.console import press, screen_text, until
from tests.tui.screens.logs.panes_open import APPLICATION, DATABASE, logs
from tui.commands import COMMANDS
from tui.screens.common.help import sections
from tui.screens.logs import key_order
from tui.screens.logs.panes import PaneScreen
from widgets.frame.key_bar import KeyBar, fitting
from widgets.logs.drawing import separators
from widgets.logs.pane.keys import LOG_BINDINGS
from widgets.logs.pane.prompt import _ASKS

pytestmark = pytest.mark.scenario("ordinary-day", history=600.0)

FIRST = {80: "/ f P L o", 120: "/ f P L o ⏎ I Q e", 200: "/ f P L o ⏎ e I @ Q m K y"}
"""The keys that the footer shows at least, by the width of the screen."""
FIRST_OF_TWO = {80: "/ f P L o", 120: "/ f P L o ⏎ I Q e", 200: "/ f P L o ⏎ e I @ Q m x & z"}


def footer(pilot: Pilot[Any]) -> list[str]:
    bar = pilot.app.screen.query_one(KeyBar)
    return [each.key for each in fitting(bar.keys, bar.size.width - 1)]


@pytest.mark.parametrize("language", i18n.LANGUAGES)
@pytest.mark.parametrize(
    ("groups", "first"),
    [((APPLICATION,), FIRST), ((APPLICATION, DATABASE), FIRST_OF_TWO)],
    ids=["one", "two"],
)
async def test_the_footer_shows_what_matters_most_at_every_width(embedded, language, groups, first):
    i18n.use(language)
    async with logs(embedded, *groups, size=(80, 40)) as pilot:
        pilot.app.screen.pane.focus()
        for width, expected in first.items():
            await pilot.resize_terminal(width, 40)
            await until(pilot, lambda width=width: pilot.app.screen.query_one(KeyBar).size.width > width - 3)
            keys = set(expected.split())
            await until(pilot, lambda keys=keys: keys <= set(footer(pilot)))
            assert footer(pilot)[-1] in ("?", "^p", ":")
            assert "?" in footer(pilot)


async def test_what_is_typed_is_no_key_of_the_footer(embedded):
    async with logs(embedded, APPLICATION, size=(200, 40)) as pilot:
        await press(pilot, "f", then=lambda: "Esc" in footer(pilot))
        assert [key for key in footer(pilot) if len(key) == 1] == []


async def test_the_help_lists_every_key_of_the_logs_in_a_section(embedded):
    listed = [id for _title, ids in key_order.SECTIONS for id in ids]
    assert len(listed) == len(set(listed))
    assert set(key_order.FOOTER) <= set(listed)
    defined = {binding.id for binding in LOG_BINDINGS} | {"way-back"}
    defined |= {command.id for command in COMMANDS if command.scope == "logs"}
    assert set(listed) <= defined
    async with logs(embedded, APPLICATION, DATABASE) as pilot:
        titles = [title for title, _rows in sections(pilot.app.screen)]
        assert titles[: len(key_order.SECTIONS)] == [_(title) for title, _ids in key_order.SECTIONS]
        assert _("On this screen") not in titles
        await until(pilot, lambda: len(pilot.app.screen.pane.store) > 0)
        await press(pilot, "up", "enter", then=lambda: "In this panel" in sections(pilot.app.screen)[0][0])


def test_the_help_explains_every_sign_beside_the_lines():
    explained = {sign for signs, _text in PaneScreen.MARKS for sign in signs.split()}
    drawn = {glyphs.LATE_LINE, separators.MARK, separators.MATCH, separators.IN_SPAN}
    drawn |= {separators.ASKED_TIME, separators.SHARED_TIME}
    assert drawn <= explained


async def test_a_key_without_effect_says_why(embedded):
    async with logs(embedded, APPLICATION, size=(120, 40)) as pilot:
        pane = pilot.app.screen.pane
        await until(pilot, lambda: len(pane.store) > 0)
        for key, words in (
            ("n", "nothing is searched"),
            ("greater_than_sign", "no lines are hidden here"),
            ("e", "no error among"),
        ):
            await press(pilot, key, shows=words)


@pytest.mark.parametrize("language", i18n.LANGUAGES)
def test_the_hints_of_the_prompts_fit_beside_the_field_at_80_columns(language):
    i18n.use(language)
    for _label, hint in _ASKS.values():
        assert cell_len(_(hint)) <= 80 * 60 // 100 - 2, _(hint)


@pytest.mark.parametrize("key", ["x", "z", "ctrl+left", "ctrl+right", "ampersand"])
async def test_a_key_for_several_panes_says_why_it_does_nothing_in_one(embedded, key):
    async with logs(embedded, APPLICATION) as pilot:
        await press(pilot, key, shows="This key is for several panes; o opens another.")


async def test_what_is_typed_is_not_taken_for_a_key_of_several_panes(embedded):
    async with logs(embedded, APPLICATION) as pilot:
        await press(pilot, "slash", "x", "z", "ctrl+left", shows="xz")
        assert "several panes" not in screen_text(pilot)


async def test_a_key_for_the_panes_says_why_it_does_nothing_while_they_are_merged(embedded):
    async with logs(embedded, APPLICATION, DATABASE) as pilot:
        screen = pilot.app.screen
        await press(pilot, "ampersand", then=lambda: screen.cover is not None)
        await press(pilot, "z", shows="Esc shows the panes again; the key works there.")
