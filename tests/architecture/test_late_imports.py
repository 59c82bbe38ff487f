"""Imports inside functions are those that `late_imports` lists with a reason, and each of them is late indeed."""

import ast
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

from tests.architecture.fresh_python import loaded_by
from tests.architecture.late_imports import REASONS

ROOT = Path(__file__).parents[2]
FLOORS = ("services", "widgets", "tui")
_INDENTED_IMPORT = re.compile(r"^(?:[ \t]+|.*[:;][ \t]*)(?:import|from)[ \t]", re.MULTILINE)
"""At the beginning of its line, a statement is in no function."""


def late_in(path: Path) -> set[str]:
    text = path.read_text("utf-8")
    if not _INDENTED_IMPORT.search(text):
        return set()
    functions = [
        node for node in ast.walk(ast.parse(text)) if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
    ]
    return {name for function in functions for node in ast.walk(function) for name in imported(node)}


def imported(node: ast.AST) -> Iterator[str]:
    if isinstance(node, ast.Import):
        yield from (alias.name for alias in node.names)
    elif isinstance(node, ast.ImportFrom) and node.module:
        for alias in node.names:
            whole = f"{node.module}.{alias.name}"
            yield whole if is_module(whole) else node.module


def is_module(name: str) -> bool:
    path = ROOT.joinpath(*name.split("."))
    return path.with_suffix(".py").exists() or path.is_dir()


@cache
def listed() -> dict[str, set[str]]:
    files: dict[str, set[str]] = {}
    for reason in REASONS:
        for name, modules in reason.imports.items():
            files.setdefault(name, set()).update(modules)
    return files


def module_of(name: str) -> str:
    return name.removesuffix(".py").replace("/", ".")


def test_every_late_import_is_listed_with_its_reason_and_nothing_else_is():
    late = {
        str(path.relative_to(ROOT)): modules
        for floor in FLOORS
        for path in sorted((ROOT / floor).rglob("*.py"))
        if (modules := late_in(path))
    }
    assert late == listed()


@pytest.mark.parametrize("reason", REASONS, ids=lambda reason: reason.text[:40])
@pytest.mark.slow
def test_a_late_import_would_otherwise_come_earlier(reason):
    names = [*reason.before, *map(module_of, reason.imports)]
    loaded = loaded_by(*names)
    needless = {
        name: sorted(modules & loaded) for name, modules in reason.imports.items() if modules & loaded
    }
    assert needless == {}, "these need not be late"
