from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len
from textual.app import App, ComposeResult

from services import i18n
from services.models.duties import Occurrence
from services.models.runbook import Duty
from tests.conftest import assert_in
from tests.widgets import duty_data
from tests.widgets.duty_data import DUTY, HOSTILE, JST, NOW, TODAY, State
from tests.widgets.stage import draw, running
from widgets.drawing.lines import plain
from widgets.duties.detail import DutyDetail, checked_lines, fact_lines, runbook_lines


@pytest.fixture(autouse=True)
def english() -> Iterator[None]:
    i18n.use("en")
    yield
    i18n.use("en")


def text_of(occurrence: Occurrence, width: int = 90, duty: Duty | None = DUTY) -> str:
    asks = checked_lines(occurrence, duty, None, JST, TODAY, width)
    runbook = runbook_lines(duty, width)
    return "\n".join(plain([*fact_lines(occurrence, duty, JST, NOW, width), *asks, *runbook]))


def test_a_late_occurrence_says_what_to_do_and_until_when():
    text = text_of(duty_data.one("daily-afternoon", 14))
    for words in (
        "CloudWatch Alarms 確認（午後）  ! late  12m overdue",
        "Due at  01-14(Wed) 14:00 JST  late from 14:30  missed from 17:00",
        "□ 1 ECS CPU使用率",
        "Slack の #ops-alerts",
        "日常監視 1",
        "alarms, dashboard, error-logs, next-year",
    ):
        assert words in text


def test_a_missed_occurrence_signed_later_shows_both_times():
    text = text_of(duty_data.one("daily-afternoon", 13), 120)
    assert "01-13(Tue) 14:00 JST" in text
    assert "01-13(Tue) 17:20 JST  山田 (yamada)  signed off after missed  3h 20m after it was due" in text
    assert "会議のため" in text
    assert "□" not in text


def test_occurrences_signed_early_and_skipped():
    early = duty_data.done(duty_data.slot("d", "x", TODAY, 17), minutes=-30, was=State.UPCOMING)
    assert "early  30m before it was due" in text_of(early)
    text = text_of(duty_data.one("daily-evening", 9))
    for words in ("– skipped", "Reason", "停電のため", "佐藤 (sato@10.0.3.17)"):
        assert words in text


def test_window_plan_and_why_it_moved():
    text = text_of(duty_data.one("dr-drill", 5))
    assert_in(text, "once from 01-05(Mon) to 01-30(Fri)", "Moved", "閉庁日のため")
    assert "it is not planned" in text_of(duty_data.one("weekly-deploy", 25))
    assert "○ planned" in text_of(duty_data.one("weekly-deploy", 18))
    back = duty_data.done(duty_data.slot("d", "x", date(2026, 1, 13), 9, nominal=(date(2026, 1, 12),)))
    assert "from 01-12(Mon)" in text_of(back)


def test_a_revert_duty_shows_nothing_of_the_runbook():
    text = text_of(duty_data.REVERT, duty=None)
    assert "変更操作 c-0042 の戻し" in text
    assert "□" not in text


@given(
    st.sampled_from([*duty_data.ALL, *duty_data.VIEW.today.occurrences]),
    st.integers(38, 200),
    st.sampled_from(["en", "ja"]),
)
def test_nothing_is_wider_than_asked(occurrence, width, language):
    i18n.use(language)
    was = occurrence.signed
    word = duty_data.signed(occurrence.slot, by="あ" * 90, note=HOSTILE * 3, was=was.was) if was else None
    text = text_of(replace(occurrence, signed=word), width)
    assert max(cell_len(line) for line in text.splitlines()) <= width
    assert "\x1b" not in text


@pytest.mark.parametrize("state", list(State))
def test_every_state_is_named(state):
    from widgets.duties.duty_wording import DUTY_STYLES

    assert DUTY_STYLES[state].text in text_of(duty_data.occurrence(duty_data.slot("d", "x", TODAY, 9), state))


class DetailApp(App[None]):
    def compose(self) -> ComposeResult:
        self.now = NOW
        self.detail = DutyDetail(lambda: self.now, JST)
        yield self.detail


async def test_the_widget_repaints_only_news():
    async with running(DetailApp(), (60, 34)) as (app, pilot):
        await pilot.pause()
        assert "No duty chosen" in screen(app)
        assert not app.detail.asks_block.display
        await draw(pilot, app.detail, duty=DUTY, occurrence=duty_data.one("daily-afternoon", 14))
        assert "□ 4 [/ecs/web] [@click=app.quit]" in screen(app)
        regions: list[object] = []
        for widget in (app.detail, app.detail.facts_block, app.detail.asks_block, app.detail.runbook_block):
            widget.refresh = lambda *areas, **_more: regions.extend(areas or ["all"])  # type: ignore[method-assign,assignment,misc]  # a spy
        app.detail.occurrence = replace(duty_data.one("daily-afternoon", 14))
        app.now = NOW + timedelta(seconds=30)
        app.detail._tick()
        assert regions == []
        app.now = NOW + timedelta(seconds=90)
        app.detail._tick()
        assert len(regions) == 1
        await draw(pilot, app.detail, zone=UTC)
        assert "05:00 UTC" in "".join(app.detail.facts_block.render_line(y).text for y in range(8))


def screen(app: App[None]) -> str:
    return "\n".join(strip.text for strip in app.screen._compositor.render_strips())
