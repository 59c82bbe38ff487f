import pytest

from services import i18n
from tests.tools.console import console, screen_text, settled, until

pytestmark = pytest.mark.scenario("ordinary-day", history=600.0)

FIRST = {
    "watch": "⏎ a d l c ?",
    "inspect": "⏎ s S ?",
    "logs": "/ f P L o ?",
    "change": "⏎ r u ?",
    "journal": "⏎ f / D ?",
}


@pytest.mark.slow
@pytest.mark.parametrize("language", ["ja", "en"])
async def test_the_first_keys_are_in_80_columns(embedded, language):
    i18n.use(language)
    async with console(embedded.url, embedded.clock, size=(80, 24)) as pilot:
        for mode, first in FIRST.items():
            await pilot.app.run_action(f"go('{mode}')")
            await until(
                pilot,
                lambda mode=mode: pilot.app.current_mode == mode and pilot.app.screen.focused is not None,
            )
            await settled(pilot)
            footer = screen_text(pilot).splitlines()[-1]
            assert set(first.split()) <= set(footer.split()), footer
