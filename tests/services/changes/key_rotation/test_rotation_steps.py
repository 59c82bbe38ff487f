import json
import sys
from datetime import timedelta

import pytest

from services.changes.key_rotation.state import RotationPhase
from services.demo.github import KEY_ID, SCOPES, SECRET
from services.demo.names import USER, USER_KEY
from services.demo.scenario import KeyFact
from services.models.change_runs import StepState
from services.runbook.loader import load_builtin
from tests.services.changes.key_rotation.rotation_world import DAY, HOUR, TEST_RUN, account, changed, desk

pytestmark = pytest.mark.scenario("ordinary-day", history=600.0)

BOOK = load_builtin("facility-prod")


@pytest.mark.scenario(account(elsewhere="s3"))
async def test_the_old_key_is_not_deactivated_while_something_else_uses_it(embedded, tmp_path):
    async with desk(embedded, tmp_path / "j.db") as console:
        await console.take("create")
        await console.take("github")
        embedded.advance(2 * HOUR)
        (refusal,) = (await console.plan(step="deactivate")).refusals
        assert "s3, ap-northeast-1" in refusal
        # Somebody gives that one the new key, too.
        console.keys[USER_KEY].elsewhere = ""
        embedded.advance(HOUR)
        assert (await console.plan(step="deactivate")).refusals, "one hour says little"
        embedded.advance(DAY)
        plan = await console.plan(step="deactivate")
        assert plan.refusals == ()
        assert any(caution.grave and "s3" in caution.text for caution in plan.cautions)


@pytest.mark.scenario(account())
async def test_a_run_that_began_with_the_old_key_does_not_hold_up_the_deactivation(embedded, tmp_path):
    async with desk(embedded, tmp_path / "j.db") as console:
        await console.take("create")
        # The day's run begins just before the hand-over and uses its key until its end.
        last = console.github.runs[-1].started
        embedded.advance((last + timedelta(days=1) - embedded.clock.now()).total_seconds() + 30)
        assert console.github.runs[-1].started > last
        await console.take("github")
        console.keys[USER_KEY].used = embedded.clock.now() + timedelta(seconds=90)
        embedded.advance(TEST_RUN)
        assert (await console.plan(step="deactivate")).refusals == ()


SECOND = KeyFact(kind="key", user=USER, id="AKIA2TOBANDEMOCICD02", age_days=3, used_days_ago=None)


@pytest.mark.scenario(account(more=(SECOND,)))
async def test_no_key_is_created_beside_two(embedded, tmp_path):
    async with desk(embedded, tmp_path / "j.db") as console:
        (refusal,) = (await console.plan(step="create")).refusals
        assert "not possible now" in refusal
        assert await console.next() == ""
        why = " ".join((await console.plan(step="discard")).refusals)
        assert "CloudTrail's CreateAccessKey tells who did" in why, "nobody's key is deleted as ours"
        assert embedded.counts().get("iam.CreateAccessKey", 0) == 0


IDLE = KeyFact(kind="key", user=USER, id=USER_KEY, age_days=200, active=False, used_days_ago=100)


@pytest.mark.scenario(account(more=(IDLE, SECOND)))
async def test_an_inactive_key_of_unknown_date_is_deleted_if_it_was_long_unused(embedded, tmp_path):
    async with desk(embedded, tmp_path / "j.db") as console:
        assert await console.next() == "delete"
        plan = await console.plan(step="delete")
        assert plan.refusals == ()
        assert any(caution.grave and "not recorded" in caution.text for caution in plan.cautions)
        console.keys[USER_KEY].used = embedded.clock.now() - timedelta(days=3)
        assert "less than 7 days ago" in (await console.plan(step="delete")).refusals[0]


@pytest.mark.scenario(account())
@pytest.mark.parametrize("scope", [SCOPES[0], SCOPES[2]])
async def test_the_secrets_of_an_environment_and_of_an_organisation(embedded, tmp_path, scope):
    place = {"environment": "production"} if "environments" in scope else {"organisation": "facility-city"}
    async with desk(embedded, tmp_path / "j.db", runbook=changed(BOOK, "github", place)) as console:
        if "organisation" in place:
            # An environment or a repository with secrets of its own would win.
            console.github.secrets[SCOPES[1]] = {}
            for name in (KEY_ID, SECRET):
                now = embedded.clock.now() - timedelta(days=80)
                console.github.put(scope, name, "x", now, "selected", (7, 9))
        await console.take("create")
        await console.take("github")
        stored = console.github.secrets[scope]
        assert (stored[KEY_ID].value, stored[SECRET].value) == (console.new.id, console.new.secret)
        if "organisation" in place:
            assert {(each.visibility, each.repositories) for each in stored.values()} == {
                ("selected", (7, 9))
            }
        embedded.advance(TEST_RUN)
        await console.take("deactivate")


def storing(path, status=0):
    code = "import sys; open(sys.argv[1], 'w').write(sys.stdin.read()); print('stored'); sys.exit(int(sys.argv[2]))"
    return (sys.executable, "-c", code, str(path), str(status))


@pytest.mark.scenario(account())
async def test_a_command_takes_the_key_on_its_standard_input(embedded, tmp_path):
    store = tmp_path / "key.json"
    runbook = changed(BOOK, "access_keys", {"hand_over": storing(store)}).model_copy(update={"github": None})
    async with desk(embedded, tmp_path / "j.db", runbook=runbook) as console:
        await console.take("create")
        assert await console.next() == "command"
        await console.take("command")
        key = json.loads(store.read_text())["AccessKey"]
        assert key == {"UserName": USER, "AccessKeyId": console.new.id, "SecretAccessKey": console.new.secret}
        assert (await console.state()).phase is RotationPhase.HANDED
        assert "AWS has not seen the new key" in (await console.plan(step="deactivate")).refusals[0]
        console.embedded.world.keys.use(console.new.id, console.new.secret, embedded.clock.now())
        await console.take("deactivate")


@pytest.mark.scenario(account())
@pytest.mark.parametrize("command", [("/nowhere/store",), ()])
async def test_a_command_that_fails_has_handed_nothing_over(embedded, tmp_path, command):
    argv = command or storing(tmp_path / "key.json", 3)
    async with desk(
        embedded, tmp_path / "j.db", runbook=changed(BOOK, "access_keys", {"hand_over": argv})
    ) as console:
        await console.take("create")
        run = await console.apply(await console.plan(step="command"))
        assert run.state in (StepState.FAILED, StepState.REFUSED)
        assert console.new.secret not in str(run)
        assert await console.next() == "github"
        await console.take("github")


@pytest.mark.scenario(account())
async def test_a_key_that_was_shown_counts_as_handed_over(embedded, tmp_path):
    async with desk(embedded, tmp_path / "j.db") as console:
        await console.take("create")
        await console.take("reveal")
        secret = console.change.vault.secret_of(console.new.id)
        assert secret.reveal() == console.new.secret
        assert (await console.state()).phase is RotationPhase.HANDED


@pytest.mark.scenario(account())
async def test_the_vault_is_empty_once_the_key_is_proven_or_deleted(embedded, tmp_path):
    async with desk(embedded, tmp_path / "j.db") as console:
        await console.take("create")
        await console.take("discard")
        assert console.change.vault.keys == frozenset()
        await console.take("create")
        await console.take("github")
        assert console.change.vault.keys
        embedded.advance(TEST_RUN)
        await console.state()
        assert console.change.vault.keys == frozenset()


@pytest.mark.scenario(account())
async def test_the_commands_by_hand_are_aws_alone_and_warn_of_the_secret(embedded, tmp_path):
    async with desk(embedded, tmp_path / "j.db") as console:
        first, keys = console.change.cli_commands(await console.plan(step="create"))
        assert (first.verb, first.writes, keys.verb) == ("create-access-key", True, "list-access-keys")
        assert any("scrollback" in trap for trap in first.traps)
        await console.take("create")
        commands = list(console.change.cli_commands(await console.plan(step="github")))
        assert {command.service for command in commands} == {"iam"}
        assert not any(command.writes for command in commands)


@pytest.mark.scenario(account())
async def test_a_step_that_does_not_exist_is_refused_in_words(embedded, tmp_path):
    async with desk(embedded, tmp_path / "j.db") as console:
        (refusal,) = (await console.plan(step="[/red]\x1b[2J")).refusals
        assert "create" in refusal
        assert "\x1b" not in refusal
