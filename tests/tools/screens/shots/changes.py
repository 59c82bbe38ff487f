"""Pictures of the change mode: arming, plans, changes under way and done."""

from collections.abc import Awaitable, Callable
from dataclasses import replace

from services.aws.client.secret import Secret
from services.demo.names import USER
from services.models.change_runs import StepState
from services.runbook.examples import with_example_people
from services.runbook.loader import load_builtin
from tests.tools.screens.shots.shot import Shot
from tests.tools.screens.stage import Stage
from tests.tools.screens.worlds import BUSY, DENIED, FULL, RELEASE
from tests.tui.change_steps import planned, to_question
from tui.screens.changes.applying import RevealScreen
from tui.screens.changes.arm import ArmScreen
from tui.screens.changes.change_screen import ChangeScreen
from tui.screens.changes.manual_resolution import ManualResolutionScreen
from tui.screens.changes.plan import PlanScreen
from tui.screens.changes.run import RunScreen


async def _change(stage: Stage) -> None:
    await stage.mode("change")
    await stage.until(lambda: stage.screen.live.state.value is not None)


async def _arm(stage: Stage) -> None:
    await _change(stage)
    await stage.do("arm")
    await stage.on(ArmScreen)


async def _armed(stage: Stage) -> None:
    await _change(stage)
    await stage.armed()


async def _plan(stage: Stage) -> None:
    await _change(stage)
    await planned(stage.pilot)


async def _allowed_plan(stage: Stage) -> None:
    await _armed(stage)
    screen = await planned(stage.pilot)
    assert screen.plan is not None
    await stage.allowed(screen.plan)
    await to_question(stage.pilot, screen)


async def _armed_plan(stage: Stage) -> None:
    await _allowed_plan(stage)
    await stage.write("staff-a")


async def _applied(stage: Stage) -> None:
    await _allowed_plan(stage)
    await stage.write("staff-api")
    await stage.press("enter")
    await stage.until(lambda: stage.app.runs and stage.app.runs[0].state is StepState.DONE)
    await stage.until(lambda: all(step.verified for step in stage.app.runs[0].steps))


async def _done(stage: Stage) -> None:
    await _change(stage)
    await stage.changed()


async def _run(stage: Stage) -> None:
    await _change(stage)
    await stage.show(RunScreen(await stage.changed()))


async def _revert(stage: Stage) -> None:
    await _done(stage)
    stage.screen.runs.query("KeyedTable").first().focus()
    stage.screen.action_revert()
    await stage.on(PlanScreen)
    await stage.until(lambda: stage.screen.plan is not None)


async def _resolve(stage: Stage) -> None:
    await _change(stage)
    run = await stage.changed()
    await stage.show(ManualResolutionScreen(run, run.plan.steps[0]))


async def _rotation(stage: Stage) -> None:
    await _change(stage)
    while stage.screen.changes.offer_at_cursor().kind != "key-rotation":
        await stage.press("down")
    await stage.until(
        lambda: stage.screen.live.state.value and stage.screen.live.state.value.target.title == USER
    )


async def _rotation_plan(stage: Stage) -> None:
    await _rotation(stage)
    await planned(stage.pilot)


async def _reveal(stage: Stage) -> None:
    await _change(stage)
    # An example of AWS's documentation; hidden, as nobody holds a key.
    secret = Secret("wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY")
    await stage.show(RevealScreen("AKIAIOSFODNN7EXAMPLE", secret))


def _plan_of(kind: str) -> Callable[[Stage], Awaitable[None]]:
    """The plan of a change with its first answers, on its first target."""

    async def show(stage: Stage) -> None:
        await _change(stage)
        change = stage.ready.engine.changes[kind]
        await stage.show(PlanScreen(kind, change.targets()[0]))
        await stage.until(lambda: stage.screen.plan is not None)

    return show


_OTHERS = {
    "deploy-rollback": RELEASE,
    "desired-count": BUSY,
    "service-restart": BUSY,
    "rds-class": BUSY,
    "rds-storage": FULL,
    "rds-maintenance": BUSY,
    "rds-snapshot": BUSY,
    "cache-invalidation": BUSY,
    "alarm-mute": BUSY,
}
"""The world in which each other change is planned."""
_PEOPLE = {"runbook": with_example_people(load_builtin("facility-prod"))}
"""As in the demo, the approver has a name."""
SHOTS = (
    Shot("change", ChangeScreen, _change, BUSY),
    Shot("change-armed", ChangeScreen, _armed, BUSY),
    Shot("arm", ArmScreen, _arm, BUSY),
    Shot("plan", PlanScreen, _plan, BUSY, _PEOPLE),
    Shot("plan-armed", PlanScreen, _armed_plan, BUSY, _PEOPLE),
    Shot("plan-applied", PlanScreen, _applied, replace(BUSY, lane="applied"), _PEOPLE),
    Shot("change-done", ChangeScreen, _done, replace(BUSY, lane="done"), _PEOPLE),
    Shot("run", RunScreen, _run, replace(BUSY, lane="run"), _PEOPLE),
    Shot("plan-revert", PlanScreen, _revert, replace(BUSY, lane="revert"), _PEOPLE),
    Shot("resolve", ManualResolutionScreen, _resolve, replace(BUSY, lane="resolve"), _PEOPLE),
    *(Shot(f"plan-{kind}", PlanScreen, _plan_of(kind), world, _PEOPLE) for kind, world in _OTHERS.items()),
    Shot("change-denied", ChangeScreen, _change, DENIED),
    Shot("change-rotation", ChangeScreen, _rotation, BUSY),
    Shot("plan-rotation", PlanScreen, _rotation_plan, BUSY),
    Shot("reveal", RevealScreen, _reveal, BUSY),
)
