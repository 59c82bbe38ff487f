"""What is wrong in a file is named with its line: first TOML's grammar, then types, then contradictions."""

import re
import tomllib
from importlib.resources import files

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.toml.files import parse
from tests.services.toml.runbook_mistakes import mistakes

SHIPPED = (files("services.runbook") / "facility-prod.toml").read_text("utf-8")


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
def test_a_broken_place_is_named_with_its_line(was, becomes):
    assert was in SHIPPED
    (mistake,) = mistakes(SHIPPED.replace(was, becomes, 1))
    assert mistake.message.startswith("not TOML: ")
    assert "was not checked" in mistake.message
    first = SHIPPED[: SHIPPED.index(was)].count("\n") + 1
    assert mistake.line is not None
    assert first <= mistake.line <= first + becomes.count("\n")


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
        (mistake,) = mistakes(text)
        assert "not TOML" in mistake.message
        assert mistake.line in range(1, text.count("\n") + 2)
    else:
        assert parse(text, "f").data == values


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


def test_mistakes_of_types_are_named_in_the_order_of_the_file_and_contradictions_after_them():
    text = SHIPPED.replace('region = "ap-northeast-1"', 'region = "ap-notheast-1"')
    text = text.replace("usual_min = 2", "usual_min = 7").replace(
        '"sat:17:00-sat:18:00"', '"sun:02:00-sun:02:10"'
    )
    text = text.replace('playbook = "ecs-cpu"', 'playbook = "ecs-cpuu"', 1)
    contradictions = ["system.region", "ecs.usual_max", *["rds.window_utc"] * 3, "alarms[0].playbook"]
    assert [each.key for each in mistakes(text)] == contradictions
    text = text.replace('environment = "production"', 'environment = "prod"') + "\nextra = 1\n"
    (first, last) = mistakes(text)
    assert first.key == "system.environment"
    assert last.key.endswith("extra")
