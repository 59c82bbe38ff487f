from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from services.calendar.calendar import Calendar
from services.changes.base import ChangeContext
from services.changes.key_rotation.key_rotation_change import KeyRotation
from services.changes.key_rotation.options import RotationStep, options
from services.changes.key_rotation.proofs import proofs
from services.changes.key_rotation.records import Done, KeyRecords
from services.changes.key_rotation.state import GithubState, KeyState, RotationPhase, RotationState
from services.changes.kind import ChangeKind
from services.clock import ManualClock
from services.models.base import RawId
from services.models.changes import Danger
from services.models.github import GithubSecret, WorkflowRun
from services.models.iam import AccessKey, KeyUse, RotationProof
from services.runbook.loader import load_builtin

NOW = datetime(2026, 1, 28, 1, 0, tzinfo=UTC)
BOOK = load_builtin("facility-prod")
CALENDAR = Calendar(BOOK)
USER = "ci-cd-user"
HOURS = st.integers(0, 24 * 30)
TIMES = HOURS.map(lambda hours: NOW - timedelta(hours=hours))


def rotation():
    nothing = None
    context = ChangeContext(BOOK, CALENDAR, ManualClock(NOW), "ap-northeast-1", nothing)
    return KeyRotation(ChangeKind("key-rotation", "Access key rotation", "", ""), context)


CHANGE = rotation()
(TARGET,) = CHANGE.targets()


@st.composite
def key_states(draw, id, at_least):
    created = NOW - timedelta(hours=at_least + draw(HOURS))
    used = draw(st.none() | TIMES)
    status = draw(st.sampled_from(["Active", "Active", "Active", "Inactive", "Expired"]))
    key = AccessKey(
        id=RawId(id), user=RawId(USER), name=id, active=status == "Active", created=created, status=status
    )
    use = KeyUse(at=max(used, created), service="s3", region="-") if used else KeyUse(at=None)
    return KeyState(key, use)


@st.composite
def workflow_runs(draw):
    started = draw(TIMES)
    return WorkflowRun(
        number=draw(st.integers(1, 9)),
        started_at=started,
        updated_at=started + timedelta(minutes=3),
        completed=draw(st.booleans()),
        conclusion=draw(st.sampled_from(["success", "failure", ""])),
    )


@st.composite
def rotation_states(draw):
    keys = [draw(key_states("AKIAOLD", 24 * 31)), draw(key_states("AKIANEW", 0))][: draw(st.integers(0, 2))]
    secrets = [GithubSecret(name=name, updated_at=draw(st.none() | TIMES)) for name in ("ID", "SECRET")]
    github = GithubState(secrets[0], secrets[1], tuple(draw(st.lists(workflow_runs(), max_size=3))))
    done = {key.id: Done(draw(TIMES), "sato") for key in keys if draw(st.booleans())}
    is_read = draw(st.sampled_from([True, True, False]))
    return RotationState(
        at=NOW,
        user=USER,
        keys=tuple(keys),
        records=KeyRecords(
            handed=done if draw(st.booleans()) else {},
            ids=done if draw(st.booleans()) else {},
            deactivated=done if draw(st.booleans()) else {},
        ),
        in_vault=frozenset({"AKIANEW"} if draw(st.booleans()) else ()),
        github=github if is_read else None,
        github_problem="" if is_read else "not read",
    )


def plan(state, step):
    return CHANGE.plan_on(TARGET, {"step": step}, state, "01")


@given(rotation_states())
def test_a_step_is_always_offered_and_only_offered_steps_are_planned(state):
    offered = options(state, BOOK)
    assert offered or not state.is_new_ours
    assert len(set(offered)) == len(offered)
    for step in RotationStep:
        planned = plan(state, step)
        assert bool(planned.steps) is not bool(planned.refusals)
        if planned.steps:
            assert step in offered
            assert planned == plan(state, step), "the same plan from the same state"


@given(rotation_states())
def test_no_step_does_harm(state):
    allowed = {step: planned for step in RotationStep if (planned := plan(state, step)).steps}
    by_id = {key.id: key for key in state.keys}
    if len(state.keys) == 2:
        assert RotationStep.CREATE not in allowed
    if RotationStep.DEACTIVATE in allowed:
        assert state.verified
        assert by_id["AKIANEW"].key.active
        assert by_id["AKIAOLD"].key.active
        assert allowed[RotationStep.DEACTIVATE].steps[0].call.params["AccessKeyId"] == "AKIAOLD"
    for step in (RotationStep.DELETE, RotationStep.DISCARD):
        if step not in allowed:
            continue
        (request,) = allowed[step].steps
        key = by_id[request.call.params["AccessKeyId"]]
        assert allowed[step].danger is Danger.DANGEROUS
        assert not key.key.active or (step is RotationStep.DISCARD and key.used is None)
        if step is RotationStep.DELETE:
            since = state.deactivated_at or key.used or key.key.created
            assert state.at - since >= state.delete_after
    for step in (RotationStep.GITHUB, RotationStep.COMMAND, RotationStep.REVEAL):
        assert step not in allowed or "AKIANEW" in state.in_vault
    if state.github_problem:
        assert set(allowed) <= {RotationStep.CREATE, RotationStep.REACTIVATE}


@given(rotation_states())
def test_what_is_proven_comes_in_the_runbooks_order(state):
    proven = proofs(state, "AKIAOLD", CALENDAR.zone)
    if state.phase is RotationPhase.VERIFIED:
        assert {RotationProof.CREATED, RotationProof.HANDED_OVER, RotationProof.VERIFIED} <= proven.keys()
    if RotationProof.DELETED in proven:
        assert list(proven) == [RotationProof.DELETED]
    assert list(proven) == [proof for proof in RotationProof if proof in proven]
    assert all("{" not in text for text in proven.values())
