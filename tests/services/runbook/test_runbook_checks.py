"""What the checks say of duties that follow one another, of those with a base date, and of the journal."""

import pytest

from services.runbook.loader import load_named
from tests.services.runbook import small

BOB = """[access_keys]
users = ["bob"]
"""
DAILY = '[[duties]]\nid = "{id}"\ntitle = "d"\nrule = "FREQ=DAILY"\n'


def mistakes(text):
    return small.mistakes(BOB + text)


def daily(name, more=""):
    return DAILY.format(id=name) + more


def with_base_date(more):
    return f'[[duties]]\nid = "k"\ntitle = "k"\nanchor = "access-key:bob+90d"\n{more}'


def test_a_series_of_two():
    assert mistakes(daily("a", 'series = "s"\n') + daily("b", 'series = "s"\n')) == {}


@pytest.mark.parametrize(
    ("text", "key", "words"),
    [
        (daily("a", 'series = "s"\n'), "duties[0].series", "remove it"),
        (
            daily("a", 'series = "daily"\n')
            + daily("b", 'series = "daily"\n')
            + daily("c", 'series = "dayly"\n'),
            "duties[2].series",
            'did you mean "daily"?',
        ),
        (
            with_base_date('closed_day = "keep"\nseries = "s"\n') + daily("a", 'series = "s"\n'),
            "duties[0].series",
            "follows no other",
        ),
        (with_base_date(""), "duties[0].closed_day", "comes once"),
        (with_base_date('closed_day = "skip"\n'), "duties[0].closed_day", "comes once"),
        (daily("a", "open_days_before = 2\n"), "duties[0].closed_day", "previous-open"),
        (
            daily("a", 'open_days_before = 2\nwithin = "month"\nclosed_day = "previous-open"\n'),
            "duties[0].open_days_before",
            "remove it",
        ),
        (
            with_base_date('closed_day = "previous-open"\nopen_days_before = 2\n'),
            "duties[0].open_days_before",
            "remove it",
        ),
        ('[journal]\nlog_group = "/ops/journal"\n', "journal.log_stream", "both"),
        ('[journal]\nlog_stream = "console"\n', "journal.log_group", "both"),
    ],
)
def test_what_is_refused(text, key, words):
    messages = mistakes(text)
    assert list(messages) == [key]
    assert words in messages[key]


@pytest.mark.parametrize("days", ["90", "0", "9999"])
def test_days_after_a_base_date(days):
    assert mistakes(with_base_date('closed_day = "keep"\n').replace("+90d", f"+{days}d")) == {}


@pytest.mark.parametrize("days", ["10000", "９０", "-1", ""])
def test_days_that_are_none(days):
    messages = mistakes(with_base_date('closed_day = "keep"\n').replace("+90d", f"+{days}d"))
    assert list(messages) == ["duties[0].anchor"]


def test_the_shipped_series():
    series: dict[str | None, list[str]] = {}
    for duty in load_named("facility-prod").duties:
        series.setdefault(duty.series, []).append(duty.id)
    series.pop(None)
    assert series == {
        "daily": ["daily-morning", "daily-afternoon", "daily-evening"],
        "scaling": ["month-end-scale-up", "year-end-scale-up", "scale-down"],
    }
