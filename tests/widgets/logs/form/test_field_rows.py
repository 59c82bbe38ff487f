import json
from datetime import date
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from services.models.text import clean
from tests.widgets.logs.form.drawn import AT, STREAM, painter
from tests.widgets.logs.form.drawn import rows as drawn
from tests.widgets.logs.form.test_forms import BLOCKED, CLIENT, FAILED, LINES, SLOTS
from widgets.logs.form.field_patterns import pattern_for
from widgets.logs.form.field_rows import FieldRow, folded, rows_of, value_text
from widgets.logs.form.group_form import FormChoice, form_named
from widgets.logs.store.store import StoredLine

JST = ZoneInfo("Asia/Tokyo")


def rows(form: str, text: str, *, late: bool = False) -> list[FieldRow]:
    line = StoredLine(1, AT, AT + 2_100, STREAM, late, text)
    return rows_of(form_named(form), line, JST, date(2025, 11, 25))


def row(form: str, text: str, *path: str) -> FieldRow:
    return next(row for row in rows(form, text) if row.path == path and row.name)


def test_what_went_wrong_and_the_message_come_first_and_times_last():
    names = [row.name for row in rows("json", FAILED)]
    assert names[:6] == ["error", "type", "message", "stack", "message", "timestamp"]
    assert names[-4:] == ["time", "UTC", "ingested", "log stream"]
    texts = [row.text for row in rows("json", FAILED, late=True)]
    assert "09:00:13.257 JST" in texts[-5]
    assert "00:00:13.257 UTC" in texts[-4]
    assert texts[-3].endswith("2s after the event")
    assert texts[-2].startswith("late: it came after newer lines")


def test_fields_of_equal_rank_keep_the_order_of_the_line():
    tree = {
        "zone": "a",
        "msg": "m",
        "alpha": {"z": 1, "b": 2},
        "exception": "E",
        "1": 3,
        "message": "n",
        "error": "F",
    }
    names = [row.name for row in rows("json", json.dumps(tree)) if row.path]
    assert names == ["exception", "error", "msg", "message", "zone", "alpha", "z", "b", "1"]


def test_a_number_is_shown_and_copied_as_it_was_logged():
    shown = row("json", '{"ms": 1234.5678, "share": 0.123456, "big": 12345678901234567890}', "ms")
    assert (shown.text, value_text(shown)) == ("1234.5678", "1234.5678")
    assert row("json", '{"share": 0.123456}', "share").text == "0.123456"
    assert row("json", '{"big": 12345678901234567890}', "big").text == "12345678901234567890"


_HOSTILE_NAMES = {
    "\x1b[2J": "␛[2J",
    "a\nb\tc": "a␊b  c",
    "\u202epassword": "<RLO>password",
    "[red]x[/red]": "[red]x[/red]",
    "$.a = 1 }": "$.a = 1 }",
    "\ud800": "\ufffd",
    "\u200d": "",
    "": "",
}


@pytest.mark.parametrize("name", _HOSTILE_NAMES)
def test_a_hostile_name_of_a_field_is_shown_clean(name):
    line = json.dumps({name: {"inner": 1}, "message": "m"})
    assert [row.name for row in rows("json", line) if row.path == (name,)] == [_HOSTILE_NAMES[name]]
    chosen = painter(line, choice=FormChoice("g", chosen=((name, 0), ("message", 9))))
    title = next(column.title for column in chosen.group_form.layout.columns if column.name == name)
    assert title == clean(name.rsplit(".", 1)[-1], 80)
    assert drawn(chosen, line)


def test_a_very_long_name_of_a_field_is_cut():
    (shown,) = [row for row in rows("json", json.dumps({"n" * 5_000: 1})) if row.path == ("n" * 5_000,)]
    assert shown.name == "n" * 80 + "…(+4920)"
    assert pattern_for(form_named("json"), shown) == ""


def test_names_that_are_shown_alike_stay_two_fields():
    first, second = [row for row in rows("json", '{"a\\u202d": 1, "a<LRO>": 2}') if row.path]
    assert first.name == second.name == "a<LRO>"
    assert first.key != second.key
    assert (first.value, second.value) == (1, 2)
    assert pattern_for(form_named("json"), first) != pattern_for(form_named("json"), second)


def test_the_database_and_the_firewall_have_rows_of_their_own():
    shown = {row.name: row.text for row in rows("postgresql", f"{CLIENT}FATAL:  {SLOTS}")}
    assert list(shown)[:4] == ["message", "severity", "user", "database"]
    assert shown["message"] == SLOTS
    assert [row.name for row in rows("waf", BLOCKED)][:5] == ["action", "client", "country", "rule", "method"]


def test_a_stack_trace_is_a_row_a_line_and_folds():
    trace = json.dumps({"message": "m", "stack": "E: x\n\tat a\n\tat b"})
    every = rows("json", trace)
    assert [row.text for row in every if row.path == ("stack",)] == ["E: x", "  at a", "  at b"]
    assert [row.text for row in folded(every, frozenset([("stack",)])) if row.path == ("stack",)] == ["E: x"]
    assert value_text(every[2]) == "E: x\n\tat a\n\tat b"


@pytest.mark.parametrize(
    ("path", "shows", "hides"),
    [
        (("requestId",), '{ $.requestId = "60" }', '{ $.requestId != "60" }'),
        (("statusCode",), "{ $.statusCode = 503 }", "{ $.statusCode != 503 }"),
        (("error", "type"), '{ $.error.type = "a\\"b\\\\c" }', '{ $.error.type != "a\\"b\\\\c" }'),
        (("error", "odd.name"), "{ $.error['odd.name'] IS TRUE }", "{ $.error['odd.name'] IS FALSE }"),
        (("nothing",), "{ $.nothing IS NULL }", "{ $.nothing NOT EXISTS }"),
        (("error",), "", ""),
    ],
)
def test_a_pattern_for_a_field_of_json(path, shows, hides):
    line = json.dumps(
        {"requestId": "60", "statusCode": 503, "nothing": None, "error": {"type": 'a"b\\c', "odd.name": True}}
    )
    field_row = row("json", line, *path)
    form = form_named("json")
    assert (pattern_for(form, field_row), pattern_for(form, field_row, hides=True)) == (shows, hides)


def test_patterns_of_other_forms():
    database = row("postgresql", f"{CLIENT}FATAL:  {SLOTS}", "address")
    assert pattern_for(form_named("postgresql"), database) == '"10.0.12.135"'
    assert pattern_for(form_named("postgresql"), database, hides=True) == '-"10.0.12.135"'
    firewall = form_named("waf")
    assert (
        pattern_for(firewall, row("waf", BLOCKED, "client")) == '{ $.httpRequest.clientIp = "203.0.113.24" }'
    )
    assert pattern_for(firewall, row("waf", BLOCKED, "httpRequest", "uri")) == (
        '{ $.httpRequest.uri = "/wp-login.php" }'
    )
    assert pattern_for(firewall, row("waf", BLOCKED, "rule")) == ""


@settings(deadline=None, max_examples=100)
@given(LINES, st.sampled_from(["json", "postgresql", "waf", "plain"]))
def test_any_line_has_clean_rows_and_its_whole_message(text, form):
    for shown in rows(form, text):
        assert not any(
            ord(c) < 0x20 or 0x7F <= ord(c) < 0xA0 or c == "\u202e" for c in shown.name + shown.text
        )
        assert len(pattern_for(form_named(form), shown)) <= 1024
