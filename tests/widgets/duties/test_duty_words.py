from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, date, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len

from services import i18n
from services.models.duties import Occurrence
from tests.widgets import duty_data
from tests.widgets.duty_data import JST, NOW, TODAY, State
from widgets.drawing.lines import plain, width_of
from widgets.duties import duty_wording as words


@pytest.fixture(autouse=True)
def english() -> Iterator[None]:
    i18n.use("en")
    yield
    i18n.use("en")


def in_state(state: State) -> Occurrence:
    return duty_data.occurrence(duty_data.slot("d", "題", TODAY, 14), state)


def text(spans: object) -> str:
    return plain([spans])[0]  # type: ignore[list-item]  # spans of one line


def test_every_state_has_its_own_mark_of_one_cell_and_its_own_word():
    assert set(words.DUTY_STYLES) == set(State)
    styles = [*words.DUTY_STYLES.values()]
    assert len({each.mark for each in styles}) == len({each.word for each in styles}) == len(styles)
    assert words.PLANNED.word not in {each.word for each in styles}
    assert {cell_len(each.mark) for each in styles} == {1}
    assert {each.role for each in styles if each.role == "good"} == {words.DUTY_STYLES[State.DONE].role}


@given(st.lists(st.sampled_from(list(State)), max_size=20), st.integers(0, 30))
def test_marks_fit_and_what_needs_a_person_is_first(states, width):
    output = words.marks([in_state(state) for state in states], width)
    assert width_of(output) <= width
    if states and width:
        assert output
    if len(states) > width >= 3 and State.LATE in states:
        assert text(output).startswith("!")


def test_marks_are_in_order_of_time_then_counted_then_cut():
    states = [State.DONE, State.LATE, State.DONE, State.UPCOMING, State.DONE, State.MISSED, State.DONE]
    day = [in_state(state) for state in states]
    assert text(words.marks(day, 7)) == "✓!✓○✓×✓"
    assert text(words.marks(day, 5)) == "!×○✓4"
    assert text(words.marks(day, 4)) == "!×○+"
    assert text(words.marks(day, 1)) == "+"
    assert words.marks(day, 0) == []
    assert text(words.tally(day)) == "!1 ×1 ○1 ✓4"


def test_a_planned_occurrence_is_marked_as_planned():
    assert words.state_style(duty_data.one("weekly-deploy", 18)).text == "○ planned"
    assert words.state_style(duty_data.one("weekly-deploy", 25)).text == "◇ not planned"
    done = replace(duty_data.done(duty_data.slot("d", "x", TODAY, 2, if_planned=True)), planned=True)
    assert words.state_style(done).text == "✓ done"


def test_where_it_comes_from():
    assert words.moved_from(duty_data.one("weekly-cost", 13).slot) == "from 01-12(Mon)"
    assert words.moved_from(duty_data.one("daily-morning", 13).slot) == ""
    back = duty_data.slot("k", "x", date(2026, 1, 5), nominal=(date(2025, 12, 31), date(2026, 1, 1)))
    assert words.moved_from(back) == "from 2025-12-31(Wed), 01-01(Thu)"


@pytest.mark.parametrize(
    ("state", "now", "later"),
    [
        (State.UPCOMING, "in 18m", ""),
        (State.DUE, "late in 48m", "late from 15:30"),
        (State.LATE, "under 1m overdue", "since 15:30"),
        (State.MISSED, "since 18:00", "since 18:00"),
        (State.UNPLANNED, "", ""),
        (State.NO_RECORD, "", ""),
    ],
)
def test_what_a_state_means_now(state, now, later):
    occurrence = duty_data.occurrence(duty_data.slot("d", "x", TODAY, 15), state)
    assert text(words.progress(occurrence, NOW, JST, TODAY)) == now
    assert text(words.progress(occurrence, None, JST, TODAY)) == later


def test_a_late_signature_says_so_and_one_in_time_does_not():
    slot = duty_data.slot("d", "x", TODAY, 9)
    output = [
        text(words.progress(duty_data.done(slot, was=was), NOW, JST, TODAY))
        for was in (State.DUE, State.LATE, State.MISSED)
    ]
    assert output == [
        "09:04 山田 (yamada)",
        "09:04 山田 (yamada) signed off late",
        "09:04 山田 (yamada) signed off after missed",
    ]


def test_times_follow_the_zone_and_name_another_day():
    deploy = duty_data.one("weekly-deploy", 18).slot
    assert words.when(deploy, JST, deploy.day) == "02:00"
    assert words.when(deploy, UTC, deploy.day) == "01-17(Sat) 17:00"
    drill = duty_data.one("dr-drill", 5).slot
    assert words.when(drill, JST, TODAY) == "by 01-30(Fri)"
    key = duty_data.slot("key", "x", TODAY)
    assert words.when(key, JST, TODAY) == "any time"
    assert words.when(key, JST, TODAY + timedelta(days=1)) == "01-14(Wed)"
    assert words.zone_name(JST) == "JST"
    assert words.zone_name(ZoneInfo("Europe/Berlin"), NOW) == "CET"
