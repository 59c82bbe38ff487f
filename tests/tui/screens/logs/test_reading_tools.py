from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import Any

import pytest

from services.demo.logs.insights.queries import QueryStore
from services.models.alarms import Alarm, AlarmOverview, AlarmState
from services.models.base import RawId
from services.models.incidents import Incident, IncidentState, TriggerKind
from services.models.insights_queries import QueryEstimate
from tests.tools.console import console, expect, screen_text, until
from tests.tui.typed import KEYS, burst
from tui.screens.logs.panes import moments

SIZE = (120, 40)


async def opened(pilot: Any) -> Any:
    await expect(pilot, at="LogsScreen", then=lambda: pilot.app.screen.tails)
    pane = pilot.app.screen.pane
    await until(pilot, lambda: len(pane.store) > 20)
    return pane


async def test_a_pattern_filters_the_pane(embedded):
    async with console(embedded.url, embedded.clock, mode="logs", size=SIZE) as pilot:
        pane = await opened(pilot)
        await burst(pilot, "K")
        await expect(pilot, at="PatternsScreen", then=lambda: pilot.app.screen.patterns)
        dialog: Any = pilot.app.screen
        await until(pilot, lambda: "most frequent first" in screen_text(pilot))
        first = dialog.patterns[0]
        counted = sum(each.tally.count for each in dialog.patterns)
        assert counted <= len(pane.store)
        await burst(pilot, KEYS["ctrl+t"])
        await until(pilot, lambda: "newest first" in screen_text(pilot))
        await burst(pilot, KEYS["ctrl+t"])
        await until(pilot, lambda: "most frequent first" in screen_text(pilot))
        await burst(pilot, KEYS["home"], KEYS["enter"])
        await until(pilot, lambda: pane.view.shown.filters)
        assert pane.view.shown.filters[0].query.text == first.text
        assert pane.view.visible.count() >= first.tally.count
        await burst(pilot, "F")
        await expect(pilot, at="ChooseScreen", then=lambda: pilot.app.screen.focused)
        await burst(pilot, KEYS["enter"])
        await until(pilot, lambda: pane.view.shown.filters and not pane.view.shown.active)
        assert pane.view.visible.count() == len(pane.store)


@pytest.mark.usefixtures("at_once")
async def test_a_range_is_counted_by_one_query_whose_price_is_shown_first(embedded):
    async with console(embedded.url, embedded.clock, mode="logs", size=SIZE) as pilot:
        pane = await opened(pilot)
        await burst(pilot, "B")
        await expect(pilot, at="ChooseScreen", then=lambda: pilot.app.screen.focused)
        assert "¥" in screen_text(pilot)
        assert embedded.counts().get("logs.StartQuery", 0) == 0
        await burst(pilot, KEYS["enter"])
        await until(pilot, lambda: pane.ruler.range is not None and pane.ruler.range.label == "query")
        await until(
            pilot, lambda: any(row.rstrip().endswith(" query") for row in screen_text(pilot).splitlines()[:9])
        )
        assert embedded.counts()["logs.StartQuery"] == 1
        counts = pane.ruler.range
        assert sum(bar.total for bar in counts.bars.values()) > 0
        assert sum(bar.total for bar in pane.ruler.facts.bars) > 0
        await burst(pilot, "(")
        await until(pilot, lambda: pane.target.marked or pane.lines.cursor is not None)
        await burst(pilot, KEYS["escape"])
        await until(pilot, lambda: pane.ruler.range is None)


@pytest.mark.usefixtures("at_once")
async def test_another_group_in_the_pane_ends_the_query_and_drops_its_counts(embedded):
    async with console(embedded.url, embedded.clock, mode="logs", size=SIZE) as pilot:
        pane = await opened(pilot)
        screen = pilot.app.screen
        embedded.world.component(QueryStore).ends = "Running"
        await burst(pilot, "B")
        await expect(pilot, at="ChooseScreen", then=lambda: pilot.app.screen.focused)
        await burst(pilot, KEYS["enter"])
        await until(pilot, lambda: pane.ruler.range is not None)
        screen.follow(pane, "/aws/rds/instance/facility-prod-db/postgresql")
        assert pane.ruler.range is None
        await until(pilot, lambda: embedded.counts().get("logs.StopQuery") == 1)
        assert pane.ruler.range is None


def test_the_ruler_marks_t0_of_open_incidents_and_firing_alarms():
    since = datetime(2026, 1, 14, 0, 5, tzinfo=UTC)
    alarm = Alarm(id=RawId("alb-5xx"), name="alb-5xx", state=AlarmState.ALARM, since=since, expected=True)
    quiet = alarm.model_copy(update={"id": RawId("cpu"), "name": "cpu", "state": AlarmState.OK})
    incident = Incident(
        id="incident:alb-5xx",
        trigger=TriggerKind.ALARM,
        target=RawId("alb-5xx"),
        title="alb-5xx",
        since=since - timedelta(minutes=1),
        opened_at=since,
        seq=1,
    )
    closed = incident.model_copy(update={"state": IncidentState.CLOSED})
    app: Any = SimpleNamespace(
        incidents=(incident, closed),
        alarms=SimpleNamespace(value=AlarmOverview(alarms=(alarm, quiet))),
        ready=SimpleNamespace(response=SimpleNamespace(live=SimpleNamespace(newest=lambda _incident: None))),
    )
    at = int(since.timestamp() * 1000)
    assert moments(app) == ((at - 60_000, "T0"), (at, "■ alb-5xx"))


@pytest.mark.usefixtures("at_once")
async def test_a_range_of_unknown_price_is_asked_about_and_its_counts_go_with_the_group(
    embedded, monkeypatch
):
    async with console(embedded.url, embedded.clock, mode="logs", size=SIZE) as pilot:
        pane = await opened(pilot)
        screen: Any = pilot.app.screen
        group = screen.tails[pane].group

        async def estimate(*_query: Any) -> QueryEstimate:
            return QueryEstimate(unknown=(group,))

        monkeypatch.setattr(screen.services.insights, "estimate", estimate)
        await burst(pilot, "B")
        await expect(pilot, at="ChooseScreen", then=lambda: pilot.app.screen.focused)
        await burst(pilot, KEYS["enter"])
        await expect(pilot, shows=("Count the lines of", "price unknown"))
        assert embedded.counts().get("logs.StartQuery", 0) == 0
        await until(pilot, lambda: pilot.app.screen.guard.is_open)  # type: ignore[attr-defined]
        await burst(pilot, KEYS["enter"])
        await until(pilot, lambda: pane.ruler.range is not None)
        screen.follow(pane, group, "ERROR")
        assert pane.ruler.range is not None
        screen.follow(pane, "/further/a")
        assert pane.ruler.range is None
