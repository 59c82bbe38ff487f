import ast
from functools import cache
from pathlib import Path

import pytest
from babel.messages.catalog import Catalog

from services import i18n
from tests.tools import catalogue

ROOT = Path(__file__).parents[2]
MARKS = {"_", "N_", "plural"}

# One process collects the strings.
pytestmark = pytest.mark.xdist_group("translations")


@pytest.fixture(autouse=True)
def read_once(monkeypatch):
    monkeypatch.setattr(catalogue, "collect", _collect)


_collect = cache(catalogue.collect)


def test_every_string_is_translated_and_compiled():
    assert catalogue.mistakes() == []


def test_update_changes_nothing_that_is_up_to_date():
    translations = catalogue.merged(catalogue.collect(), catalogue.read_catalogue(catalogue.PO))
    text = catalogue.po_bytes(translations)
    assert text == catalogue.po_bytes(translations)
    assert b"-Date:" not in text
    assert str(ROOT).encode() not in text
    assert b"-Date:" not in catalogue.mo_bytes(translations)


def test_marked_strings_are_plain_literals():
    # A string built inside the mark never matches an entry; a text inside an expression becomes a false one.
    wrong = []
    for folder in ("tui", "widgets", "services"):
        for path in (ROOT / folder).rglob("*.py"):
            for node in ast.walk(ast.parse(path.read_text("utf-8"))):
                if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in MARKS:
                    wrong += [f"{path.relative_to(ROOT)}:{each.lineno}" for each in node.args if _built(each)]
    assert wrong == []


def _built(argument):
    if isinstance(argument, ast.Constant | ast.Name | ast.Attribute):
        return False
    return any(
        isinstance(each, ast.Constant) and isinstance(each.value, str) and each.value
        for each in ast.walk(argument)
    )


def test_a_translation_reaches_the_screen():
    before = i18n.language()
    try:
        i18n.use("ja")
        assert i18n._("Alarms") == "アラーム"
        i18n.use("en")
        assert i18n._("Alarms") == "Alarms"
    finally:
        i18n.use(before)


@pytest.mark.parametrize(
    ("translation", "text"),
    [
        ("", "not translated"),
        ("{nome} を読む", "placeholders differ"),
        ("{name} を読む ", "space at the ends differs"),
        ("{name} を読む", None),
    ],
)
def test_what_the_check_refuses(translation, text):
    strings = Catalog()
    strings.add("Read {name}")
    translations = Catalog(locale="ja")
    translations.add("Read {name}", translation)
    message = catalogue.merged(strings, translations).get("Read {name}")
    assert message is not None
    mistakes = list(catalogue.message_mistakes(message))
    assert (text in mistakes[0]) if text else not mistakes
