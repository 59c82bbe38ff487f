import sys
from typing import Any

import pytest

from services.changes.key_rotation import hand_over
from services.changes.key_rotation.state import RotationPhase
from services.demo.github import KEY_ID, SCOPES, SECRET
from services.demo.names import USER_KEY
from services.models.change_runs import StepState
from services.runbook.loader import load_builtin
from tests.services.changes.change_world import hasten, told
from tests.services.changes.key_rotation.rotation_world import TEST_RUN, account, changed, desk

pytestmark = [pytest.mark.slow, pytest.mark.scenario(account())]
DONE, FAILED, UNKNOWN, WAITING = StepState.DONE, StepState.FAILED, StepState.UNKNOWN, StepState.WAITING
CARRIED_OUT: dict[str, dict[str, Any]] = {
    "lost answer": {"mode": "reset-after"},
    "cut answer": {"mode": "truncated"},
    "empty answer": {"mode": "empty"},
}
NOT_CARRIED_OUT: dict[str, dict[str, Any]] = {
    "never arrived": {"mode": "reset-before"},
    "no answer": {"mode": "hang"},
    "a proxy's page": {"mode": "html"},
    "a redirect": {"mode": "redirect"},
    "500": {"code": "InternalFailure", "status": 500},
    "502": {"code": "BadGateway", "status": 502},
}
QUICK = [name for name in NOT_CARRIED_OUT if name != "no answer"]
"""Without an answer only a time-out ends the step, which proves nothing."""
REFUSED: dict[str, dict[str, Any]] = {"denied": {"preset": "denied"}, "throttled": {"preset": "throttled"}}


@pytest.fixture(autouse=True)
def impatient(request, monkeypatch):
    hasten(request, monkeypatch)


async def press(console, step):
    plan = await console.plan(step=step)
    assert plan.refusals == (), plan.refusals
    await console.arm()
    engine = console.services.engine
    runs = [await each for each in [engine.apply(plan, plan.confirm) for _press in range(3)]]
    assert runs[0] == runs[1] == runs[2]
    return runs[0]


async def settled(console, run):
    console.embedded.clear_faults()
    return await told(console, run.id)


@pytest.mark.parametrize("fault", [*CARRIED_OUT, *NOT_CARRIED_OUT, *REFUSED])
async def test_a_lost_answer_to_the_creation_leaves_an_orphan_that_is_found_deleted_and_made_anew(
    embedded, tmp_path, fault
):
    rule = (CARRIED_OUT | NOT_CARRIED_OUT | REFUSED)[fault]
    async with desk(embedded, tmp_path / "j.db") as console:
        embedded.fault("iam", "CreateAccessKey", times=1, **rule)
        run = await press(console, "create")
        assert embedded.counts()["iam.CreateAccessKey"] == 1
        assert run.state is (FAILED if fault in REFUSED else UNKNOWN)
        if fault not in REFUSED:
            assert (await console.plan(step="create")).refusals, "locked while unknown"
        run = await settled(console, run)
        assert run.state is (DONE if fault in CARRIED_OUT else FAILED)
        assert len(console.keys) == (2 if fault in CARRIED_OUT else 1)
        if fault in CARRIED_OUT:
            orphan = console.new.id
            assert run.answers["create"] == {"access_key": orphan}
            assert await console.next() == "discard"
            assert (await console.plan(step="github")).refusals
            plan = await console.plan(step="discard")
            assert any(caution.grave and orphan in caution.text for caution in plan.cautions)
            await console.take("discard")
        assert list(console.keys) == [USER_KEY]
        await console.take("create")
        await console.take("github")
        embedded.advance(TEST_RUN)
        await console.take("deactivate")


@pytest.mark.parametrize("secret", [KEY_ID, SECRET])
@pytest.mark.parametrize("fault", [*CARRIED_OUT, *NOT_CARRIED_OUT, *REFUSED])
async def test_a_lost_answer_to_a_secret_is_settled_by_its_date_and_half_a_key_is_completed(
    embedded, tmp_path, fault, secret, monkeypatch
):
    rule = (CARRIED_OUT | NOT_CARRIED_OUT | REFUSED)[fault]
    async with desk(embedded, tmp_path / "j.db") as console:
        await console.take("create")
        fail_at(embedded, monkeypatch, 1 if secret == KEY_ID else 2, rule)
        run = await press(console, "github")
        number = 0 if secret == KEY_ID else 1
        assert embedded.counts()["github.PutSecret"] == (1 if run.steps[1].state is WAITING else 2)
        if fault in REFUSED:
            assert run.steps[number].state is FAILED
        run = await settled(console, run)
        stored = console.github.secrets[SCOPES[1]]
        written = [stored[KEY_ID].value == console.new.id, stored[SECRET].value == console.new.secret]
        if fault in CARRIED_OUT and run.steps[number].state is UNKNOWN:
            # GitHub does not say who wrote it, and AWS has not seen the new key.
            assert "audit log" in run.steps[number].text
            id = run.steps[number].id
            run = await console.services.engine.resolve_manually(run.id, id, done=True, note="asked")
            embedded.advance(60)
        journal_says = [step.state is DONE for step in run.steps]
        assert journal_says == written, "what the journal says is what GitHub has"
        if written == [True, True]:
            embedded.advance(TEST_RUN)
            await console.take("deactivate")
            return
        if written == [True, False]:
            state = await console.change.read_target(
                console.services.engine.target("key-rotation", "user/ci-cd-user")
            )
            assert any("new ID with the old secret" in remark for remark in state.remarks)
        assert await console.next() == "github"
        await console.take("github")
        embedded.advance(TEST_RUN)
        await console.take("deactivate")


def fail_at(embedded, monkeypatch, number, rule):
    from services.demo.faults import FaultRule, FaultStore

    take, writes = FaultStore.take, [0]

    def nth(self, service, operation, *more):
        if operation == "PutSecret":
            writes[0] += 1
            if writes[0] == number:
                return FaultRule(**rule)
        return take(self, service, operation, *more)

    monkeypatch.setattr(FaultStore, "take", nth)


async def test_half_a_key_without_its_secret_is_repaired_with_the_old_id(embedded, tmp_path, monkeypatch):
    path = tmp_path / "j.db"
    async with desk(embedded, path) as console:
        await console.take("create")
        fail_at(embedded, monkeypatch, 2, {"preset": "denied"})
        assert (await press(console, "github")).steps[1].state is FAILED
        embedded.advance(300)
        assert not console.github.runs[-1].success
    async with desk(embedded, path) as console:
        assert await console.next() == "restore-id"
        await console.take("restore-id")
        embedded.advance(300)
        assert console.github.runs[-1].success
        assert await console.next() == "discard"
        await console.take("discard")
        assert await console.next() == "create"


async def test_the_secret_dies_with_the_console_and_the_orphan_is_named_with_its_maker(embedded, tmp_path):
    path = tmp_path / "j.db"
    async with desk(embedded, path) as console:
        await console.take("create")
    async with desk(embedded, path) as console:
        await console.plan(step="discard")
        state = await console.change.read_target(
            console.services.engine.target("key-rotation", "user/ci-cd-user")
        )
        (remark,) = state.remarks
        assert console.new.id in remark
        assert "only that console could hand it over" in remark
        await console.take("discard")
        await console.take("create")


@pytest.mark.parametrize("fault", [*CARRIED_OUT, *QUICK, *REFUSED])
async def test_nothing_is_in_doubt_if_github_does_not_give_its_key_to_seal_with(embedded, tmp_path, fault):
    async with desk(embedded, tmp_path / "j.db") as console:
        await console.take("create")
        embedded.fault("github", "GetPublicKey", **(CARRIED_OUT | NOT_CARRIED_OUT | REFUSED)[fault])
        run = await press(console, "github")
        assert [step.state for step in run.steps] == [FAILED, WAITING]
        assert "github.PutSecret" not in embedded.counts()
        embedded.clear_faults()
        await console.take("github")


async def test_a_command_that_hangs_may_have_taken_the_key_and_a_person_says_so(
    embedded, tmp_path, monkeypatch
):
    monkeypatch.setattr(hand_over, "COMMAND_SECONDS", 0.3)
    argv = (sys.executable, "-c", "import sys, time; sys.stdin.read(); time.sleep(60)")
    runbook = changed(load_builtin("facility-prod"), "access_keys", {"hand_over": argv})
    async with desk(embedded, tmp_path / "j.db", runbook=runbook) as console:
        await console.take("create")
        run = await press(console, "command")
        assert run.state is UNKNOWN
        run = await settled(console, run)
        assert run.state is UNKNOWN, "nothing shows whether it took the key"
        assert (await console.plan(step="github")).refusals
        engine = console.services.engine
        run = await engine.resolve_manually(run.id, "command", done=True, note="it is in the store")
        assert run.state is DONE
        assert (await console.state()).phase is RotationPhase.HANDED


async def test_a_key_in_use_is_never_discarded(embedded, tmp_path):
    async with desk(embedded, tmp_path / "j.db") as console:
        await console.take("create")
        console.embedded.world.keys.use(console.new.id, console.new.secret, embedded.clock.now())
        assert "is in use" in (await console.plan(step="discard")).refusals[0]


async def test_while_github_cannot_be_read_nothing_that_depends_on_it_is_planned(embedded, tmp_path):
    async with desk(embedded, tmp_path / "j.db") as console:
        embedded.fault("github", preset="denied")
        plan = await console.plan(step="create")
        assert any(caution.grave and "GitHub" in caution.text for caution in plan.cautions)
        await console.take("create")
        live = await console.change.read_target(
            console.services.engine.target("key-rotation", "user/ci-cd-user")
        )
        assert live.remarks == ()
        assert "not known" in live.facts[0].value
        for step in ("github", "discard", "deactivate", "restore-id"):
            assert "GitHub could not be read" in (await console.plan(step=step)).refusals[0]
