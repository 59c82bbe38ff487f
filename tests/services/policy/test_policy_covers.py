"""What inspections, changes and the console call on the embedded AWS is what they declare, and nothing is declared for nothing."""

from pathlib import Path
from typing import Any

import pytest

from services.aws.client.errors import AwsError
from services.changes.registry import CHANGES, change_class
from services.inspections.registry import INSPECTIONS, KIND_CALLS
from services.models.runbook_inspections import CustomInspection
from services.policy.arns import Arns
from services.policy.declared import CONSOLE, JOURNAL, declared, operations
from services.policy.documents import document
from services.policy.permissions import permissions_of
from services.runbook.loader import load_builtin
from tests.conftest import _run
from tests.services.changes.change_world import desk
from tests.services.inspections.running_world import run_inspection
from tests.services.one_fault import WORLDS
from tests.services.policy.iam import allowed_actions
from tests.tools.console import console, until
from tui.messages import OpenAlarm
from tui.panel_registry import PANELS
from tui.screens.watch.alarm import AlarmScreen

ROOT = Path(__file__).parents[3]
BOOK = load_builtin("facility-prod")
PANEL_CALLS = tuple(call for panel in PANELS for call in panel.calls)
PARAMETERS: dict[str, dict[str, str]] = {"alarm-mute": {"reason": "maintenance"}}
"""By change: what a plan needs that has no default."""
LIVELY = ("monday", "one-muted", "alb-5xx", "rollout", "attack")
"""Worlds in which the inspections ask more than on an ordinary day."""


def recorded(embedded, before):
    """What was asked since `before`."""
    now = embedded.counts()
    names = (name for name, count in now.items() if count > before.get(name, 0))
    return frozenset(
        (service, operation) for service, _dot, operation in (name.partition(".") for name in names)
    )


@pytest.fixture
def lively(request):
    world = WORLDS[request.param]
    for embedded in _run(world.scenario, world.history, world.origin):
        if world.prepare is not None:
            world.prepare(embedded.world)
        embedded.advance(60.0 * world.minutes)
        yield embedded


async def calls_of(embedded, id, runbook=BOOK):
    before = embedded.counts()
    try:
        await run_inspection(embedded, id, hours=24, runbook=runbook, consent=True)
    except AwsError:
        assert runbook is not BOOK, f"{id} could not be run"
    return recorded(embedded, before)


@pytest.mark.parametrize(
    "lively",
    ["one-muted", *(pytest.param(name, marks=pytest.mark.slow) for name in LIVELY if name != "one-muted")],
    indirect=True,
)
async def test_inspections_call_what_they_declare(lively):
    for entry in INSPECTIONS:
        undeclared = await calls_of(lively, entry.id) - operations(entry.calls)
        assert not undeclared, f"{entry.id}: {undeclared}"


@pytest.mark.scenario("ordinary-day", history=3600)
async def test_inspections_call_what_they_declare_where_a_read_is_denied(embedded):
    embedded.fault("account", "ListRegions", preset="denied")
    (entry,) = [entry for entry in INSPECTIONS if entry.id == "sign-ins"]
    calls = await calls_of(embedded, "sign-ins")
    assert ("ec2", "DescribeRegions") in calls
    assert calls <= operations(entry.calls)


@pytest.mark.scenario("ordinary-day", history=3600)
async def test_inspections_of_the_runbooks_own_call_what_they_declare(embedded):
    own = (
        CustomInspection(id="mine", title="m", kind="insights", log_group="/ecs/staff-api", query="stats count() as n", below=9),
        CustomInspection(id="cpu", title="c", kind="metric", namespace="AWS/RDS", metric="CPUUtilization", below=70),
    )  # fmt: skip
    for spec in own:
        calls = await calls_of(embedded, spec.id, BOOK.model_copy(update={"inspections": own}))
        assert calls
        assert calls <= operations(KIND_CALLS[spec.kind])


@pytest.mark.scenario("ordinary-day", history=3600)
async def test_changes_call_what_they_declare(embedded, tmp_path):
    async with desk(embedded, tmp_path / "j.db") as one:
        for kind in CHANGES:
            change, before = one.engine.changes[kind.id], embedded.counts()
            if not change.targets():  # the deletion of what a drill restores
                continue
            target = change.targets()[0]
            await change.read_target(target)
            defaults = {each.id: each.default for each in await change.parameters(target)}
            plan = await one.engine.plan(kind.id, target.id, defaults | PARAMETERS.get(kind.id, {}))
            for step in plan.steps:
                await change.observe(step)
            sent = {(step.call.service, step.call.operation) for step in plan.steps}
            undeclared = (recorded(embedded, before) | sent) - operations(change.calls)
            assert not undeclared, f"{kind.id}: {undeclared}"


@pytest.mark.slow
@pytest.mark.scenario("alb-5xx", history=3600)
async def test_the_console_calls_what_its_panels_declare(embedded):
    embedded.advance(360)
    async with console(embedded.url, embedded.clock) as pilot:
        app: Any = pilot.app
        for mode in "23461":
            await pilot.press(mode)
            await until(pilot, lambda: app.alarms.value is not None)
        app.post_message(OpenAlarm(app.alarms.value.watched[0]))
        await until(pilot, lambda: isinstance(app.screen, AlarmScreen))
        embedded.advance(61)
        await pilot.pause(0.5)
    parts = declared(BOOK, PANEL_CALLS)
    undeclared = recorded(embedded, {}) - parts.reads
    assert not undeclared
    read = allowed_actions(document("read", BOOK, panels=PANEL_CALLS))
    needed = {each.action for call in recorded(embedded, {}) for each in permissions_of(*call, Arns(BOOK))}
    assert needed <= read


def test_nothing_is_declared_that_no_code_calls():
    # By name: every declared operation stands in the code of a reader or of a change.
    folders = ("services/aws", "services/changes", "services/journal")
    code = "\n".join(
        line
        for folder in folders
        for path in sorted((ROOT / folder).rglob("*.py"))
        if path.name != "allowed_operations.py"
        for line in path.read_text("utf-8").splitlines()
    )
    declarations = [
        *(entry.calls for entry in INSPECTIONS),
        *KIND_CALLS.values(),
        *(change_class(kind).calls for kind in CHANGES),
        *CONSOLE.values(),
        JOURNAL,
        PANEL_CALLS,
    ]
    for _service, operation in frozenset().union(*map(operations, declarations)):
        assert f'"{operation}"' in code, operation


def test_the_policies_allow_nothing_that_is_not_declared():
    parts = declared(BOOK, PANEL_CALLS)
    for name, calls in (("read", parts.reads), ("operate", parts.writes), ("rotate", parts.rotation)):
        needed = {
            each.action for call in calls for each in permissions_of(*call, Arns(BOOK)) if each.resources
        }
        assert allowed_actions(document(name, BOOK, panels=PANEL_CALLS)) == needed
