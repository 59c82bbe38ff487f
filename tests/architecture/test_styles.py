"""Stylesheets name widgets that exist: a class that was renamed would lose its style without a word."""

import ast
import re
from pathlib import Path

from textual import command, containers, screen, widget, widgets

ROOT = Path(__file__).parents[2]
FOLDERS = ("tui", "widgets")
TEXTUAL = {name for module in (command, containers, screen, widget, widgets) for name in dir(module)}
_TYPE = re.compile(r"(?:^|[\s>&,}])([A-Z_]\w+)(?=[\s.:#{>,])")


def trees():
    for folder in FOLDERS:
        for path in sorted((ROOT / folder).rglob("*.py")):
            yield path, ast.parse(path.read_text("utf-8"))


def stylesheets(tree):
    for node in ast.walk(tree):
        target = node.targets[0] if isinstance(node, ast.Assign) else None
        if isinstance(target, ast.Name) and target.id in ("DEFAULT_CSS", "CSS"):
            yield from (str(part.value) for part in ast.walk(node.value) if isinstance(part, ast.Constant))


def test_a_stylesheet_names_widgets_that_exist():
    classes, uses = set(TEXTUAL), []
    for path, tree in trees():
        classes |= {node.name for node in ast.walk(tree) if isinstance(node, ast.ClassDef)}
        uses += [(path.name, name) for text in stylesheets(tree) for name in _TYPE.findall(text)]
    assert uses
    assert [(path, name) for path, name in uses if name not in classes] == []
