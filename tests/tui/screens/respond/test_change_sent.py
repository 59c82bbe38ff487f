from datetime import timedelta

import pytest

from services.clock import ManualClock
from services.incidents.escalation import hand_over_text, phone_text, slack_text
from services.models.change_runs import Run, StepState
from services.models.incidents import StepKind, StepMark
from services.models.watches import WatchState
from tests.services.models.test_step_records import run
from tests.tools.console import screen_text
from tests.tools.incident_worlds import incident_world
from tests.tui.screens.respond.test_playthrough import PLAYS, player, served, to_the_incident
from tui.screens.respond.building import situation_of

REMEDY = "Roll it back"
MADE = (
    (run(StepState.DONE, end=WatchState.RUNNING), StepMark.RUNNING, "in progress"),
    (run(StepState.DONE, end=WatchState.GAVE_UP), StepMark.UNKNOWN, "not followed to its end"),
    (run(StepState.UNKNOWN), StepMark.UNKNOWN, "UNKNOWN"),
    (run(StepState.DONE, end=WatchState.DONE), StepMark.DONE, "completed"),
    (run(StepState.DONE, end=WatchState.FAILED), StepMark.TODO, "ended otherwise"),
    (run(StepState.FAILED), StepMark.TODO, "failed"),
    (run(StepState.REFUSED), StepMark.TODO, ""),
)


@pytest.mark.slow
@pytest.mark.usefixtures("at_once")
async def test_what_became_of_a_change_stands_where_it_was_proposed():
    world = incident_world("bad-deployment", 1, "alb-5xx")
    clock = world.world.clock
    assert isinstance(clock, ManualClock)
    async with served(lambda: world.world, clock) as aws, player(aws, (160, 60), "en") as one:
        await to_the_incident(one, PLAYS[0])
        assert REMEDY in screen_text(one.pilot)
        assert one.view.advised == "deploy-rollback"
        index = one.view.kinds.index(StepKind.CHANGE)
        own = one.app.ready.engine.changes["deploy-rollback"].targets()[0]

        async def shown(change: Run, target: str) -> str:
            place = own.model_copy(update={"id": target})
            change = change.model_copy(
                update={
                    "plan": change.plan.model_copy(update={"target": place}),
                    "at": one.incident.since + timedelta(seconds=1),
                }
            )
            one.app.runs = (change,)
            await one.pilot.pause()
            one.screen.detail.update()
            await one.pilot.pause()
            return screen_text(one.pilot)

        for change, mark, words in MADE:
            screen = await shown(change, own.id)
            assert one.view.mark(index) is mark, words
            is_proposed = mark is StepMark.TODO
            assert (REMEDY in screen) is is_proposed, screen
            assert (one.view.advised == "deploy-rollback") is is_proposed
            assert f"Task limit ({own.title}): {words}" in " ".join(screen.split()) or not words, screen
            situation = situation_of(one.app, one.view)
            for text in (slack_text(situation), hand_over_text(situation), phone_text(situation)):
                assert f": {words}" in text
        # Another service that was rolled back says nothing about this one.
        assert REMEDY in await shown(MADE[3][0], "another")
        assert not one.app.bugs
