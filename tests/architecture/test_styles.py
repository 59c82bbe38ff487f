"""Stylesheets name widgets that exist: a class that was renamed would lose its style without a word."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from textual import command, containers, screen, widget, widgets

ROOT = Path(__file__).parents[2]
FOLDERS = ("tui", "widgets")
TEXTUAL = {name for module in (command, containers, screen, widget, widgets) for name in dir(module)}
_TYPE = re.compile(r"(?:^|[\s>&,}])([A-Z_]\w+)(?=[\s.:#{>,])")


def trees() -> Iterator[tuple[Path, ast.Module]]:
    for folder in FOLDERS:
        for path in sorted((ROOT / folder).rglob("*.py")):
            yield path, ast.parse(path.read_text("utf-8"))


def stylesheets(tree: ast.Module) -> Iterator[str]:
    for node in ast.walk(tree):
        target = node.targets[0] if isinstance(node, ast.Assign) else None
        if isinstance(target, ast.Name) and target.id in ("DEFAULT_CSS", "CSS"):
            yield from (str(part.value) for part in ast.walk(node.value) if isinstance(part, ast.Constant))


OURS = {node.name for _path, tree in trees() for node in ast.walk(tree) if isinstance(node, ast.ClassDef)}
RULES = [(path, text) for path, tree in trees() for text in stylesheets(tree)]


@pytest.mark.parametrize(("path", "text"), RULES, ids=[path.name for path, _text in RULES])
def test_a_stylesheet_names_widgets_that_exist(path: Path, text: str) -> None:
    assert {name for name in _TYPE.findall(text) if name not in OURS | TEXTUAL} == set(), path
