import asyncio

import pytest

from services.changes import sender, shutdown
from services.models.change_runs import StepState
from services.models.identity import Identity
from services.models.journal import EntryKind
from tests.faults.waiting import until
from tests.services.changes.change_world import REGISTER, SCHEDULE, SERVICE, desk, target, told
from tui.runtime.runtime_app import RuntimeApp

pytestmark = pytest.mark.scenario("ordinary-day", history=600)
SCALING = "application-autoscaling"
DONE, REFUSED, UNKNOWN = StepState.DONE, StepState.REFUSED, StepState.UNKNOWN


def states_of(run):
    return [step.state for step in run.steps]


def open_holds(entries):
    open_: list[str] = []
    for entry in entries:
        open_ += [entry.holds] if entry.holds else []
        if entry.releases:
            open_.remove(entry.releases)
    return open_


async def test_an_ending_console_waits_briefly_for_aws_and_records_the_outcome(
    embedded, tmp_path, monkeypatch
):
    # A console is given ten seconds to end, and AWS twenty to answer.
    assert shutdown.LAST_SECONDS + 3 <= RuntimeApp.DRAIN_SECONDS < sender.WRITE_SECONDS
    monkeypatch.setattr(shutdown, "LAST_SECONDS", 0.2)
    async with desk(embedded, tmp_path / "j.db") as one:
        await one.arm()
        plan = await one.plan(max="10")
        embedded.fault(SCALING, "RegisterScalableTarget", mode="hang", times=1)
        task = one.engine.apply(plan, SERVICE)
        await until(lambda: embedded.counts().get(REGISTER))
        async with asyncio.timeout(60):
            await one.engine.drain()
        assert states_of(await task) == [UNKNOWN, StepState.WAITING]
        kinds = await one.kinds()
        assert kinds[-2:] == [EntryKind.OUTCOME, EntryKind.DISARMED]
    async with desk(embedded, tmp_path / "j.db") as two:
        run = await told(two, plan.id)
        assert states_of(run)[0] is StepState.FAILED
        assert open_holds(await two.entries()) == []
        assert embedded.counts()[REGISTER] == 1


@pytest.mark.parametrize(
    ("service", "operation"), [(SCALING, "DescribeScalableTargets"), ("sts", "GetCallerIdentity")]
)
async def test_an_ending_console_sends_nothing_without_checking_the_precondition(
    embedded, tmp_path, monkeypatch, service, operation
):
    monkeypatch.setattr(shutdown, "LAST_SECONDS", 0.2)
    async with desk(embedded, tmp_path / "j.db") as one:
        await one.arm()
        plan = await one.plan(max="10")
        before = embedded.counts().get(f"{service}.{operation}", 0)
        embedded.fault(service, operation, mode="hang")
        task = one.engine.apply(plan, SERVICE)
        await until(lambda: embedded.counts().get(f"{service}.{operation}", 0) > before)
        async with asyncio.timeout(60):
            await one.engine.drain()
        assert (await task).state is REFUSED
        assert open_holds(await one.entries()) == []
        assert embedded.counts().get(REGISTER) is None


async def test_disarmed_between_two_steps_the_second_is_not_sent_and_a_person_must_revert(
    one, embedded, monkeypatch
):
    await one.arm()
    after_the_first(one, monkeypatch, one.services.engine.permits.disarm)
    run = await one.apply(await one.plan(max="10"))
    assert states_of(run) == [DONE, REFUSED]
    assert "arm it first" in run.steps[1].text
    assert embedded.counts().get(SCHEDULE) is None
    assert open_holds(await one.entries()) == []
    (slot,) = one.engine.reverts()
    assert "NOT" in slot.remark


async def test_credentials_of_another_account_between_two_steps_send_nothing_more(
    embedded, tmp_path, monkeypatch
):
    async def other():
        return Identity(account="999999999999", arn="arn", name="hanako")

    async with desk(embedded, tmp_path / "j.db") as one:
        await one.arm()
        after_the_first(
            one, monkeypatch, lambda: monkeypatch.setattr(one.services.session, "identity", other)
        )
        run = await one.apply(await one.plan(max="10"))
        assert states_of(run) == [DONE, REFUSED]
        assert "999999999999" in run.steps[1].text
        assert embedded.counts().get(SCHEDULE) is None
        assert open_holds(await one.entries()) == []


async def test_a_plan_that_expires_while_the_account_is_asked_for_is_not_applied(one, embedded, monkeypatch):
    await one.arm()
    plan, identity = await one.plan(max="10"), one.services.session.identity

    async def slow():
        embedded.advance(121)
        return await identity()

    monkeypatch.setattr(one.services.session, "identity", slow)
    run = await one.apply(plan)
    assert "expired" in run.refusal
    assert embedded.counts().get(REGISTER) is None


async def test_effects_in_aws_are_seen_though_no_follow_up_is_declared(embedded, tmp_path, monkeypatch):
    # The limit was read and is there, even if the counts cannot be read afterwards.
    async def never(_plan):
        await asyncio.Event().wait()
        return ""

    monkeypatch.setattr(sender, "VERIFY_SECONDS", 0.3)
    async with desk(embedded, tmp_path / "j.db") as one:
        await one.arm()
        monkeypatch.setattr(one.engine.changes["task-limit"], "outcome", never)
        run = await one.apply(await one.plan(max="10"))
        assert [(step.state, step.verified) for step in run.steps] == [(DONE, True), (DONE, True)]


def after_the_first(one, monkeypatch, act):
    write = one.services.session.write

    async def call_later(*args, **options):
        answer = await write(*args, **options)
        act()
        return answer

    monkeypatch.setattr(one.services.session, "write", call_later)


async def test_the_revert_of_a_revert_can_be_planned(one, embedded):
    await one.arm()
    change = one.engine.changes["task-limit"]
    up = await one.apply(await one.plan(max="10"))
    down_plan = await one.plan(**change.revert_parameters(up.plan))
    assert (down_plan.refusals, down_plan.revert) == ((), None)
    down = await one.apply(down_plan)
    assert (down.state, target(embedded).maximum) == (DONE, 5)
    again = await one.plan(**change.revert_parameters(down.plan))
    assert again.refusals == ()
    assert again.revert is not None, "raised again, it has a revert again"
