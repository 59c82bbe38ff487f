import asyncio

import pytest

from services.changes.ages import marked
from services.changes.approval import entries
from services.changes.made_plans import PLANS
from services.journal.errors import JournalError
from services.journal.store import Store
from services.models.change_runs import StepState
from services.models.changes import Danger
from services.models.journal import EntryKind
from services.models.problem import Problem, ProblemKind
from tests.services.changes.approval.approval_world import (
    HANAKO,
    TARO,
    again,
    approve,
    confirmed,
    obtain,
    office,
    raise_plan,
    sent,
)
from tests.services.changes.change_world import APPROVED, RESOURCE, UNAPPROVED
from tests.services.journal.book import append

pytestmark = pytest.mark.scenario("ordinary-day", history=600)


def write(embedded, path, person, *drafts):
    store = Store(path)
    for draft in drafts:
        append(store, marked(draft, embedded.clock), at=embedded.clock.now(), person=person)
    store.close()


async def test_applied_directly_twice_and_at_once(embedded, tmp_path):
    async with office(embedded, tmp_path / "j.db") as one:
        plan = await raise_plan(one)
        await one.arm()
        runs = await asyncio.gather(*(one.apply(plan) for _ in range(3)))
        assert all("is missing" in run.refusal for run in runs)
        assert sent(embedded) == 0
        await obtain(one, plan)
        runs = await asyncio.gather(*(one.apply(plan) for _ in range(3)))
        assert {run.state for run in runs} == {StepState.DONE}
        assert sent(embedded) == 2


@pytest.mark.slow
async def test_a_plan_that_hides_what_it_needs(embedded, tmp_path):
    async with office(embedded, tmp_path / "j.db") as one:
        plan = await raise_plan(one)
        await one.arm()
        without_scope = {"approval_scope": "", "approval": ""}
        for altered in (without_scope, {"danger": Danger.ROUTINE}, {"title": "Nothing of note"}):
            run = await one.apply(plan.model_copy(update=altered))
            assert run.refusal == "It is not the plan that was made; plan it again."
        for number, altered in enumerate((without_scope, {"danger": Danger.ROUTINE}, {"wish": {"max": "6"}})):
            run = await one.apply(plan.model_copy(update={"id": f"elsewhere-{number}", **altered}))
            assert run.refusal == "It is not the plan that was made; plan it again."
        for _time in range(PLANS):
            await raise_plan(one, maximum="9")
        run = await one.apply(plan.model_copy(update=without_scope))
        assert run.refusal == "It is not the plan that was made; plan it again.", "also once it is forgotten"
    assert sent(embedded) == 0


async def test_other_steps_under_an_approved_id(embedded, tmp_path):
    async with office(embedded, tmp_path / "j.db") as one:
        plan, higher = await raise_plan(one), await raise_plan(one, maximum="12")
        await obtain(one, plan)
        await one.arm()
        for other in (higher, higher.model_copy(update={"id": plan.id})):
            assert (await one.apply(other)).refusal
        assert sent(embedded) == 0
        higher = await one.engine.plan("task-limit", "staff-api", higher.wish, plan.id)
        assert "is missing" in (await one.apply(higher)).refusal
        assert sent(embedded) == 0
        assert (await confirmed(one, plan)).state is StepState.DONE


async def test_entries_that_their_writer_could_not_have_made(embedded, tmp_path):
    # The rules are judged when the entry is read, so that no other program can widen them.
    path = tmp_path / "j.db"
    async with office(embedded, path) as one:
        plan = await raise_plan(one)
        write(embedded, path, TARO, entries.approved(plan))
        assert "is missing" in (await confirmed(one, plan)).refusal, "nobody had asked"
        second = await raise_plan(one)
        write(embedded, path, HANAKO, entries.asked(second, ""), entries.approved(second))
        assert "is missing" in (await confirmed(one, second)).refusal, "who asked approved"
        third = await raise_plan(one)
        write(embedded, path, HANAKO, entries.emergency(third, ""))
        assert "is missing" in (await confirmed(one, third)).refusal, "an emergency replaces no approval"
        fourth, approved = await raise_plan(one), entries.approved(await raise_plan(one))
        draft = approved.model_copy(update={"subject": fourth.id, "claim": ""})
        write(embedded, path, HANAKO, entries.asked(fourth, ""))
        write(embedded, path, TARO, draft)
        assert "is missing" in (await confirmed(one, fourth)).refusal, "a replay under another id"
        odd = draft.model_copy(
            update={"data": {**draft.data, "way": "later-version", "digest": fourth.digest}}
        )
        write(embedded, path, TARO, odd)
        assert "is missing" in (await confirmed(one, fourth)).refusal, "a way that this version does not know"
    assert sent(embedded) == 0


async def test_killed_after_the_approval_and_restarted(embedded, tmp_path):
    path = tmp_path / "j.db"
    async with office(embedded, path) as one, office(embedded, path, TARO) as two:
        plan = await raise_plan(one)
        await one.engine.authority.approvals.ask(plan)
        await approve(two, plan)
    async with office(embedded, path) as one:
        await one.arm()
        other = await raise_plan(one)
        assert "is missing" in (await one.apply(other)).refusal
        assert sent(embedded) == 0
        assert (await one.apply(await again(one, plan))).state is StepState.DONE
        assert sent(embedded) == 2
    with embedded.world.lock:
        embedded.world.scaling.targets[RESOURCE].maximum = 5
    async with office(embedded, path) as one:
        await one.arm()
        run = await one.apply(plan)
        assert run.state is StepState.DONE, "the run of the first time"
    assert sent(embedded) == 2


async def test_two_consoles_confirm_one_approved_plan(embedded, tmp_path):
    path = tmp_path / "j.db"
    async with office(embedded, path) as one, office(embedded, path) as same:
        plan = await raise_plan(one)
        await obtain(one, plan)
        await one.arm()
        await same.arm()
        plans = await again(one, plan), await again(same, plan)
        await asyncio.gather(one.apply(plans[0]), same.apply(plans[1]))
    assert sent(embedded) == 2


async def test_a_journal_that_cannot_be_read_refuses(embedded, tmp_path, monkeypatch):
    async with office(embedded, tmp_path / "j.db") as one:
        plan = await raise_plan(one)
        await obtain(one, plan)
        await one.arm()

        async def unreadable(*_args, **_options):
            raise JournalError(Problem(kind=ProblemKind.OTHER, summary="the disk is gone", at=plan.made_at))

        monkeypatch.setattr(one.services.journal, "entries", unreadable)
        with pytest.raises(JournalError):
            await one.apply(plan)
        assert sent(embedded) == 0
        monkeypatch.undo()
        assert (await one.apply(plan)).state is StepState.DONE


async def test_the_journal_names_the_runbook_that_a_console_obeyed(embedded, tmp_path):
    digests = []
    for runbook in (APPROVED, UNAPPROVED, APPROVED):
        async with office(embedded, tmp_path / "j.db", runbook=runbook) as one:
            await one.services.open_journal()
            start = (await one.services.journal.page(limit=1)).entries[0]
            assert (start.kind, start.data["runbook"]) == (EntryKind.STARTED, "facility-prod")
            digests.append(start.data["runbook_digest"])
    assert digests[0] == digests[2] != digests[1]
