import pytest

from tests.tools.console import console, until
from tests.tui.change_steps import change_mode
from tui.screens.logs.groups import GroupScreen
from widgets.drawing import rest

pytestmark = [pytest.mark.slow, pytest.mark.scenario("ecs-cpu", history=600.0)]


async def test_quick_arrows_read_the_last_target(embedded, monkeypatch):
    async with change_mode(embedded, size=(120, 40)) as pilot:
        screen, engine = pilot.app.screen, pilot.app.ready.engine
        read: list[str] = []
        await until(pilot, lambda: screen.live.state.value is not None)
        for id, change in engine.changes.items():
            original = change.read_target

            async def counted(target, id=id, original=original):  # type: ignore[no-untyped-def]  # as Change.read_target
                read.append(f"{id}:{target.id}")
                return await original(target)

            monkeypatch.setattr(change, "read_target", counted)
        offers = len(screen.changes.offers)
        assert offers > 5
        first = screen.changes.offer_at_cursor().key
        # However slow the machine is, the cursor does not rest before it is told to.
        monkeypatch.setattr(rest, "MOMENT", 3600.0)
        for key in ["down"] * 9 + ["up"] * 3 + ["down"] * 4:
            await pilot.press(key)
        last = screen.changes.offer_at_cursor()
        assert last.key != first
        assert read == []
        screen._rest.settle()
        await until(pilot, lambda: screen.live.state.value is not None)
        assert read == [f"{last.kind}:{last.target.id}"]


async def test_while_the_cursor_moves_no_other_target_s_state_is_shown(embedded, monkeypatch):
    async with change_mode(embedded, size=(120, 40)) as pilot:
        screen = pilot.app.screen
        await until(pilot, lambda: screen.live.state.value is not None)
        first = screen.live.state
        monkeypatch.setattr(rest, "MOMENT", 3600.0)
        await pilot.press("down")
        assert screen.live.state.value is None, "nothing is known of it yet"
        screen._rest.settle()
        await until(pilot, lambda: screen.live.state.value is not None)
        await pilot.press("up")
        assert screen.live.state.value == first.value, "as far as it is known"


async def test_quick_arrows_over_log_groups_read_those_around_the_last(embedded, monkeypatch):
    further = tuple(f"/ecs/further-{number:03}" for number in range(300))
    async with console(embedded.url, embedded.clock, size=(120, 40)) as pilot:
        dialog = GroupScreen(pilot.app.ready, further)
        await pilot.app.push_screen(dialog)
        await until(pilot, lambda: dialog._asked and not dialog.reading)
        before = len(dialog._asked)
        monkeypatch.setattr(rest, "MOMENT", 3600.0)
        for _arrow in range(120):
            dialog.key_down()
        place = dialog.order.index(dialog.table.cursor_key)
        await pilot.pause()
        assert len(dialog._asked) == before
        dialog._rest.settle()
        assert dialog.table.cursor_key in dialog._asked
        assert place >= 100
        assert len(dialog._asked) <= 3 * before, "those passed on the way were not asked for"
