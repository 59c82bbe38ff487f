import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from services.models.runbook import Runbook
from services.runbook.checks import rule_mistake
from services.runbook.loader import (
    RunbookError,
    builtin_names,
    inspect,
    load,
    load_builtin,
    load_named,
    loads,
    schema,
)
from tests.services.runbook import small

SYSTEM = small.SYSTEM.replace("ap-northeast-1", "eu-central-1") + 'timezone = "Europe/Berlin"\n'


def mistakes(text):
    with pytest.raises(RunbookError) as caught:
        loads(text)
    return {each.key: (each.line, each.message) for each in caught.value.mistakes}


def test_a_small_runbook_is_enough():
    loaded = loads(SYSTEM)
    assert loaded.runbook.system.account == "210987654321"
    assert [each.key for each in loaded.undecided] == ["approved_by"]


def test_every_mistake_is_named_at_once_with_line_and_key():
    messages = mistakes(
        SYSTEM.replace('"210987654321"', "210987654321").replace('"staging"', '"prod"')
        + """
[[limits]]
id = "cpu"
title = 5
namespace = "AWS/ECS"
metric = "CPUUtilization"
below = "70"
[ecs]
cluster = "c"
[[duties]]
id = "x"
title = "x"
rule = "FREQ=DAILY"
at = ["9:00"]
"""
    )
    assert messages["system.account"] == (6, "must be text: put it in quotes (found 210987654321)")
    assert messages["system.environment"] == (5, "must be one of production, staging, test (found 'prod')")
    assert messages["limits[0].title"] == (12, "must be text: put it in quotes (found 5)")
    assert messages["limits[0].below"][0] == 15
    assert messages["ecs.services"] == (16, "required: add this key")
    assert messages["duties[0].at[0]"] == (22, "must be a time of day such as 09:00 (found '9:00')")
    assert len(messages) == 6


def test_messages_read_file_line_key_message(tmp_path):
    file = tmp_path / "book.toml"
    file.write_text(SYSTEM.replace('timezone = "Europe/Berlin"', 'timezone = "Europe/Berlim"'), "utf-8")
    with pytest.raises(RunbookError) as caught:
        load(file)
    assert str(caught.value) == f'{file}:8: system.timezone: no such time zone: did you mean "Europe/Berlin"?'


def test_unknown_keys_are_refused_with_the_one_meant():
    messages = mistakes(SYSTEM + '[rds]\ninstance = "db"\nretention_day = 7\n[zzz]\na = 1\n')
    assert messages["rds.retention_day"] == (11, 'unknown key: did you mean "retention_days"?')
    assert messages["zzz"][1].startswith("unknown key: available: version, document")


@pytest.mark.parametrize(
    ("text", "key", "line", "words"),
    [
        (
            '[[alarms]]\nname = "a"\ntitle = "a"\nplaybook = "nope"\n',
            "alarms[0].playbook",
            12,
            "does not exist",
        ),
        (
            '[[alarms]]\nname = "a"\ntitle = "a"\nlog_group = "/x"\n',
            "alarms[0].log_group",
            12,
            "does not exist",
        ),
        (
            '[[alarms]]\nname = "a"\ntitle = "a"\n[[alarms]]\nname = "a"\ntitle = "b"\n',
            "alarms[1].name",
            13,
            "twice",
        ),
        ('[[limits]]\nid = "l"\ntitle = "l"\nnamespace = "n"\nmetric = "m"\n', "limits[0]", 9, "exactly one"),
        (
            '[[limits]]\nid = "l"\ntitle = "l"\nnamespace = "n"\nmetric = "m"\nbelow = nan\n',
            "limits[0].below",
            14,
            "finite",
        ),
        ('[[duties]]\nid = "d"\ntitle = "d"\n', "duties[0]", 9, "exactly one of rule and anchor"),
        (
            '[[duties]]\nid = "d"\ntitle = "d"\nrule = "FREQ=SOMETIMES"\n',
            "duties[0].rule",
            12,
            "FREQ must be",
        ),
        (
            '[[duties]]\nid = "d"\ntitle = "d"\nanchor = "access-key:bob+9d"\n',
            "duties[0].anchor",
            12,
            "does not exist",
        ),
        (
            '[[duties]]\nid = "d"\ntitle = "d"\nanchor = "someday"\n',
            "duties[0].anchor",
            12,
            "must be access-key",
        ),
        (
            '[[duties]]\nid = "d"\ntitle = "d"\nrule = "FREQ=DAILY"\nat = [\n"09:00",\n"09:00",\n]\n',
            "duties[0].at[1]",
            15,
            "twice",
        ),
        (
            '[[playbooks]]\nid = "p"\ntitle = "p"\nescalate_to = "x"\n',
            "playbooks[0].escalate_to",
            12,
            "does not exist",
        ),
        ('[closures]\nyearly = ["02-29", "13-01"]\n', "closures.yearly[1]", 10, "no such day"),
        ("[closures]\nextra = [2026-05-01]\nopened = [2026-05-01]\n", "closures.opened[0]", 11, "extra"),
        ("[closures]\nweekdays = [0, 1, 2, 3, 4, 5, 6]\n", "closures.weekdays", 10, "at least one open"),
        (
            '[ecs]\ncluster = "c"\nservices = ["s"]\nusual_max = 5\nbusy_max = 3\n',
            "ecs.busy_max",
            13,
            "order",
        ),
        ('[cdn]\ndistribution = "E"\npaths = ["/a/*.js"]\n', "cdn.paths[0]", 11, "last character"),
        ('[rds]\ninstance = "i"\nwindow_utc = "日曜"\n', "rds.window_utc", 11, "sat:17:00"),
    ],
)
def test_what_grammar_cannot_see(text, key, line, words):
    messages = mistakes(SYSTEM + text)
    assert list(messages) == [key]
    assert messages[key][0] == line
    assert words in messages[key][1]


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("a = \nb = 1\n", 1),
        ("[x]\na = 1\na = 2\n", 3),
        ("a = 1\n\nb = [1,\n", 3),
        ('a = "\x00"', 1),
        ("x" * 50, 1),
    ],
)
def test_broken_toml_has_its_line(text, line):
    messages = mistakes(text)
    assert messages[""][0] == line
    assert messages[""][1].startswith("not TOML: ")


def test_a_file_in_another_encoding(tmp_path):
    file = tmp_path / "book.toml"
    file.write_bytes('version = 1\ndocument = "運用"\n'.encode("euc-jp"))
    with pytest.raises(RunbookError, match=r"book\.toml:2: not UTF-8"):
        load(file)


def test_a_file_that_cannot_be_read(tmp_path):
    with pytest.raises(RunbookError, match=r"none\.toml: there is no such file"):
        load(tmp_path / "none.toml")
    with pytest.raises(RunbookError, match="is a folder"):
        load(tmp_path)


def test_hostile_text_in_a_mistake_is_harmless():
    with pytest.raises(RunbookError) as caught:
        loads(SYSTEM + '"\\u001b[31m" = 1\n')
    assert "\x1b" not in str(caught.value)


def test_a_byte_order_mark_is_no_mistake():
    assert loads("\ufeff" + SYSTEM).runbook.system.id == "other"


def test_builtin_by_name_and_near_name():
    assert builtin_names() == ("facility-prod",)
    assert load_builtin("facility-prod") == load_named("facility-prod")
    with pytest.raises(RunbookError, match='did you mean "facility-prod"'):
        load_builtin("facilty-prod")


@given(
    st.text(max_size=40)
    | st.from_regex(r"FREQ=(DAILY|WEEKLY|MONTHLY|YEARLY);(BYDAY|BYMONTHDAY|BYSETPOS)=[0-9A-Z,-]{1,8}")
)
@example("FREQ=YEARLY;BYDAY=99MO")
@example("FREQ=WEEKLY;INTERVAL=0")
@example("FREQ=WEEKLY;UNTIL=20300101T000000Z")
def test_any_rule_is_accepted_or_explained(rule):
    if not rule_mistake(rule):
        loads(SYSTEM + f'[[duties]]\nid = "d"\ntitle = "d"\nrule = "{rule}"\n')


def test_rules_that_occur_are_accepted():
    for rule in (
        "FREQ=DAILY",
        "FREQ=MONTHLY;BYDAY=MO,TU,WE,TH,FR;BYSETPOS=-3",
        "FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=29",
    ):
        assert rule_mistake(rule) == ""
    assert "no date matches" in rule_mistake("FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=30")
    assert "write times of day in at" in rule_mistake("FREQ=DAILY;BYHOUR=9")


def test_schema_describes_the_grammar():
    document = schema()
    assert document["$schema"].endswith("2020-12/schema")
    assert document["additionalProperties"] is False
    assert set(document["properties"]) == set(Runbook.model_fields)
    assert document["properties"]["approved_by"]["description"] == (
        "Who approved the runbook; empty: undecided, shown in red."
    )
    assert "RFC 5545" in document["$defs"]["Duty"]["properties"]["rule"]["description"]
    assert document["$defs"]["Limit"]["properties"]["below"]["description"].startswith(
        "Normal while value < below"
    )


def test_undecided_things_are_listed_with_their_lines(tmp_path):
    file = tmp_path / "book.toml"
    file.write_text(
        SYSTEM + '[[contacts]]\nrole = "開発"\ncontact = "内線1"\n[[contacts]]\nrole = "夜間"\n', "utf-8"
    )
    undecided = inspect(file).undecided
    assert [(each.key, each.line) for each in undecided] == [("approved_by", 1), ("contacts[1].contact", 12)]
    assert "夜間" in undecided[1].message
