from datetime import timedelta

import pytest
from textual import on
from textual.app import App, ComposeResult
from textual.message import Message

from services import i18n
from services.models.alarms import Alarm, AlarmState, Contributor
from services.models.base import RawId
from services.models.feeds import FeedState
from tests.widgets import gallery_data
from widgets.alarms.detail import AlarmDetail
from widgets.alarms.facts import breaches, fact_lines, history_lines
from widgets.alarms.playbook import playbook_lines
from widgets.alarms.wording import warnings
from widgets.drawing.lines import plain, width_of


class DetailApp(App[None]):
    def __init__(self) -> None:
        super().__init__()
        self.seen: list[Message] = []

    def compose(self) -> ComposeResult:
        yield AlarmDetail(now=gallery_data.now, zone=gallery_data.JST)

    @on(AlarmDetail.OpenLogs)
    @on(AlarmDetail.Closed)
    def keep(self, message: Message) -> None:
        self.seen.append(message)


def text(app: App[None]) -> str:
    return "\n".join(strip.text for strip in app.screen._compositor.render_strips())


def fill(detail: AlarmDetail, alarm: Alarm) -> None:
    detail.playbook, detail.log_group = gallery_data.PLAYBOOK, RawId("/ecs/staff-api")
    detail.alarm = alarm
    detail.curve, detail.history = (
        gallery_data.fresh(gallery_data.CURVE),
        gallery_data.fresh(gallery_data.HISTORY),
    )


async def test_everything_about_a_firing_alarm_is_on_one_screen() -> None:
    app = DetailApp()
    async with app.run_test(size=(120, 40)) as pilot:
        fill(app.query_one(AlarmDetail), gallery_data.ALARMS[0])
        await pilot.pause()
        await pilot.pause()
        output = text(app)
        for words in (
            "3 out of the last 5",
            "◆7.20",
            "threshold > 5",
            "09:05 JST",
            "エラーログ確認",
            "ok → ",
            "since",
        ):
            assert words in output


async def test_one_key_leads_to_the_logs_at_the_minute_it_fired() -> None:
    app = DetailApp()
    async with app.run_test(size=(120, 40)) as pilot:
        detail = app.query_one(AlarmDetail)
        fill(detail, gallery_data.ALARMS[0])
        detail.focus()
        await pilot.press("l", "escape")
        logs, close_message = app.seen
        assert (logs.group, logs.at) == ("/ecs/staff-api", gallery_data.ALARMS[0].since)
        assert isinstance(close_message, AlarmDetail.Closed)


async def test_without_a_log_group_the_key_does_nothing() -> None:
    app = DetailApp()
    async with app.run_test(size=(120, 40)) as pilot:
        detail = app.query_one(AlarmDetail)
        detail.alarm = gallery_data.ALARMS[0]
        detail.focus()
        await pilot.press("l")
        assert app.seen == []


async def test_what_cannot_be_read_says_why_and_the_rest_lives() -> None:
    app = DetailApp()
    async with app.run_test(size=(120, 40)) as pilot:
        detail = app.query_one(AlarmDetail)
        detail.alarm = gallery_data.ALARMS[0]
        detail.curve = FeedState(problem=gallery_data.PROBLEM)
        await pilot.pause()
        await pilot.pause()
        assert gallery_data.PROBLEM.remedy in text(app)
        assert "3 out of the last 5" in text(app)
        assert "The runbook says nothing" in text(app)


@pytest.mark.parametrize("language", ["en", "ja"])
@pytest.mark.parametrize("width", [40, 70, 78, 118])
def test_no_fact_of_an_alarm_is_cut_off(width: int, language: str) -> None:
    i18n.use(language)
    whole = gallery_data.ALARMS[0].model_copy(
        update={
            "evaluation": "EVALUATION_FAILURE",
            "actions_enabled": False,
            "has_actions": False,
            "muted_by": "夜間バッチ",
            "warm_up_until": gallery_data.NOW + timedelta(days=1),
            "recent": (123456789.5,) * 12,
        }
    )
    lines = fact_lines(whole, gallery_data.JST, gallery_data.NOW, width)
    assert all(width_of(line) <= width for line in lines if line[0] != (whole.name, "strong"))
    output = "".join("".join(line.split()) for line in plain(lines))
    assert all(
        "".join(words.split()) in output
        for words, _role in warnings(whole, gallery_data.JST, gallery_data.NOW)
    )


async def test_an_alarm_over_several_series_says_which_fire() -> None:
    app = DetailApp()
    async with app.run_test(size=(120, 40)) as pilot:
        detail = app.query_one(AlarmDetail)
        fill(detail, gallery_data.ALARMS[0])
        await pilot.pause()
        assert "Firing series" not in text(app)
        detail.alarm = gallery_data.ALARMS[0].model_copy(update={"several": True})
        series = Contributor(
            id=RawId("c1"), name="path=/api/v1/repairs", since=gallery_data.NOW, reason="12 > 5"
        )
        detail.contributors = gallery_data.fresh((series,))
        await pilot.pause()
        await pilot.pause()
        for words in ("Firing series", "■ path=/api/v1/repairs", "12 > 5"):
            assert words in text(app)
        detail.contributors = FeedState(problem=gallery_data.PROBLEM)
        await pilot.pause()
        assert gallery_data.PROBLEM.remedy in text(app)


def clocks(minutes: float, *, firing: bool = True) -> str:
    since = gallery_data.NOW - timedelta(minutes=minutes)
    return "\n".join(plain(playbook_lines(gallery_data.PLAYBOOK, since, gallery_data.NOW, 60, firing=firing)))


def test_the_runbooks_clocks_run_from_when_it_fired() -> None:
    assert "1m 30s left" in clocks(3.5)
    assert "6m 30s left" in clocks(3.5)
    assert "the wait of 5m for recovery ended 2m ago" in clocks(7)
    assert "ESCALATE NOW to 開発チーム: 10m ended 1m ago" in clocks(11)
    assert "left" not in clocks(11, firing=False)


def test_causes_are_beside_the_advice_at_every_width() -> None:
    for width in (20, 40, 90):
        lines = playbook_lines(gallery_data.PLAYBOOK, None, gallery_data.NOW, width, firing=False)
        assert all(width_of(line) <= width + 1 for line in lines)


def test_breaching_points_are_marked() -> None:
    alarm = gallery_data.ALARMS[0]
    assert [breaches(alarm, value) for value in alarm.recent] == [False, False, True, True, True]
    assert not breaches(alarm, None)


def test_facts_of_a_missing_alarm_say_that_it_is_missing() -> None:
    assert "AWS does not have it" in "\n".join(
        plain(fact_lines(gallery_data.ALARMS[1], gallery_data.JST, gallery_data.NOW, 60))
    )


async def test_the_logs_of_a_cleared_alarm_open_where_it_fired() -> None:
    app = DetailApp()
    async with app.run_test(size=(120, 40)) as pilot:
        cleared = gallery_data.ALARMS[0].model_copy(
            update={"state": AlarmState.OK, "since": gallery_data.NOW}
        )
        fill(app.query_one(AlarmDetail), cleared)
        app.query_one(AlarmDetail).focus()
        await pilot.press("enter")
        await pilot.pause()
        open_message = app.seen[-1]
        assert isinstance(open_message, AlarmDetail.OpenLogs)
        assert open_message.at == next(
            each.at for each in gallery_data.HISTORY if each.after is AlarmState.ALARM
        )


def test_a_reason_in_the_history_is_readable_in_a_narrow_column() -> None:
    reason = (
        "Threshold Crossed: 2 out of the last 2 datapoints [30.2, 32.1] were greater than the threshold (5.0)"
    )
    change = gallery_data.HISTORY[0].model_copy(update={"reason": reason})
    for width in (30, 44):
        output = history_lines((change,), gallery_data.JST, gallery_data.NOW, width)
        assert all(width_of(line) <= width for line in output[1:])
        assert len(output) <= 4
    assert "[30.2, 32.1]" in " ".join(plain(output))


def test_history_lists_state_changes_and_changes_of_the_alarm() -> None:
    lines = plain(history_lines(gallery_data.HISTORY, gallery_data.JST, gallery_data.NOW, 80))
    assert lines[0].startswith("09:05 JST  ● ok → ■ firing")
    assert "configuration changed  threshold 3 → 5" in lines[2]
    assert "no change" in plain(history_lines((), gallery_data.JST, gallery_data.NOW, 80))[0]
