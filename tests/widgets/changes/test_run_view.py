from datetime import timedelta

import pytest

from services.models.change_runs import StepState
from tests.widgets import plan_data
from widgets.changes.run.table import run_rows
from widgets.changes.run.view import (
    RunMark,
    elsewhere_lines,
    outcome_lines,
    partly,
    progress_lines,
    revert_span,
    stages,
    verified_span,
)
from widgets.changes.unknown_banner import unknown_lines
from widgets.drawing.lines import plain


@pytest.mark.parametrize(
    ("state", "marks"),
    [
        (StepState.WAITING, "✓▶···"),
        (StepState.REFUSED, "✓✖···"),
        (StepState.SENDING, "✓✓▶··"),
        (StepState.UNKNOWN, "✓✓✓?·"),
        (StepState.FAILED, "✓✓✓✖·"),
        (StepState.DONE, "✓✓✓✓▶"),
    ],
)
def test_each_state_has_come_to_its_stage(state, marks):
    letters = {
        RunMark.PAST: "✓",
        RunMark.NOW: "▶",
        RunMark.AHEAD: "·",
        RunMark.WRONG: "✖",
        RunMark.UNSURE: "?",
    }
    step = plan_data.run(state).steps[0]
    assert "".join(letters[stage.mark] for stage in stages(step)) == marks
    verified = stages(step.model_copy(update={"verified": True}))
    assert (verified[4].mark is RunMark.PAST) is (state is StepState.DONE)


def test_before_it_is_recorded_nothing_is_past():
    assert [stage.mark for stage in stages(None)] == [RunMark.NOW, *[RunMark.AHEAD] * 4]


def test_the_second_step_waits_for_the_first():
    output = plain(progress_lines(plan_data.plan(), plan_data.run(StepState.SENDING), 120))
    assert "▶ sent" in output[1]
    assert "▶" not in output[3]


def test_a_refusal_of_the_whole_plan_is_shown_and_nothing_appears_sent():
    run = plan_data.run(StepState.WAITING).model_copy(update={"refusal": "the world moved"})
    output = "\n".join(plain(progress_lines(run.plan, run, 120)))
    assert "the world moved" in output
    assert "✓ sent" not in output
    assert "nothing was sent" in "\n".join(plain(outcome_lines(run, 120)))


def test_a_first_step_that_stays_done_is_not_shown_as_failed():
    run = plan_data.run(StepState.DONE, StepState.FAILED)
    assert "step 2 was not done" in partly(run)
    assert "▲ partly done" in plain(run_rows([run], (), plan_data.JST, plan_data.NOW)[0].cells)[0]
    assert "Not done" not in "\n".join(plain(outcome_lines(run, 120)))
    way, role = revert_span(run, plan_data.JST, plan_data.NOW, waiting=True)
    assert (way, role) == ("▲ 02-02(Mon) 17:00 JST by a person", "warn"), "AWS was never told to take it back"


def test_the_revert_shows_who_when_and_whether_it_was_applied():
    run = plan_data.run(StepState.DONE, StepState.DONE)
    assert revert_span(run, plan_data.JST, plan_data.NOW, waiting=True)[0] == "02-02(Mon) 17:00 JST by AWS"
    assert revert_span(run, plan_data.JST, plan_data.NOW, waiting=False)[0] == "✓ reverted"
    assert revert_span(plan_data.run(StepState.FAILED), plan_data.JST, plan_data.NOW, waiting=True)[0] == "—"
    by_duty = plan_data.plan(revert=plan_data.plan().revert.model_copy(update={"way": "duty"}))
    late = plan_data.BACK + timedelta(minutes=1)
    run = plan_data.run(StepState.DONE, StepState.DONE, plan_made=by_duty)
    assert revert_span(run, plan_data.JST, late, waiting=True) == ("▲ 17:00 JST by a person", "warn")


def test_what_was_found_undone_was_perhaps_never_sent():
    (step, *_rest) = plan_data.run(StepState.FAILED).steps
    marks = {stage.title: stage.mark for stage in stages(step)}
    assert (marks["sent"], marks["{party} accepted"]) == (RunMark.PAST, RunMark.WRONG), "AWS said no"
    marks = {stage.title: stage.mark for stage in stages(step.model_copy(update={"observed": True}))}
    assert (marks["sent"], marks["{party} accepted"]) == (RunMark.WRONG, RunMark.AHEAD), (
        "reading AWS shows that it was not done"
    )


def test_verified_is_never_claimed_early():
    assert verified_span(plan_data.run(StepState.SENDING), plan_data.NOW)[0] == "—"
    assert verified_span(plan_data.run(StepState.DONE), plan_data.NOW)[0] == "verifying…"
    done = plan_data.run(StepState.DONE, StepState.DONE, verified=True)
    verified_steps = tuple(step.model_copy(update={"verified": True}) for step in done.steps)
    assert verified_span(done.model_copy(update={"steps": verified_steps}), plan_data.NOW)[0] == "✓ verified"
    for second in (StepState.WAITING, StepState.SENDING, StepState.UNKNOWN):
        assert verified_span(plan_data.run(StepState.DONE, second, verified=True), plan_data.NOW)[0] == "—"
    assert (
        verified_span(plan_data.run(StepState.DONE, StepState.FAILED, verified=True), plan_data.NOW)[0]
        == "✓ verified"
    )
    assert verified_span(plan_data.run(StepState.DONE, verified=False), plan_data.NOW)[0] == "? not visible"
    later = plan_data.NOW + timedelta(minutes=3)
    assert verified_span(plan_data.run(StepState.DONE), later)[0] == "? not verified", (
        "the console that was to check is gone"
    )


def test_a_step_not_sent_from_here_is_elsewhere_or_interrupted():
    run = plan_data.cut_off(plan_data.run(StepState.DONE, StepState.SENDING, verified=True))
    output = plain(run_rows([run], (), plan_data.JST, plan_data.NOW)[0].cells)
    assert output[0] == "? elsewhere or cut off: recheck 10:01"
    assert "verified" not in " ".join(output)
    assert "checks again at 10:01 JST" in " ".join(plain(elsewhere_lines(run, plan_data.JST, 200)))
    assert "? sent" in "\n".join(plain(progress_lines(run.plan, run, 120)))
    assert elsewhere_lines(plan_data.run(StepState.SENDING), plan_data.JST, 100) == [], (
        "this console sends it"
    )


def test_the_banner_names_two_and_counts_the_rest():
    run = plan_data.run(StepState.UNKNOWN, text="no answer came")
    output = "\n".join(plain(unknown_lines([run, run, run], 100)))
    assert output.count("OUTCOME UNKNOWN: staff-api  最大タスク数 5 → 10") == 2
    assert "no answer came" in output
    assert "and 1 more" in output
    assert unknown_lines([], 100) == []
