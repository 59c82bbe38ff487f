"""Names, JSON schemas and exit statuses are the same as in commit be3edc1. Texts are not compared, only that
they are texts: their wording may change. A failure on something that is new is resolved with `python -m
tests.tools.stable --add`, which refuses to change what the goldens hold already."""

import pytest

from tests.tools.stable import Contradiction, golden, merge_additions, with_gone
from tests.tools.stable_journal import utc_of
from tests.tools.stable_reading import copied, export
from tests.tools.stable_shapes import SCENE, entries, names, outputs, runbook, schemas

SCENARIO, START, HOURS = SCENE


def differences(then, now):
    """The keys whose values differ, each with its old and new value."""
    return {
        key: (then.get(key, "missing"), now.get(key, "missing"))
        for key in sorted(then.keys() | now.keys())
        if key not in then or key not in now or then[key] != now[key]
    }


@pytest.mark.parametrize("name", golden("names.json"))
def test_names_are_the_same(name):
    then = golden("names.json")[name]
    assert with_gone(then, names()[name]) == then


def test_declared_schemas_are_the_same():
    then = golden("schemas.json")
    now = with_gone(then, schemas())
    assert then.keys() == now.keys()
    assert {name: differences(shape, now[name]) for name, shape in then.items()} == {
        name: {} for name in then
    }


@pytest.mark.scenario(SCENARIO, history=HOURS * 3600.0, origin=utc_of(START))
def test_outputs_have_the_same_schema(embedded, tmp_path):
    then, now = golden("outputs.json"), outputs(embedded, copied(tmp_path))
    assert then.keys() == now.keys()
    for command, answer in then.items():
        assert differences(answer["shape"], now[command]["shape"]) == {}, command
        assert answer["status"] == now[command]["status"], command


def test_the_old_runbook_is_read_in_the_same_way():
    then = golden("runbook.json")
    assert differences(then, with_gone(then, runbook())) == {}


def test_the_old_journal_has_every_kind_of_entry(tmp_path):
    then = golden("entries.json")
    assert differences(then, entries(export(copied(tmp_path)))) == {}
    assert then.keys() <= set(golden("names.json")["journal kinds"])


@pytest.mark.parametrize(
    ("then", "now"),
    [
        ({"a": 1}, {"a": 1, "b": 2}),
        ({"a": ["x", "y"]}, {"a": ["w", "x", "y"]}),
        ({"a": [{"b": "null | string"}]}, {"a": [{"b": "null | object | string"}]}),
    ],
)
def test_additions_are_merged(then, now):
    assert merge_additions(then, now) == now


@pytest.mark.parametrize(
    ("then", "now"),
    [
        ({"a": 1, "b": 2}, {"a": 1}),
        ({"a": 1}, {"a": 2}),
        ({"a": ["x", "y"]}, {"a": ["x"]}),
        ({"a": [{"b": "null | string"}]}, {"a": [{"b": "string"}]}),
        ({"a": [{}]}, {"a": [{}, {}]}),
        ({"a": None}, {"a": "x"}),
    ],
)
def test_contradictions_are_refused(then, now):
    with pytest.raises(Contradiction):
        merge_additions(then, now)
