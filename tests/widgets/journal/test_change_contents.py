from datetime import timedelta
from typing import Any

import pytest

from services import i18n
from services.changes import entries
from services.changes.ages import marked
from services.changes.approval import entries as approval_entries
from services.clock import ManualClock
from services.models.approvals import Means
from services.models.canonical import canonical
from services.models.change_runs import StepState
from services.models.journal import NewEntry
from services.models.watches import Progress, WatchState
from tests.services.report.test_report_day import plan
from tests.widgets import gallery_data, journal_data
from widgets.drawing.lines import plain
from widgets.journal.contents import contents_lines

PLAN = plan()
STEP = PLAN.steps[0]
DRAFTS = (
    entries.intent(PLAN, STEP),
    entries.outcome(PLAN, STEP, StepState.DONE, "ok", True, {"id": "d-1"}),
    entries.resolved(PLAN, STEP, done=True, text="seen", how="read"),
    entries.watched(PLAN, Progress(state=WatchState.DONE, text="done")),
    entries.refused(PLAN, "why", STEP),
    approval_entries.approved(PLAN),
    approval_entries.obtained(
        PLAN, who="x", means=Means.PHONE, at=PLAN.made_at - timedelta(minutes=1), reference="1"
    ),
    approval_entries.declined(PLAN, "no"),
    approval_entries.emergency(PLAN, "why"),
)


def contents(draft: NewEntry) -> list[str]:
    body: dict[str, Any] = marked(draft, ManualClock(gallery_data.NOW)).data
    entry = journal_data.entry(1, draft.kind, "x").model_copy(update={"body": canonical(body)})
    return plain(contents_lines(entry, gallery_data.JST, 200))


@pytest.mark.parametrize("draft", DRAFTS, ids=lambda draft: draft.kind.value)
def test_every_name_is_in_japanese(draft):
    i18n.use("ja")
    names = [line.partition(":")[0] for line in contents(draft) if not line.startswith(" ")]
    assert len(names) == len(marked(draft, ManualClock(gallery_data.NOW)).data)
    assert [name for name in names if name.isascii()] == []


@pytest.mark.parametrize(
    ("state", "word"),
    [
        (WatchState.DONE, "completed"),
        (WatchState.WITHDRAWN, "withdrawn"),
        (WatchState.FAILED, "ended otherwise"),
        (WatchState.GAVE_UP, "not followed to its end"),
    ],
)
def test_the_end_of_a_watch_has_its_own_words(state, word):
    assert f"state: {word}" in contents(entries.watched(PLAN, Progress(state=state, text="x")))


@pytest.mark.parametrize(("done", "word"), [(True, "applied"), (False, "failed")])
def test_a_settled_outcome_has_its_own_words(*, done, word):
    lines = contents(entries.resolved(PLAN, STEP, done=done, text="x", how="said"))
    assert f"state: {word}" in lines
    assert "how it was settled: recorded by a person" in lines
