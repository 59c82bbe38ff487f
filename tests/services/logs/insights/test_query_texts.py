import re
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.aws.logs.query_text import blanked, commands
from services.logs.insights.mistakes import mistake_in
from services.logs.insights.texts import (
    equality_fields,
    filled,
    groups_read,
    names_groups,
    own_text,
    placeholders,
)
from services.models.base import RawId
from services.models.insights_queries import CompileError, InsightsQuery, QueryLanguage
from services.models.metrics import TimeSpan

LOGSQL, PPL, SQL = QueryLanguage.LOGSQL, QueryLanguage.PPL, QueryLanguage.SQL


@pytest.mark.parametrize(
    ("text", "fields"),
    [
        ('filter level = "ERROR"', ("level",)),
        ('fields a | filter b = 1 and c in ["x", "y"] and d > 3', ("b", "c")),
        ('filter `a.b` = "="', ("a.b",)),
        ("filter a != 1", ()),
        ("filter a >= 1 and b <= 2", ()),
        ("filter a =~ /x=y/", ()),
        ('filter @message like "a = b"', ()),
        ("filter a = 1 or b = 2", ()),
        ("filter not a = 1", ()),
        ("# filter a = 1\nlimit 3", ()),
        ("stats count(*) as n by a | filter n = 3", ()),
        ("filterIndex requestId = 'x'", ("requestId",)),
    ],
)
def test_conditions_that_use_an_index(text, fields):
    assert equality_fields(text) == fields


@given(st.text(alphabet="ab #|\"'`/\\\n=~like ", max_size=60))
def test_a_blanked_query_has_the_same_commands_and_every_character_in_its_place(text):
    blank = blanked(text)
    assert len(blank) == len(text)
    # A comment at the end of a line leaves blanks there.
    assert [re.sub(" +\n", "\n", each) for each in commands(blank)] == [
        re.sub(" +\n", "\n", each) for each in commands(text)
    ]
    assert all(new in (old, " ") for new, old in zip(blank, text, strict=True))


@pytest.mark.parametrize(
    ("text", "value", "result"),
    [
        ('filter a = "{{v}}"', 'x"y\\z', 'filter a = "x\\"y\\\\z"'),
        ("filter a = '{{v}}'", "it's", "filter a = 'it\\'s'"),
        ("filter a like /{{v}}/", "a/b", "filter a like /a\\/b/"),
        ("parse @message /x {{v}}/", "a/b", "parse @message /x a\\/b/"),
        ("filter n > {{v}}", "1000", "filter n > 1000"),
        ("filter n > {{ v }}", "-1.5", "filter n > -1.5"),
        ("filter a = {{v}}", 'x | limit 1 "', 'filter a = "x | limit 1 \\""'),
        ('filter a = "k|{{v}}"', "w", 'filter a = "k|w"'),
        ("filter {{v}} = 1", "@logStream", "filter @logStream = 1"),
        ("filter a = {{w}}", "x", "filter a = {{w}}"),
        ("filter id = {{v}}", "1f-2-3", 'filter id = "1f-2-3"'),
        ("filter ip = {{v}}", "10.0.0.1", 'filter ip = "10.0.0.1"'),
        ("stats count(*) by bin({{v}})", "5m", "stats count(*) by bin(5m)"),
        ("filter a like {{v}}", "/x/", 'filter a like "/x/"'),
        ("filter a like /{{v}}/", "a\\/b", "filter a like /a\\/b/"),
        ("filter a like /{{v}}/", "a\\\\/b", "filter a like /a\\\\\\/b/"),
        ("filter a like /{{v}}/", "a\\", "filter a like /a\\\\/"),
        ("filter a = {{v}}", "x\r| limit 1", 'filter a = "x | limit 1"'),
    ],
)
def test_a_value_is_written_as_its_place_requires(text, value, result):
    assert filled(text, {"v": value}) == result


@given(st.text(max_size=30) | st.text(alphabet="a\\/|\"'`#\r\n ", max_size=12))
def test_a_value_never_adds_a_command(value):
    for text in (
        'filter a = "{{v}}" | limit 3',
        "filter a = {{v}} | limit 3",
        "filter a = '{{v}}' | limit 3",
        "filter a = `{{v}}` | limit 3",
        "filter a like /{{v}}/ | limit 3",
    ):
        assert len(commands(filled(text, {"v": value}))) == 2


def test_placeholders_are_listed_once_in_their_order():
    assert placeholders("filter a = {{b}} or c = {{ a }} or d = {{b}} or {{1}}") == ("b", "a")


def test_the_groups_that_aws_puts_before_a_query_are_taken_off():
    assert own_text("SOURCE '/ecs/a' START=-3600s END=0s |\nfields @message") == "fields @message"
    assert own_text("SOURCE logGroups(namePrefix: ['/ecs'])\n| limit 3").startswith("SOURCE")


def test_texts_that_name_their_groups_themselves():
    assert names_groups("SELECT 1", SQL)
    assert names_groups("SOURCE logGroups(namePrefix: ['/ecs'])\n| limit 3", LOGSQL)
    assert not names_groups("limit 3", LOGSQL)


def test_the_caret_of_a_compile_error():
    text = "fields a\n| fliter b\n"
    assert CompileError("", text.index("fliter")).place(text) == (1, 2)
    assert CompileError("", 0).place(text) == (0, 0)
    assert CompileError("").place(text) is None


def asked(text, language, *groups):
    start = datetime(2026, 1, 14, tzinfo=UTC)
    span = TimeSpan(start=start, end=start + timedelta(hours=1))
    return InsightsQuery(text=text, language=language, groups=tuple(map(RawId, groups)), span=span)


@pytest.mark.parametrize(
    ("text", "groups"),
    [
        ("SELECT * FROM `/ecs/a` WHERE b = 'from x'", ("/ecs/a",)),
        ('SELECT 1 FROM "a" AS x JOIN `b` y ON x.i = y.i', ("a", "b")),
        ("SELECT 1 FROM (SELECT 2 FROM `a`) GROUP BY c, d", ("a",)),
        ("SELECT \"it's\", 1 FROM `huge` WHERE c = 'x'", ("huge",)),
        ("SELECT 1 FROM `a`, `b`", None),
        ("SELECT 1 FROM `a` AS x , `b`", None),
        ("SELECT 1 FROM `a` x, `b`", None),
        ("SELECT 1 FROM logGroups(logGroupIdentifier: ['a'])", None),
        ("SELECT 1 FROM/**/`a`", None),
        ("SELECT 1 FROM -- `a`\n `b`", None),
        ("WITH c AS (SELECT 1 FROM `a`) SELECT 2 FROM c", None),
        ("SELECT '\\' FROM `a` WHERE b = '", None),
        ("SELECT 1", None),
    ],
)
def test_the_groups_that_sql_reads(text, groups):
    assert groups_read(asked(text, SQL)) == groups


@pytest.mark.parametrize(
    ("text", "is_clear"),
    [
        ("filter source = 'x' | limit 3", True),
        ("fields @message | filter @message like /source/", True),
        ("SOURCE logGroups(namePrefix: ['/'])", False),
        ("join left=l right=r on l.a = r.a `huge`", False),
        ("where a in [ source = `huge` | fields a ]", False),
    ],
)
@pytest.mark.parametrize("language", [LOGSQL, PPL])
def test_a_query_that_may_read_other_groups_has_no_known_price(text, is_clear, language):
    assert groups_read(asked(text, language, "/a")) == (("/a",) if is_clear else None)


@pytest.mark.parametrize("language", [LOGSQL, PPL, SQL])
@pytest.mark.parametrize(
    "text",
    ["unmask @message", "unmask(@message)", "fields a | UNMASK(@message)", "fields a, unmask (@message)"],
)
def test_masked_data_stays_masked(text, language):
    groups = () if language is SQL else ("/a",)
    assert "unmask is never sent" in mistake_in(asked(text, language, *groups))
    assert mistake_in(asked('filter a = "unmask"', LOGSQL, "/a")) == ""
