"""The English texts of a runbook: shown on an English screen, checked line by line, never lost."""

import pytest
from pydantic import BaseModel

from services import i18n
from services.contacts import escalation
from services.models.runbook import Runbook
from services.models.translated import Translated
from services.runbook.loader import builtin_names, load_builtin, loads, schema
from tests.services.runbook.small import SYSTEM, mistakes
from tests.tools.japanese import holds_japanese

TEXTS = """
[[contacts]]
role = "開発チーム"
en.role = "Developers"
contact = "内線 12"
[[playbooks]]
id = "storm"
title = "障害対応"
en.title = "Outage"
escalate_to = "開発チーム"
steps = [{ text = "ログを見る", en.text = "Read the log" }, { text = "待つ" }]
caution = ["急がない", "一人でしない"]
en.caution = ["Do not hurry", ""]
"""


def test_a_text_follows_the_language_of_the_moment():
    playbook = loads(SYSTEM + TEXTS).runbook.playbooks[0]
    assert (playbook.title, playbook.escalate_to) == ("Outage", "Developers")
    i18n.use("ja")
    assert (playbook.title, playbook.escalate_to) == ("障害対応", "開発チーム")
    assert playbook.caution == ("急がない", "一人でしない")


def test_what_has_no_english_stays_as_it_is():
    runbook = loads(SYSTEM + TEXTS).runbook
    playbook = runbook.playbooks[0]
    assert [step.text for step in playbook.steps] == ["Read the log", "待つ"]
    assert playbook.caution == ("Do not hurry", "一人でしない"), "an empty line falls back"
    assert runbook.system.title == "別のシステム"


def test_a_role_is_found_under_its_english_name():
    runbook = loads(SYSTEM + TEXTS).runbook
    assert escalation(runbook, runbook.playbooks[0].escalate_to) == "Developers: 内線 12"


def test_what_was_recorded_in_either_language_is_found():
    playbook = loads(SYSTEM + TEXTS).runbook.playbooks[0]
    assert playbook.versions("title") == ("障害対応", "Outage")
    assert playbook.original("title") == "障害対応"


@pytest.mark.parametrize(
    ("text", "key", "message"),
    [
        ('[[log_groups]]\nid = "a"\ntitle = "一"\nen.titel = "One"', "log_groups[0].en.titel", "unknown key"),
        ('[[log_groups]]\nid = "a"\ntitle = "一"\nen.title = 1', "log_groups[0].en.title", "must be text"),
        ('[[duties]]\nid = "a"\ntitle = "一"\nrule = "FREQ=DAILY"\nen.record = "Note it"',
         "duties[0].en.record", "translates nothing"),
        ('[[duties]]\nid = "a"\ntitle = "一"\nrule = "FREQ=DAILY"\nasks = ["一", "二"]\nen.asks = ["One"]',
         "duties[0].en.asks", "a line for each line of asks: 2"),
        ('[[contacts]]\nrole = "甲"\nen.role = "A"\n[[contacts]]\nrole = "乙"\nen.role = "A"',
         "contacts[1].en.role", '"A" is the English name of "甲", too'),
        ('[[contacts]]\nrole = "甲"\nen.role = "A"\n[[approvers]]\nrole = "甲"\nen.role = "B"',
         "approvers[0].en.role", '"甲" is called "A" elsewhere'),
        ('[rds]\ninstance = "db"\nwindow = "日曜日 2:00-3:00"\nen.window = "Monday 2:00-3:00"\n'
         'window_utc = "sat:17:00-sat:18:00"', "rds.window_utc", 'is not "Monday 2:00-3:00" in UTC'),
    ],
)  # fmt: skip
def test_mistakes_are_reported_by_key(text, key, message):
    assert message in mistakes(text + "\n")[key]


def _texts(value, path):
    if isinstance(value, str):
        yield path, value
    elif isinstance(value, tuple):
        for index, entry in enumerate(value):
            yield from _texts(entry, f"{path}[{index}]")
    elif isinstance(value, BaseModel):
        for name in type(value).model_fields:
            yield from _texts(getattr(value, name), f"{path}.{name}")


@pytest.mark.parametrize("name", builtin_names())
def test_the_shipped_runbooks_are_english_throughout(name):
    runbook = load_builtin(name)
    assert [(path, text) for path, text in _texts(runbook, name) if holds_japanese(text)] == []


def test_every_text_of_the_grammar_can_be_translated():
    # A new text field of the runbook gets its English, or is named here as something that is no text.
    for table in _tables(Runbook):
        cleaned = {
            key for key, field in table.model_fields.items() if _is_text(field.annotation, field.metadata)
        }
        translated = set(table.model_fields["en"].annotation.model_fields) if _translated(table) else set()
        lacking = cleaned - translated - set(table.references if _translated(table) else ())
        assert lacking <= UNTRANSLATED.get(table.__name__, set()), table.__name__


UNTRANSLATED = {
    "Approver": {"users"},
    "Duty": {"anchor"},
    "Runbook": {"document_version"},
    "RosterEntry": {"person", "contact"},
    "Slack": {"channel"},
    "ReportSpec": {"approvals"},
    "ErrorLogs": {"query", "tail_pattern"},
    "SlowQueries": {"query"},
    "Firewall": {"blocked_query"},
    "CustomInspection": {"query"},
    "SavedQuerySpec": {"query"},
    "SavedQueryParameter": {"default"},
}
"""Clean texts that are names, patterns or queries, and heads of boxes on paper."""


def _translated(table):
    return issubclass(table, Translated)


def _is_text(annotation, metadata):
    from pydantic import BeforeValidator

    inner = getattr(annotation, "__args__", (None,))[0]
    return any(isinstance(each, BeforeValidator) for each in [*metadata, *getattr(inner, "__metadata__", ())])


def _tables(model):
    from services.toml.grammar import model_in

    inner = [model_in(field.annotation) for name, field in model.model_fields.items() if name != "en"]
    return {model}.union(*(_tables(each) for each in inner if each))


def test_the_schema_describes_en():
    duty = schema()["$defs"]["Duty"]["properties"]["en"]
    assert "English" in duty["description"]
