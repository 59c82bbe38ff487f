import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from services.changes.approval import entries
from services.changes.approval.approvals import Approvals
from services.clock import ManualClock
from services.journal.journal import Journal
from services.models.approvals import Means
from services.models.aws_calls import aws_call
from services.models.base import RawId
from services.models.changes import ChangeTarget, Danger, Plan, PlannedStep
from services.models.journal import Entry, NewEntry
from tests.services.changes.approval.approval_world import HANAKO, TARO
from tests.services.changes.change_world import APPROVED

NOW = datetime(2026, 1, 28, 1, 0, tzinfo=UTC)
SCOPES = ("task-limit:raise", "rds-class:change", "rds-storage:extend")
NAMES = st.sampled_from(["a", "b", "staff-api", "facility-prod-db"])
NUMBERS = st.integers(1, 4)


@st.composite
def steps(draw):
    return PlannedStep(
        id=draw(NAMES),
        title="A step",
        target=RawId(draw(NAMES)),
        call=aws_call("ecs", draw(st.sampled_from(["UpdateService", "StopTask"])), "r", {"n": draw(NUMBERS)}),
        rows=(),
        expects=draw(NAMES),
    )


@st.composite
def plans(draw):
    scope = draw(st.sampled_from(SCOPES))
    return Plan(
        id=draw(st.sampled_from(["p1", "p1", "p1", "p2"])),
        kind=scope.partition(":")[0],
        title=draw(NAMES),
        target=ChangeTarget(id=RawId(draw(NAMES)), title=draw(NAMES)),
        account=draw(st.sampled_from(["123456789012", "210987654321"])),
        region=draw(st.sampled_from(["ap-northeast-1", "us-east-1"])),
        made_at=NOW + timedelta(seconds=draw(NUMBERS)),
        expires_at=NOW + timedelta(minutes=2),
        wish={"max": str(draw(NUMBERS)), "revert": draw(st.sampled_from(["aws", "none"]))},
        danger=Danger.DANGEROUS,
        steps=tuple(draw(st.lists(steps(), min_size=1, max_size=2))),
        approval="PM",
        approval_scope=scope,
    )


@st.composite
def pairs(draw):
    one, other = draw(plans()), draw(plans())
    if draw(st.booleans()):
        changed = draw(
            st.sampled_from(["kind", "target", "account", "region", "wish", "steps", "approval_scope", "id"])
        )
        other = one.model_copy(update={changed: getattr(other, changed)})
    return one, other


def essence(plan):
    """What an approval covers, written down independently of `Plan.digest`."""
    calls = [[each.id, each.target, each.call.service, each.call.operation, each.call.params, each.expects]
             for each in plan.steps]  # fmt: skip
    about = [plan.id, plan.kind, plan.account, plan.region, plan.target.id, plan.approval_scope, plan.wish]
    return json.dumps([about, calls], default=str, sort_keys=True)


def entry(draft, seq, person):
    return Entry(
        seq=seq,
        at=NOW,
        kind=draft.kind,
        subject=draft.subject,
        target=draft.target,
        text=draft.text,
        person=person,
        body=json.dumps(draft.data),
        previous="",
        hash=f"hash of {seq}",
    )


def approvals(*recorded):
    journal: Any = Journal.__new__(Journal)
    journal._person = lambda: HANAKO
    read = Approvals(journal, APPROVED, ManualClock(NOW))
    read.absorb(recorded)
    return read


ANSWERS: tuple[Callable[[Plan], NewEntry], ...] = (
    entries.approved,
    lambda plan: entries.obtained(plan, who="鈴木", means=Means.PHONE, at=NOW, reference=""),
)


def serves_no_other(pair, answer):
    one, other = pair
    assume(essence(one) != essence(other))
    recorded = approvals(entry(entries.asked(one, ""), 1, HANAKO), entry(answer(one), 2, TARO))
    assert len(recorded.consents(one)) == 1
    assert recorded.consents(other) == ()
    assert not recorded.may_serve(other) or other.id != one.id


@given(pairs(), st.sampled_from(ANSWERS))
@settings(deadline=None)
def test_an_approval_serves_no_other_plan(pair, answer):
    serves_no_other(pair, answer)


@pytest.mark.slow
@given(pairs(), st.sampled_from(ANSWERS))
@settings(max_examples=1000, deadline=None)
def test_an_approval_serves_no_other_plan_over_1000_pairs(pair, answer):
    serves_no_other(pair, answer)


@given(pairs())
@settings(max_examples=100, deadline=None)
def test_an_emergency_serves_no_other_plan(pair):
    one, other = pair
    assume(essence(one) != essence(other))
    recorded = approvals(entry(entries.emergency(one, "a reason"), 1, HANAKO))
    assert len(recorded.consents(one)) == 1
    assert recorded.consents(other) == ()


@given(plans(), plans())
def test_what_people_read_may_change_without_a_new_approval(one, other):
    # Made again from the same state, it has other times and other words.
    again = one.model_copy(update={"title": other.title, "made_at": other.made_at, "approval": "部長"})
    recorded = approvals(entry(entries.asked(one, ""), 1, HANAKO), entry(entries.approved(one), 2, TARO))
    assert len(recorded.consents(again)) == 1
