import pytest

from services.runbook.loader import loads
from tests.services.runbook.small import SYSTEM, mistakes


def _table(pattern, id="resident-number"):
    return f'[[masking]]\nid = "{id}"\ntitle = "利用者番号"\nen.title = "Resident\'s number"\npattern = \'{pattern}\'\n'


def test_a_pattern_of_the_runbook():
    runbook = loads(SYSTEM + _table(r"R-[0-9]{8}")).runbook
    assert [(spec.id, spec.title, spec.pattern) for spec in runbook.masking] == [
        ("resident-number", "Resident's number", "R-[0-9]{8}")
    ]


@pytest.mark.parametrize(
    ("pattern", "message"),
    [
        ("R-(", "is not a regular expression"),
        ("[0-9]{0,8}", "matches nothing at all"),
        ("", "must have 1 to 200 characters"),
        ("a" * 201, "must have 1 to 200 characters"),
    ],
)
def test_what_is_no_pattern_is_a_mistake(pattern, message):
    assert message in mistakes(_table(pattern))["masking[0].pattern"]


@pytest.mark.parametrize(
    "pattern",
    [
        "R-[0-9]{8}",
        "R-[0-9]+",
        "(?:a{1,9}b?){1,9}c",
        r"(a)\1",
        r"(?:利用者|住民)番号[:： ]{0,3}[0-9]{6,10}",
        "[+*]{2}x",
        r"\+\d{3}",
    ],
)
def test_a_pattern_is_accepted_whatever_it_repeats(pattern):
    assert mistakes(_table(pattern)) == {}


def test_ids_are_unique_and_not_the_consoles():
    assert "occurs twice" in mistakes(_table("a") + _table("b"))["masking[1].id"]
    assert "of the console's own" in mistakes(_table("a", id="mail"))["masking[0].id"]
