import pytest

from services import i18n
from services.changes import sender
from services.models.change_runs import Run, StepRun, StepState
from tests.services.report.test_report_partly_done import two_steps
from tests.tools.console import flat_text, press, until
from tests.tui.change_steps import armed_plan, change_mode
from tests.tui.screens.changes.test_change_keys import burst
from tui.screens.changes.applying import run_summary
from tui.screens.changes.arm import arm_or_disarm


@pytest.mark.usefixtures("at_once")
@pytest.mark.scenario("ordinary-day", history=600.0)
@pytest.mark.slow
async def test_what_was_sent_may_still_be_accepted(embedded, monkeypatch):
    monkeypatch.setattr(sender, "WRITE_SECONDS", 5.0)
    async with change_mode(embedded) as pilot:
        app = pilot.app
        await armed_plan(pilot)
        embedded.fault("application-autoscaling", "RegisterScalableTarget", mode="hang", times=1)
        await burst(pilot, *"staff-api")
        await press(pilot, "enter", then=lambda: app.runs and app.runs[0].state is StepState.SENDING)
        arm_or_disarm(app)
        await until(pilot, lambda: "AWS may still accept what was sent before" in flat_text(pilot))
        assert "nothing can be sent" not in flat_text(pilot)
        await until(pilot, lambda: app.runs[0].state is not StepState.SENDING)


def stopped(*states: StepState) -> Run:
    change = two_steps()
    texts = {StepState.FAILED: "AccessDenied.", StepState.REFUSED: "読み取り専用です。"}
    steps = tuple(
        StepRun(id=step.id, state=state, text=texts.get(state, ""))
        for step, state in zip(change.steps, states, strict=True)
    )
    return Run(plan=change, by="x", at=change.made_at, steps=steps, seq=1)


@pytest.mark.parametrize(
    "states",
    [
        (StepState.FAILED, StepState.WAITING),
        (StepState.REFUSED, StepState.WAITING),
        (StepState.DONE, StepState.REFUSED),
        (StepState.DONE, StepState.FAILED),
    ],
)
def test_sentences_are_joined_as_the_language_does(states):
    i18n.use("ja")
    text = run_summary(stopped(*states))
    assert "Task limit。" in text
    assert "Task limit." not in text
