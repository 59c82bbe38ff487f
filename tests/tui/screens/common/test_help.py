from collections import Counter
from typing import Any

import pytest
from textual.pilot import Pilot

from services import i18n
from services.i18n import _
from tests.architecture.bindings import bound_keys
from tests.tools.console import console, expect, press, screen_text, until
from tui.messages import OpenAlarm
from tui.modes import MODES
from tui.screens.common.help import MOVING, SENTENCES, sections
from tui.screens.duties.finding import FindingScreen
from widgets.frame.key_names import key_name

pytestmark = pytest.mark.scenario("ordinary-day", history=600.0)
_MOVING = {key_name(key) for key in MOVING}


def check(pilot: Pilot[Any]) -> None:
    listed = sections(pilot.app.screen)
    titles = [title for title, _rows in listed]
    assert titles[-2:] == [_("Modes"), _("Moving about")], titles
    own = [_(title) for title, _ids in getattr(pilot.app.screen, "HELP_SECTIONS", ())]
    assert titles[0] in (_("On this screen"), _("In this panel"), *own), titles
    listed = [(title, rows) for title, rows in listed if title != _("Marks")]  # signs, not keys
    for title, rows in listed[:-1]:
        for keys, text in rows:
            assert not _MOVING.issuperset(keys.split()), f"{title}: {keys} {text}"
    for keys, _text in listed[-1][1]:
        assert _MOVING.issuperset(keys.split()), keys
    texts = Counter(text for _title, rows in listed for _keys, text in rows)
    assert [text for text, count in texts.items() if count > 1] == []
    keys_by_count = Counter(key for _title, rows in listed for keys, _text in rows for key in keys.split())
    assert [key for key, count in keys_by_count.items() if count > 1] == []
    if i18n.language() == "en":
        assert [text for text in texts if text[0].islower()] == [], "sentence case"


@pytest.mark.slow
@pytest.mark.parametrize("language", i18n.LANGUAGES)
async def test_the_help_of_every_screen_puts_its_own_keys_first_and_says_nothing_twice(embedded, language):
    i18n.use(language)
    async with console(embedded.url, embedded.clock, size=(80, 24)) as pilot:
        app = pilot.app
        for mode in MODES:
            await app.action_go(mode.id)
            await until(pilot, lambda mode=mode: app.current_mode == mode.id and app.screen.focused)
            check(pilot)
        app.post_message(OpenAlarm(app.alarms.value.watched[0]))
        await expect(pilot, at="AlarmScreen", then=lambda: app.screen.focused)
        check(pilot)
        recorded = await app.ready.scheduler.runs.run_on_demand("alarms")
        app.push_screen(FindingScreen(recorded.subject, recorded))
        await expect(pilot, at="FindingScreen", then=lambda: app.screen.focused)
        check(pilot)


async def test_the_help_of_the_logs_begins_with_what_is_read_with(embedded):
    async with console(embedded.url, embedded.clock, size=(80, 24), mode="logs") as pilot:
        await until(pilot, lambda: pilot.app.screen.focused is not None)
        await until(pilot, lambda: getattr(pilot.app.screen, "tails", None))
        pilot.app.action_keys_help()
        await expect(pilot, at="HelpScreen")
        await until(pilot, lambda: "Search the lines in memory" in screen_text(pilot))
        assert "Stop the lines where they are" not in screen_text(pilot)
        await press(pilot, "pagedown", "pagedown", shows="Stop the lines where they are")


def test_sentences_belong_to_keys_that_exist():
    assert set(SENTENCES) <= {key.action for key in bound_keys()}
