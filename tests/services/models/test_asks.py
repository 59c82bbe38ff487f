"""Each line of a duty's runbook text says what is known of it; a line that nobody answered is never done."""

from dataclasses import replace
from datetime import UTC, date, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.models.asks import AskState, ask_lines
from services.models.duties import (
    DutyProgress,
    Occurrence,
    OccurrenceState,
    ScheduledOccurrence,
    SignOff,
    TickedLine,
)
from services.models.findings import DutyFindings, Finding, Measure, Recorded, RunningInspection
from services.models.runbook import Duty
from services.models.verdict import Verdict
from services.runbook.loader import load_builtin

V = Verdict
AT = datetime(2026, 1, 19, tzinfo=UTC)
RUNBOOK = load_builtin("facility-prod")


def slot():
    day = date(2026, 1, 19)
    return ScheduledOccurrence(
        key="k", duty="d", title="t", nominal=(day,), day=day, until=day, due_at=AT, late_at=AT,
        missed_at=None, timed=True,
    )  # fmt: skip


DUE = Occurrence(slot=slot(), state=OccurrenceState.DUE)
DUTY = Duty.model_validate(
    {
        "id": "d",
        "title": "t",
        "rule": "FREQ=DAILY",
        "inspections": ["dashboard", "error-logs"],
        "asks": ["cpu", "network", "errors", "whole", "report"],
        "judged_by": [
            "dashboard:ecs-cpu,ecs-memory",
            "dashboard:transfer",
            "error-logs:5xx",
            "error-logs",
            "",
        ],
    }
)


def finding(inspection, **items):
    measures = tuple(
        Measure(title=item, shown="1", verdict=verdict, item=item.replace("_", "-"))
        for item, verdict in items.items()
    )
    one = Finding(
        inspection=inspection, title="t", verdict=V.NORMAL, summary="s", read_at=AT, measures=measures
    )
    worst = next((each for each in (V.ABNORMAL, V.UNKNOWN, V.ATTENTION) if each in items.values()), V.NORMAL)
    return Recorded(seq=1, by="", finding=one.model_copy(update={"verdict": worst}))


def findings(*recorded, **more):
    fields = {"key": "k", "expected": DUTY.inspections, "recorded": recorded, **more}
    return DutyFindings.model_validate(fields)


def states(lines):
    return [line.verdict or line.state for line in lines]


def test_each_line_has_the_verdict_of_what_it_asks_for():
    dashboard = finding("dashboard", ecs_cpu=V.ABNORMAL, ecs_memory=V.UNKNOWN, transfer=V.NORMAL)
    errors = finding("error-logs", **{"rate": V.ATTENTION, "5xx": V.NORMAL})
    lines = ask_lines(DUE, DUTY, findings(dashboard, errors))
    assert states(lines) == [V.ABNORMAL, V.NORMAL, V.NORMAL, V.ATTENTION, AskState.WAITING]
    assert [line.unjudged for line in lines] == [True, False, False, False, False]


def test_what_was_not_measured_is_not_done():
    lines = ask_lines(DUE, DUTY, findings(finding("dashboard", ecs_cpu=V.NORMAL, transfer=None)))
    assert states(lines) == [V.UNKNOWN, V.UNKNOWN, AskState.UNREAD, AskState.UNREAD, AskState.WAITING]
    running = RunningInspection(inspection="error-logs", title="t", began=AT)
    lines = ask_lines(DUE, DUTY, findings(running=(running,)))
    assert states(lines)[2:4] == [AskState.RUNNING, AskState.RUNNING]


def test_a_runbook_that_names_no_sources_marks_nothing_it_does_not_know():
    duty = DUTY.model_copy(update={"judged_by": ()})
    normal = [finding("dashboard", a=V.NORMAL), finding("error-logs", b=V.NORMAL)]
    assert states(ask_lines(DUE, duty, findings(*normal))) == [V.NORMAL] * 5
    bad = [normal[0], finding("error-logs", b=V.ABNORMAL)]
    assert states(ask_lines(DUE, duty, findings(*bad))) == [AskState.WAITING] * 5
    single = duty.model_copy(update={"asks": ("everything",)})
    assert states(ask_lines(DUE, single, findings(*bad))) == [V.ABNORMAL]


def test_a_checklist_says_who_ticked_what_and_what_was_left_open():
    duty = DUTY.model_copy(update={"checklist": True, "judged_by": ()})
    tick = TickedLine(text="cpu", by="sato", at=AT)
    begun = replace(DUE, progress=DutyProgress(ticked=(tick,), by="sato", at=AT))
    lines = ask_lines(begun, duty, findings())
    assert states(lines) == [AskState.TICKED, *[AskState.WAITING] * 4]
    assert lines[0].tick == tick
    sign_off = SignOff(by="a", at=AT, was=OccurrenceState.DUE, seq=1, checked=("cpu", "errors"))
    signed = replace(begun, signed=sign_off, state=OccurrenceState.DONE)
    assert [line.state is AskState.TICKED for line in ask_lines(signed, duty, None)] == [
        True, False, True, False, False,
    ]  # fmt: skip


@given(st.lists(st.sampled_from([*Verdict, None]), min_size=2, max_size=2))
def test_a_line_is_done_only_if_every_item_is_normal(verdicts):
    recorded = finding("dashboard", ecs_cpu=verdicts[0], ecs_memory=verdicts[1])
    line = ask_lines(DUE, DUTY, findings(recorded))[0]
    if line.verdict is V.NORMAL:
        assert set(verdicts) <= {V.NORMAL, None}
        assert V.NORMAL in verdicts
        assert not line.unjudged
    if V.ABNORMAL in verdicts:
        assert line.verdict is V.ABNORMAL


@pytest.mark.parametrize(
    "duty", [duty for duty in RUNBOOK.duties if duty.judged_by], ids=lambda duty: duty.id
)
def test_the_built_in_runbook_answers_each_line(duty):
    assert len(duty.judged_by) == len(duty.asks)
    assert {source.partition(":")[0] for source in duty.judged_by if source} <= set(duty.inspections)
