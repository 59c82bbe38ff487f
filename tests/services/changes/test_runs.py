from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.changes import entries as change_entries
from services.changes.ages import Ages
from services.changes.ids import new_id
from services.changes.reverts import reverts
from services.changes.runs import aged, next_ageing, run_of, runs_from
from services.clock import ManualClock
from services.journal.chain import linked
from services.models.aws_calls import aws_call
from services.models.base import RawId
from services.models.change_runs import StepState
from services.models.changes import ChangeTarget, Danger, Plan, PlannedStep, Revert
from services.models.journal import Person

NOW = datetime(2026, 1, 30, 1, 0, tzinfo=UTC)
WINDOW = timedelta(seconds=60)
TARGET = ChangeTarget(id=RawId("service/c/staff-api"), title="staff-api")


def step(id, before="5"):
    call = aws_call(
        "application-autoscaling", "RegisterScalableTarget", "ap-northeast-1", {"MaxCapacity": 10}
    )
    return PlannedStep(id=id, title=id, target=TARGET.id, call=call, rows=(), expects="x", before=before)


def plan(id="p1", *, maximum="10", way="aws", before="5"):
    back = Revert(
        way="aws" if way == "aws" else "duty",
        at=NOW + timedelta(days=3),
        title="back to 5",
        values={"max": "5", "revert": "none"},
    )
    first = step("register", before)
    steps = (first, step("schedule-revert", "")) if way == "aws" else (first,)
    return Plan(
        id=id, kind="task-limit", title="Maximum", target=TARGET, account="123456789012",
        region="ap-northeast-1", made_at=NOW, expires_at=NOW + timedelta(seconds=120),
        wish={"max": maximum, "revert": way}, danger=Danger.CAREFUL, steps=steps,
        revert=None if way == "none" else back,
    )  # fmt: skip


def entries(*drafts, start=0):
    entry_list = []
    for seq, draft in enumerate(drafts, start=start + 1):
        when = NOW + timedelta(seconds=seq - 1)
        entry_list.append(linked("j", draft, seq=seq, at=when, person=Person(user="hanako"), previous=""))
    return entry_list


P = plan()
FIRST, SECOND = P.steps
DONE = change_entries.outcome(P, FIRST, StepState.DONE, "AWS accepted it.")


def states(*drafts):
    run = run_of(entries(*drafts))
    return [each.state for each in run.steps]


def test_a_run_follows_its_entries():
    drafts = [change_entries.confirmed(P), change_entries.intent(P, FIRST)]
    assert states(*drafts) == [StepState.SENDING, StepState.WAITING]
    drafts.append(DONE)
    assert states(*drafts) == [StepState.DONE, StepState.WAITING]
    drafts += [
        change_entries.outcome(P, FIRST, StepState.DONE, "Maximum 10.", True),
        change_entries.intent(P, SECOND),
    ]
    drafts.append(change_entries.outcome(P, SECOND, StepState.UNKNOWN, "no answer"))
    run = run_of(entries(*drafts))
    assert run.by == "hanako"
    assert run.at == NOW
    assert run.plan == P
    assert (run.steps[0].verified, run.steps[0].text) == (True, "Maximum 10.")
    assert run.steps[0].at == NOW + timedelta(seconds=2), "the time it was done, not the time it was verified"
    assert run.state is StepState.UNKNOWN
    drafts.append(change_entries.resolved(P, SECOND, done=True, text="there", how="read"))
    assert states(*drafts) == [StepState.DONE, StepState.DONE]


@pytest.mark.parametrize("answer", [StepState.DONE, StepState.FAILED])
@pytest.mark.parametrize("first", [True, False])
def test_an_answer_of_aws_outweighs_the_finding_of_another_console(answer, first):
    resolution = change_entries.resolved(P, FIRST, done=answer is not StepState.DONE, text="read", how="read")
    answer_entry = change_entries.outcome(P, FIRST, answer, "answered")
    pair = [answer_entry, resolution] if first else [resolution, change_entries.later(answer_entry)]
    assert states(change_entries.confirmed(P), change_entries.intent(P, FIRST), *pair)[0] is answer


def test_an_unknown_outcome_written_late_does_not_undo_a_resolution():
    resolution = change_entries.resolved(P, FIRST, done=False, text="read", how="read")
    late = change_entries.outcome(P, FIRST, StepState.UNKNOWN, "no answer")
    assert (
        states(change_entries.confirmed(P), change_entries.intent(P, FIRST), resolution, late)[0]
        is StepState.FAILED
    )


def test_only_final_entries_release_the_hold():
    assert change_entries.intent(P, FIRST).holds == TARGET.id
    assert change_entries.outcome(P, FIRST, StepState.UNKNOWN, "").releases == ""
    assert change_entries.refused(P, "held by another", FIRST).releases == ""
    final = [DONE, change_entries.resolved(P, FIRST, done=True, text="", how="said")]
    assert {draft.releases for draft in final} == {TARGET.id}
    assert len({draft.claim for draft in final}) == 1, "of two consoles only one gives the hold back"
    assert change_entries.later(DONE).releases == ""
    assert change_entries.later(DONE).claim == ""


def test_a_refused_attempt_is_shown_until_the_plan_is_confirmed():
    drafts = [change_entries.refused(P, "not armed")]
    run = run_of(entries(*drafts))
    assert (run.state, run.refusal, run.in_flight) == (StepState.REFUSED, "not armed", False)
    drafts += [change_entries.confirmed(P), change_entries.intent(P, FIRST)]
    assert states(*drafts)[0] is StepState.SENDING


def test_entries_that_make_no_sense_are_ignored():
    strange = DONE.model_copy(update={"data": {"step": "register", "state": "exploded"}})
    no_step = DONE.model_copy(update={"data": {"step": ["x"], "state": "done"}})
    assert states(change_entries.confirmed(P), strange, no_step) == [StepState.WAITING] * 2
    broken = change_entries.confirmed(P).model_copy(update={"data": {"plan": {"id": "p1"}}})
    assert runs_from(entries(broken, DONE)) == ()


def when(seconds, *drafts):
    clock = ManualClock(NOW)
    ages = Ages(clock, WINDOW)
    for number, entry in enumerate(entries(*drafts)):
        clock.advance(min(number, 1))
        ages.add(entry)
    clock.advance(seconds - (clock.now() - NOW).total_seconds())
    return ages


def test_after_the_window_an_intent_is_unknown_and_the_rest_is_not_begun():
    drafts = (change_entries.confirmed(P), change_entries.intent(P, FIRST))
    sending = run_of(entries(*drafts))
    assert sending is not None
    at = NOW + timedelta(seconds=1)
    assert next_ageing([sending], when(1, *drafts)) == WINDOW
    assert aged(sending, when(60, *drafts)).steps[0].state is StepState.SENDING
    late = aged(sending, when(61, *drafts))
    assert [each.state for each in late.steps] == [StepState.UNKNOWN, StepState.WAITING]
    assert late.steps[0].at == at
    assert aged(sending, when(61, *drafts), {"p1"}) == sending
    half = run_of(entries(*drafts, DONE))
    assert half is not None
    assert next_ageing([half], when(2, *drafts, DONE)) == WINDOW, (
        "what waits is judged when its own time is over"
    )
    assert aged(half, when(62, *drafts, DONE)).state is StepState.REFUSED
    only_confirmed = run_of(entries(change_entries.confirmed(P)))
    assert only_confirmed is not None
    assert aged(only_confirmed, when(60, change_entries.confirmed(P))).steps[0].state is StepState.REFUSED


def test_a_step_of_another_console_says_until_when_it_may_be_under_way():
    drafts = (
        change_entries.confirmed(P),
        change_entries.intent(P, FIRST),
        DONE,
        change_entries.intent(P, SECOND),
    )
    sending = run_of(entries(*drafts))
    assert sending is not None
    until = NOW + timedelta(seconds=3) + WINDOW
    run = aged(sending, when(5, *drafts))
    assert [step.until for step in run.steps] == [None, until]
    assert run.elsewhere_until == until
    assert aged(sending, when(5, *drafts), {"p1"}).elsewhere_until is None, "it is ours"
    assert aged(sending, when(63, *drafts)).elsewhere_until is None, "its time is over: unknown"
    between = run_of(entries(*drafts[:3]))
    assert between is not None
    assert aged(between, when(5, *drafts[:3])).elsewhere_until == until - timedelta(seconds=1)


def test_an_intent_is_described_as_an_intent():
    assert change_entries.intent(P, FIRST).text.startswith("About to send: ")


LATER = st.permutations(
    [
        change_entries.outcome(P, FIRST, StepState.UNKNOWN, "u"),
        change_entries.resolved(P, FIRST, done=True, text="r", how="read"),
        change_entries.intent(P, FIRST),
        change_entries.later(change_entries.outcome(P, FIRST, StepState.DONE, "o", True)),
    ]
)


@given(LATER)
def test_the_order_of_two_consoles_does_not_matter(drafts):
    assert states(change_entries.confirmed(P), *drafts)[0] is StepState.DONE


@given(st.lists(st.integers(1_000_000_000, 4_000_000_000), min_size=2, unique=True))
def test_ids_sort_by_time_and_fit_where_they_go(seconds):
    times = [datetime.fromtimestamp(each, UTC) for each in sorted(seconds)]
    ids = [new_id(each) for each in times]
    assert ids == sorted(ids)
    assert all(each.isascii() and each.isalnum() and len(each) == 18 for each in ids)
    assert new_id(NOW) != new_id(NOW)


def entries_of(one, *more, start=0):
    first = one.steps[0]
    done = change_entries.outcome(one, first, StepState.DONE, "")
    return entries(change_entries.confirmed(one), change_entries.intent(one, first), done, *more, start=start)


def test_an_applied_change_has_a_dated_revert_duty():
    done = change_entries.outcome(P, SECOND, StepState.DONE, "", True)
    (slot,) = reverts(runs_from(entries_of(P, change_entries.intent(P, SECOND), done)), UTC)
    assert slot.key == "revert@p1"
    assert (slot.duty, slot.due_at, slot.late_at) == (
        "",
        NOW + timedelta(days=3),
        NOW + timedelta(days=3, minutes=30),
    )
    assert slot.missed_at is None
    assert "check that it did" in slot.remark
    (slot,) = reverts(runs_from(entries_of(P)), UTC)
    assert "NOT" in slot.remark
    unknown = change_entries.outcome(P, SECOND, StepState.UNKNOWN, "")
    (slot,) = reverts(runs_from(entries_of(P, change_entries.intent(P, SECOND), unknown)), UTC)
    assert "not known" in slot.remark
    (slot,) = reverts(runs_from(entries_of(plan("p2", way="duty"))), UTC)
    assert "To be reverted by hand" in slot.remark


def test_a_change_not_applied_or_reverted_has_no_duty():
    failed = change_entries.outcome(P, FIRST, StepState.FAILED, "no")
    assert (
        reverts(runs_from(entries(change_entries.confirmed(P), change_entries.intent(P, FIRST), failed)), UTC)
        == ()
    )
    back = plan("p3", maximum="5", way="none", before="10")
    up = plan("p4", maximum="8", way="none", before="10")
    next_month = plan("p5", before="5")
    assert reverts(runs_from(entries_of(P) + entries_of(back, start=10)), UTC) == ()
    assert len(reverts(runs_from(entries_of(P) + entries_of(up, start=10)), UTC)) == 1
    assert [
        slot.key for slot in reverts(runs_from(entries_of(P) + entries_of(next_month, start=10)), UTC)
    ] == ["revert@p5"], "the next change found the value brought back"
    assert len(reverts(runs_from(entries_of(P, start=10) + entries_of(back)), UTC)) == 1, (
        "what came before restores nothing"
    )
