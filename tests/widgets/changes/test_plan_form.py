"""The questions of a plan answer only when all of them are there."""

from collections.abc import Iterable
from typing import Any

from textual.app import App, ComposeResult
from textual.pilot import Pilot
from textual.widget import Widget

from services.models.changes import Parameter
from widgets.changes.plan.form import PlanForm

QUESTIONS = tuple(Parameter(id=id, title=id, kind="integer", default="3") for id in ("count", "revision"))


class OneByOne(PlanForm):
    """Mounts its rows one after the other, as a busy machine does."""

    pilot: Pilot[None]

    async def mount_all(self, widgets: Iterable[Widget], **_places: Any) -> None:  # type: ignore[override]
        for widget in widgets:
            await self.mount(widget)
            await self.pilot.pause()


class Bench(App[None]):
    def compose(self) -> ComposeResult:
        yield OneByOne()


async def test_a_question_that_is_there_before_the_others_is_no_answer() -> None:
    app = Bench()
    async with app.run_test() as pilot:
        form = app.query_one(OneByOne)
        form.pilot = pilot
        await form.ask(QUESTIONS, {"revision": "7"})
        assert form.has_questions
        assert form.values == {"count": "3", "revision": "7"}
