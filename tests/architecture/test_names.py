import ast
from pathlib import Path

import pytest

from tests.architecture.names import bare_names

ROOT = Path(__file__).parents[2]
FLOORS = ("services", "widgets", "tui", "tests")


@pytest.mark.parametrize("floor", FLOORS)
def test_no_name_is_a_bare_participle(floor):
    names = [
        f"{path.relative_to(ROOT)}:{line}: {name}"
        for path in sorted((ROOT / floor).rglob("*.py"))
        for line, name in bare_names(ast.parse(path.read_text("utf-8")))
    ]
    assert not names, "\n".join(names)


@pytest.mark.parametrize(
    ("source", "names"),
    [
        ("found = 1", ["found"]),
        ("for each in rows: pass", ["each"]),
        ("[each for each in rows]", []),
        ("{seen: 1 for seen in rows}", ["seen"]),
        ("def f(said, *, told=1): pass", ["said", "told"]),
        ("with open(x) as held: pass", ["held"]),
        ("if (made := f()): pass", ["made"]),
        ("a.found = 1; found()", []),
    ],
)
def test_what_counts(source, names):
    assert [name for _line, name in bare_names(ast.parse(source))] == names
