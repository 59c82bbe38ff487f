from datetime import timedelta
from itertools import product

import pytest

from services.changes.approval.approvals import NotApproved
from services.models.approvals import ApprovalState, ConsentWay, Means
from services.models.change_runs import StepState
from services.models.journal import EntryKind, Person
from tests.services.changes.approval.approval_world import (
    HANAKO,
    JIRO,
    ROLE,
    TARO,
    UNDECIDED,
    again,
    approve,
    confirmed,
    obtain,
    office,
    raise_plan,
    sent,
    ways,
)
from tests.services.changes.change_world import APPROVED

pytestmark = pytest.mark.scenario("ordinary-day", history=600)
MINUTE = 60.0
MISSING = "The approval of PM (project manager) is missing: F7."
OWN = "It was approved with your OS user or AWS identity: another person has to confirm it."


async def state(one, plan):
    await one.engine.authority.approvals.load()
    request = one.engine.authority.approvals.request(plan.id)
    return request.state


async def test_asked_approved_and_confirmed(embedded, tmp_path):
    path = tmp_path / "j.db"
    async with office(embedded, path) as one, office(embedded, path, TARO) as two:
        plan = await raise_plan(one)
        refused = await confirmed(one, plan)
        assert refused.refusal == MISSING
        await one.engine.authority.approvals.ask(plan, "月末です")
        assert "has not answered yet" in (await confirmed(one, plan)).refusal, "asking allows nothing"
        await two.engine.authority.approvals.load()
        (request,) = two.engine.requests
        assert (request.asker.name, request.note, request.state) == (
            "hanako",
            "月末です",
            ApprovalState.ASKED,
        )
        assert (await again(two, plan)).digest == request.plan.digest == plan.digest
        await approve(two, plan)
        run = await confirmed(one, plan)
        assert run.state is StepState.DONE
        (consent,) = run.consents
        assert (consent.way, consent.by, consent.digest) == (ConsentWay.SECOND_PERSON, "taro", plan.digest)
        assert sent(embedded) == 2
        assert await state(two, plan) is ApprovalState.USED
        assert two.engine.requests == ()
        await confirmed(one, plan)
        assert sent(embedded) == 2, "it is used up"


IDENTITIES = ("", HANAKO.identity, TARO.identity)
PEOPLE = [
    Person(user=user, identity=identity)
    for user, identity in product(("hanako", "taro", "taro (sudo: hanako)"), IDENTITIES)
]


@pytest.mark.parametrize("other", PEOPLE, ids=lambda person: f"{person.user}-{person.identity[-4:]}")
async def test_only_another_user_with_another_identity_approves(embedded, tmp_path, other):
    path = tmp_path / "j.db"
    is_second = other == Person(user="taro", identity=TARO.identity)
    async with office(embedded, path) as one, office(embedded, path, other) as two:
        plan = await raise_plan(one)
        await one.engine.authority.approvals.ask(plan)
        if is_second:
            await approve(two, plan)
        else:
            with pytest.raises(NotApproved, match="needs a second person"):
                await approve(two, plan)
        assert bool((await confirmed(one, plan)).refusal) is not is_second
        assert bool(sent(embedded)) is is_second


async def test_only_whom_the_runbook_names_approves(embedded, tmp_path):
    approvers = tuple(each.model_copy(update={"users": ("taro",)}) for each in APPROVED.approvers)
    book = APPROVED.model_copy(update={"approvers": approvers})
    path = tmp_path / "j.db"
    async with (
        office(embedded, path, HANAKO, runbook=book) as one,
        office(embedded, path, TARO, runbook=book) as two,
        office(embedded, path, JIRO, runbook=book) as three,
    ):
        plan = await raise_plan(one)
        await one.engine.authority.approvals.ask(plan)
        for other in (two, three):
            await other.engine.authority.approvals.load()
        assert [len(other.engine.authority.approvals.awaited()) for other in (two, three)] == [1, 0]
        with pytest.raises(NotApproved, match="only taro approve as PM"):
            await approve(three, plan)
        await approve(two, plan)
        await one.engine.authority.approvals.load()
        assert ways(one, plan) == [ConsentWay.SECOND_PERSON]

    async with office(embedded, path, JIRO, runbook=APPROVED) as anybody:
        lower = await raise_plan(anybody, maximum="9")
        await anybody.engine.authority.approvals.ask(lower)
    async with (
        office(embedded, path, HANAKO, runbook=APPROVED) as lax,
        office(embedded, path, TARO, runbook=book) as strict,
    ):
        await approve(lax, lower)
        await strict.engine.authority.approvals.load()
        assert ways(strict, await again(strict, lower)) == [], "checked again where it is confirmed"


async def test_who_approved_does_not_confirm_but_another_may(embedded, tmp_path):
    path = tmp_path / "j.db"
    async with (
        office(embedded, path) as one,
        office(embedded, path, TARO) as two,
        office(embedded, path, JIRO) as three,
    ):
        plan = await raise_plan(one)
        await one.engine.authority.approvals.ask(plan)
        await approve(two, plan)
        assert (await confirmed(two, plan)).refusal == OWN
        assert sent(embedded) == 0
        assert (await confirmed(three, plan)).state is StepState.DONE


async def test_an_unknown_identity_of_who_confirms_fails_closed(embedded, tmp_path):
    path = tmp_path / "j.db"
    async with office(embedded, path) as one, office(embedded, path, TARO) as two:
        plan = await raise_plan(one)
        await one.engine.authority.approvals.ask(plan)
        await approve(two, plan)
    async with office(embedded, path, HANAKO.model_copy(update={"identity": ""})) as one:
        assert (await confirmed(one, plan)).refusal == MISSING
    assert sent(embedded) == 0


async def test_nobody_approves_without_a_request(embedded, tmp_path):
    async with office(embedded, tmp_path / "j.db", TARO) as two:
        plan = await raise_plan(two)
        with pytest.raises(NotApproved, match="Nobody waits"):
            await two.engine.authority.approvals.approve(plan)
        with pytest.raises(NotApproved, match="Nobody waits"):
            await two.engine.authority.approvals.decline(plan, "no")


async def test_a_declined_request(embedded, tmp_path):
    path = tmp_path / "j.db"
    async with office(embedded, path) as one, office(embedded, path, TARO) as two:
        plan = await raise_plan(one)
        await one.engine.authority.approvals.ask(plan)
        with pytest.raises(NotApproved, match="reason"):
            await two.engine.authority.approvals.decline(plan, "  ")
        await two.engine.authority.approvals.decline(plan, "予算がない")
        assert await state(one, plan) is ApprovalState.DECLINED
        (request,) = one.engine.requests
        assert (request.declined_by, request.decline_reason) == ("taro", "予算がない")
        assert not one.engine.authority.approvals.may_serve(plan), "another request needs another plan"
        with pytest.raises(NotApproved, match="answered already"):
            await obtain(one, plan)
        with pytest.raises(NotApproved, match="Nobody waits"):
            await approve(two, plan)
        assert "Declined by taro: 予算がない" in (await confirmed(one, plan)).refusal
    assert sent(embedded) == 0


async def test_a_request_is_answered_once(embedded, tmp_path):
    path = tmp_path / "j.db"
    async with (
        office(embedded, path) as one,
        office(embedded, path, TARO) as two,
        office(embedded, path, JIRO) as three,
    ):
        plan = await raise_plan(one)
        await one.engine.authority.approvals.ask(plan)
        await one.engine.authority.approvals.ask(plan, "a second time")
        await approve(two, plan)
        for answer in (approve(three, plan), three.engine.authority.approvals.decline(plan, "no")):
            with pytest.raises(NotApproved):
                await answer
        assert [kind for kind in await one.kinds() if kind is EntryKind.APPROVED] == [EntryKind.APPROVED]
        assert [kind for kind in await one.kinds() if kind is EntryKind.APPROVAL_ASKED] == [
            EntryKind.APPROVAL_ASKED
        ]
        assert (await confirmed(one, plan)).consents[0].by == "taro"


async def test_planned_again_after_the_state_moved_it_is_another_plan(embedded, tmp_path):
    path = tmp_path / "j.db"
    async with office(embedded, path) as one, office(embedded, path, TARO) as two:
        plan = await raise_plan(one)
        await one.engine.authority.approvals.ask(plan)
        with embedded.world.lock:
            embedded.world.scaling.targets["service/facility-prod-cluster/staff-api"].maximum = 6
        with pytest.raises(NotApproved, match="another plan"):
            await approve(two, plan)
        assert not one.engine.authority.approvals.may_serve(await again(one, plan))


async def test_what_is_refused_cannot_be_approved(embedded, tmp_path):
    path = tmp_path / "j.db"
    async with office(embedded, path) as one, office(embedded, path, TARO) as two:
        plan = await raise_plan(one)
        await one.engine.authority.approvals.ask(plan)
        refused = plan.model_copy(update={"refusals": ("no",)})
        with pytest.raises(NotApproved, match="refused"):
            await two.engine.authority.approvals.approve(refused)


@pytest.mark.parametrize("way", ["second person", "elsewhere"])
async def test_it_expires_after_thirty_minutes_by_both_clocks(embedded, tmp_path, way):
    clock, path = embedded.clock, tmp_path / "j.db"
    async with office(embedded, path) as one, office(embedded, path, TARO) as two:

        async def allowed(after):
            plan = await raise_plan(one)
            if way == "elsewhere":
                await obtain(one, plan)
            else:
                await one.engine.authority.approvals.ask(plan)
                await approve(two, plan)
            began = clock.now(), clock.elapsed()
            after()
            is_allowed = await one.engine.authority.objection(plan) == ""
            clock.step(clock.elapsed() - began[1] - (clock.now() - began[0]).total_seconds())
            return is_allowed

        assert await allowed(lambda: None)
        assert await allowed(lambda: clock.advance(29 * MINUTE))
        assert not await allowed(lambda: clock.advance(30 * MINUTE))
        assert not await allowed(lambda: clock.step(31 * MINUTE)), "the wall clock is set ahead"
        assert not await allowed(lambda: clock.step(-31 * MINUTE)), "and before its beginning"
        assert not await allowed(lambda: clock.suspend(31 * MINUTE)), "the machine slept"

        def waited_and_set_back():
            clock.advance(30 * MINUTE)
            clock.step(-15 * MINUTE)

        assert not await allowed(waited_and_set_back), "a clock that is set back gives no second half hour"


async def test_a_restarted_console_does_not_prolong_it(embedded, tmp_path):
    clock, path = embedded.clock, tmp_path / "j.db"
    async with office(embedded, path) as one:
        plan = await raise_plan(one)
        await obtain(one, plan)
    clock.advance(20 * MINUTE)
    async with office(embedded, path) as one:
        assert await one.engine.authority.objection(plan) == ""
    clock.advance(10 * MINUTE)
    clock.step(-20 * MINUTE)
    async with office(embedded, path) as one:
        assert await one.engine.authority.objection(plan) == MISSING, "the entry knows when it was written"


async def test_a_request_that_nobody_answers_expires(embedded, tmp_path):
    path = tmp_path / "j.db"
    async with office(embedded, path) as one, office(embedded, path, TARO) as two:
        plan = await raise_plan(one)
        await one.engine.authority.approvals.ask(plan)
        embedded.clock.advance(30 * MINUTE)
        assert await state(one, plan) is ApprovalState.EXPIRED
        assert one.engine.requests == ()
        with pytest.raises(NotApproved, match="Nobody waits"):
            await approve(two, plan)
        with pytest.raises(NotApproved, match="Nobody waits"):
            await one.engine.authority.approvals.ask(plan)
        assert not one.engine.authority.approvals.may_serve(plan)


async def test_obtained_elsewhere(embedded, tmp_path):
    async with office(embedded, tmp_path / "j.db") as one:
        plan = await raise_plan(one)
        with pytest.raises(NotApproved, match="Who approved it"):
            await obtain(one, plan, who=" ")
        with pytest.raises(NotApproved, match="future"):
            await obtain(one, plan, at=plan.made_at + timedelta(hours=1))
        with pytest.raises(NotApproved, match="obtain it anew"):
            await obtain(one, plan, at=plan.made_at - timedelta(days=32))
        with pytest.raises(NotApproved, match="the reference"):
            await obtain(one, plan, means=Means.WRITING, reference=" ")
        assert ways(one, plan) == []
        await obtain(one, plan, means=Means.WRITING)
        run = await confirmed(one, plan)
        (consent,) = run.consents
        assert (consent.way, consent.by, consent.who, consent.means, consent.reference) == (
            ConsentWay.ELSEWHERE,
            "hanako",
            "鈴木",
            Means.WRITING,
            "メール 12",
        )
        assert consent.consented_at == plan.made_at - timedelta(minutes=5)
        assert sent(embedded) == 2


async def test_an_undecided_approver_blocks_unless_it_is_an_emergency(embedded, tmp_path):
    path = tmp_path / "j.db"
    async with office(embedded, path, runbook=UNDECIDED) as one:
        plan = await raise_plan(one)
        for attempt in (one.engine.authority.approvals.ask(plan), obtain(one, plan)):
            with pytest.raises(NotApproved, match="names nobody"):
                await attempt
        assert "names nobody as PM" in (await confirmed(one, plan)).refusal
        with pytest.raises(NotApproved, match="reason"):
            await one.engine.authority.approvals.declare_emergency(plan, " ")
        assert sent(embedded) == 0
        await one.engine.authority.approvals.declare_emergency(plan, "窓口が止まっている")
        run = await confirmed(one, plan)
        assert run.state is StepState.DONE
        (consent,) = run.consents
        assert (consent.way, consent.reason) == (ConsentWay.EMERGENCY, "窓口が止まっている")


async def test_where_the_approver_is_known_an_emergency_replaces_no_approval(embedded, tmp_path):
    async with office(embedded, tmp_path / "j.db") as one:
        plan = await raise_plan(one)
        with pytest.raises(NotApproved, match="has neither"):
            await one.engine.authority.approvals.declare_emergency(plan, "in a hurry")
        lower = await one.plan(max="4", revert="none")
        assert lower.approval_scope == ""
        with pytest.raises(NotApproved, match="has neither"):
            await one.engine.authority.approvals.declare_emergency(lower, "in a hurry")
        assert ways(one, plan) == ways(one, lower) == []
        assert (await confirmed(one, lower)).state is StepState.DONE, "what nobody approves needs nothing"


async def test_identities_are_sessions(embedded, tmp_path):
    # One role, two session names, as single sign-on gives them: two people.
    path = tmp_path / "j.db"
    other = Person(user="saburo", identity=f"{ROLE}/saburo")
    async with office(embedded, path) as one, office(embedded, path, other) as two:
        plan = await raise_plan(one)
        await one.engine.authority.approvals.ask(plan)
        await approve(two, plan)
        assert (await confirmed(one, plan)).state is StepState.DONE
