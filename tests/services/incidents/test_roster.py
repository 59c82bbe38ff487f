"""The roster: who is on duty, who is next, and the open days on which nobody is."""

from datetime import date

from services.incidents.escalation import recipients
from services.incidents.roster import next_on_duty, on_duty, reach_of, roster_rows
from services.runbook.loader import loads
from tests.services.runbook.small import SYSTEM

ROSTER = """
[[contacts]]
role = "当番"
contact = "内線 2000"
on_duty = true
[[contacts]]
role = "管理者"
contact = "090"
[[roster]]
person = "佐藤"
starts = 2026-01-19
ends = 2026-01-23
[[roster]]
person = "田中"
starts = 2026-01-26
ends = 2026-01-30
contact = "内線 2346"
[[roster]]
person = "鈴木"
starts = 2026-02-04
ends = 2026-02-06
"""


def load_roster(text=ROSTER):
    return loads(SYSTEM + text)


def book():
    return load_roster().runbook


def test_who_is_on_duty_and_who_is_next():
    runbook = book()
    entry = on_duty(runbook, date(2026, 1, 23))
    assert entry.person == "佐藤"
    assert on_duty(runbook, date(2026, 1, 24)) is None
    following = next_on_duty(runbook, date(2026, 1, 23))
    assert following.person == "田中"
    assert next_on_duty(runbook, date(2026, 2, 4)) is None


def test_escalation_begins_with_the_one_on_duty_by_the_roles_contact():
    runbook = book()
    first = recipients(runbook, None, date(2026, 1, 20))[0]
    assert (first.role, first.reach) == ("佐藤", "内線 2000")
    assert reach_of(runbook, runbook.roster[1]) == "内線 2346"


def test_open_days_without_anybody_are_rows_and_weekends_are_not():
    rows = list(roster_rows(book(), date(2026, 1, 22), date(2026, 2, 10)))
    assert [(row.starts.day, row.ends.day, row.entry and row.entry.person) for row in rows] == [
        (19, 23, "佐藤"),
        (26, 30, "田中"),
        (2, 3, None),
        (4, 6, "鈴木"),
        (9, 10, None),
    ]


def test_a_gap_is_an_undecided_point_and_the_end_is_not():
    points = {each.key: each.message for each in load_roster().undecided}
    assert [key for key in points if key.startswith("roster")] == ["roster[1].ends"]
    assert "2026-02-02" in points["roster[1].ends"]
    unreachable = load_roster(ROSTER.replace('contact = "内線 2000"', ""))
    assert {"roster[0].contact", "roster[2].contact"} <= {each.key for each in unreachable.undecided}


def test_without_a_roster_nothing_is_invented():
    runbook = load_roster("").runbook
    assert on_duty(runbook, date(2026, 1, 20)) is None
    assert list(roster_rows(runbook, date(2026, 1, 1), date(2026, 12, 31))) == []
