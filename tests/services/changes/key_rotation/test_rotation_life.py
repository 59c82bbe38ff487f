import pytest

from services.demo.github import KEY_ID, SCOPES, SECRET
from services.demo.names import USER_KEY
from services.models.change_runs import StepState
from services.models.journal import EntryKind
from tests.services.changes.key_rotation.rotation_world import DAY, HOUR, TEST_RUN, account, desk


@pytest.mark.scenario(account())
async def test_a_rotation_from_creation_to_deletion_with_a_restart_at_every_step(embedded, tmp_path):
    path = tmp_path / "journal.db"
    async with desk(embedded, path) as console:
        assert await console.next() == "create"
        await console.take("create")
        # The secret is in this console's memory, so the hand-over comes before its end.
        assert await console.next() == "github"
        await console.take("github")
        new = console.new.id
        stored = console.github.secrets[SCOPES[1]]
        assert (stored[KEY_ID].value, stored[SECRET].value) == (new, console.new.secret)
    async with desk(embedded, path) as console:
        assert await console.next() == "deactivate"
        plan = await console.plan(step="deactivate")
        assert len(plan.refusals) == 2, plan.refusals
        embedded.advance(TEST_RUN)
        plan = await console.plan(step="deactivate")
        assert plan.refusals == ()
        proofs = " ".join(caution.text for caution in plan.cautions)
        assert "Proof in GitHub: #6" in proofs
        assert "Proof in AWS: the new key was used" in proofs
        assert (await console.apply(plan)).state is StepState.DONE
        assert not console.keys[USER_KEY].active
    embedded.advance(3 * DAY)
    async with desk(embedded, path) as console:
        assert await console.next() == "delete"
        (refusal,) = (await console.plan(step="delete")).refusals
        assert "until then it can be activated again" in refusal
        await console.take("reactivate")
        assert console.keys[USER_KEY].active
        await console.take("deactivate")
    embedded.advance(7 * DAY - HOUR)
    async with desk(embedded, path) as console:
        assert (await console.plan(step="delete")).refusals
        embedded.advance(HOUR)
        plan = await console.plan(step="delete")
        assert "It cannot be undone: AWS keeps nothing of a deleted key." in [
            caution.text for caution in plan.cautions if caution.grave
        ]
        change = console.services.engine.changes["key-rotation"]
        assert await change.outcome(plan) == "The rotation is complete."
        assert plan.refusals == ()
        assert (await console.apply(plan)).state is StepState.DONE
        assert list(console.keys) == [new]
        assert await console.next() == "create"
        embedded.advance(2 * DAY)
        assert all(run.success for run in console.github.runs[-3:])
        kinds = [entry.kind for entry in await console.services.journal.entries()]
        assert kinds.count(EntryKind.INTENT) == kinds.count(EntryKind.PLAN) + 1
