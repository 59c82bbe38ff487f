from datetime import timedelta

import pytest

from services.incidents.escalation import recipients, role_to_tell, undecided_roles
from services.models.change_runs import Run, StepRun, StepState
from services.models.incidents import Contacted, Decision, StepMark, StepRecord
from services.models.runbook_playbooks import RosterEntry
from services.models.step_records import open_steps, step_records
from services.models.watches import Progress, Watch, WatchState
from tests.services.report.test_report_day import plan
from tests.widgets import incident_data as data

DECIDE, TELL = 4, 5
AT = data.NOW


def marks(playbook=data.PLAYBOOK, **fields):
    incident = data.incident(**{"steps": (), **fields})
    return {record.index: record.mark for record in step_records(incident, playbook)}


def decision():
    return Decision(cause="application-error", title="x", at=AT, by="tanaka")


def contact(role):
    return Contacted(role=role, by="tanaka", at=AT, channel="phone")


def test_a_decision_and_a_call_carry_out_their_steps():
    assert marks() == {}
    assert marks(decision=decision()) == {DECIDE: StepMark.DONE}
    assert marks(contacted=(contact("開発チーム"),)) == {TELL: StepMark.DONE}
    assert marks(contacted=(contact("市民"),)) == {}, "somebody else was told"


def run(state, minutes=2, end=None):
    """A rollback; with `end` one that is followed, and whose watch has seen that."""
    watch = Watch(ends_when="x", gives_up_at=AT) if end is not None else None
    planned = plan().model_copy(update={"kind": "deploy-rollback", "watch": watch})
    return Run(
        plan=planned,
        by="tanaka",
        at=data.ALARM + timedelta(minutes=minutes),
        steps=(StepRun(id="one", state=state),),
        progress=Progress(state=end, text="x") if end is not None else None,
        watched_seq=0 if end in (None, WatchState.RUNNING) else 9,
    )


@pytest.mark.parametrize(
    ("change", "mark"),
    [
        (run(StepState.DONE), StepMark.DONE),
        (run(StepState.DONE, -9), None),
        (run(StepState.WAITING), None),
        (run(StepState.REFUSED), None),
        (run(StepState.SENDING), StepMark.RUNNING),
        (run(StepState.FAILED), StepMark.TODO),
        (run(StepState.UNKNOWN), StepMark.UNKNOWN),
        (run(StepState.DONE, end=WatchState.RUNNING), StepMark.RUNNING),
        (run(StepState.DONE, end=WatchState.DONE), StepMark.DONE),
        (run(StepState.DONE, end=WatchState.FAILED), StepMark.TODO),
        (run(StepState.DONE, end=WatchState.WITHDRAWN), StepMark.TODO),
        (run(StepState.DONE, end=WatchState.GAVE_UP), StepMark.UNKNOWN),
    ],
)
def test_a_step_stands_as_the_change_that_it_plans_and_is_next_only_while_that_is_to_be_made(change, mark):
    roll_back = 6
    incident = data.incident(steps=())
    records = step_records(incident, data.PLAYBOOK, [change])
    assert {record.index: record.mark for record in records} == ({roll_back: mark} if mark else {})
    left = open_steps(incident.model_copy(update={"steps": records}), data.PLAYBOOK)
    assert (data.PLAYBOOK.steps[roll_back] in left) is (mark in (None, StepMark.TODO))
    why = {WatchState.FAILED: " (ended otherwise)", WatchState.WITHDRAWN: " (withdrawn)"}
    ended = why.get(change.progress.state, "") if change.progress is not None else ""
    expected = ended or (" (failed)" if mark is StepMark.TODO else "")
    assert all(record.note == f"{change.plan.title}{expected}" for record in records)
    # Made again after a failure, it stands as the newest; in whichever order they are told.
    again = run(StepState.DONE, 3, WatchState.RUNNING)
    for runs in ([change, again], [again, change]):
        (record,) = step_records(incident, data.PLAYBOOK, runs)
        assert record.mark is StepMark.RUNNING


def test_a_mark_that_is_set_afterwards_prevails():
    later, before = AT + timedelta(seconds=1), AT - timedelta(seconds=1)
    for at, mark in ((later, StepMark.TODO), (before, StepMark.DONE)):
        record = StepRecord(index=DECIDE, mark=StepMark.TODO, at=at, by="tanaka")
        assert marks(decision=decision(), steps=(record,)) == {DECIDE: mark}


@pytest.mark.parametrize("by", ["tanaka", "佐藤"])
def test_nobody_is_offered_to_call_themselves(by):
    entry = RosterEntry(person=by, starts=AT.date(), ends=AT.date())
    runbook = data.RUNBOOK.model_copy(update={"roster": (entry,)})
    on_duty = {str(each.role) for each in runbook.contacts if each.on_duty}
    assert on_duty
    for playbook in (None, *runbook.playbooks):
        role = role_to_tell(data.incident(steps=()), playbook)
        everyone = recipients(runbook, playbook, AT.date(), role, by)
        assert everyone[0].role not in {by, *on_duty}
        assert by not in {each.role for each in everyone}
        assert recipients(runbook, playbook, AT.date(), role, "another")[0].role == by


def test_whom_a_step_tells_is_among_those_who_can_be_told_and_is_told_next():
    # A role may be an approver's, whom no playbook escalates to.
    for playbook in data.RUNBOOK.playbooks:
        role = role_to_tell(data.incident(steps=()), playbook)
        people = [each.role for each in recipients(data.RUNBOOK, playbook, AT.date(), role)]
        assert people[0] == role or not role
        assert {str(step.to) for step in playbook.steps if step.to} <= set(people)
        assert set(undecided_roles(data.RUNBOOK, playbook)) <= set(people)
