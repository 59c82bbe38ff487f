"""At most one effect, counted on the server; a seeded part of the matrix, `make faults-all` takes all."""

import asyncio
import os
from collections import Counter
from contextlib import suppress
from random import Random
from typing import Any

import pytest

from services.changes.registry import CHANGES
from services.models.change_runs import Run, StepState
from tests.faults.change_cases import BY_KIND, CASES, FRIDAY, HISTORY, console, prepare
from tests.faults.change_stops import KILLS, STOPS, Stop, halted, sign_by_the_world_s_clock, stopped
from tests.faults.waiting import until
from tests.services.changes.change_world import OVER, hasten, told

pytestmark = pytest.mark.slow
ALL = os.environ.get("FAULTS") == "all"
SEED = 20261127
DONE, FAILED, UNKNOWN, REFUSED = StepState.DONE, StepState.FAILED, StepState.UNKNOWN, StepState.REFUSED
ARRIVES: dict[str, dict[str, Any]] = {
    "lost answer": {"mode": "reset-after"},
    "cut answer": {"mode": "truncated"},
    "empty answer": {"mode": "empty"},
    "502 after": {"mode": "502-after"},
}
LOST: dict[str, dict[str, Any]] = {
    "never arrived": {"mode": "reset-before"},
    "no answer": {"mode": "hang"},
    "a proxy's page": {"mode": "html"},
    "a redirect": {"mode": "redirect"},
    "500": {"code": "InternalFailure", "status": 500},
    "502": {"code": "BadGateway", "status": 502},
    "503": {"code": "ServiceUnavailable", "status": 503},
}
PROVEN: dict[str, dict[str, Any]] = {
    "throttled": {"preset": "throttled"},
    "denied": {"preset": "denied"},
    "expired": {"preset": "expired"},
}
LOCKED = "or its outcome has been unknown, since"


def cells(faults, *, per_step=True):
    """(case, number of the request that the fault hits, fault)."""
    chosen = []
    for kind, cases in sorted(BY_KIND.items()):
        variants = [(case, step) for case in cases for step in range(case.steps if per_step else 1)]
        for fault in faults:
            picked = variants if ALL else [Random(f"{SEED} {kind} {fault}").choice(variants)]
            chosen += [cell(case, step, fault) for case, step in picked]
    return chosen


def cell(case, step, fault):
    mark = pytest.mark.scenario(case.scenario, history=HISTORY.total_seconds(), origin=FRIDAY)
    request = f", request {step + 1}" if case.steps > 1 else ""
    return pytest.param(case, step, fault, marks=mark, id=f"{case.id}{request} - {fault}")


@pytest.fixture(autouse=True)
def impatient(request, monkeypatch):
    hasten(request, monkeypatch)


def test_every_kind_has_a_case():
    assert {case.kind for case in CASES} == {kind.id for kind in CHANGES}, (
        "add the change to `tests.faults.change_cases.CASES`"
    )
    assert len({case.id for case in CASES}) == len(CASES)


async def planned(case, one):
    await prepare(case, one)
    plan = await one.plan_of(case)
    assert plan.refusals == (), plan.refusals
    assert len(plan.steps) == case.steps
    await one.ready(plan)
    one.embedded.server.front.counts.clear()
    return plan, case.shown(one.embedded.world, plan)


def effects(case, plan, embedded, before, *, most=1):
    """Which steps had their effect, as AWS shows; no request arrived, or was carried out, more than `most` times."""
    front, planned = embedded.server.front, Counter(_name(step) for step in plan.steps)
    for name, times in planned.items():
        assert front.counts[name] <= times * most, f"{name} arrived {front.counts[name]} times"
        assert front.carried_out[name] <= times * most, f"{name} was carried out more than once"
    shown = case.shown(embedded.world, plan)
    return [now != then for now, then in zip(shown, before, strict=True)]


def is_locked(plan):
    return any(LOCKED in refusal for refusal in plan.refusals)


async def is_locked_for(one, case):
    try:
        return is_locked(await one.plan_of(case))
    except KeyError:
        return False


def _name(step):
    return f"{step.call.service}.{step.call.operation}"


async def settled(case, plan, embedded, journal, truth):
    embedded.clear_faults()
    async with console(embedded, journal) as two:
        run: Run = await told(two, plan.id)
        if run.in_flight:
            (unknown,) = [number for number, step in enumerate(run.steps) if step.state is UNKNOWN]
            is_unproven = plan.steps[unknown].call.service == "github" and truth[unknown]
            assert is_unproven or case.is_undone_by_aws, run.steps[unknown]
            assert await is_locked_for(two, case)
            assert "record what happened" in run.steps[unknown].text.casefold()
            run = await two.engine.resolve_manually(
                plan.id, run.steps[unknown].id, done=truth[unknown], note="asked"
            )
        assert [step.state is DONE for step in run.steps] == truth, (
            "the journal says what AWS has",
            run.steps,
        )
        assert not run.in_flight, run.steps
        if run.state is StepState.WAITING:
            # Its console would go on with the next step for a while.
            embedded.advance(OVER)
        assert not await is_locked_for(two, case)
        assert (await two.services.journal.verify()).intact
        return run


@pytest.mark.parametrize(("case", "step", "fault"), cells([*ARRIVES, *LOST, *PROVEN]))
async def test_an_answer_that_goes_wrong(case, step, fault, embedded, tmp_path):
    journal = tmp_path / "j.db"
    async with console(embedded, journal) as one:
        plan, before = await planned(case, one)
        call = plan.steps[step].call
        same = sum(_name(each) == _name(plan.steps[step]) for each in plan.steps[:step])
        rule = (ARRIVES | LOST | PROVEN)[fault]
        embedded.fault(call.service, call.operation, times=1, after=same, **rule)
        presses = [one.engine.apply(plan, plan.confirm) for _press in range(3)]
        runs = [await press for press in presses]
        assert runs[0] == runs[1] == runs[2]
        truth = effects(case, plan, embedded, before)
        assert embedded.counts()[_name(plan.steps[step])] > same, "the request was not sent"
        assert truth[step] is (fault in ARRIVES)
        state = runs[0].steps[step].state
        if fault in PROVEN:
            assert state is FAILED, runs[0].steps[step]
        elif fault in LOST:
            assert state is UNKNOWN, runs[0].steps[step]
        else:
            assert state in (DONE, UNKNOWN), runs[0].steps[step]
        assert await is_locked_for(one, case) is (state is UNKNOWN), (
            "what is unknown locks its target, and nothing else does"
        )
    await settled(case, plan, embedded, journal, truth)


@pytest.mark.parametrize(("case", "step", "fault"), cells(STOPS))
async def test_stopped_beyond_every_window_while_another_operator_takes_over(
    case, step, fault, embedded, tmp_path, monkeypatch
):
    # SIGSTOP between intent and request: another console settles it, and makes the change; then this one continues.
    journal, others = tmp_path / "j.db", 0
    async with console(embedded, journal) as one, console(embedded, journal) as two:
        sign_by_the_world_s_clock(embedded, monkeypatch)
        plan, before = await planned(case, one)

        async def meanwhile():
            nonlocal others
            run = await told(two, plan.id)
            assert run.steps[step].state is FAILED, run.steps[step]
            repeated = await two.plan_of(case)
            if repeated.refusals:  # such as the secret that only the stopped console has
                assert not is_locked(repeated)
                return
            others = 1
            assert (await two.confirm(repeated)).steps[0].state is DONE
            if fault == STOPS[-1]:
                call = plan.steps[step].call
                embedded.fault(call.service, call.operation, times=1, mode="reset-before")

        stop = Stop(fault, step, meanwhile)
        with stopped(stop, one, monkeypatch):
            run = await one.engine.apply(plan, plan.confirm)
        assert stop.reached
        assert run.steps[step].state is not DONE, run.steps[step]
        front = embedded.server.front
        for name in {_name(each) for each in plan.steps[step:]}:
            assert front.carried_out[name] <= others * case.steps + step, (
                "the stopped console's request counted"
            )
        truth = effects(case, plan, embedded, before, most=2)
        if not others:
            assert truth[step:] == [False] * len(truth[step:])
        open_runs = [each for each in await two.runs() if each.in_flight]
        assert open_runs == [], [each.steps for each in open_runs]
        assert (await two.services.journal.verify()).intact


@pytest.mark.parametrize(("case", "step", "fault"), cells(KILLS))
async def test_killed_at_each_stage(case, step, fault, embedded, tmp_path):
    # A console that does nothing more leaves the journal and AWS as a killed one does.
    journal = tmp_path / "j.db"
    async with console(embedded, journal) as one:
        plan, before = await planned(case, one)
        async with halted(fault, plan, step, one) as reached:
            applying = one.engine.apply(plan, plan.confirm)
            await until(lambda: reached.is_set() or applying.done())
            assert reached.is_set(), applying.result()
            truth = effects(case, plan, embedded, before)
            await settled(case, plan, embedded, journal, truth)
        assert sum(truth) == (0 if fault == "confirmed" else step + (fault in ("answered", "recorded")))


@pytest.mark.parametrize(("case", "step", "fault"), cells(["moved"], per_step=False))
async def test_the_state_moved_since_the_plan(case, step, fault, embedded, tmp_path):
    async with console(embedded, tmp_path / "j.db") as one:
        plan, _before = await planned(case, one)
        embedded.advance(2)
        with embedded.world.lock:
            case.move(embedded, plan)
        run = await one.engine.apply(plan, plan.confirm)
        assert run.steps[step].state is REFUSED, run.steps[step]
        assert not embedded.server.front.carried_out[_name(plan.steps[step])]


@pytest.mark.parametrize(("case", "step", "fault"), cells(["closed"], per_step=False))
async def test_the_screen_is_closed_while_the_request_is_under_way(
    case, step, fault, embedded, tmp_path, monkeypatch
):
    journal = tmp_path / "j.db"
    async with console(embedded, journal) as one:
        plan, before = await planned(case, one)

        async def close():
            screen.cancel()
            with suppress(asyncio.CancelledError):
                await screen

        with stopped(Stop(STOPS[-1], step, close), one, monkeypatch):
            screen = one.engine.apply(plan, plan.confirm)
            await asyncio.wait([screen])
            assert screen.cancelled()
            run = await one.engine.apply(plan, plan.confirm)
        assert run.state is DONE, run
        truth = effects(case, plan, embedded, before)
        assert truth == [True] * case.steps
    await settled(case, plan, embedded, journal, truth)


@pytest.mark.parametrize(("case", "step", "fault"), cells(["second operator"]))
async def test_a_change_in_flight_is_seen_and_refused_by_the_other_operator(
    case, step, fault, embedded, tmp_path, monkeypatch
):
    journal = tmp_path / "j.db"
    async with console(embedded, journal) as one, console(embedded, journal) as two:
        plan, before = await planned(case, one)
        early = await two.plan_of(case)
        if not early.refusals:
            await two.ready(early)

        async def meanwhile():
            (other_view,) = [run for run in await two.runs() if run.id == plan.id]
            assert other_view.in_flight
            assert is_locked(await two.plan_of(case))
            for kind in BY_KIND:
                for target in two.engine.changes[kind].targets():
                    if target.title == case.target:
                        assert is_locked(await two.engine.plan(kind, case.target, {})), kind
            if not early.refusals:
                run = await two.engine.apply(early, early.confirm)
                assert run.state is REFUSED, run

        with stopped(Stop(STOPS[-1], step, meanwhile), one, monkeypatch):
            run = await one.engine.apply(plan, plan.confirm)
        assert run.state is DONE, run
        assert effects(case, plan, embedded, before) == [True] * case.steps
