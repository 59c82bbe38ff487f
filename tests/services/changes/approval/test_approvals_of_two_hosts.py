from contextlib import asynccontextmanager

import pytest

from services.changes.approval.approvals import NotApproved
from services.journal.errors import JournalError
from services.models.approvals import ApprovalState
from services.models.change_runs import StepState
from services.models.journal import EntryKind, EntryQuery, NewEntry, Person
from tests.services.changes.approval.approval_world import (
    HANAKO,
    ROLE,
    TARO,
    again,
    approve,
    confirmed,
    office,
    raise_plan,
    sent,
)
from tests.services.journal.hosts import two_hosts
from tests.tools.memory_ledger import MemoryLedger

pytestmark = pytest.mark.scenario("ordinary-day", history=600)


@pytest.fixture
def ledger():
    return MemoryLedger()


@pytest.fixture
def hosts(embedded, ledger, tmp_path):
    return two_hosts(ledger, tmp_path, embedded.clock.now())


@asynccontextmanager
async def pair(embedded, hosts, second=TARO):
    first, second = (
        person.model_copy(update={"host": host.name})
        for person, host in zip((HANAKO, second), hosts, strict=True)
    )
    async with (
        office(embedded, hosts[0].place, first) as one,
        office(embedded, hosts[1].place, second) as two,
    ):
        yield one, two


async def test_it_is_asked_for_here_given_there_and_used_once(embedded, hosts):
    async with pair(embedded, hosts) as (one, two):
        plan = await raise_plan(one)
        await one.engine.authority.approvals.ask(plan)
        await approve(two, plan)
        await one.engine.authority.approvals.catch_up()
        run = await confirmed(one, plan)
        assert run.refusal == ""
        assert run.state is StepState.DONE
        await two.engine.authority.approvals.catch_up()
        request = two.engine.authority.approvals.request(plan.id)
        assert request.state is ApprovalState.USED


@pytest.mark.parametrize(
    "second",
    [
        Person(user="hanako", identity=f"{ROLE}/taro", host="desk-2"),
        Person(user="Hanako", identity=f"{ROLE}/taro", host="desk-2"),
        Person(user="root (sudo: hanako)", identity=f"{ROLE}/taro", host="desk-2"),
        Person(user="taro", identity=f"{ROLE}/hanako", host="desk-2"),
        Person(user="taro", identity="", host="desk-2"),
    ],
    ids=["name on another host", "case", "sudo", "identity of the asker", "identity unknown"],
)  # fmt: skip
async def test_another_host_makes_no_second_person(embedded, hosts, second):
    async with pair(embedded, hosts, second) as (one, two):
        plan = await raise_plan(one)
        await one.engine.authority.approvals.ask(plan)
        with pytest.raises(NotApproved, match="second person"):
            await approve(two, plan)
        assert (await confirmed(one, plan)).refusal
        assert not sent(embedded)


async def test_what_is_planned_again_on_the_other_host_must_be_the_same(embedded, hosts):
    async with pair(embedded, hosts) as (one, two):
        plan = await raise_plan(one)
        await one.engine.authority.approvals.ask(plan)
        other = await two.engine.plan(plan.kind, str(plan.target.id), {"max": "11", "revert": "aws"}, plan.id)
        assert other.digest != plan.digest
        with pytest.raises(NotApproved, match="another plan"):
            await two.engine.authority.approvals.approve(other)


@pytest.mark.parametrize("cut", [0, 1])
async def test_nothing_is_asked_for_or_given_without_the_ledger(embedded, ledger, hosts, cut):
    async with pair(embedded, hosts) as (one, two):
        plan = await raise_plan(one)
        approvals = (one, two)[cut].engine.authority.approvals
        if cut:
            await one.engine.authority.approvals.ask(plan)
            await two.engine.authority.approvals.catch_up()
        hosts[cut].line.is_cut = True
        for act in (approvals.ask(plan), approve((one, two)[cut], plan), approvals.decline(plan, "no")):
            with pytest.raises(JournalError):
                await act
        assert (await again(one, plan)).digest == plan.digest
        hosts[cut].mend(ledger)
        await approvals.catch_up()
        kinds = frozenset({EntryKind.APPROVED, EntryKind.DECLINED})
        assert not await one.services.journal.entries(EntryQuery(kinds=kinds))
        assert (
            len(await two.services.journal.entries(EntryQuery(kinds=frozenset({EntryKind.APPROVAL_ASKED}))))
            == cut
        )


async def test_an_approval_that_was_recorded_without_its_giver_learning_it_is_given_once(
    embedded, ledger, hosts
):
    async with pair(embedded, hosts) as (one, two):
        plan = await raise_plan(one)
        await one.engine.authority.approvals.ask(plan)
        await two.engine.authority.approvals.catch_up()
        hosts[1].line.breaks = True
        with pytest.raises(JournalError):
            await approve(two, plan)
        hosts[1].mend(ledger)
        with pytest.raises(NotApproved):
            await approve(two, plan)
        await one.engine.authority.approvals.catch_up()
        assert await one.engine.authority.objection(plan) == ""


async def test_a_lock_names_the_host_of_who_has_it(embedded, hosts):
    async with pair(embedded, hosts) as (one, two):
        target = "service/facility-prod-cluster/staff-api"
        draft = NewEntry(kind=EntryKind.INTENT, subject="p", target=target, text="x", holds=target)
        await one.services.journal.append(draft)
        await two.services.journal.catch_up()
        for desk, name in ((one, "hanako"), (two, "hanako@bastion-1")):
            lock = await desk.engine._history.lock({target})
            assert lock.by == name
