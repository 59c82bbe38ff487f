from decimal import Decimal

import pytest

from services.changes.rds.cost import MonthlyCost
from services.changes.rds.state import CLASS
from services.changes.rds_class.rds_class_change import class_progress, observed_class
from services.changes.rds_class.state import ClassState, offered
from services.models.changes import Danger, Place
from services.models.rds import OrderableClass, PendingSetting
from services.models.watches import WatchState
from tests.services.changes.rds_states import OUTAGE, change, read_state, rows, texts

CHANGE = change("rds-class")
(TARGET,) = CHANGE.targets()
COSTS = (MonthlyCost(Decimal("147.46")), MonthlyCost(Decimal("294.92")))
QUEUED = PendingSetting(id=CLASS, title="Instance class", value="db.t4g.large", outage=True)


def orderable(*names, **more):
    return tuple(OrderableClass(name=name, multi_az=True, **more) for name in names)


CLASSES = orderable("db.r6g.large", "db.t4g.medium", "db.t4g.2xlarge", "db.t4g.large", "db.t4g.xlarge")


def state(**more):
    read = read_state(**more)
    return ClassState(read, offered(CLASSES, read))


def plan(current=None, costs=COSTS, **parameters):
    return CHANGE.plan_on(TARGET, parameters, current or state(), costs, "0plan")


def test_in_the_window_the_outage_is_only_moved():
    result = plan()
    (step,) = result.steps
    assert step.call.params == {
        "DBInstanceIdentifier": "facility-prod-db", "DBInstanceClass": "db.t4g.large", "ApplyImmediately": False,
    }  # fmt: skip
    assert result.title == "Instance class db.t4g.medium → db.t4g.large, next window"
    assert "02-01(Sun) 02:00–03:00 JST" in result.downtime
    assert "One failover" in result.downtime
    assert "02-01(Sun) 02:00–03:00 JST" in result.downtime
    assert "only moves the interruption" in texts(result)
    assert (result.danger, result.approval_scope) == (Danger.CAREFUL, "rds-class:change")
    assert rows(result)["Instance per month"] == ("¥22,119", "¥44,238")
    assert "withdrawn" in result.reversible
    assert plan(**result.wish).steps == result.steps
    assert CHANGE.revert_parameters(result) == {"class": "db.t4g.medium", "timing": "window"}


def test_a_queued_class_is_withdrawn_by_the_present_one():
    current = state(pending=(QUEUED,))
    result = plan(current)
    (step,) = result.steps
    assert (step.id, step.call.params["DBInstanceClass"], step.call.params["ApplyImmediately"]) == (
        "withdraw", "db.t4g.medium", True,
    )  # fmt: skip
    assert (result.approval, result.blast, result.danger) == ("", "", Danger.CAREFUL)
    along = plan(state(pending=(QUEUED, OUTAGE)))
    assert along.blast == "1 pending modification is applied immediately as well"
    assert CHANGE.revert_parameters(result) == {"class": "db.t4g.large", "timing": "window"}
    assert "queued for the next" in " ".join(plan(current, **{"class": "db.t4g.large"}).refusals)
    replaced = plan(current, **{"class": "db.r6g.large"})
    assert rows(replaced)["Queued class"] == ("db.t4g.large", "db.r6g.large")
    at_once = plan(current, **{"class": "db.r6g.large"}, timing="now")
    assert rows(at_once)["Queued class"] == ("db.t4g.large", "none")


def test_when_is_not_asked_where_a_queued_class_is_withdrawn():
    _class, timing = CHANGE._parameters(state(pending=(QUEUED,)))
    assert not timing.has_effect({"class": "db.t4g.medium"})
    assert timing.has_effect({"class": "db.r6g.large"})
    assert CHANGE._parameters(state())[1].has_effect({"class": "db.t4g.large"})


def test_it_says_to_which_moment_and_to_take_a_snapshot_first():
    result = plan()
    assert "The database can be restored to its state of 2026-01-28(Wed) 09:55 JST." in texts(result)
    (offer,) = result.suggestions
    assert offer.why.startswith("Take a manual snapshot:")


@pytest.mark.parametrize(
    ("parameters", "more", "refusal"),
    [
        ({"class": "db.t4g.medium"}, {}, "Nothing to change"),
        ({"class": "db.x9.huge"}, {}, "choose one of db.t4g.medium"),
        ({"class": "[/b]\x1b[2J"}, {}, "cannot be ordered"),
        ({"timing": "later"}, {}, "choose one of window, now"),
        ({"when": "now"}, {}, "no parameter when"),
        ({}, {"status": "modifying", "state": "busy"}, "wait until it is available"),
        ({}, {"status": "storage-full", "state": "broken"}, "wait until it is available"),
    ],
)
def test_refusals(parameters, more, refusal):
    result = plan(state(**more), **parameters)
    assert result.steps == ()
    assert refusal in " ".join(result.refusals)
    assert "\x1b" not in " ".join(result.refusals)


def test_a_class_may_change_while_storage_is_optimized():
    assert not plan(
        state(status="storage-optimization", state="busy", storage_operation="Optimizing")
    ).refusals


def test_classes_are_offered_by_family_and_size_where_they_fit():
    read = read_state()
    names = [option.name for option in offered(CLASSES, read)]
    assert names == ["db.t4g.medium", "db.t4g.large", "db.t4g.xlarge", "db.t4g.2xlarge", "db.r6g.large"]
    other = (
        OrderableClass(name="db.t4g.large", multi_az=False),
        *orderable("db.t4g.xlarge", storage_types=("io1",)),
    )
    assert offered(other, read) == ()


def test_reading_proves_it_done_or_not_done():
    (step,) = plan().steps
    before = observed_class(step, read_state())
    assert (before.place, before.digest) == (Place.BEFORE, step.expects)
    assert observed_class(step, read_state(pending=(QUEUED,))).place is Place.AFTER
    assert observed_class(step, read_state(instance_class="db.t4g.large")).place is Place.AFTER
    assert observed_class(step, read_state(instance_class="db.r6g.large")).place is Place.ELSEWHERE
    # What else waits for the window does not concern it; a moved window does.
    assert observed_class(step, read_state(pending=(OUTAGE,))).digest == step.expects
    assert observed_class(step, read_state(maintenance_window="sun:17:00-sun:18:00")).digest != step.expects
    (now,) = plan(timing="now").steps
    assert observed_class(now, read_state(pending=(OUTAGE,))).digest != now.expects
    (withdraw,) = plan(state(pending=(QUEUED,))).steps
    queued = observed_class(withdraw, read_state(pending=(QUEUED,)))
    assert (queued.place, queued.digest) == (Place.BEFORE, withdraw.expects)
    assert observed_class(withdraw, read_state()).place is Place.AFTER
    assert observed_class(withdraw, read_state(instance_class="db.t4g.large")).place is Place.ELSEWHERE


@pytest.mark.parametrize(
    ("current", "queued", "is_settled", "end"),
    [
        ("db.t4g.medium", "db.t4g.large", True, WatchState.RUNNING),
        ("db.t4g.medium", "db.t4g.xlarge", False, WatchState.RUNNING),
        ("db.t4g.medium", "db.t4g.xlarge", True, WatchState.WITHDRAWN),
        ("db.t4g.medium", "", True, WatchState.WITHDRAWN),
        ("db.t4g.large", "", True, WatchState.DONE),
        ("db.t4g.large", "db.t4g.xlarge", True, WatchState.DONE),
    ],
)
def test_a_queued_class_is_followed_until_it_is_applied_or_replaced(current, queued, is_settled, end):
    pending = (PendingSetting(id=CLASS, title="Instance class", value=queued, outage=True),) if queued else ()
    read = read_state(instance_class=current, pending=pending)
    assert class_progress(plan().steps[0], read, is_settled=is_settled).state is end
