"""Killed between sending and outcome: locked for every console, at any age, until AWS has told."""

import asyncio
from contextlib import asynccontextmanager
from datetime import timedelta

import pytest

from services.aws.client.settings import AwsSettings
from services.clock import ManualClock
from services.models.change_runs import StepState
from services.models.journal import EntryKind, EntryQuery
from services.system import Services
from tests.faults.kill_zygote import BOOK
from tests.faults.test_change_kill import Zygote, prepare, quiet
from tests.services.changes.change_world import OVER, TOLD, target
from tui.cli.main import run
from tui.cli.printing import PrintedOutput

pytestmark = [pytest.mark.slow, pytest.mark.data, pytest.mark.scenario("ordinary-day", history=600)]
AGES = [59, OVER, 86_400, 40 * 86_400]  # Seconds of the world after the kill
WRITING = 6
"""Marks up to the request: confirmed, the plan's and the intent's entry (two each), and the request's first."""
LOCKED = "or its outcome has been unknown, since"


@pytest.fixture
def zygote(embedded):
    process = Zygote(embedded)
    yield process
    process.close()


class Still(ManualClock):
    def __init__(self, entry, age):
        super().__init__(entry.at + timedelta(seconds=age))
        self._awake = float(entry.data["awake"]) + age

    def awake(self):
        return self._awake


@asynccontextmanager
async def console(url, journal, clock):
    settings = AwsSettings(region="ap-northeast-1", endpoint_url=url)
    services = Services(BOOK, settings, clock, journal=journal, seed=1)
    await services.journal.open()
    try:
        yield services
    finally:
        await services.engine.drain()
        await services.session.close()
        await services.journal.close()


async def intent(embedded, journal):
    async with console(embedded.url, journal, ManualClock(embedded.clock.now())) as services:
        (entry,) = await services.journal.entries(EntryQuery(kinds=frozenset({EntryKind.INTENT})))
        return entry


async def plan_and_run(url, journal, clock, *, reads):
    """(what a second change would be, the killed one) as another console sees them; `reads`: AWS, for the outcome."""
    async with console(url, journal, clock) as services:
        if reads:
            await services.engine.plan("task-limit", "staff-api", {"max": "8", "revert": "none"})
            await services.engine.resolve(services.engine.runs[0].id)
        plan = await services.engine.plan("task-limit", "staff-api", {"max": "8", "revert": "none"})
        (killed,) = services.engine.runs
        return plan, killed


@pytest.mark.parametrize("age", AGES)
@pytest.mark.parametrize("mode", ["reset-after", "reset-before"], ids=["done", "not done"])
def test_it_is_locked_until_aws_has_told(embedded, zygote, tmp_path, mode, age, monkeypatch, capsys):
    path = tmp_path / "j.db"
    prepare(embedded)
    embedded.fault("application-autoscaling", "RegisterScalableTarget", times=1, mode=mode, delay=2.0)
    sent = zygote.order(do="change", journal=str(path), after_marks=WRITING, delay=0.3)
    assert sent["killed"]
    assert len(sent["marks"]) == WRITING, "killed while AWS had not answered"
    quiet()
    embedded.clear_faults()
    done = target(embedded).maximum == 10
    assert done == (mode == "reset-after")

    sent_at = asyncio.run(intent(embedded, path))
    embedded.advance(age)
    world = Still(sent_at, age)
    monkeypatch.setattr("services.clock.SystemClock.now", lambda _self: world.now())
    monkeypatch.setattr("services.clock.SystemClock.awake", lambda _self: world.awake())
    under_way = StepState.SENDING if age < 60 else StepState.UNKNOWN
    command = ["change", "task-limit", "--target", "staff-api", "--max", "8", "--revert", "none", "--plan"]
    status = run(
        ["--lang", "en", "--journal", str(path), *command, "--endpoint-url", embedded.url],
        PrintedOutput(outline_drawn=False),
    )
    printed = capsys.readouterr()
    text = " ".join((printed.out + printed.err).split())
    assert (status, LOCKED in text) == (2, True), text
    plan, killed = asyncio.run(plan_and_run(embedded.url, path, world, reads=False))
    assert any(LOCKED in why for why in plan.refusals)
    assert killed.steps[0].state is under_way
    assert killed.locked

    plan, killed = asyncio.run(plan_and_run(embedded.url, path, world, reads=True))
    locked = any(LOCKED in why for why in plan.refusals)
    assert locked == bool(killed.locked)
    if age < 60:
        assert killed.steps[0].state is StepState.SENDING
        assert locked, "whoever sends it may still be at it"
        return
    if age == OVER and not done:
        assert killed.steps[0].state is StepState.UNKNOWN, "what AWS shows may be somebody else's doing"
        assert "CloudTrail tells within about 15 minutes" in killed.steps[0].text
        assert "RegisterScalableTarget in its event history" in killed.steps[0].text
        assert locked
        age += TOLD
        embedded.advance(TOLD)
        plan, killed = asyncio.run(plan_and_run(embedded.url, path, Still(sent_at, age), reads=True))
        locked = any(LOCKED in why for why in plan.refusals)
    assert killed.steps[0].state is (StepState.DONE if done else StepState.FAILED)
    assert "CloudTrail" in killed.steps[0].text
    assert killed.steps[0].observed
    assert locked == bool(killed.locked) == done, (
        "after a step that is done, its console would go on with the next"
    )
    later = Still(sent_at, age + OVER)
    plan, killed = asyncio.run(plan_and_run(embedded.url, path, later, reads=False))
    assert killed.steps[1].state is (StepState.REFUSED if done else StepState.WAITING)
    assert not killed.locked
    assert not any(LOCKED in why for why in plan.refusals)
