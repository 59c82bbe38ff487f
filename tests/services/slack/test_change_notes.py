"""The note about a change: what a reader asks first of an emergency, and nothing that only a person knows."""

from datetime import UTC, datetime, timedelta

import pytest

from services import i18n
from services.calendar.calendar import Calendar
from services.models.approvals import Consent, ConsentWay
from services.models.change_runs import Run, StepRun, StepState
from services.models.watches import Progress, WatchState
from services.runbook.loader import load_builtin
from services.slack.notes import NoteContext, about_change, change_line, emergency_of
from tests.services.report.test_report_day import plan

BOOK = load_builtin("facility-prod")
NOW = datetime(2026, 1, 6, 1, 10, tzinfo=UTC)
DESK = NoteContext(runbook=BOOK, calendar=Calendar(BOOK), region="ap-northeast-1", now=NOW, by="yamada")


def consent(way=ConsentWay.EMERGENCY, **more):
    return Consent(way=way, digest="d", by="yamada", at=NOW, **more)


def run(*consents, state=StepState.DONE, progress=None):
    change = plan()
    steps = tuple(StepRun(id=step.id, state=state) for step in change.steps)
    return Run(
        plan=change,
        by="yamada",
        at=NOW - timedelta(minutes=1),
        steps=steps,
        seq=12,
        consents=consents,
        progress=progress,
        watched_seq=13 if progress else 0,
    )


def rows(it):
    head, *others = about_change(it, DESK).text.splitlines()
    return {"": head, **dict(line.split(": ", 1) for line in others)}


def test_an_emergency():
    it = run(consent(reason="窓口が止まっている"))
    lines = rows(it)
    assert lines[""].startswith("[EMERGENCY CHANGE] Task limit (staff-api) — ")
    assert lines["Reason"] == "窓口が止まっている"
    assert lines["Bypassed"] == "the approval of PM"
    assert lines["Result"] == "applied"
    assert "back to 5" in lines["Revert plan"]
    assert (lines["By"], lines["Journal"]) == ("yamada", "12")
    assert about_change(it, DESK).target == it.plan.target.id


def test_during_a_freeze_with_an_approval_only_the_freeze_was_bypassed():
    emergency = consent(reason="r", freeze="年度末処理, until 2026-01-09")
    lines = rows(run(emergency, consent(ConsentWay.SECOND_PERSON)))
    assert lines["Bypassed"] == "年度末処理, until 2026-01-09"


def test_two_emergencies_bypassed_the_freeze_and_the_approval():
    freeze = "年度末処理, until 2026-01-09"
    lines = rows(run(consent(reason="r"), consent(reason="r", freeze=freeze)))
    assert lines["Bypassed"] == f"{freeze}; the approval of PM"


def test_a_change_that_was_partly_done_says_so_and_why():
    it = run(consent(reason="r"))
    (step,) = it.plan.steps
    second = StepRun(id="two", state=StepState.REFUSED, text="The console is read-only.")
    partly = it.model_copy(
        update={
            "plan": it.plan.model_copy(update={"steps": (step, step.model_copy(update={"id": "two"}))}),
            "steps": (*it.steps, second),
        }
    )
    assert rows(partly)["Result"] == "partly done (The console is read-only.)"


@pytest.mark.parametrize("state", list(StepState))
def test_every_state_has_words(state):
    assert rows(run(consent(reason="r"), state=state))["Result"]


def test_its_end_is_told():
    it = run(consent(reason="r"), progress=Progress(state=WatchState.FAILED, text="Rolled back."))
    assert rows(it)["Result"] == "ended otherwise (Rolled back.)"


@pytest.mark.parametrize(
    ("state", "end", "words"),
    [
        (StepState.DONE, WatchState.DONE, "completed"),
        (StepState.DONE, WatchState.FAILED, "ended otherwise"),
        (StepState.UNKNOWN, None, "UNKNOWN"),
        (StepState.FAILED, None, "failed"),
        (StepState.REFUSED, None, ""),
        (StepState.WAITING, None, ""),
    ],
)
def test_the_line_about_it_says_how_it_stands_and_is_empty_where_nothing_was_sent(state, end, words):
    progress = Progress(state=end, text="x") if end is not None else None
    line = change_line(run(state=state, progress=progress), lambda at: f"{at:%H:%M}")
    assert line == (f"01:09 Task limit (staff-api): {words}" if words else "")


def test_an_ordinary_change():
    it = run(consent(ConsentWay.SECOND_PERSON))
    assert emergency_of(it) is None
    lines = rows(it)
    assert lines[""].startswith("[CHANGE] ")
    assert lines["Reason"] == "(fill in)"
    assert "Bypassed" not in lines


def test_in_japanese():
    i18n.use("ja")
    text = about_change(run(consent(reason="窓口が止まっている")), DESK).text
    assert text.startswith("【緊急の変更】")
    assert "例外とした手続き: PMの承認" in text
