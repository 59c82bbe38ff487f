import json
import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest

from services.changes import registry
from services.changes.base import PLAN_SECONDS, Change
from services.models.change_runs import StepState
from services.models.changes import Danger
from tests.services.changes.alarm_actions import ALARM_ACTIONS

ROOT = Path(__file__).parents[3]
LOADED = "import json, sys; print(json.dumps([name for name in sys.modules if name.partition('.')[0] == 'services']))"
HELP = """
from tui.cli.main import PrintedOutput, run
assert run(["--lang", "en", "change", "--help"], PrintedOutput(outline_drawn=False)) == 0
"""
ALARM = "rds-cpu-high"


def run(code):
    answer = subprocess.run(
        [sys.executable, "-c", f"{code}\n{LOADED}"],
        check=False, cwd=ROOT, capture_output=True, text=True, timeout=120,
    )  # fmt: skip
    assert answer.returncode == 0, answer.stderr[-2000:]
    *lines, modules = answer.stdout.splitlines()
    return "\n".join(lines), set(json.loads(modules))


def test_listing_the_changes_imports_none_of_them():
    code = "from services.changes.registry import CHANGES; print([(kind.id, kind.title, kind.help, kind.words) for kind in CHANGES])"
    text, modules = run(code)
    assert "('task-limit', 'Maximum task count', 'Raise or lower" in text
    assert modules == {
        "services", "services.changes", "services.changes.kind", "services.changes.registry", "services.i18n",
    }  # fmt: skip


def test_the_help_of_the_command_lists_them_and_imports_none_of_them():
    text, modules = run(HELP)
    for kind in registry.CHANGES:
        assert kind.id in text
        assert kind.help in " ".join(text.split())
    assert {name for name in modules if name.startswith("services.changes.")} == {
        "services.changes.kind", "services.changes.registry",
    }  # fmt: skip


@pytest.mark.parametrize("kind", registry.CHANGES, ids=lambda kind: kind.id)
def test_an_example_can_be_typed_into_a_shell(kind):
    assert not re.search("[“”‘’]", kind.options)
    shlex.split(kind.options)


def test_the_general_help_names_no_change(capsys):
    text, _modules = run(HELP.replace('"change", ', ""))
    assert "change " in text
    assert not [kind.id for kind in registry.CHANGES if kind.id in text]


@pytest.mark.parametrize("kind", registry.CHANGES, ids=lambda kind: kind.id)
def test_every_line_leads_to_a_change(kind):
    change = registry.change_class(kind)
    assert issubclass(change, Change)
    assert not getattr(change, "__abstractmethods__", None)
    assert re.fullmatch(r"[a-z]+(-[a-z]+)*", kind.id)
    assert [each.id for each in registry.CHANGES].count(kind.id) == 1


@pytest.mark.scenario("ordinary-day", history=600)
async def test_the_example_of_every_line_names_its_parameters(one):
    for change in one.engine.changes.values():
        # A drill's instance is a target once it was restored; deleting it takes no parameters.
        targets = change.targets()
        parameters = await change.parameters(targets[0]) if targets else ()
        names = re.findall(r"--([a-z-]+)", change.kind.options)
        assert [name.replace("-", "_") for name in names] == [parameter.id for parameter in parameters]


@pytest.fixture
def one_more(monkeypatch):
    monkeypatch.setattr(registry, "CHANGES", (*registry.CHANGES, ALARM_ACTIONS))


@pytest.mark.usefixtures("one_more")
@pytest.mark.scenario("ordinary-day", history=600)
async def test_one_class_and_one_line_are_a_change(one):
    assert list(one.engine.changes) == [kind.id for kind in registry.CHANGES]
    change = one.engine.changes["alarm-actions"]
    assert len(change.targets()) == len(one.services.runbook.alarms)
    state = await change.read_target(one.engine.target("alarm-actions", ALARM))
    assert [(fact.name, fact.value) for fact in state.facts] == [("Actions", "on")]
    await one.arm()
    await switched(one.engine, {"actions": "off"})
    (run,) = one.engine.runs
    await switched(one.engine, change.revert_parameters(run.plan))
    assert not (await one.engine.plan("alarm-actions", ALARM, {})).refusals, "they are on again"
    kinds = [entry.data["plan"]["kind"] for entry in await one.entries() if entry.kind == "plan"]
    assert kinds == ["alarm-actions", "alarm-actions"]


async def switched(engine, parameters):
    plan = await engine.plan("alarm-actions", ALARM, parameters)
    assert (plan.kind, plan.wish, plan.danger) == ("alarm-actions", parameters, Danger.CAREFUL)
    assert (plan.expires_at - plan.made_at).total_seconds() == PLAN_SECONDS
    run = await engine.apply(plan, ALARM)
    assert run.state is StepState.DONE
    assert run.steps[0].text == f"The actions are {parameters['actions']}."


@pytest.mark.usefixtures("one_more")
@pytest.mark.scenario("ordinary-day", history=600)
async def test_what_the_helpers_make_of_a_plan(one):
    plan = await one.engine.plan("alarm-actions", ALARM, {"actions": "off"})
    assert [caution.grave for caution in plan.cautions] == [True, False], "grave warnings come first"
    (step,) = plan.steps
    assert (step.target, step.call.region) == (ALARM, plan.region)
    assert step.call.params == {"AlarmNames": [ALARM]}
    change = one.engine.changes["alarm-actions"]
    severe = change.planned(
        plan.target, plan.wish, plan.steps, title=plan.title, id=plan.id, impact="It hits."
    )
    assert (severe.danger, severe.blast) == (Danger.DANGEROUS, "It hits.")
    refusal = await one.engine.plan("alarm-actions", ALARM, {"actions": "\x1b[31mloud"})
    assert (refusal.steps, refusal.title) == ((), ALARM_ACTIONS.title)
    assert refusal.refusals
    assert "\x1b" not in str(refusal.model_dump().values())


def test_connecting_a_system_imports_no_change():
    code = (
        "import sys; from pathlib import Path; from services.clock import SystemClock;"
        "from services.aws.client.settings import AwsSettings; from services.runbook.loader import load_builtin;"
        "from services.system import Services;"
        "Services(load_builtin('facility-prod'), AwsSettings(), SystemClock(), journal=Path('unused.db'));"
        "print(*sys.modules)"
    )
    printed = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout
    loaded = {kind.code.partition(":")[0] for kind in registry.CHANGES} & set(printed.split())
    assert loaded == set()
