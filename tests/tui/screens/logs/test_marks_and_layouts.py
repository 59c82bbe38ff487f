import pytest

from services.models.journal import RESTRAINS_CHANGES, EntryKind, EntryQuery
from tests.tools.console import expect, screen_text, until, until_later
from tests.tui.screens.logs.panes_open import APPLICATION, DATABASE, logs
from tests.tui.seeding import client, put_lines
from tests.tui.typed import KEYS, burst
from tui.screens.logs.memory import log_memory

pytestmark = pytest.mark.slow

SECRET = "AKIAIOSFODNN7EXAMPLE taro@example.co.jp"


async def test_a_mark_is_recorded_masked_and_stands_again_at_the_next_start(embedded):
    at = int(embedded.clock.now().timestamp() * 1000) - 1_000
    async with client("logs", embedded.url) as aws:
        await aws.create_log_stream(logGroupName=APPLICATION, logStreamName="marked")
        await put_lines(aws, APPLICATION, "marked", [(at, f"the cause {SECRET}")])
    async with logs(embedded, APPLICATION) as pilot:
        screen = pilot.app.screen
        (pane,) = screen.tails
        await until(pilot, lambda: pane.store.row_at(at) < pane.store.end)
        pane.lines.go_row(pane.store.row_at(at))
        await burst(pilot, "m")
        await expect(pilot, at="MarkScreen", then=lambda: pilot.app.screen.guard.is_open)
        await burst(pilot, "this is it", KEYS["enter"])
        await until(pilot, lambda: len(pane.marks) == 1 and pilot.app.screen is screen)
        await until(pilot, lambda: "this is it" in screen_text(pilot))
        query = EntryQuery(kinds=frozenset({EntryKind.LOG_MARK}))
        (entry,) = (await pilot.app.ready.journal.page(query)).entries
        assert entry.target == APPLICATION
        assert entry.data[RESTRAINS_CHANGES] is False
        assert "the cause" in entry.text
        assert "example.co.jp" not in entry.text + entry.body

        pane.lines.go_end()
        await burst(pilot, "'")
        await until(pilot, lambda: (line := pane.lines.line_at_cursor()) is not None and line.at == at)
        await burst(pilot, "'")
        await until(pilot, lambda: "No other line is marked here." in screen_text(pilot))

    async with logs(embedded, APPLICATION) as pilot:
        screen = pilot.app.screen
        (pane,) = screen.tails
        await until(pilot, pane.marks.rows)
        pane.lines.go_row(pane.store.row_at(at))
        assert pane.marks.note_of(pane.lines.line_at_cursor().id) == "this is it"
        await burst(pilot, "m")
        await until(pilot, lambda: len(pane.marks) == 0)

    async with logs(embedded, APPLICATION) as pilot:
        (pane,) = pilot.app.screen.tails
        await until(pilot, lambda: len(pane.store))
        assert len(pane.marks) == 0, "its removal stays, too"


@pytest.mark.scenario("alb-5xx")
async def test_a_mark_can_go_into_an_open_incident_that_nobody_has_taken(embedded):
    async with logs(embedded, APPLICATION) as pilot:
        screen = pilot.app.screen
        (pane,) = screen.tails
        await until_later(pilot, embedded, lambda: pilot.app.incidents)
        incident = pilot.app.incidents[0]
        assert not incident.holder
        await until(pilot, lambda: len(pane.store))
        pane.lines.go_row(pane.store.end - 1)
        await burst(pilot, "m")
        dialog = await expect(pilot, at="MarkScreen", then=lambda: pilot.app.screen.guard.is_open)
        assert dialog.subject is None, "it is only offered"
        await burst(pilot, KEYS["ctrl+t"])
        await until(pilot, lambda: dialog.subject is not None and dialog.subject.subject == incident.id)
        await burst(pilot, KEYS["enter"])
        await until(pilot, lambda: pilot.app.screen is screen and len(pane.marks) == 1)
        query = EntryQuery(kinds=frozenset({EntryKind.LOG_MARK}))
        (entry,) = (await pilot.app.ready.journal.page(query)).entries
        assert entry.subject == incident.id


async def test_a_layout_is_saved_opened_and_discarded(embedded):
    async with logs(embedded, APPLICATION, DATABASE) as pilot:
        screen = pilot.app.screen
        first, second = screen.tails
        screen.area.set_share(second, 7)
        screen.follow(second, DATABASE, '"LOG"')
        await burst(pilot, KEYS["f3"])
        await expect(pilot, at="LayoutScreen")
        await burst(pilot, "night", KEYS["enter"])
        await until(pilot, lambda: pilot.app.screen is screen and "night" in log_memory(pilot.app).layouts)
        await screen.remove_pane(second)
        screen.follow(first, DATABASE)

        await burst(pilot, KEYS["f3"])
        await expect(pilot, at="LayoutScreen")
        await burst(pilot, KEYS["enter"])
        await until(pilot, lambda: len(screen.tails) == 2)
        await until(
            pilot,
            lambda: (
                [(tail.group, tail.pattern) for tail in screen.tails.values()]
                == [(APPLICATION, ""), (DATABASE, '"LOG"')]
            ),
        )
        assert [screen.area.share_of(pane) for pane in screen.tails] == [4, 7]

        await burst(pilot, KEYS["f3"])
        await expect(pilot, at="LayoutScreen")
        await burst(pilot, KEYS["delete"])
        await until(pilot, lambda: not log_memory(pilot.app).layouts)
