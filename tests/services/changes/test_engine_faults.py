import asyncio
import re
from typing import Any

import pytest

from services.journal.errors import JournalError
from services.models.change_runs import StepState
from services.models.journal import EntryKind
from services.models.problem import Problem, ProblemKind
from tests.faults.waiting import until
from tests.services.changes.change_world import OVER, REGISTER, SCHEDULE, SERVICE, desk, hasten, target, told

pytestmark = pytest.mark.scenario("ordinary-day", history=600)
SCALING = "application-autoscaling"
DONE, FAILED, UNKNOWN = StepState.DONE, StepState.FAILED, StepState.UNKNOWN
FAULTS: dict[str, tuple[dict[str, Any], StepState]] = {
    "lost answer": ({"mode": "reset-after"}, DONE),
    "cut answer": ({"mode": "truncated"}, DONE),
    "empty answer": ({"mode": "empty"}, DONE),
    "never arrived": ({"mode": "reset-before"}, UNKNOWN),
    "no answer": ({"mode": "hang"}, UNKNOWN),
    "a proxy's page": ({"mode": "html"}, UNKNOWN),
    "a redirect": ({"code": "Moved", "status": 307}, UNKNOWN),
    "500": ({"code": "InternalFailure", "status": 500}, UNKNOWN),
    "503": ({"code": "ServiceUnavailable", "status": 503}, UNKNOWN),
    "throttled": ({"preset": "throttled"}, FAILED),
    "denied": ({"preset": "denied"}, FAILED),
    "expired": ({"preset": "expired"}, FAILED),
}


REGISTERING, SCHEDULING = "RegisterScalableTarget", "PutScheduledAction"
CASES = [(fault, REGISTERING) for fault in FAULTS] + [
    (fault, SCHEDULING)
    for fault in ("lost answer", "empty answer", "never arrived", "a proxy's page", "500", "denied")
]


@pytest.mark.parametrize(("fault", "operation"), CASES)
async def test_a_step_has_at_most_one_effect_and_a_known_outcome(
    embedded, tmp_path, request, monkeypatch, fault, operation
):
    rule, state = FAULTS[fault]
    hasten(request, monkeypatch)
    number = 0 if operation == REGISTERING else 1
    async with desk(embedded, tmp_path / "j.db") as one:
        await one.arm()
        plan = await one.plan(max="10")
        embedded.fault(SCALING, operation, times=1, **rule)
        presses = [one.engine.apply(plan, SERVICE) for _press in range(3)]
        runs = [await press for press in presses]
        assert runs[0] == runs[1] == runs[2]
        step = runs[0].steps[number]
        if state is DONE and operation == REGISTERING:
            # Somebody else may have set the same maximum.
            state = UNKNOWN
        assert step.state is state, step
        entries = [each.text for each in await one.entries() if each.kind is EntryKind.OUTCOME]
        for text in (step.text, *entries):
            assert not re.search("automatically|resumes|run it again", text), "a write is never repeated"
        after = [each.state for each in runs[0].steps[number + 1 :]]
        assert after == [DONE if state is DONE else StepState.WAITING] * len(after), (
            "what only this request can have made continues the plan"
        )
        assert embedded.counts()[f"{SCALING}.{operation}"] == 1
        locked = any("or its outcome has been unknown" in why for why in (await one.plan(max="9")).refusals)
        assert locked == (state is UNKNOWN), "an unknown outcome locks its target, and nothing else does"
    # The next start.
    async with desk(embedded, tmp_path / "j.db") as two:
        run = await told(two, plan.id)
        done = [target(embedded).maximum == 10, bool(target(embedded).scheduled)]
        journal_says = [each.state is DONE for each in run.steps]
        assert journal_says == done, "what the journal says is what AWS has"
        assert not run.in_flight
        assert max(embedded.counts().get(each, 0) for each in (REGISTER, SCHEDULE)) == 1
        assert (await two.plan(max="9" if done[0] else "10", revert="duty")).refusals == ()


def fill_disk(one, monkeypatch, *, after):
    journal, append = one.services.journal, one.services.journal.append
    full = {"now"} if after is None else {"soon"}

    async def limited(draft):
        if "now" in full:
            raise JournalError(
                Problem(kind=ProblemKind.OTHER, summary="disk full", at=one.embedded.clock.now())
            )
        if full and draft.kind is after:
            full.add("now")
        return await append(draft)

    monkeypatch.setattr(journal, "append", limited)
    return full


def states_of(run):
    return [(step.state, step.verified) for step in run.steps]


async def test_an_outcome_the_journal_refuses_is_shown_and_recorded_later(embedded, tmp_path, monkeypatch):
    async with desk(embedded, tmp_path / "j.db") as one, desk(embedded, tmp_path / "j.db") as two:
        await one.arm()
        plan = await one.plan(max="10")
        full = fill_disk(one, monkeypatch, after=EntryKind.INTENT)
        run = await one.apply(plan)
        assert (run.steps[0].state, run.steps[0].verified) == (DONE, True), "it happened, so it is shown"
        assert run.steps[1].state is StepState.REFUSED
        assert one.engine.unrecorded == 3
        assert one.engine.runs == (run,)
        assert target(embedded).scheduled == {}
        (other,) = await two.runs()
        assert other.state is StepState.SENDING, "the other console knows the intent alone"
        assert (await two.plan(max="8")).refusals
        full.clear()
        embedded.advance(5)
        async with asyncio.timeout(60):
            while states_of((await two.runs())[0]) != states_of(run):
                pass
            await until(lambda: not one.engine.unrecorded)
        assert (await two.plan(max="8", revert="duty")).refusals == ()
        assert embedded.counts()[REGISTER] == 1


async def test_another_console_determines_an_outcome_that_this_one_could_not_record(
    embedded, tmp_path, monkeypatch
):
    async with desk(embedded, tmp_path / "j.db") as one, desk(embedded, tmp_path / "j.db") as two:
        await one.arm()
        plan = await one.plan(max="10", revert="duty")
        full = fill_disk(one, monkeypatch, after=EntryKind.INTENT)
        assert (await one.apply(plan)).state is DONE
        embedded.clock.advance(OVER)
        (run,) = await two.runs()
        assert run.state is UNKNOWN
        run = await told(two, run.id)
        assert run.state is DONE
        full.clear()
        embedded.clock.advance(5)
        async with asyncio.timeout(60):
            await until(lambda: not one.engine.unrecorded)
        outcomes = [each for each in await one.entries() if each.kind is EntryKind.OUTCOME]
        assert [each.releases for each in outcomes] == ["", ""], "the hold was given back once, by the other"
        assert (await two.runs())[0].state is DONE


async def test_without_the_journal_nothing_is_planned_armed_or_sent(one, embedded, monkeypatch):
    await one.arm()
    plan = await one.plan(max="10")
    full = fill_disk(one, monkeypatch, after=None)
    with pytest.raises(JournalError):
        await one.apply(plan)
    assert embedded.counts().get(REGISTER) is None
    with pytest.raises(JournalError):
        await one.engine.disarm()
    with pytest.raises(JournalError):
        await one.arm()
    assert one.engine.permits.armed is None
    full.clear()
    await one.arm()
    assert (await one.apply(plan)).state is DONE
