import ast
import re
from functools import cache
from pathlib import Path

import pytest

from tests.architecture.fresh_python import loaded_by
from tests.architecture.late_imports import REASONS

ROOT = Path(__file__).parents[2]
FLOORS = ("services", "widgets", "tui")
_INDENTED_IMPORT = re.compile(r"^(?:[ \t]+|.*[:;][ \t]*)(?:import|from)[ \t]", re.MULTILINE)


def late_in(path):
    text = path.read_text("utf-8")
    if not _INDENTED_IMPORT.search(text):
        return set()
    functions = [
        node for node in ast.walk(ast.parse(text)) if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
    ]
    return {name for function in functions for node in ast.walk(function) for name in imported(node)}


def imported(node):
    if isinstance(node, ast.Import):
        yield from (alias.name for alias in node.names)
    elif isinstance(node, ast.ImportFrom) and node.module:
        for alias in node.names:
            whole = f"{node.module}.{alias.name}"
            yield whole if is_module(whole) else node.module


def is_module(name):
    path = ROOT.joinpath(*name.split("."))
    return path.with_suffix(".py").exists() or path.is_dir()


def files(reason):
    return {str(path.relative_to(ROOT)) for pattern in reason.files for path in ROOT.glob(pattern)}


def module_of(name):
    return name.removesuffix(".py").replace("/", ".")


@cache
def late():
    paths = (path for floor in FLOORS for path in sorted((ROOT / floor).rglob("*.py")))
    return {str(path.relative_to(ROOT)): modules for path in paths if (modules := late_in(path))}


def test_every_file_with_late_imports_is_listed_with_its_reason_and_no_other():
    assert late().keys() - set().union(*map(files, REASONS)) == set()
    patterns = [pattern for reason in REASONS for pattern in reason.files]
    needless = [
        pattern
        for pattern in patterns
        if not any(str(path.relative_to(ROOT)) in late() for path in ROOT.glob(pattern))
    ]
    assert needless == []


@pytest.mark.parametrize("reason", REASONS, ids=lambda reason: reason.text[:40])
@pytest.mark.slow
def test_a_late_import_would_otherwise_come_earlier(reason):
    # A file with two reasons does not tell which of them is whose.
    others = set().union(*(files(each) for each in REASONS if each is not reason))
    names = sorted((files(reason) & late().keys()) - others)
    loaded = loaded_by(*reason.before, *map(module_of, names))
    needless = {name: sorted(late()[name] & loaded) for name in names if late()[name] & loaded}
    assert needless == {}, "these need not be late"
