"""Every place that breaks TOML's grammar is named with its line, the rest is checked, and nothing is made up."""

import re
import tomllib
from importlib.resources import files

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from services.models.runbook import Runbook
from services.toml.grammar import lists
from services.toml.positions import statements
from services.toml.repair import MOST, end_of, repair
from tests.services.toml.runbook_mistakes import mistakes

SHIPPED = (files("services.runbook") / "facility-prod.toml").read_text("utf-8")
MISSPELT = SHIPPED.replace('region = "ap-northeast-1"', 'region = "ap-norheast-1"', 1)
REGION_LINE = SHIPPED[: SHIPPED.index('region = "ap-northeast-1"')].count("\n") + 1


def messages(text):
    return [(each.line, each.message) for each in mistakes(text)]


def test_two_syntax_mistakes_and_a_misspelt_region_are_named_at_once():
    text = MISSPELT.replace("usual_min = 2", "usual_min = 2 3").replace(
        "retention_days = 7", "retention_days = = 7"
    )
    assert [each.key for each in mistakes(text)] == ["system.region", "", ""]
    lines = [text[: text.index(broken)].count("\n") + 1 for broken in ("usual_min", "retention_days = =")]
    assert [each.line for each in mistakes(text)] == [REGION_LINE, *lines]


@pytest.mark.parametrize(
    ("was", "becomes"),
    [
        ('region = "ap-northeast-1"', "region = ap-northeast-1"),
        ('region = "ap-northeast-1"', 'region = "ap-northeast-1'),
        ('region = "ap-northeast-1"', 'region: "ap-northeast-1"'),
        ('region = "ap-northeast-1"', 'region "ap-northeast-1"'),
        ('region = "ap-northeast-1"', "region ="),
        ("usual_min = 2", "usual_min = 2\nusual_min = 3"),
        ("usual_min = 2", "usual min = 2"),
        ('services = ["staff-api"]', 'services = ["staff-api"'),
        ('services = ["staff-api"]', "services = [\n  staff-api,\n]"),
        ("[system]", "[system"),
        ("[system]", "system]"),
        ("[rds]", "[[rds]"),
        ("[rds]", "[rds] x"),
        ("[ecs]", "[ecs]]"),
        ("[[alarms]]", "[[alarms]"),
        ("[[alarms]]", "[alarms]]"),
        ('id = "/ecs/staff-api"', "id = /ecs/staff-api"),
        ('id = "rds-cpu"', 'id = "rds-cpu'),
        ('role = "開発チーム"', "role = 開発チーム"),
        ('users = ["ci-cd-user"]', "users = [ci-cd-user]"),
        ('instance = "facility-prod-db"', "instance = facility-prod-db"),
        ('rule = "FREQ=DAILY"', "rule = FREQ=DAILY"),
        ('series = "daily"', "series = daily"),
        ('timezone = "Asia/Tokyo"', "timezone = Asia/Tokyo"),
        ("# ── 対象", "# \x00 ── 対象"),
        ("version = 1", "version = １"),
        ("[dashboard]", "[rds]\n[dashboard]"),
        ('web_acl = "facility-prod-acl"', '名前 = 1\nweb_acl = "facility-prod-acl"'),
    ],
)
def test_one_broken_place_is_one_mistake(was, becomes):
    assert was in SHIPPED
    ((line, message),) = messages(SHIPPED.replace(was, becomes, 1))
    assert message.startswith("not TOML: ")
    first = SHIPPED[: SHIPPED.index(was)].count("\n") + 1
    assert line is not None
    assert first <= line <= first + becomes.count("\n")
    assert "not checked" not in message
    # The rest is checked all the same.
    if "region" not in was:
        assert {each.key for each in mistakes(MISSPELT.replace(was, becomes, 1))} == {"", "system.region"}


@pytest.mark.parametrize(
    "text",
    [
        SHIPPED.replace('blocked_query = """', 'blocked_query = ""', 1).replace(
            "LIMIT 100", "LIMIT 100 x", 1
        ),
        SHIPPED.replace('LIMIT 100"""', "LIMIT 100", 1),
        SHIPPED.replace("[rds]", "[]", 1),
        SHIPPED + "x = " + "[" * 10_000,
        "= 1\n" * (MOST + 1),
    ],
)
def test_where_the_meaning_is_unclear_it_says_that_nothing_more_was_checked(text):
    reported = mistakes(text)
    assert {each.key for each in reported} == {""}
    assert len(reported) <= MOST
    if not repair(text, lists(Runbook)).complete:
        assert "was not checked" in reported[-1].message


PLACES = [
    (each, SHIPPED[each.start : end])
    for each in statements(SHIPPED)
    if (end := end_of(SHIPPED, each.start)) is not None
]
BREAKS = (
    lambda text: text.replace("=", ":", 1),
    lambda text: text.replace("=", "", 1),
    lambda text: text.replace("=", "= =", 1),
    lambda text: text.partition("=")[0] + "=",
    lambda text: text.partition("=")[0] + "= 何か",
    lambda text: text.partition("=")[0] + '= "何か',
    lambda text: text.partition("=")[0] + '= ["何か"',
    lambda text: text + "\n" + text,
)
HEADERS = (lambda text: text[:-1], lambda text: text[1:], lambda text: text + " x", lambda text: text + "]")


def broken(*chosen):
    """The shipped file with statements broken, from the last to the first, and the lines each has then."""
    text, lines = SHIPPED, []
    for index, way in sorted(chosen, reverse=True):
        statement, written = PLACES[index]
        ways = HEADERS if statement.header else BREAKS
        becomes = ways[way % len(ways)](written)
        text = text[: statement.start] + becomes + text[statement.start + len(written) :]
        more = becomes.count("\n") - written.count("\n")
        first = text.count("\n", 0, statement.start) + 1
        lines = [
            range(first, first + becomes.count("\n") + 1),
            *(range(each.start + more, each.stop + more) for each in lines),
        ]
    return text, lines


CHOICES = st.tuples(st.integers(0, len(PLACES) - 1), st.integers(0, 7))


@given(st.lists(CHOICES, min_size=1, max_size=4, unique_by=lambda choice: choice[0]))
@pytest.mark.slow
def test_each_broken_statement_is_named_and_nothing_is_invented(chosen):
    # A list that is not closed may take in a broken line right behind it.
    places = {index for index, _way in chosen}
    assume(not any(way == 6 and index + 1 in places for index, way in chosen))
    text, lines = broken(*chosen)
    reported = messages(text)
    assert all(message.startswith("not TOML: ") for _line, message in reported), reported
    assert len(reported) == len(lines), reported
    assert all(line in span for (line, _message), span in zip(reported, lines, strict=True)), (
        reported,
        lines,
    )


@given(st.data())
def test_no_text_that_toml_refuses_is_taken_and_none_ends_in_a_fault(data):
    text = SHIPPED[: SHIPPED.index("# ── 対応手順")]
    for _change in range(data.draw(st.integers(1, 4))):
        at = data.draw(st.integers(0, len(text)))
        text = (
            text[:at]
            + data.draw(st.text("\"'[]{}=#\n\\,. a1あ\x00", max_size=3))
            + text[at + data.draw(st.integers(0, 5)) :]
        )
    try:
        values = tomllib.loads(text)
    except tomllib.TOMLDecodeError:
        repaired = repair(text, lists(Runbook))
        assert repaired.mistakes
        assert any("not TOML" in each.message for each in mistakes(text))
        assert repaired.text.count("\n") == text.count("\n")
        assert not repaired.complete or tomllib.loads(repaired.text) == repaired.data
    else:
        assert repair(text).data == values
        assert not repair(text).mistakes


@pytest.mark.parametrize("kind", ["version", "waf.scope", "log_groups[0].kind", "system.environment"])
def test_what_may_be_written_is_listed(kind):
    text = re.sub(r"^version = 1", "version = 2", SHIPPED, flags=re.MULTILINE)
    for key in ("scope", "kind", "environment"):
        text = re.sub(rf'^{key} = ".*"', f'{key} = "x"', text, flags=re.MULTILINE)
    expected = {
        "version": "unknown version: must be 1 (found 2)",
        "waf.scope": "must be one of regional, cloudfront (found 'x')",
        "log_groups[0].kind": "must be one of application, database, firewall, other (found 'x')",
        "system.environment": "must be one of production, staging, test (found 'x')",
    }
    assert {each.key: each.message for each in mistakes(text)}[kind] == expected[kind]
