from datetime import timedelta

import pytest
from textual.app import App, ComposeResult

from services import i18n
from services.models.alarm_readings import AlarmReadings
from services.models.alarms import Alarm, AlarmOverview, AlarmState, AlarmTransition, Contributor
from services.models.base import RawId
from services.models.depletion import HOUR, RECENT, Depletion
from services.models.feeds import FeedState
from services.models.metrics import Series
from tests.widgets import gallery_data
from tests.widgets.stage import Stage, at_rest, draw, press, running
from widgets.alarms.alarm_wording import warnings
from widgets.alarms.detail import AlarmDetail
from widgets.alarms.facts import FactContext, about, fact_lines, stock_words
from widgets.alarms.history import history_lines, local_times, original_lines
from widgets.alarms.playbook import playbook_lines
from widgets.alarms.steps import Steps
from widgets.alarms.values import breaches
from widgets.drawing.lines import plain, width_of


class DetailApp(Stage):
    keeps = (AlarmDetail.OpenLogs, AlarmDetail.Closed, AlarmDetail.SpanChosen, Steps.Chosen)

    def compose(self) -> ComposeResult:
        yield AlarmDetail(now=gallery_data.now, zone=gallery_data.JST)


def text(app: App[None]) -> str:
    return "\n".join(strip.text for strip in app.screen._compositor.render_strips())


def fill(detail: AlarmDetail, alarm: Alarm) -> None:
    detail.playbook, detail.log_group = gallery_data.PLAYBOOK, RawId("/ecs/staff-api")
    detail.alarm, detail.readings = alarm, gallery_data.READINGS
    detail.curve, detail.history = (
        gallery_data.fresh(gallery_data.CURVE),
        gallery_data.fresh(gallery_data.HISTORY),
    )


async def test_everything_about_a_firing_alarm_is_on_one_screen():
    async with running(DetailApp(), (120, 40)) as (app, pilot):
        fill(app.query_one(AlarmDetail), gallery_data.ALARMS[0])
        await at_rest(pilot)
        output = text(app)
        for words in (
            "Now 8.40% (09:11)",
            "Threshold > 5",
            "in 3 of 5 periods",
            "Decided by  0.40%  2.10%  6.30%  6.90%  7.20%",
            "since 09:05 JST",
            "エラーログ確認",
            "ok → ",
        ):
            assert words in output
        assert "out of the last" not in output, "AWS's English is behind a key"
        places = [output.index(words) for words in ("firing", "Now 8.40%", "What to do", "History")]
        assert places == sorted(places)


def moved(series: Series, value: float, seconds: int = 0) -> Series:
    """The series with `value` as its newest point, which is `seconds` later than its last."""
    at = series.times[-1] + seconds
    times = series.times if not seconds else (*series.times, at)
    before = series.values if seconds else series.values[:-1]
    return series.model_copy(update={"times": times, "values": (*before, value)})


@pytest.mark.parametrize(("first", "later"), [("curve", "readings"), ("readings", "curve")])
@pytest.mark.parametrize("seconds", [0, 60])
async def test_head_and_curve_show_one_value_whichever_is_newer(first, later, seconds):
    # Two reads of one metric, a minute apart or of a minute that was not over: one screen, one value.
    alarm, now = gallery_data.ALARMS[0], gallery_data.NOW
    base = gallery_data.CURVE[0].model_copy(update={"id": alarm.queries[0].id})
    both = {first: moved(base, 7.77), later: moved(base, 33.3, seconds)}
    times = {first: now - timedelta(seconds=50), later: now - timedelta(seconds=5)}
    async with running(DetailApp(), (120, 40), AlarmDetail) as (app, pilot, detail):
        fill(detail, alarm)
        detail.curve = FeedState((both["curve"],), times["curve"])
        detail.readings = AlarmReadings(
            read={alarm.id: both["readings"]}, own=FeedState((), times["readings"])
        )
        await at_rest(pilot)
        output = text(app)
        assert "Now 33.3% (" in output
        assert output.count("33.3") == 2, "in the head and at the curve's end"
        assert "7.77" not in output


async def test_a_curve_of_another_statistic_has_a_name_of_its_own():
    alarm = gallery_data.ALARMS[3]
    mean = gallery_data.CURVE[0].model_copy(update={"id": alarm.queries[0].id, "period": 300})
    async with running(DetailApp(), (120, 40), AlarmDetail) as (app, pilot, detail):
        fill(detail, alarm)
        await draw(pilot, detail, span=0, curve=gallery_data.fresh((mean,)))
        assert f"mean of every 5m {mean.values[-1]:.2f}" in text(app)
        assert f"{mean.label}, mean of every 5m" in text(app)


async def test_a_value_that_is_unknown_now_is_not_at_the_curves_end_either():
    alarm = gallery_data.ALARMS[0]
    curve = gallery_data.CURVE[0].model_copy(update={"id": alarm.queries[0].id})
    async with running(DetailApp(), (120, 40), AlarmDetail) as (app, pilot, detail):
        fill(detail, alarm)
        failed = FeedState((curve,), gallery_data.NOW, gallery_data.PROBLEM)
        await draw(pilot, detail, curve=failed, readings=AlarmReadings())
        assert "Now ? read failed" in text(app)
        assert f"{curve.values[-1]:.2f}" not in text(app)


@pytest.mark.parametrize("size", [(80, 24), (120, 40), (160, 50), (200, 60)])
async def test_the_curve_takes_the_room_that_nothing_else_needs(size):
    async with running(DetailApp(), size, AlarmDetail) as (_app, pilot, detail):
        fill(detail, gallery_data.ALARMS[0])
        await at_rest(pilot)
        chart, page = detail.chart.region, detail.region
        assert chart.height >= 10
        if size[0] >= 110:
            assert detail.max_scroll_y == 0
            assert page.bottom - chart.bottom <= 1, "no rows are empty below the curve"
            assert page.right - chart.right <= 1
        if size == (200, 60):
            assert chart.width >= page.width - 2, "a large screen has the curve over its whole width"
            assert detail.history_block.region.x > detail.steps.region.right
        parts = [detail.facts_block, detail.steps, detail.curve_block, detail.chart, detail.history_block]
        regions = [each.region for each in parts]
        assert not any(
            one.overlaps(other) for at, one in enumerate(regions) for other in regions[at + 1 :]
        ), regions


async def test_one_key_leads_to_the_logs_at_the_minute_it_fired():
    async with running(DetailApp(), (120, 40), AlarmDetail) as (app, pilot, detail):
        fill(detail, gallery_data.ALARMS[0])
        detail.focus()
        await pilot.press("l", "escape")
        logs, close_message = app.seen
        assert (logs.group, logs.at) == ("/ecs/staff-api", gallery_data.ALARMS[0].since)
        assert isinstance(close_message, AlarmDetail.Closed)


async def test_without_a_log_group_the_key_does_nothing():
    async with running(DetailApp(), (120, 40), AlarmDetail) as (app, pilot, detail):
        detail.alarm = gallery_data.ALARMS[0]
        detail.focus()
        await pilot.press("l")
        assert app.seen == []


async def test_what_cannot_be_read_says_why_and_the_rest_lives():
    async with running(DetailApp(), (120, 40), AlarmDetail) as (app, pilot, detail):
        await draw(pilot, detail, alarm=gallery_data.ALARMS[0], curve=FeedState(problem=gallery_data.PROBLEM))
        assert gallery_data.PROBLEM.summary in text(app)
        assert "in 3 of 5 periods" in text(app)
        assert "The runbook says nothing" in text(app)


@pytest.mark.parametrize("language", ["en", "ja"])
@pytest.mark.parametrize("width", [40, 70, 78, 118])
def test_no_fact_of_an_alarm_is_cut_off(width, language):
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
    context = FactContext(gallery_data.JST, gallery_data.NOW, gallery_data.READINGS, "ALB 5xxエラー率")
    lines = fact_lines(whole, context, width)
    assert all(width_of(line) <= width for line in lines)
    output = "".join("".join(line.split()) for line in plain(lines))
    assert all(
        "".join(words.split()) in output
        for words, _role in warnings(whole, gallery_data.JST, gallery_data.NOW)
    )


async def test_an_alarm_over_several_series_says_which_fire():
    async with running(DetailApp(), (120, 40), AlarmDetail) as (app, pilot, detail):
        fill(detail, gallery_data.ALARMS[0])
        await pilot.pause()
        assert "Firing series" not in text(app)
        detail.alarm = gallery_data.ALARMS[0].model_copy(update={"several": True})
        series = Contributor(
            id=RawId("c1"), name="path=/api/v1/repairs", since=gallery_data.NOW, reason="12 > 5"
        )
        await draw(pilot, detail, contributors=gallery_data.fresh((series,)))
        for words in ("Firing series", "■ path=/api/v1/repairs", "12 > 5"):
            assert words in text(app)
        await draw(pilot, detail, contributors=FeedState(problem=gallery_data.PROBLEM))
        assert gallery_data.PROBLEM.summary in text(app)


def clocks(minutes: float, *, firing: bool = True) -> str:
    since = gallery_data.NOW - timedelta(minutes=minutes)
    return "\n".join(plain(playbook_lines(gallery_data.PLAYBOOK, since, gallery_data.NOW, 60, firing=firing)))


def test_the_runbooks_clocks_run_from_when_it_fired():
    assert "1m 30s left" in clocks(3.5)
    assert "6m 30s left" in clocks(3.5)
    assert "The wait of 5m for recovery ended 2m ago" in clocks(7)
    assert "ESCALATE NOW to 開発チーム: 10m ended 1m ago" in clocks(11)
    assert "left" not in clocks(11, firing=False)


def test_causes_are_beside_the_advice_at_every_width():
    for width in (20, 40, 90):
        lines = playbook_lines(gallery_data.PLAYBOOK, None, gallery_data.NOW, width, firing=False)
        assert all(width_of(line) <= width + 1 for line in lines)


def test_breaching_points_are_marked():
    alarm = gallery_data.ALARMS[0]
    assert [breaches(alarm, value) for value in alarm.recent] == [False, False, True, True, True]
    assert not breaches(alarm, None)


def test_facts_of_a_missing_alarm_say_that_it_is_missing():
    assert "AWS does not have it" in "\n".join(
        plain(fact_lines(gallery_data.ALARMS[1], FactContext(gallery_data.JST, gallery_data.NOW), 60))
    )


async def test_the_logs_of_a_cleared_alarm_open_where_it_fired():
    async with running(DetailApp(), (120, 40)) as (app, pilot):
        cleared = gallery_data.ALARMS[0].model_copy(
            update={"state": AlarmState.OK, "since": gallery_data.NOW}
        )
        fill(app.query_one(AlarmDetail), cleared)
        app.query_one(AlarmDetail).focus()
        await press(pilot, "enter")
        open_message = app.seen[-1]
        assert isinstance(open_message, AlarmDetail.OpenLogs)
        assert open_message.at == next(
            each.at for each in gallery_data.HISTORY if each.after is AlarmState.ALARM
        )


def history(*changes: AlarmTransition, width: int = 80) -> list[str]:
    return plain(history_lines(changes, gallery_data.ALARMS[0], gallery_data.JST, gallery_data.NOW, width))


def test_history_is_in_words_with_the_values_that_decided():
    fired = gallery_data.HISTORY[0].model_copy(update={"points": (6.3, None, 7.2)})
    action = fired.model_copy(
        update={
            "kind": "action",
            "before": None,
            "after": None,
            "points": (),
            "summary": "Successfully executed action arn:aws:sns:ap-northeast-1:123456789012:ops-alerts",
        }
    )
    failed = action.model_copy(
        update={"summary": action.summary.replace("Successfully executed", "Failed to execute")}
    )
    created = action.model_copy(update={"kind": "configuration", "summary": 'Alarm "a" created'})
    later = failed.model_copy(update={"at": failed.at + timedelta(minutes=5)})
    lines = history(later, action, fired, created)
    assert lines == [
        "09:10  could not notify SNS ops-alerts",
        "09:05  ● ok → ■ firing  6.30%, —, 7.20%  notified SNS ops-alerts",
        "09:05  alarm created",
    ]
    assert "No change" in history()[0]


@pytest.mark.parametrize("width", [20, 30, 44, 80])
def test_history_is_never_cut(width):
    fired = gallery_data.HISTORY[0].model_copy(
        update={"points": tuple(float(each) for each in range(100, 106))}
    )
    lines = history(fired, width=width)
    assert all(number in "".join(lines) for number in ("100", "105"))


def test_aws_own_words_have_times_of_the_zone():
    reason = "Threshold Crossed: 2 out of the last 2 datapoints [30.2 (13/01/26 00:03:00), 32.1 (13/01/26 00:02:00)]"
    text = local_times(reason + " at 2026-01-13T00:04:00.000+0000", gallery_data.JST)
    assert "(2026-01-13(Tue) 09:03:00 JST)" in text
    assert text.endswith("at 2026-01-13(Tue) 09:04:00 JST")
    assert local_times("(99/99/26 00:00:00)", gallery_data.JST) == "(99/99/26 00:00:00)"
    lines = plain(original_lines(gallery_data.ALARMS[0], gallery_data.HISTORY, gallery_data.JST, 60))
    assert "3 out of the last 5" in " ".join(lines)


async def test_a_key_shows_aws_own_words():
    async with running(DetailApp(), (120, 40)) as (app, pilot):
        fill(app.query_one(AlarmDetail), gallery_data.ALARMS[0])
        app.query_one(AlarmDetail).focus()
        await press(pilot, "R")
        assert "3 out of the last 5" in text(app)
        assert "(11-25(Tue) 09:10:00 JST)" in text(app)
        await press(pilot, "R")
        assert "3 out of the last 5" not in text(app)


async def test_brackets_step_through_the_spans_and_say_which_one_is_drawn():
    async with running(DetailApp(), (120, 40), AlarmDetail) as (app, pilot, detail):
        fill(detail, gallery_data.ALARMS[3])
        detail.focus()
        await pilot.pause()
        assert "▸3h" in text(app)
        for key, chip, words in (
            ("left_square_bracket", "▸1h worst", "maximum of every 1m"),
            ("left_square_bracket", "▸1h mean", "mean of every 5m"),
            ("left_square_bracket", "▸1h mean", "mean of every 5m"),
            ("right_square_bracket", "▸1h worst", "maximum of every 1m"),
        ):
            await press(pilot, key)
            assert chip in text(app)
            assert words in text(app)
        assert [each.span for each in app.seen] == [1, 0, 1]


async def test_steps_are_chosen_by_the_cursor_and_open_their_places():
    async with running(DetailApp(), (120, 40), AlarmDetail) as (app, pilot, detail):
        fill(detail, gallery_data.ALARMS[0])
        count = len(gallery_data.PLAYBOOK.steps)
        detail.places = ("Logs", *[""] * (count - 2), "Tasks")
        detail.focus_first()
        await pilot.pause()
        assert "→ Logs" in text(app)
        await press(pilot, "enter", *["down"] * (count - 1), "enter", "up", "enter")
        opened = [each.index for each in app.seen if isinstance(each, Steps.Chosen)]
        assert opened == [0, count - 1], "a step that leads nowhere opens nothing of its own"


async def test_a_small_screen_opens_at_the_state_and_not_at_the_steps():
    async with running(DetailApp(), (80, 16), AlarmDetail) as (app, pilot, detail):
        fill(detail, gallery_data.ALARMS[0])
        await draw(pilot, detail, places=("Logs",) * len(gallery_data.PLAYBOOK.steps))
        detail.focus_first()
        await pilot.pause()
        assert app.focused is detail.steps
        assert detail.steps.region.bottom > detail.region.bottom, "the steps do not fit below the state"
        assert detail.scroll_offset.y == 0


@pytest.mark.parametrize(
    ("seconds", "words"),
    [(30, "1m"), (420, "7m"), (6000, "100m"), (7200, "2h"), (90_000, "25h"), (864_000, "10d")],
)
def test_a_forecast_has_one_unit(seconds, words):
    assert about(seconds) == words


def test_a_stock_says_when_it_is_used_up_or_that_this_is_unknown():
    storage = gallery_data.ALARMS[7]
    soon, role = stock_words(storage, Depletion(per_hour=-24 * 2.0**30, left=420, span=RECENT))
    assert (role, "7m" in soon, "−24 GiB" in soon) == ("bad", True, True)
    assert stock_words(storage, Depletion(per_hour=-(2.0**30), left=90 * 86400, span=HOUR))[1] == "warn"
    assert "cannot be computed" in stock_words(storage, None)[0]


async def test_an_alarm_that_was_not_read_again_or_is_gone_is_not_ok():
    alarm = gallery_data.alarm("quiet", AlarmState.OK, 10)
    other = gallery_data.alarm("other", AlarmState.OK, 10)
    async with running(DetailApp(), (120, 40), AlarmDetail) as (app, pilot, detail):
        fill(detail, alarm)
        for overview, is_ok in (
            (AlarmOverview(alarms=(alarm, other)), True),
            (AlarmOverview(alarms=(other,), outdated=(alarm,)), False),
            (AlarmOverview(alarms=(other,)), False),
            (AlarmOverview(alarms=(alarm, other)), True),
        ):
            await draw(pilot, detail, overview=gallery_data.fresh(overview))
            (head,) = (line for line in text(app).splitlines() if "quiet" in line and "10m" in line)
            assert ("●" in head) is is_ok, head


def test_how_an_alarm_is_heard_is_told_with_what_it_depends_on():
    marks = {
        "has_actions": False,
        "sends": "together",
        "heard_through": ("any",),
        "hearing_note": "only while b fires",
    }
    alarm = gallery_data.ALARMS[2].model_copy(update={**marks, "expected": True})
    text = "\n".join(plain(fact_lines(alarm, FactContext(gallery_data.JST, gallery_data.NOW), 100)))
    assert "[notifies only together with others]" in text
    assert "Notified  only while b fires" in text
    otherwise = alarm.model_copy(update={"heard_by": "EventBridge → pager", "hearing_note": ""})
    text = "\n".join(plain(fact_lines(otherwise, FactContext(gallery_data.JST, gallery_data.NOW), 100)))
    assert "[heard otherwise: EventBridge → pager]" in text
