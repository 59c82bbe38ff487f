import pytest

from tests.tools.console import screen_text
from tests.widgets.stage import Stage
from widgets.changes.plan.form import ChoiceRow
from widgets.inputs.confirm_bar import ConfirmBar

LONG = "facility-prod-db-drill-20260401-z92ya884"


@pytest.mark.parametrize("name", ["api", LONG])
async def test_the_whole_name_has_room_beside_the_question(name):
    async with Stage(ConfirmBar(lambda _pressed_at: True)).run_test(size=(78, 6)) as pilot:
        bar = pilot.app.query_one(ConfirmBar)
        bar.ask(name)
        await pilot.pause()
        field = bar.query_one("_NameField")
        assert field.content_size.width > len(name)
        assert "⏎:" in screen_text(pilot)


async def test_an_answer_that_does_not_fit_leaves_room_for_the_arrow():
    async with Stage(ChoiceRow((("a", "とても長い答え" * 12), ("b", "b")), "a")).run_test(
        size=(60, 3)
    ) as pilot:
        await pilot.pause()
        line = screen_text(pilot).splitlines()[0].rstrip()
        assert line.startswith("◂ とても長い")
        assert line.endswith("… ▸")
