from dataclasses import replace
from datetime import timedelta

import pytest
from textual.app import App, ComposeResult

from services import i18n
from services.i18n import _
from services.models.alarm_readings import AlarmReadings
from services.models.alarms import WARM_UP_UNTOLD, Alarm, AlarmOverview, AlarmState, is_plain
from services.models.feeds import FeedState
from tests.widgets import gallery_data
from tests.widgets.stage import Stage, at_rest, draw, press, running
from widgets.alarms.advice import AlarmAdvice
from widgets.alarms.alarm_wording import badges, remark, state_spans, warnings
from widgets.alarms.panel import AlarmPanel
from widgets.alarms.strip import AlarmStrip
from widgets.drawing.lines import plain
from widgets.drawing.state_styles import ALARM_STYLES, VERDICT_STYLES


class AlarmApp(Stage):
    keeps = (AlarmPanel.Opened, AlarmPanel.Lost)

    def compose(self) -> ComposeResult:
        yield AlarmStrip(gallery_data.now)
        yield AlarmPanel("Alarms", now=gallery_data.now, zone=gallery_data.JST)


def lines(app: App[None]) -> list[str]:
    return [strip.text for strip in app.screen._compositor.render_strips()]


@pytest.mark.parametrize("styles", [ALARM_STYLES, VERDICT_STYLES])
def test_no_two_states_share_a_shape_or_a_word(styles):
    assert len({style.mark for style in styles.values()}) == len(styles)
    assert len({style.word for style in styles.values()}) == len(styles)
    assert [state for state, style in styles.items() if style.role == "good"] in (["ok"], ["normal"])


async def test_rows_are_in_the_order_of_the_alarms_with_scaling_alarms_in_one_line():
    async with running(AlarmApp(), (140, 24), AlarmPanel) as (app, pilot, panel):
        await draw(pilot, panel, readings=gallery_data.READINGS, state=gallery_data.fresh(gallery_data.BOARD))
        text = lines(app)
        at = {
            name: next(y for y, line in enumerate(text) if name in line and y > 1)
            for name in ("alb-5xx", "rds-storage-low", "ecs-cpu-high", "scaling alarms")
        }
        assert list(at.values()) == sorted(at.values())
        assert not any("AlarmLow" in line for line in text)
        assert "muted until 12:12 JST" in text[at["ecs-cpu-high"]]
        assert "8.40" in text[at["alb-5xx"]], "the value now"
        assert not any("7.20" in line for line in text), "not the value at the change"
        assert "> 5" in text[at["alb-5xx"]]
        panel.table.focus()
        await press(pilot, "end", "enter")
        assert any("AlarmLow" in line and "little load" in line for line in lines(app))


async def test_in_eighty_columns_the_value_is_beside_its_limit():
    async with running(AlarmApp(), (80, 24), AlarmPanel) as (app, pilot, panel):
        await draw(pilot, panel, readings=gallery_data.READINGS, state=gallery_data.fresh(gallery_data.BOARD))
        assert "Threshold" in "".join(lines(app))
        assert any("8.40" in line and "> 5" in line for line in lines(app))


@pytest.mark.parametrize("width", [44, 60, 80, 100, 120, 160, 200])
async def test_the_limit_never_goes_while_the_value_stays(width):
    async with running(AlarmApp(), (width, 24), AlarmPanel) as (app, pilot, panel):
        await draw(pilot, panel, readings=gallery_data.READINGS, state=gallery_data.fresh(gallery_data.BOARD))
        row = next(line for line in lines(app) if "8.40" in line)
        assert "> 5" in row


async def test_a_value_that_cannot_be_read_now_is_not_the_last_one():
    async with running(AlarmApp(), (120, 24), AlarmPanel) as (app, pilot, panel):
        panel.state = gallery_data.fresh(gallery_data.BOARD)
        old = gallery_data.READINGS
        for own in (gallery_data.stale(()), FeedState(problem=gallery_data.PROBLEM)):
            await draw(pilot, panel, readings=AlarmReadings(read=old.read, own=own))
            row = next(line for line in lines(app) if "alb-5xx" in line and "5xx" in line and "> 5" in line)
            assert "8.40" not in row
            assert " ? " in row
            assert "▁" not in row, "nor is its shape the last hour's"


@pytest.mark.parametrize("fast", [timedelta(minutes=10), timedelta(days=3), timedelta(minutes=-10)])
async def test_a_clock_that_is_off_changes_neither_values_nor_durations(fast):
    seconds = int(fast.total_seconds())
    read = {
        name: series.model_copy(update={"times": tuple(at - seconds for at in series.times)})
        for name, series in gallery_data.READINGS.read.items()
    }
    board = gallery_data.BOARD
    firing = tuple(
        each.model_copy(update={"since": each.since - fast}) if each.since else each for each in board.alarms
    )
    shown = []
    for alarms, readings in (
        (board.alarms, gallery_data.READINGS),
        (firing, replace(gallery_data.READINGS, read=read, ahead=-fast)),
    ):
        async with running(AlarmApp(), (120, 24), AlarmPanel) as (app, pilot, panel):
            panel.state = gallery_data.fresh(board.model_copy(update={"alarms": alarms}))
            await draw(pilot, panel, readings=readings)
            rows = [line for line in lines(app) if "8.40" in line or "for " in line]
            shown.append([line for line in rows if "newest" not in line])
    assert len(shown[0]) > 1
    assert [row.split()[:3] for row in shown[0]] == [row.split()[:3] for row in shown[1]]


async def test_what_fires_has_its_sentence_and_what_is_normal_is_dim():
    async with running(AlarmApp(), (120, 24), AlarmPanel) as (app, pilot, panel):
        panel.advice = {"alb-5xx-error-rate": AlarmAdvice("ALB 5xx", gallery_data.PLAYBOOK)}
        await draw(pilot, panel, state=gallery_data.fresh(gallery_data.BOARD))
        text = lines(app)
        at = next(y for y, line in enumerate(text) if "alb-5xx-error-rate" in line and y > 1)
        assert "ALB 5xx" in text[at + 1]
        assert "for 7m" in text[at + 1]
        assert gallery_data.PLAYBOOK.steps[0].text in "".join(text[at + 1 : at + 3])
        roles = {row.key: row.cells[1][0][1] for row in panel.table.rows if len(row.cells) > 1}
        assert roles["alb-5xx-error-rate"] == "strong"
        assert roles["ecs-memory-high"] == "muted"
        assert roles["rds-connections-high"] != "muted", "its actions are disabled: that is not normal"


async def test_all_green_is_one_line_that_enter_unfolds():
    async with running(AlarmApp(), (80, 24), AlarmPanel) as (app, pilot, panel):
        panel.room = 2
        green = tuple(alarm for alarm in gallery_data.ALARMS if is_plain(alarm) and not alarm.scaling)
        await draw(pilot, panel, state=gallery_data.fresh(AlarmOverview(alarms=green)))
        assert f"● all {len(green)} alarms are ok" in lines(app)[1]
        assert not any("ecs-memory-high" in line for line in lines(app))
        panel.focus_list()
        await press(pilot, "enter")
        assert any("ecs-memory-high" in line for line in lines(app))
        await draw(pilot, panel, state=gallery_data.stale(AlarmOverview(alarms=green)))
        panel.action_list_normal()
        await pilot.pause()
        assert "●" not in lines(app)[1], "what was green when it was read is not green now"


async def test_the_cursor_follows_the_top_until_a_person_moves_it():
    app = AlarmApp()
    quiet, fires = AlarmOverview(alarms=gallery_data.ALARMS[2:]), gallery_data.BOARD
    async with app.run_test(size=(120, 24)) as pilot:
        panel = app.query_one(AlarmPanel)
        await draw(pilot, panel, state=gallery_data.fresh(quiet))
        panel.table.focus()
        await draw(pilot, panel, state=gallery_data.fresh(fires))
        assert panel.chosen.name == "alb-5xx-error-rate", (
            "what fires is what Enter opens at three in the morning"
        )
        await pilot.press("down", "down")
        chosen = panel.chosen.name
        await draw(pilot, panel, state=gallery_data.fresh(quiet))
        assert panel.chosen.name == chosen, "then the cursor stays on its alarm"
        await pilot.press("home")
        await draw(pilot, panel, state=gallery_data.fresh(fires))
        assert panel.chosen.name == "alb-5xx-error-rate", "Home follows the top again"


async def test_the_counts_leave_scaling_alarms_out():
    async with running(AlarmApp(), (140, 20)) as (app, pilot):
        await draw(pilot, app.query_one(AlarmStrip), state=gallery_data.fresh(gallery_data.BOARD))
        assert "firing 1" in lines(app)[0]


async def test_enter_opens_the_alarm_that_was_under_the_cursor():
    async with running(AlarmApp(), (120, 20), AlarmPanel) as (app, pilot, panel):
        await draw(pilot, panel, state=gallery_data.fresh(gallery_data.BOARD))
        panel.table.focus()
        await pilot.press("down", "enter")
        assert [each.alarm.name for each in app.seen] == ["rds-storage-low"]


async def test_a_vanished_alarm_is_announced_and_enter_does_nothing():
    async with running(AlarmApp(), (120, 20), AlarmPanel) as (app, pilot, panel):
        await draw(pilot, panel, state=gallery_data.fresh(gallery_data.BOARD))
        panel.table.focus()
        await pilot.press("down")
        panel.state = gallery_data.fresh(
            AlarmOverview(alarms=(gallery_data.ALARMS[0], *gallery_data.ALARMS[2:]))
        )
        await press(pilot, "enter")
        assert [type(each) for each in app.seen] == [AlarmPanel.Lost]


def test_insufficient_is_never_green_and_says_why():
    alarm = gallery_data.ALARMS[2]
    assert state_spans(alarm)[0][1] == "warn"
    assert "no datapoints" in remark(alarm)
    assert "not “all clear”" in remark(alarm.model_copy(update={"treat_missing": "breaching"}))


def test_every_state_of_an_evaluation_is_written_out():
    for evaluation in ("PARTIAL_DATA", "EVALUATION_ERROR", "EVALUATION_FAILURE", WARM_UP_UNTOLD):
        alarm = gallery_data.ALARMS[2].model_copy(update={"evaluation": evaluation})
        assert evaluation not in str(warnings(alarm, gallery_data.JST, gallery_data.NOW))
    unheard_of = gallery_data.ALARMS[2].model_copy(update={"evaluation": "SOMETHING_NEW"})
    assert "SOMETHING_NEW" in str(warnings(unheard_of, gallery_data.JST, gallery_data.NOW))


def grave_alarms() -> tuple[Alarm, ...]:
    """One of each kind of which a part must not be lost, and one of which all of it is so at once."""
    marks: tuple[dict[str, object], ...] = (
        {"muted_by": "夜間バッチ", "muted_until": gallery_data.NOW + timedelta(days=400)},
        {"actions_enabled": False},
        {"has_actions": False},
        {"has_actions": False, "sends": "unknown"},
        {"has_actions": False, "sends": "together", "heard_through": ("any",)},
        {"evaluation": "EVALUATION_ERROR"},
        {"evaluation": "PARTIAL_DATA"},
        {"evaluation": WARM_UP_UNTOLD},
        {"state": AlarmState.INSUFFICIENT},
        {"state": AlarmState.INSUFFICIENT, "treat_missing": "breaching"},
        {"state": AlarmState.INSUFFICIENT, "warm_up_until": gallery_data.NOW + timedelta(days=1)},
    )
    whole: dict[str, object] = {}
    for mark in reversed(marks):
        whole |= mark
    return (
        gallery_data.alarm("missing", AlarmState.MISSING, expected=True),
        *(
            gallery_data.alarm(
                f"{number}-" + "long-name-" * 6, AlarmState.OK, expected=True, threshold=70.0, comparison=">"
            ).model_copy(update=mark)
            for number, mark in enumerate((*marks, whole))
        ),
    )


@pytest.mark.parametrize("language", ["en", "ja"])
@pytest.mark.parametrize("width", [60, 80, 120, 200])
async def test_what_decides_a_verdict_is_never_cut_off(width, language):
    i18n.use(language)
    alarms = grave_alarms()
    async with running(AlarmApp(), (width, 60)) as (app, pilot):
        await draw(pilot, app.query_one(AlarmPanel), state=gallery_data.fresh(AlarmOverview(alarms=alarms)))
        output = "".join("".join(line.split()).replace("↳", "") for line in lines(app)[2:])
        for alarm in alarms:
            for words, _role in warnings(alarm, gallery_data.JST, gallery_data.NOW):
                assert "".join(words.split()) in output, (width, alarm.name)
        assert width < 80 or _("Threshold") in "".join(lines(app)), (
            "a limit before a note, which stands below"
        )


async def test_notes_move_as_the_width_does():
    async with running(AlarmApp(), (200, 40), AlarmPanel) as (app, pilot, panel):
        await draw(pilot, panel, state=gallery_data.fresh(AlarmOverview(alarms=gallery_data.ALARMS[1:])))
        for width, below in ((200, False), (80, True), (200, False)):
            await pilot.resize_terminal(width, 40)
            await at_rest(pilot)
            assert any(row.key.startswith("note:") for row in panel.table.rows) is below
            assert all("↳" not in line for line in lines(app)) is not below


def test_badges_name_what_is_unusual():
    words = {
        alarm.name: plain([badges(alarm, gallery_data.JST, gallery_data.NOW)])[0]
        for alarm in gallery_data.ALARMS
    }
    assert words["ecs-cpu-high"] == "[muted until 12:12 JST]"
    assert words["rds-connections-high"] == "[actions disabled]"
    assert words["市民窓口システム総合"] == "[composite]"
    assert "judged on part" in next(text for name, text in words.items() if "全て正常" in name)


STRIPS = {
    "waiting": (FeedState(), "reading"),
    "failed": (FeedState(problem=gallery_data.PROBLEM), "state is unknown"),
    "stale": (gallery_data.stale(gallery_data.BOARD), "stale, 4m ago"),
    "none": (gallery_data.fresh(AlarmOverview()), "not monitored"),
    "fresh": (gallery_data.fresh(gallery_data.BOARD), "■ firing 1 "),
}


@pytest.mark.parametrize("name", STRIPS)
async def test_the_strip_is_never_green_when_something_is_wrong(name):
    async with running(AlarmApp(), (140, 4)) as (app, pilot):
        state, words = STRIPS[name]
        await draw(pilot, app.query_one(AlarmStrip), state=state)
        assert words in lines(app)[0]
        assert ("● ok" in lines(app)[0]) == (name == "fresh")


async def test_the_strip_names_the_newest_change_as_long_as_it_fits():
    for width, words in (
        (140, "ok → ■ firing for 7m  ! open it"),
        (100, "alb-5xx-error-rate ■ firing for 7m  ! open it"),
        (80, "alb-5xx-error-rate ■ firing"),
        (40, ""),
    ):
        async with running(AlarmApp(), (width, 4)) as (app, pilot):
            app.query_one(AlarmStrip).state = gallery_data.fresh(gallery_data.BOARD)
            await draw(pilot, app.query_one(AlarmStrip), transition=gallery_data.HISTORY[0])
            line = lines(app)[0].rstrip()
            assert line.endswith(words)
            assert ("alb-5xx" in line) == bool(words)


@pytest.mark.parametrize("language", ["en", "ja"])
@pytest.mark.parametrize("state", AlarmState)
@pytest.mark.parametrize("stale", [False, True])
async def test_the_strip_says_the_state_in_a_word(state, stale, language):
    # A mark alone at the edge reads like a cut text: whatever is named has its state beside it, or is not named.
    i18n.use(language)
    newest = gallery_data.ALARMS[0].model_copy(
        update={"name": "rds-connections-high", "state": state, "since": gallery_data.NOW}
    )
    overview = AlarmOverview(alarms=(newest, *gallery_data.ALARMS[2:]))
    async with running(AlarmApp(), (60, 4), AlarmStrip) as (app, pilot, strip):
        strip.state = gallery_data.stale(overview) if stale else gallery_data.fresh(overview)
        for width in range(76, 141, 4):
            await pilot.resize_terminal(width, 4)
            await pilot.pause()
            line = lines(app)[0].rstrip()
            _before, name, after = line.partition("high")
            assert ALARM_STYLES[state].word in after or not name, line
            assert not line.endswith((" ?", " ■", " ●", " ×", "…")), line


async def test_the_strip_names_what_fires_even_when_something_else_changed_later():
    (fires,) = (each for each in gallery_data.BOARD.alarms if each.name == "alb-5xx-error-rate")
    (other,) = (each for each in gallery_data.BOARD.alarms if each.name == "ecs-cpu-high")
    overview = AlarmOverview(alarms=(fires, other.model_copy(update={"since": gallery_data.NOW})))
    async with running(AlarmApp(), (140, 4)) as (app, pilot):
        await draw(pilot, app.query_one(AlarmStrip), state=gallery_data.fresh(overview))
        assert lines(app)[0].rstrip().endswith("alb-5xx-error-rate ■ firing for 7m  ! open it")
        assert "last change" not in lines(app)[0]


async def test_durations_move_with_the_clock():
    async with running(AlarmApp(), (120, 20), AlarmPanel) as (app, pilot, panel):
        await draw(pilot, panel, state=gallery_data.fresh(gallery_data.BOARD))
        assert "for 7m" in lines(app)[4]
        panel.now = lambda: gallery_data.NOW + timedelta(minutes=5)
        panel._tick()
        await pilot.pause()
        assert any("for 12m" in line for line in lines(app))


def test_states_cover_the_model():
    assert set(ALARM_STYLES) == set(AlarmState)


async def test_values_that_come_after_the_alarms_give_their_room_back():
    # “not read yet” is wider than most values, and hid a column until the next reading of the alarms.
    texts = []
    for is_late in (True, False):
        async with running(AlarmApp(), (120, 24), AlarmPanel) as (app, pilot, panel):
            if is_late:
                await draw(pilot, panel, state=gallery_data.fresh(gallery_data.BOARD))
            panel.readings = gallery_data.READINGS
            if not is_late:
                panel.state = gallery_data.fresh(gallery_data.BOARD)
            await pilot.pause()
            texts.append(lines(app)[1:])
    assert texts[0] == texts[1]
