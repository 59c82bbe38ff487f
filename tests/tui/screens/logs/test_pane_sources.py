import asyncio
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import nullcontext
from typing import Any

import pytest

from services.demo.logs import handlers as embedded_live
from services.models.insights import QueryState
from services.models.insights_queries import QueryProgress
from services.models.logs import LATEST, LogLine, TailBatch, TailStats
from services.models.problem import Problem, ProblemKind
from tests.conftest import Embedded
from tests.tools.console import console, press, screen_text, until, until_later
from tests.tui.seeding import client, make_group, put_lines
from tests.tui.test_other_system import OTHER
from widgets.logs.pane.pane import LogPane

GROUP = "/app/catalogue"
MINUTE = 60_000


def texts(pane: Any) -> Counter[str]:
    store = pane.store
    return Counter(store.line(row).text for row in range(store.first, store.end))


def now_ms(aws: Embedded) -> int:
    return int(aws.clock.now().timestamp() * 1000)


def opened(aws: Embedded, mode: str = "logs") -> Any:
    return console(aws.url, aws.clock, mode=mode, size=(120, 40), runbook=OTHER)


async def test_older_lines_load_at_the_top_until_the_beginning_of_the_log(empty_aws):
    async with client("logs", empty_aws.url) as logs:
        await make_group(logs, GROUP, "a")
        now = now_ms(empty_aws)
        lines = [(now - 90 * MINUTE + number * 5_000, f"line {number}") for number in range(1000)]
        await put_lines(logs, GROUP, "a", lines)
    async with opened(empty_aws) as pilot:
        pane = pilot.app.screen.pane
        await until(pilot, lambda: len(pane.store) >= 200)
        count = len(pane.store)
        assert count < 1000
        await press(pilot, "home", "pageup", then=lambda: len(pane.store) > count and not pane.note)
        async with asyncio.timeout(60):
            while "beginning of the log" not in screen_text(pilot):
                await pilot.press("home", "pageup")
                await pilot.pause(0.02)
        assert texts(pane) == Counter(text for _at, text in lines), "each once"
        await until(pilot, lambda: pane.stats.complete_from == pane.store.oldest == lines[0][0])


@pytest.mark.slow
async def test_late_lines_are_asked_for_with_their_price_and_shown_once(empty_aws):
    async with client("logs", empty_aws.url) as logs:
        await make_group(logs, GROUP, "a")
        await put_lines(logs, GROUP, "a", [(now_ms(empty_aws) - 1000, "first")])
        async with opened(empty_aws) as pilot:
            pane, screen = pilot.app.screen.pane, pilot.app.screen
            await until(pilot, lambda: texts(pane) == {"first": 1} and pane.stats.complete_to)
            await press(pilot, "+", shows="Nothing to ask for")
            late = [(now_ms(empty_aws) - 30 * MINUTE, f"late {number % 2}") for number in range(3)]
            await put_lines(logs, GROUP, "a", late)
            await until(pilot, lambda: pane.stats is not None)
            stats = pane.stats.model_copy(
                update={"lateness": 120.0, "incomplete_from": now_ms(empty_aws) - 60 * MINUTE}
            )
            pane.stats = stats
            await until(pilot, lambda: "lines over 2 min late not read since" in screen_text(pilot))
            await press(pilot, "+", shows="It scans up to")
            assert "¥0.00" not in screen_text(pilot)
            await until(pilot, lambda: pilot.app.screen.guard.is_open)
            await press(pilot, "enter", then=lambda: pilot.app.screen is screen and len(pane.store) == 4)
            expected = Counter(["first", *(text for _at, text in late)])
            assert texts(pane) == expected
            assert "3 late lines added" in screen_text(pilot)
            assert all(pane.store.line(row).late for row in range(pane.store.first, pane.store.end - 1))
            # The sweeps that bring them later show none of them again.
            lines = pane.stats.lines
            await until_later(pilot, empty_aws, lambda: pane.stats.lines >= lines + 3, 20)
            assert texts(pane) == expected


@pytest.mark.parametrize(
    ("pattern", "matching"),
    [("late -odd", {"late even", '{"n": 2, "late": 1}'}), ("{ $.n = 2 }", {'{"n": 2, "late": 1}'})],
)
async def test_late_lines_match_the_pattern(empty_aws, pattern, matching):
    async with client("logs", empty_aws.url) as logs:
        await make_group(logs, GROUP, "a")
        await put_lines(
            logs, GROUP, "a", [(now_ms(empty_aws) - 1000, "late first"), (now_ms(empty_aws), '{"n": 2}')]
        )
        async with opened(empty_aws) as pilot:
            pane, screen = pilot.app.screen.pane, pilot.app.screen
            await until(pilot, lambda: len(pane.store) == 2)
            await press(pilot, "f", then=lambda: pane.prompt.display)
            pane.prompt.entry.value = pattern
            await pilot.press("enter")
            await until(pilot, lambda: screen.tails[pane].pattern == pattern and len(pane.store) == 1)
            words = ["late even", "late odd", "other", '{"n": 2, "late": 1}', '{"n": 3}']
            at = now_ms(empty_aws) - 30 * MINUTE
            await put_lines(logs, GROUP, "a", [(at, text) for text in words])
            pane.stats = pane.stats.model_copy(
                update={"lateness": 120.0, "incomplete_from": now_ms(empty_aws) - 60 * MINUTE}
            )
            await press(pilot, "+", shows="It scans up to", then=lambda: pilot.app.screen.guard.is_open)
            await press(pilot, "enter", then=lambda: pilot.app.screen is screen and "added" in str(pane.note))
            late = {pane.store.line(row).text for row in range(pane.store.first, pane.store.end - 1)}
            assert late == matching
            start = now_ms(empty_aws) - LATEST
            assert pane.stats.incomplete_from == max(start, now_ms(empty_aws) - 60 * MINUTE)


async def test_live_tail_shows_price_and_lines(empty_aws, monkeypatch):
    monkeypatch.setattr(embedded_live, "LIVE_UPDATE", 0.02)
    async with client("logs", empty_aws.url) as logs:
        await make_group(logs, GROUP, "a")
        await put_lines(logs, GROUP, "a", [(now_ms(empty_aws) - 1000, "before")])
        async with opened(empty_aws) as pilot:
            pane, screen = pilot.app.screen.pane, pilot.app.screen
            await until(pilot, lambda: texts(pane) == {"before": 1})
            await press(pilot, "f4", shows="¥1.50 for every minute")
            await until(pilot, lambda: pilot.app.screen.guard.is_open)
            await pilot.press("enter")
            await until(
                pilot, lambda: pilot.app.screen is screen and "LIVE 1 min ¥1.50" in screen_text(pilot)
            )
            expected = Counter({"before": 1})
            for turn in range(3):
                at = now_ms(empty_aws)
                await put_lines(logs, GROUP, "a", [(at, "same"), (at, "same"), (at, f"turn {turn}")])
                expected.update(["same", "same", f"turn {turn}"])
                await until(pilot, lambda: texts(pane) == expected)
                lines = pane.stats.lines
                await until_later(pilot, empty_aws, lambda lines=lines: pane.stats.lines == lines + 3)
                assert texts(pane) == expected, "the loop has brought them, too"
            await press(pilot, "f4", then=lambda: "LIVE" not in screen_text(pilot))
            assert screen.live_sessions == {}
            await put_lines(logs, GROUP, "a", [(now_ms(empty_aws), "after")])
            expected["after"] += 1
            await until_later(pilot, empty_aws, lambda: texts(pane) == expected)


async def test_what_is_read_of_one_group_never_appears_in_the_next(empty_aws):
    async with client("logs", empty_aws.url) as logs:
        for group in (GROUP, "/app/other"):
            await make_group(logs, group, "a")
            await put_lines(logs, group, "a", [(now_ms(empty_aws) - 1000, f"new of {group}")])
    async with opened(empty_aws) as pilot:
        pane, screen = pilot.app.screen.pane, pilot.app.screen
        await until(pilot, lambda: len(pane.store) == 1)
        may_answer, queries = asyncio.Event(), []
        old = LogLine("old", now_ms(empty_aws) - 30 * MINUTE, 0, "a", f"old of {GROUP}")

        async def page(group: str, *_rest: Any, **_more: Any) -> Any:
            queries.append(group)
            await may_answer.wait()
            return (old,), None

        services = screen.services
        source, services.logs.page = services.logs.page, page
        screen.earlier_requested(LogPane.EarlierRequested(pane))
        screen.time_requested(LogPane.TimeRequested(pane, now_ms(empty_aws) - 60 * MINUTE))
        await until(pilot, lambda: queries == [GROUP, GROUP])
        services.logs.page = source
        screen.follow(pane, "/app/other")
        may_answer.set()
        await until(pilot, lambda: texts(pane) == {"new of /app/other": 1})
        await pilot.pause()
        assert texts(pane) == {"new of /app/other": 1}


async def test_the_query_for_late_lines_ends_with_the_group_that_it_is_of(empty_aws, monkeypatch):
    async with client("logs", empty_aws.url) as logs:
        await make_group(logs, GROUP, "a")
        await put_lines(logs, GROUP, "a", [(now_ms(empty_aws) - 1000, "first")])
    async with opened(empty_aws) as pilot:
        pane, screen = pilot.app.screen.pane, pilot.app.screen
        await until(pilot, lambda: len(pane.store) == 1 and pane.stats)
        service, states = screen.services.insights, []

        async def run(*_query: Any) -> Any:
            try:
                states.append("runs")
                yield QueryProgress(state=QueryState.RUNNING)
                await asyncio.Event().wait()
            finally:
                states.append("stopped")

        monkeypatch.setattr(service, "run", run)
        pane.stats = pane.stats.model_copy(update={"lateness": 120.0, "incomplete_from": now_ms(empty_aws)})
        await pilot.press("+")
        await until(pilot, lambda: "It scans up to" in screen_text(pilot) and pilot.app.screen.guard.is_open)
        await press(pilot, "enter", then=lambda: states == ["runs"])
        screen.follow(pane, "/app/other")
        await until(pilot, lambda: states == ["runs", "stopped"])


class EndlessPages:
    async def page(
        self, _group: str, start: int, _end: int, _pattern: str, token: str | None
    ) -> tuple[list[LogLine], str | None]:
        if token is not None:
            await asyncio.Event().wait()
        return [LogLine("of the page", start + MINUTE, start + MINUTE, "a", "an old one")], "more"


async def test_a_read_of_older_lines_that_another_one_replaces_leaves_a_gap(empty_aws):
    async with client("logs", empty_aws.url) as logs:
        await make_group(logs, GROUP, "a")
        now = now_ms(empty_aws)
        await put_lines(logs, GROUP, "a", [(now - 1_000, "new")])
    async with opened(empty_aws) as pilot:
        screen = pilot.app.screen
        pane = screen.pane
        tail = screen.tails[pane]
        await until(pilot, lambda: texts(pane) == {"new": 1})
        pages = tail._source
        tail._source = lambda: nullcontext(EndlessPages())
        pane.go_to(now - 60 * MINUTE)
        await until(pilot, lambda: texts(pane) == {"new": 1, "an old one": 1})
        assert pane.gaps == ()
        tail._source = pages
        pane.go_to(now - 90 * MINUTE)
        await until(pilot, lambda: pane.gaps)
        (gap,) = pane.gaps
        assert (gap.start, gap.end) == (now - 60 * MINUTE + 1, now - 1_001)


async def test_a_groups_problem_goes_with_it(empty_aws, monkeypatch):
    async with client("logs", empty_aws.url) as logs:
        await make_group(logs, GROUP, "a")
        await put_lines(logs, GROUP, "a", [(now_ms(empty_aws) - 1_000, "first")])
    async with opened(empty_aws) as pilot:
        screen = pilot.app.screen
        pane = screen.pane
        await until(pilot, lambda: len(pane.store) == 1)
        read = asyncio.Event()

        async def silent(_group: str, _pattern: str) -> AsyncIterator[TailBatch]:
            read.set()
            await asyncio.Event().wait()
            yield TailBatch((), TailStats(group=GROUP))

        monkeypatch.setattr(screen.services.tails, "batches", silent)
        pane.problem = Problem(
            kind=ProblemKind.INVALID, summary="the old pattern is wrong", at=empty_aws.clock.now()
        )
        await until(pilot, lambda: "the old pattern is wrong" in screen_text(pilot))
        screen.follow(pane, GROUP, "another")
        await read.wait()
        await until(pilot, lambda: "the old pattern is wrong" not in screen_text(pilot))
