from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.models.fleet import Standing
from tests.tools.sample_systems import alarms, read, sample
from widgets.drawing.lines import plain, width_of
from widgets.fleet.rows import LETTERS, letter_of, rows
from widgets.fleet.strip import fleet_line, short_names

NOW = datetime(2026, 1, 14, 1, 0, tzinfo=UTC)


@pytest.mark.parametrize("width", [40, 60, 78, 118, 198])
def test_what_fires_or_cannot_be_read_is_there_at_every_width(width):
    line = fleet_line(sample(NOW), "facility-prod", NOW, width)
    text = plain([line])[0]
    assert width_of(line) <= width
    assert text.startswith("●[")
    assert "■ l" in text
    assert "? w" in text


def test_the_worst_come_first_and_the_rest_is_counted():
    text = plain([fleet_line(sample(NOW), "facility-prod", NOW, 78)])[0]
    assert text == "●[facility-prod]  ■ library 2  ? waste  ? school-lunch 12m  +6"


def test_all_are_named_where_there_is_room():
    text = plain([fleet_line(sample(NOW), "facility-prod", NOW, 198)])[0]
    assert all(system.key in text for system in sample(NOW))
    assert "+" not in text


def test_fifty_that_fire_are_counted_where_not_even_short_names_have_room():
    since = NOW - timedelta(minutes=1)
    firing = sample(NOW)[1]
    systems = [
        replace(firing, key=f"system-{number}", alarms=read(alarms("a", since=since), NOW))
        for number in range(50)
    ]
    assert plain([fleet_line(systems, "system-0", NOW, 78)])[0] == "■ firing 50"


def test_stale_and_unreadable_are_never_shown_as_normal():
    stale = {system.key for system in sample(NOW) if system.standing(NOW) is not Standing.NORMAL}
    assert stale == {"library", "school-lunch", "tax-portal", "water-meter", "clinic", "waste"}
    for row in rows(sample(NOW), "facility-prod", NOW):
        state = row.cells[3]
        assert (state[0][1] == "good") is (row.key not in stale)


def test_every_row_has_a_letter_of_its_own_until_there_are_no_more():
    letters = [letter_of(place) for place in range(60)]
    assert letters[0] == "a"
    usable = [letter for letter in letters if letter]
    assert len(set(usable)) == len(usable) == len(LETTERS)
    assert not {"j", "k", "U"} & set(usable)


def test_what_all_names_end_with_goes_before_letters_do():
    names = ("facility", "library", "taxes", "water", "clinic", "school", "buses", "parks")
    just = read(alarms(since=NOW), NOW)
    systems = [replace(sample(NOW)[1], key=f"{name}-prod", alarms=just) for name in names]
    text = plain([fleet_line(systems, "facility-prod", NOW, 78)])[0]
    assert "[facility]" in text
    assert all(name in text for name in names)
    assert "-prod" not in text
    assert plain([fleet_line(systems, "facility-prod", NOW, 198)])[0].count("-prod") == 8


@pytest.mark.parametrize(
    ("keys", "short"),
    [
        (("a-prod", "b-prod"), ("a", "b")),
        (("a-x-prod", "b-x-prod"), ("a", "b")),
        (("a-prod", "b-test"), ("a-prod", "b-test")),
        (("prod", "a-prod"), ("prod", "a-prod")),
        (("a-prod", "a-b-prod"), ("a", "a-b")),
        (("a-prod",), ("a-prod",)),
        ((), ()),
    ],
)
def test_a_short_name_is_never_empty_and_never_twice(keys, short):
    assert short_names(keys) == dict(zip(keys, short, strict=True))


@given(st.sets(st.from_regex(r"[ab]{1,2}(-[ab]){0,3}", fullmatch=True), max_size=6))
def test_short_names_tell_systems_apart(keys):
    short = short_names(sorted(keys))
    assert len(set(short.values())) == len(keys)
    assert all(short.values())
