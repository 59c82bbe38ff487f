from datetime import UTC, datetime

import pytest
from textual.app import App, ComposeResult

from services.models.duties import DutyProgress, TickedLine
from services.models.runbook import EvidenceField
from tests.widgets.stage import draw, running
from widgets.inputs.checklist import Checklist

AT = datetime(2026, 1, 19, tzinfo=UTC)
FIELDS = (EvidenceField(id="snapshot", title="snapshot"), EvidenceField(id="minutes", title="minutes"))


def progress(*ticked: str, **evidence: str) -> DutyProgress:
    lines = tuple(TickedLine(text=text, by="bob", at=AT) for text in ticked)
    return DutyProgress(ticked=lines, evidence=evidence, by="bob", at=AT)


class ChecklistApp(App[None]):
    def compose(self) -> ComposeResult:
        self.list = Checklist(("one", "two"), FIELDS, progress(minutes="5"))
        yield self.list


async def test_evidence_that_another_person_enters_appears_in_fields_not_written_in():
    async with running(ChecklistApp()) as (app, pilot):
        await draw(pilot, app.list.inputs["snapshot"], value="mine")
        app.list.take(progress("one", snapshot="theirs", minutes="12"))
        await pilot.pause()
        assert app.list.evidence() == {"snapshot": "mine", "minutes": "12"}
        assert app.list.change.evidence == {"snapshot": "mine"}
        assert app.list.ticked() == ("one",)
        assert app.list.missing() == ()


@pytest.mark.parametrize("reverted", [True, False])
async def test_a_tick_of_ones_own_stays_whatever_another_person_does_to_the_line(reverted):
    async with running(ChecklistApp()) as (app, pilot):
        app.list.boxes[0].action_tick()
        app.list.take(progress("one"))
        if reverted:
            app.list.take(progress())
        await pilot.pause()
        assert app.list.ticked() == ("one",)
