import asyncio
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from typing import Any
from unittest.mock import Mock

import pytest
from textual.content import Content
from textual.pilot import Pilot

from services.fleet.watched import WatchedSystem
from services.models.change_runs import StepState
from services.models.changes import Plan
from services.models.incidents import HandOver
from services.models.journal import Entry, NewEntry
from services.system import Services
from tests.tools.console import screen_text, until
from tests.tools.systems import TITLES, three_systems
from tests.tui.fleet.test_systems_screen import app_of, shows, switch_of
from tui import messages
from tui.app import TobanApp
from tui.config import ConsoleConfig
from tui.fleet.switch import SystemSwitch
from tui.screens.changes import applying, arm
from tui.screens.common.confirm import ConfirmScreen
from tui.screens.common.rebuilding import rebuilding
from tui.screens.duties import duty_actions, hand_over

SENT = "application-autoscaling.RegisterScalableTarget"


async def armed_plan(pilot: Pilot[None], services: Services) -> Plan:
    engine = services.engine
    await until(pilot, lambda: services.journal.health.writable)
    await engine.arm("月末のため", timedelta(minutes=15))
    change = engine.changes["task-limit"]
    (target,) = change.targets()
    plan = await engine.plan(change.kind.id, str(target.id), {})
    approvals = engine.authority.approvals
    if plan.approval_scope and approvals.is_undecided(plan):
        await approvals.declare_emergency(plan, "窓口の申請画面が止まっている")
    return plan


@pytest.mark.slow
async def test_an_outcome_of_a_system_that_was_left_names_it_and_proposes_nothing(embedded, monkeypatch):
    opened: list[str] = []
    monkeypatch.setattr(applying, "propose_emergency", lambda *_given: opened.append("note"))
    monkeypatch.setattr(applying, "show_after", lambda *_given: opened.append("secret"))
    async with three_systems(embedded) as (pilot, servers):
        app = app_of(pilot)
        left = app.ready
        plan = await armed_plan(pilot, left)
        informed: list[str] = []
        tell = app.inform

        def inform(text: str, **more: Any) -> None:
            informed.append(text)
            tell(text, **more)

        app.inform = inform  # type: ignore[method-assign]
        with servers["facility"].held("application-autoscaling", "RegisterScalableTarget"):
            applying.apply(app, plan, plan.confirm, lambda _problem: None)
            await until(pilot, lambda: servers["facility"].counts().get(SENT))
            app.post_message(messages.ShowSystem("library"))
            await shows(pilot, "library")
        task = left.engine.apply(plan, plan.confirm)
        await until(pilot, task.done)
        assert task.result().state is StepState.DONE
        await until(pilot, lambda: any(plan.target.title in text for text in informed))
        outcomes = [text for text in informed if plan.target.title in text]
        assert all(text.startswith(TITLES["facility"]) for text in outcomes)
        assert not opened


async def test_what_is_written_for_a_system_that_was_left_is_not_shown_in_another():
    offer = ("day:2026-01-05", HandOver(at=datetime(2026, 1, 5, tzinfo=UTC), by="op", seq=1))
    app = Mock()
    app.hand_over, app.incidents = None, ()

    async def leave(*_given: object) -> str:
        app.ready = Mock()
        return "incident:1"

    app.ready.incidents = left = Mock(accept_day=leave, day_offer=offer)
    await hand_over._accept(app, *offer)
    assert app.ready.incidents is not left
    assert app.hand_over is None


@pytest.mark.slow
async def test_a_system_that_is_ready_late_closes_no_window_opened_meanwhile(embedded, monkeypatch):
    async with three_systems(embedded) as (pilot, _):
        app, switch = app_of(pilot), switch_of(pilot)
        left, connects, gate = app.ready, switch._connect, asyncio.Event()

        async def late(system: WatchedSystem) -> tuple[Services, ConsoleConfig]:
            await gate.wait()
            return await connects(system)

        monkeypatch.setattr(switch, "_connect", late)
        app.post_message(messages.ShowSystem("library"))
        await until(pilot, lambda: switch._switching)
        window = ConfirmScreen("Send to Slack", Content("?"), "⏎")
        app.push_screen(window)
        await until(pilot, lambda: app.screen is window and window.is_mounted)
        gate.set()
        await until(pilot, lambda: not switch._switching)
        assert app.ready is left
        assert app.screen is window
        await until(pilot, lambda: f"{TITLES['library']} can be shown now" in screen_text(pilot))
        # Asked for above the window, it is shown.
        app.post_message(messages.ShowSystem("library"))
        await shows(pilot, "library")


@pytest.mark.slow
async def test_the_screens_are_rebuilt_once_at_a_time(embedded):
    # For another system that is ready while the language changes.
    async with three_systems(embedded) as (pilot, _):
        app, within = app_of(pilot), []

        async def rebuild() -> None:
            async with rebuilding(app):
                within.append(1)
                await pilot.pause()
                assert len(within) == 1
                within.pop()

        await asyncio.gather(rebuild(), rebuild())
        await until(pilot, lambda: app.current_mode == "watch" and app.screen.is_mounted)


@pytest.mark.slow
async def test_a_system_without_journal_can_be_left(embedded, monkeypatch):
    async with three_systems(embedded) as (pilot, _):
        app, switch = app_of(pilot), switch_of(pilot)
        first, gate = app.ready, asyncio.Event()
        opens = Services.open_journal

        async def late(services: Services) -> None:
            await gate.wait()
            await opens(services)

        monkeypatch.setattr(Services, "open_journal", late)
        app.post_message(messages.ShowSystem("library"))
        await until(pilot, lambda: app.ready is not first and app.view)
        assert app.duties is None
        app.post_message(messages.ShowSystem("facility"))
        await shows(pilot, "facility")
        head = app.journal_head
        gate.set()
        await until(pilot, lambda: all(task.done() for task in switch._opening.values()))
        # What the other one's journal says does not come to this one's screens.
        assert app.ready is first
        assert app.journal_head == head
        app.post_message(messages.ShowSystem("library"))
        await shows(pilot, "library")


async def test_the_end_waits_for_every_system_though_one_fails_to_close(monkeypatch):
    # Another one may still be recording a change's outcome.
    monkeypatch.setattr("tui.farewell.Farewell", Mock())
    gate, ended = asyncio.Event(), []

    async def fails() -> None:
        gate.set()
        raise RuntimeError("the query cannot be stopped")

    async def records() -> None:
        await gate.wait()
        for _turn in range(20):
            await asyncio.sleep(0)
        ended.append("recorded")

    app = Mock(connected=[Mock(close=fails), Mock(close=records)], _switch=None)
    with pytest.raises(RuntimeError, match="query"):
        await TobanApp.drain(app)
    assert ended == ["recorded"]


@pytest.mark.parametrize(
    ("good", "word", "severity"), [(True, "Completed", "information"), (False, "Not completed", "error")]
)
async def test_the_end_of_a_change_that_was_left_is_told(good, word, severity):
    plan = Mock(title="more tasks")
    plan.target.title = "api"
    going = Mock(id="c-1", plan=plan, watching=True, is_open=False)
    ended = Mock(
        id="c-1", plan=plan, watching=False, is_open=False, watched_seq=9, has_ended_well=good, progress=None
    )

    async def states() -> AsyncIterator[tuple[Mock, ...]]:
        yield (going,)
        yield (ended,)

    left, switch = Mock(), Mock()
    left.engine.states, left.runbook.system.title = states, TITLES["facility"]
    await SystemSwitch._follow(switch, left)
    ((text,), more) = switch._app.inform.call_args
    assert text == f"{TITLES['facility']}: {word}: api: more tasks."
    assert more == {"severity": severity}


@pytest.mark.slow
async def test_what_ends_in_a_left_system_names_it(embedded, monkeypatch):
    # “Read-only again” must not be taken for the system on screen, nor a finding for one of it.
    async with three_systems(embedded) as (pilot, _):
        app = app_of(pilot)
        left, gate = app.ready, asyncio.Event()
        run_on_demand, disarm = left.scheduler.runs.run_on_demand, left.engine.disarm

        async def late_run(*given: Any, **more: Any) -> Any:
            await gate.wait()
            return await run_on_demand(*given, **more)

        async def late_end(*given: Any) -> None:
            await gate.wait()
            await disarm(*given)

        monkeypatch.setattr(left.scheduler.runs, "run_on_demand", late_run)
        monkeypatch.setattr(left.engine, "disarm", late_end)
        duty_actions.run_inspection(app, "backups")
        app.run_worker(arm._disarm(app))
        app.post_message(messages.ShowSystem("library"))
        await shows(pilot, "library")
        gate.set()
        ends = ("Read-only again", "backup")
        await until(pilot, lambda: all(any(words in text for text in told(app)) for words in ends))
        of_left = [text for text in told(app) if any(words in text for words in ends)]
        assert all(text.startswith(f"{TITLES['facility']}: ") for text in of_left)


def told(app: TobanApp) -> list[str]:
    return [message.text for message in app.board.past]


async def test_a_system_whose_journal_hangs_is_read_only_and_left_at_once(embedded, monkeypatch):
    monkeypatch.setattr("tui.fleet.switch.LEAVING", 0.0)
    async with three_systems(embedded) as (pilot, _):
        app = app_of(pilot)
        left, gate = app.ready, asyncio.Event()
        await until(pilot, lambda: left.journal.health.writable)
        await left.engine.arm("月末のため", timedelta(minutes=15))
        append = left.journal.append

        async def late(draft: NewEntry) -> Entry:
            await gate.wait()
            return await append(draft)

        monkeypatch.setattr(left.journal, "append", late)
        app.post_message(messages.ShowSystem("library"))
        await shows(pilot, "library")
        assert left.engine.permits.armed is None
        gate.set()
        await until(pilot, lambda: any("is read-only again" in text for text in told(app)))
