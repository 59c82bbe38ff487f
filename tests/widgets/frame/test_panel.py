from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime, timedelta

import pytest
from textual.app import App, ComposeResult
from textual.widget import Widget

from services.models.feeds import FeedState
from services.models.problem import ProblemKind
from tests.tools.painting import painting
from tests.widgets import gallery_data as gallery
from tests.widgets.stage import draw, running
from widgets.drawing.format import AGE_STEP
from widgets.drawing.lines import Line, LineWidget
from widgets.drawing.ticker import ticker_of
from widgets.frame.panel import Panel, words_of
from widgets.frame.parts import PanelNotice


class Body(LineWidget):
    draws = 0
    text = ""

    def draw(self, width: int, height: int) -> list[Line]:
        Body.draws += 1
        return [[(self.text, "")]]


class NumberPanel(Panel[tuple[int, ...]]):
    def compose_body(self) -> Iterable[Widget]:
        self.values: list[tuple[int, ...]] = []
        self.body = Body()
        yield self.body

    def show(self, value: tuple[int, ...]) -> None:
        self.values.append(value)
        self.body.text = str(value)
        self.body.redraw()

    def empty(self, value: tuple[int, ...]) -> str:
        return "" if value else "nothing here, and that is not fine"


class PanelApp(App[None]):
    def __init__(self) -> None:
        super().__init__()
        self.time = gallery.NOW

    def now(self) -> datetime:
        return self.time

    def compose(self) -> ComposeResult:
        yield NumberPanel("数 [b]", now=self.now, zone=gallery.JST)


def screen_text(app: App[None]) -> str:
    return "\n".join(strip.text for strip in app.screen._compositor.render_strips())


STATES = {
    "waiting": (FeedState(), "Reading…"),
    "fresh": (gallery.fresh((1, 2)), "(1, 2)"),
    "stale": (gallery.stale((1, 2)), "stale, 4m ago"),
    "failed": (FeedState(problem=gallery.PROBLEM), "not mean “all clear”"),
}


@pytest.mark.parametrize("name", STATES)
async def test_each_freshness_is_drawn_differently(name):
    async with running(PanelApp(), (70, 10), NumberPanel) as (app, pilot, panel):
        state, words = STATES[name]
        await draw(pilot, panel, state=state)
        text = screen_text(app)
        assert words in text
        assert "数 [b]" in text
        assert [each for each in STATES if panel.has_class(f"-{each}")] == [name]
        assert (gallery.PROBLEM.remedy in text) == (name in ("stale", "failed"))
        assert ("(1, 2)" in text) == (name in ("fresh", "stale"))


async def test_an_empty_panel_says_so_and_is_not_fine():
    async with running(PanelApp(), (70, 10), NumberPanel) as (app, pilot, panel):
        await draw(pilot, panel, state=gallery.fresh(()))
        assert "nothing here" in screen_text(app)
        await draw(pilot, panel, state=gallery.fresh((3,)))
        assert "nothing here" not in screen_text(app)
        assert "(3,)" in screen_text(app)


async def test_the_body_is_drawn_only_for_a_new_value_and_the_age_follows_the_clock():
    async with running(PanelApp(), (70, 10), NumberPanel) as (app, pilot, panel):
        await draw(pilot, panel, state=gallery.fresh((1, 2), seconds=0))
        assert "just now" in screen_text(app)
        draws = Body.draws
        app.time += timedelta(seconds=31)
        panel._tick()
        await draw(pilot, panel, state=replace(panel.state, value=(1, 2)))
        assert "30s ago" in screen_text(app)
        assert panel.values == [(1, 2)]
        assert Body.draws == draws


async def test_overdue_without_a_failure_is_stale_too():
    async with running(PanelApp(), (70, 10), NumberPanel) as (app, pilot, panel):
        panel.state = gallery.fresh((1, 2))
        app.time += timedelta(minutes=3)
        panel._tick()
        await pilot.pause()
        assert panel.has_class("-stale")
        assert "No new data is arriving" in screen_text(app)


async def test_the_notice_disappears_when_reading_works_again():
    async with running(PanelApp(), (70, 10), NumberPanel) as (app, pilot, panel):
        await draw(pilot, panel, state=gallery.stale((1,)))
        assert app.query_one(PanelNotice).display
        await draw(pilot, panel, state=gallery.fresh((1,)))
        assert not app.query_one(PanelNotice).display


@pytest.mark.parametrize("size", [(1, 1), (3, 2), (8, 3), (20, 5)])
async def test_a_tiny_panel_draws_something(size):
    async with running(PanelApp(), size) as (app, pilot):
        await draw(pilot, app.query_one(NumberPanel), state=gallery.stale((1,)))
        assert len(screen_text(app).split("\n")) == size[1]


def test_the_missing_permission_is_named_once():
    problem = gallery.PROBLEM.model_copy(update={"summary": "denied", "remedy": "ask"})
    assert words_of(problem) == ("denied [cloudwatch:DescribeAlarms]", "ask")
    assert words_of(gallery.PROBLEM)[0] == gallery.PROBLEM.summary


async def test_what_the_banner_says_is_not_repeated():
    async with running(PanelApp(), (60, 12), NumberPanel) as (app, pilot, panel):
        await draw(pilot, panel, state=gallery.stale((1, 2)), banner=gallery.PROBLEM)
        assert gallery.PROBLEM.summary[:8] not in screen_text(app)
        assert "stale, 4m ago" in screen_text(app)
        await draw(pilot, panel, banner=None)
        assert gallery.PROBLEM.summary[:8] in screen_text(app)


def test_the_message_of_aws_is_shown_where_only_it_explains():
    problem = gallery.PROBLEM.model_copy(
        update={"kind": ProblemKind.INVALID, "detail": "Invalid filter pattern"}
    )
    assert "Invalid filter pattern" in words_of(problem)
    assert problem.detail not in words_of(problem.model_copy(update={"kind": ProblemKind.THROTTLED}))


async def test_the_message_of_aws_is_no_advice():
    problem = gallery.PROBLEM.model_copy(
        update={"kind": ProblemKind.INVALID, "remedy": "ask", "detail": "Invalid filter"}
    )
    async with running(PanelApp(), (70, 12)) as (app, pilot):
        await draw(pilot, app.query_one(NumberPanel), state=replace(gallery.stale((1, 2)), problem=problem))
        text = screen_text(app)
        assert "→ ask" in text
        assert "Invalid filter" in text
        assert "→ Invalid filter" not in text


async def test_the_same_value_read_again_paints_its_age_alone():
    async with running(PanelApp(), (70, 10), NumberPanel) as (app, pilot, panel):
        await draw(pilot, panel, state=gallery.fresh((1, 2)))
        with painting() as requests:
            panel.state = gallery.fresh((1, 2))
            ticker_of(app).now()
            await pilot.pause()
            assert requests == []
            for _second in range(AGE_STEP):
                app.time += timedelta(seconds=1)
                ticker_of(app).now()
                await pilot.pause()
        assert {each.kind for each in requests} == {"PanelHead"}
        assert all(each.cells < 10 for each in requests)
