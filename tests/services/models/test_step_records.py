"""How steps stand by marks, by decisions and by calls."""

from datetime import timedelta

from services.incidents.escalation import recipients, role_to_tell, undecided_roles
from services.models.change_runs import Run, StepRun, StepState
from services.models.incidents import Contacted, Decision, StepMark, StepRecord
from services.models.runbook_playbooks import Playbook
from services.models.step_records import step_records
from tests.services.report.test_report_day import plan
from tests.widgets import incident_data as data

DECIDE, TELL = 4, 5
AT = data.NOW


def marks(playbook: Playbook = data.PLAYBOOK, **fields: object) -> dict[int, StepMark]:
    incident = data.incident(**{"steps": (), **fields})
    return {record.index: record.mark for record in step_records(incident, playbook)}


def decision() -> Decision:
    return Decision(cause="application-error", title="x", at=AT, by="tanaka")


def contact(role: str) -> Contacted:
    return Contacted(role=role, by="tanaka", at=AT, channel="phone")


def test_a_decision_and_a_call_carry_out_their_steps() -> None:
    assert marks() == {}
    assert marks(decision=decision()) == {DECIDE: StepMark.DONE}
    assert marks(contacted=(contact("開発チーム"),)) == {TELL: StepMark.DONE}
    assert marks(contacted=(contact("市民"),)) == {}, "somebody else was told"


def run(state: StepState, minutes: float) -> Run:
    planned = plan().model_copy(update={"kind": "deploy-rollback"})
    step = StepRun(id="one", state=state)
    return Run(plan=planned, by="tanaka", at=data.ALARM + timedelta(minutes=minutes), steps=(step,))


def test_a_change_that_was_made_carries_out_the_step_that_plans_it() -> None:
    roll_back = 6
    for state, minutes, indexes in (
        (StepState.DONE, 2, {roll_back}),
        (StepState.FAILED, 2, set()),
        (StepState.DONE, -9, set()),
    ):
        records = step_records(data.incident(steps=()), data.PLAYBOOK, [run(state, minutes)])
        assert {record.index for record in records} == indexes


def test_a_mark_that_is_set_afterwards_prevails() -> None:
    later, before = AT + timedelta(seconds=1), AT - timedelta(seconds=1)
    for at, mark in ((later, StepMark.TODO), (before, StepMark.DONE)):
        record = StepRecord(index=DECIDE, mark=StepMark.TODO, at=at, by="tanaka")
        assert marks(decision=decision(), steps=(record,)) == {DECIDE: mark}


def test_whom_a_step_tells_is_among_those_who_can_be_told_and_is_told_next() -> None:
    """A role may be an approver's, whom no playbook escalates to."""
    for playbook in data.RUNBOOK.playbooks:
        role = role_to_tell(data.incident(steps=()), playbook)
        people = [each.role for each in recipients(data.RUNBOOK, playbook, AT.date(), role)]
        assert people[0] == role or not role
        assert {str(step.to) for step in playbook.steps if step.to} <= set(people)
        assert set(undecided_roles(data.RUNBOOK, playbook)) <= set(people)
