from datetime import date, timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.changes.rds.cost import MonthlyCost
from services.changes.rds.state import STORAGE, MeasuredLoad
from services.changes.rds_storage.parameters import StorageState, is_legal
from services.models.changes import Danger, Place
from services.models.depletion import Depletion
from services.models.rds import PendingSetting, SizeRange, StorageOption
from tests.services.changes.rds_states import (
    NOW,
    OUTAGE,
    QUIET,
    UNKNOWN,
    change,
    database,
    read_state,
    rows,
    texts,
)

CHANGE = change("rds-storage")
(TARGET,) = CHANGE.targets()
GP3 = StorageOption(
    storage_type="gp3", sizes=(SizeRange(first=20, last=65536),), iops=(SizeRange(first=12000, last=64000),)
)
PRICE = MonthlyCost(Decimal("0.276"), date(2026, 1, 5))


def state(*, options=(GP3,), changed_at=None, **more):
    return StorageState(read_state(**more), options, changed_at)


def plan(current=None, price=PRICE, **parameters):
    return CHANGE.plan_on(TARGET, parameters, current or state(), price, "0plan")


def test_the_runbook_s_size_is_sent_at_once_and_without_iops():
    result = plan()
    (step,) = result.steps
    assert step.call.params == {
        "DBInstanceIdentifier": "facility-prod-db", "AllocatedStorage": 200, "ApplyImmediately": True,
    }  # fmt: skip
    assert "irreversible" in result.title
    assert (result.id, result.approval_scope, result.danger) == (
        "0plan", "rds-storage:extend", Danger.CAREFUL,
    )  # fmt: skip
    assert result.reversible == "No: the larger size stays."
    assert "cannot shrink" in texts(result, grave=True)
    assert rows(result)["Storage per month"] == ("¥4,140", "¥8,280")
    assert "AWS price list of" in result.cost
    assert plan(state(), **result.wish).steps == result.steps


def test_hours_until_it_is_full_are_beside_it():
    load = MeasuredLoad(free=10 * 2**30, depletion=Depletion(-(2**30), 10 * 3600, 3600))
    result = plan(state(load=load))
    assert rows(result)["Free storage"] == ("10 GiB", "110 GiB")
    assert rows(result)["Full in, at the present rate"] == ("10h 0m", "4d 14h")
    full = plan(state(load=MeasuredLoad(free=0, depletion=Depletion(-(2**30), 0, 3600))))
    assert rows(full)["Full in, at the present rate"] == ("it is full", "4d 4h")
    late = plan(state(load=load), timing="window")
    assert "full before that window" in texts(late, grave=True)
    assert late.steps[0].call.params["ApplyImmediately"] is False


@pytest.mark.parametrize(
    ("size", "more", "refusal"),
    [
        ("109", {}, "110 GiB or more"),
        ("99", {}, "cannot shrink"),
        ("70000", {}, "not a legal size"),
        ("abc", {}, "whole number"),
        ("", {}, "The new size is missing: enter a whole number of GiB."),
        ("200", {"status": "modifying", "state": "busy"}, "wait until it is available"),
        ("200", {"options": None}, "did not report"),
        (
            "200",
            {"changed_at": NOW - timedelta(hours=2)},
            "from 2026-01-28(Wed) 14:00 JST, and not before it is optimized",
        ),
        ("200", {"storage_operation": "Optimizing", "storage_percent": 40}, "(40%)"),
        ("200", {"status": "backing-up"}, "wait until it is available"),
        ("200", {"status": "storage-full", "state": "broken"}, None),
        ("200", {"max_storage_gib": 200}, None),
        ("200", {"pending": (QUIET,)}, "Multi-AZ → on"),
    ],
)
def test_refusals_say_what_to_do_instead(size, more, refusal):
    result = plan(state(**more), size=size)
    if refusal is None:
        assert not result.refusals
        return
    assert result.steps == ()
    assert refusal in " ".join(result.refusals)


def test_without_a_default_it_says_why_there_is_none():
    assert "did not report the legal sizes" in " ".join(plan(state(options=None)).refusals)
    full = state(storage_gib=65536)
    assert "cannot be extended further: 65536 GiB" in " ".join(plan(full).refusals)


def test_the_panel_names_the_end_of_the_cooldown_while_it_lasts():
    (fact,) = CHANGE._cooldown(state(changed_at=NOW - timedelta(hours=2), storage_operation="Optimizing"))
    assert (fact.name, fact.value) == ("Next storage change", "from 2026-01-28(Wed) 14:00 JST")
    assert fact.note == "once it is optimized"
    assert not list(CHANGE._cooldown(state(changed_at=NOW - timedelta(hours=7))))


def test_the_limit_of_autoscaling_rises_in_the_same_request():
    current = state(max_storage_gib=150)
    result = plan(current, size="200")
    assert result.steps[0].call.params["MaxAllocatedStorage"] == 220
    assert rows(result)["Storage autoscaling up to"] == ("150 GiB", "220 GiB")
    assert "220 GiB or more" in " ".join(plan(current, size="200", max_size="210").refusals)
    assert "MaxAllocatedStorage" not in plan(state(max_storage_gib=1000), size="200").steps[0].call.params
    assert "leave its limit empty" in " ".join(plan(size="200", max_size="400").refusals)


def test_striped_storage_sends_its_iops():
    result = plan(size="400")
    assert result.steps[0].call.params["Iops"] == 12000
    assert rows(result)["IOPS"] == ("3000", "12000")


def test_pending_modifications_are_applied_along_only_if_that_was_chosen():
    pending = (OUTAGE, UNKNOWN)
    result = plan(state(pending=pending), size="200", pending="apply")
    assert result.danger is Danger.DANGEROUS
    assert result.blast == "2 pending modifications are applied immediately as well"
    assert "interrupt" in result.downtime
    assert "Engine version → 16.6, which interrupts" in texts(result, grave=True)
    assert rows(result)["DedicatedLogVolume"] == ("pending", "on")
    assert not plan(state(pending=pending), size="200", timing="window").refusals


@given(st.integers(-5, 80000).map(str) | st.text(max_size=8), st.integers(20, 65536), st.booleans())
def test_what_is_sent_is_legal_and_larger(size, current, now):
    result = plan(state(storage_gib=current), size=size, timing="now" if now else "window")
    if result.refusals:
        assert result.steps == ()
        return
    params = result.steps[0].call.params
    assert is_legal(params["AllocatedStorage"], GP3.sizes)
    assert params["AllocatedStorage"] * 10 >= current * 11
    assert params["ApplyImmediately"] is now
    assert ("Iops" in params) == (params["AllocatedStorage"] >= 400)


def test_reading_proves_it_done_or_not_done():
    from services.changes.rds_storage.rds_storage_change import observed_size

    (step,) = plan().steps
    queued = PendingSetting(id=STORAGE, title="Storage (GiB)", value="200")
    before = observed_size(step, read_state())
    assert (before.place, before.digest) == (Place.BEFORE, step.expects)
    assert observed_size(step, read_state(pending=(queued,))).place is Place.BEFORE, "it waits"
    applying = read_state(pending=(queued,), status="modifying")
    assert observed_size(step, applying).place is Place.AFTER
    assert observed_size(step, read_state(storage_gib=200)).place is Place.AFTER
    assert observed_size(step, read_state(storage_gib=150)).place is Place.ELSEWHERE
    assert observed_size(step, read_state(pending=(OUTAGE,))).digest != step.expects
    assert observed_size(step, read_state(instance_class="db.r6g.large")).digest == step.expects
    assert database().storage_gib == 100
