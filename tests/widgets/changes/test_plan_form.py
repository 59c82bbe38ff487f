from collections.abc import Iterable
from typing import Any

from textual.await_remove import AwaitRemove
from textual.pilot import Pilot
from textual.widget import Widget

from services.models.changes import Parameter
from tests.widgets.stage import Stage, running
from widgets.changes.plan.form import PlanForm

QUESTIONS = tuple(Parameter(id=id, title=id, kind="integer", default="3") for id in ("count", "revision"))


class OneByOne(PlanForm):
    """Mounts its rows one after the other, as a busy machine does."""

    pilot: Pilot[None]

    async def mount_all(self, widgets: Iterable[Widget], **_places: Any) -> None:  # type: ignore[override]
        for widget in widgets:
            await self.mount(widget)
            await self.pilot.pause()


class Leaving(PlanForm):
    """Leaves the screen while its rows are mounted, as the form of a screen that is closed."""

    async def mount_all(self, widgets: Iterable[Widget], **_places: Any) -> None:  # type: ignore[override]
        await super().mount_all(widgets)
        await self.remove()


class Asked(PlanForm):
    """Is asked for its answers while its former rows are taken away."""

    def __init__(self) -> None:
        super().__init__()
        self.answers: list[dict[str, str]] = []

    def remove_children(self, *selectors: Any) -> AwaitRemove:
        self.answers.append(self.values)
        return super().remove_children(*selectors)


async def test_a_question_that_is_there_before_the_others_is_no_answer():
    async with running(Stage(Asked(), OneByOne(), Leaving()), (80, 24), OneByOne) as (_app, pilot, form):
        form.pilot = pilot
        await form.ask(QUESTIONS, {"revision": "7"})
        assert form.has_questions
        assert form.values == {"count": "3", "revision": "7"}


async def test_a_form_that_leaves_the_screen_while_it_is_asked_keeps_its_answers():
    app = Stage(Asked(), OneByOne(), Leaving())
    async with app.run_test():
        form = app.query_one(Leaving)
        await form.ask(QUESTIONS, {"revision": "7"})
        assert not form.is_attached
        assert form.values == {"count": "3", "revision": "7"}


async def test_other_questions_are_answered_as_soon_as_they_are_asked():
    app = Stage(Asked(), OneByOne(), Leaving())
    async with app.run_test():
        form = app.query_one(Asked)
        await form.ask(QUESTIONS[:1], {"count": "5"})
        await form.ask(QUESTIONS, {"revision": "7"})
        assert form.answers == [{"count": "5"}, {"count": "3", "revision": "7"}]
