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
