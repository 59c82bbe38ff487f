import asyncio
from dataclasses import replace
from datetime import timedelta

import pytest
from textual.content import Content
from textual.pilot import Pilot

from services.models.change_runs import StepState
from services.models.fleet import Standing
from services.models.journal import EntryKind, EntryQuery, NewEntry
from services.system import Services
from tests.tools.console import console, press, screen_text, settled, until
from tests.tools.sample_systems import alarms, read
from tests.tools.systems import TITLES, app_on_systems, systems_console, three, three_systems
from tui import messages
from tui.app import TobanApp
from tui.fleet.switch import SystemSwitch
from tui.screens.common.confirm import ConfirmScreen
from tui.screens.systems.systems import SystemsScreen
from widgets.fleet.strip import FleetStrip


def app_of(pilot: Pilot[None]) -> TobanApp:
    assert isinstance(pilot.app, TobanApp)
    return pilot.app


def switch_of(pilot: Pilot[None]) -> SystemSwitch:
    switch = app_of(pilot)._switch
    assert switch is not None
    return switch


async def shows(pilot: Pilot[None], id: str) -> None:
    app = app_of(pilot)
    await until(
        pilot,
        lambda: (
            app.ready.runbook.system.id == id
            and app.current_mode != "between"
            and not switch_of(pilot)._switching
            and app.view
            and app.duties
        ),
    )


async def overview(pilot: Pilot[None]) -> SystemsScreen:
    await press(pilot, "9", at="SystemsScreen")
    await settled(pilot)
    assert isinstance(pilot.app.screen, SystemsScreen)
    return pilot.app.screen


async def test_one_that_fails_makes_the_others_neither_late_nor_wrong(embedded):
    with three(embedded) as servers:
        servers["library"].fault("cloudwatch", preset="denied")
        async with systems_console(servers) as pilot:
            app = app_of(pilot)
            await overview(pilot)
            rows = {
                line.split()[1].strip("[]"): line
                for line in screen_text(pilot).splitlines()
                if "▌" in line or line.startswith("  ")
            }
            assert "normal" in rows["a"] or "[facility]" in screen_text(pilot)
            now = app.now()
            by_key = {state.key: state for state in app.systems}
            assert by_key["library"].standing(now) is Standing.UNREAD
            assert by_key["facility"].standing(now) is Standing.NORMAL
            school = by_key["school"].alarms
            assert school.problem is None
            assert "? library" in screen_text(pilot).splitlines()[1]
            await pilot.press("down")
            await settled(pilot)
            # What is wrong is said whole, with what to do.
            assert "cloudwatch:DescribeAlarms" in screen_text(pilot)


async def test_no_other_system_is_begun_before_the_first_one_has_its_panels(embedded, monkeypatch):
    monkeypatch.setattr("tui.fleet.switch.FIRST_VIEW", 60.0)
    with three(embedded) as servers, servers["facility"].held("cloudwatch", "GetDashboard"):
        app = app_on_systems(servers)
        async with app.run_test(size=(120, 40)) as pilot:
            await until(pilot, lambda: app._switch is not None and app.alarms)
            assert not servers["library"].counts()
            assert not servers["school"].counts()
            servers["facility"].clear_faults()
            # They are named meanwhile, and not said to be fine.
            assert "· library" in screen_text(pilot)


@pytest.mark.slow
async def test_no_other_system_waits_for_the_journal_of_the_first(embedded, monkeypatch):
    # A ledger that does not answer keeps it from being opened for a while.
    answers, open_journal = asyncio.Event(), Services.open_journal

    async def hanging(services: Services) -> None:
        if services.runbook.system.id == "facility":
            await answers.wait()
        await open_journal(services)

    monkeypatch.setattr(Services, "open_journal", hanging)
    with three(embedded) as servers:
        app = app_on_systems(servers)
        async with app.run_test(size=(120, 40)) as pilot:
            await until(pilot, lambda: len(app.systems) == 3 and all(state.alarms for state in app.systems))
            assert app.duties is None
            await pilot.press("backslash")
            await shows(pilot, "library")
            answers.set()
            await until(pilot, lambda: app.has_imported_all)
            assert app.ready.runbook.system.id == "library"
            noted = await app.ready.journal.append(NewEntry(kind=EntryKind.NOTE, text="of the library"))
            await until(pilot, lambda: app.journal_head == noted.seq)
            await pilot.press("underscore")
            await shows(pilot, "facility")
            await until(pilot, lambda: app.journal_head)


@pytest.mark.slow
async def test_what_is_under_way_says_of_which_system(embedded):
    # The same duty may be inspected in two systems at once.
    async with three_systems(embedded) as (pilot, _):
        app = app_of(pilot)
        with app.under_way("inspecting", "duty:evening"):
            await pilot.press("backslash")
            await shows(pilot, "library")
            with app.under_way("inspecting", "duty:evening"):
                assert app.board.current.text == f"{TITLES['library']}: inspecting"
            await pilot.pause()
            assert app.board.current.text == f"{TITLES['facility']}: inspecting"
        assert app.board.current is None


@pytest.mark.slow
async def test_a_letter_a_key_and_a_name_lead_to_a_system(embedded):
    async with three_systems(embedded) as (pilot, _):
        app = app_of(pilot)
        screen = await overview(pilot)
        assert isinstance(screen.fleet_strip, FleetStrip)
        await pilot.press("c")
        await shows(pilot, "school")
        assert app.current_mode == "watch"
        assert "[school]" in screen_text(pilot)
        assert (await overview(pilot)).table.cursor_key == "school"
        await pilot.press("1")
        await press(pilot, "2", then=lambda: app.current_mode == "inspect")
        await pilot.press("underscore")
        await shows(pilot, "library")
        # The mode is the same one.
        assert app.current_mode == "inspect"
        await pilot.press("backslash")
        await shows(pilot, "school")
        await pilot.press("backslash")
        await shows(pilot, "facility")
        await press(pilot, "colon", *"libr", then=lambda: TITLES["library"] in screen_text(pilot))
        await pilot.press("enter")
        await shows(pilot, "library")
        assert app.ready.journal.path.name == "library.db"


@pytest.mark.slow
async def test_the_cursor_stays_on_its_system(embedded):
    async with three_systems(embedded) as (pilot, _):
        app = app_of(pilot)
        screen = await overview(pilot)
        await pilot.press("down")
        assert screen.table.cursor_key == "library"
        before = screen.table.rows[2]
        first, library, school = app.systems
        app.systems = (first, replace(library, problem="gone"), school)
        await settled(pilot)
        assert screen.table.cursor_key == "library"
        assert screen.table.rows[2] == before
        assert "gone" in screen_text(pilot)


@pytest.mark.slow
async def test_a_system_that_leaves_the_screen_sends_few_requests(embedded):
    async with three_systems(embedded) as (pilot, servers):
        app = app_of(pilot)
        for id in ("library", "school", "facility", "library"):
            app.post_message(messages.ShowSystem(id))
            await shows(pilot, id)
        await settled(pilot)
        left = servers["facility"]
        before, most = left.counts(), 0
        for _minute in range(6):
            at = sum(left.counts().values())
            for _part in range(6):
                embedded.advance(10)
                await pilot.pause(0.05)
            most = max(most, sum(left.counts().values()) - at)
        assert 1 <= most <= 3
        sent = {name for name, count in left.counts().items() if count != before.get(name, 0)}
        assert sent <= {
            "cloudwatch.DescribeAlarms",
            "cloudwatch.ListAlarmMuteRules",
            "cloudwatch.GetAlarmMuteRule",
        }


@pytest.mark.slow
async def test_switching_to_and_fro_reads_nothing_again_before_it_is_due(embedded):
    async with three_systems(embedded) as (pilot, servers):
        app = app_of(pilot)
        for id in ("library", "facility"):
            app.post_message(messages.ShowSystem(id))
            await shows(pilot, id)
        await settled(pilot)
        before = {id: server.counts() for id, server in servers.items()}
        for id in ("library", "facility") * 3:
            app.post_message(messages.ShowSystem(id))
            await shows(pilot, id)
        for id, server in servers.items():
            sent = server.counts()
            assert sent["cloudwatch.DescribeAlarms"] == before[id]["cloudwatch.DescribeAlarms"]
            # What was being read as the system left the screen is read when it comes back: once, not each time.
            metrics = "cloudwatch.GetMetricData"
            assert sent.get(metrics, 0) - before[id].get(metrics, 0) <= 1


@pytest.mark.slow
async def test_an_armed_system_that_leaves_the_screen_is_read_only(embedded):
    async with three_systems(embedded) as (pilot, _):
        app = app_of(pilot)
        left = app.ready
        await until(pilot, lambda: left.journal.health.writable)
        await left.engine.arm("月末のため", timedelta(minutes=15))
        app.post_message(messages.ShowSystem("library"))
        await shows(pilot, "library")
        assert left.engine.permits.armed is None
        assert app.ready.engine.permits.armed is None
        assert TITLES["facility"] in screen_text(pilot)
        entries = (
            await left.journal.page(EntryQuery(kinds=frozenset({EntryKind.DISARMED})), limit=1)
        ).entries
        assert "Another system" in entries[0].data["why"]


@pytest.mark.slow
async def test_a_change_in_flight_goes_on_to_its_recorded_outcome(embedded):
    async with three_systems(embedded) as (pilot, servers):
        app = app_of(pilot)
        left = app.ready
        engine = left.engine
        await until(pilot, lambda: left.journal.health.writable)
        await engine.arm("月末のため", timedelta(minutes=15))
        change = engine.changes["task-limit"]
        (target,) = change.targets()
        plan = await engine.plan(change.kind.id, str(target.id), {})
        if plan.approval_scope:
            approvals = engine.authority.approvals
            if approvals.is_undecided(plan):
                await approvals.declare_emergency(plan, "窓口の申請画面が止まっている")
        with servers["facility"].held("application-autoscaling", "RegisterScalableTarget"):
            sending = engine.apply(plan, plan.confirm)
            sent = "application-autoscaling.RegisterScalableTarget"
            await until(pilot, lambda: servers["facility"].counts().get(sent))
            app.post_message(messages.ShowSystem("library"))
            await shows(pilot, "library")
            assert engine.sending
            assert engine.permits.armed is not None
        async with asyncio.timeout(60):
            run = await sending
        assert run.state is StepState.DONE
        assert servers["facility"].counts()[sent] == 1
        entries = (await left.journal.page(EntryQuery(kinds=frozenset({EntryKind.OUTCOME})), limit=1)).entries
        assert entries[0].subject == plan.id
        # Only then is the system read-only.
        await until(pilot, lambda: engine.permits.armed is None)


async def test_an_alarm_of_another_system_is_told_once_with_its_name(embedded):
    async with three_systems(embedded) as (pilot, _):
        app, switch = app_of(pilot), switch_of(pilot)
        first, library, school = app.systems
        now = app.now()
        quiet = replace(
            library, alarms=read(alarms("db-cpu", since=now, fine=0).model_copy(update={"alarms": ()}), now)
        )
        fine = alarms("db-cpu", since=now)
        ok = fine.model_copy(
            update={
                "alarms": tuple(
                    each.model_copy(update={"state": fine.alarms[-1].state}) for each in fine.alarms
                )
            }
        )
        notices: list[str] = []
        app.ring = notices.append  # type: ignore[method-assign]
        switch._take((first, quiet, school))
        switch._take((first, replace(library, alarms=read(ok, now)), school))
        for _again in range(3):
            switch._take((first, replace(library, alarms=read(fine, now)), school))
        assert notices == [f"{TITLES['library']}: db-cpu ALARM"]
        await until(pilot, lambda: notices[0] in screen_text(pilot))


async def test_a_question_names_the_system(embedded):
    async with three_systems(embedded) as (pilot, _):
        pilot.app.push_screen(ConfirmScreen("Send to Slack", Content("?"), "⏎"))
        await until(pilot, lambda: f"Send to Slack · {TITLES['facility']}" in screen_text(pilot))


async def test_with_one_system_there_is_neither_strip_nor_overview(embedded):
    async with console(embedded.url, embedded.clock) as pilot:
        app = app_of(pilot)
        before = app.screen
        await pilot.press("9", "backslash", "underscore")
        await settled(pilot)
        assert app.screen is before
        assert not app.screen.query(FleetStrip)
        assert "Overview" not in screen_text(pilot)


@pytest.mark.slow
@pytest.mark.parametrize("size", [(80, 24), (120, 40)])
async def test_a_system_whose_files_are_wrong_is_never_green_and_can_be_read_about(embedded, size):
    async with three_systems(embedded, size=size, broken=("waste",)) as (pilot, _):
        await overview(pilot)
        await press(pilot, "d", shows="waste.toml:3")
        assert app_of(pilot).ready.runbook.system.id == "facility"
        assert "? waste" in screen_text(pilot).splitlines()[1]
