"""A test waits for a state as long as a slow machine needs: the limit of a wait only ends a test that is red."""

import ast
import re
from pathlib import Path

TESTS = Path(__file__).parents[1]
FILES = sorted(path for path in TESTS.rglob("test_*.py") if "bench" not in path.parts)
LEAST = 60  # Seconds
WAITS = {
    "asyncio.timeout",
    "asyncio.wait_for",
    "communicate",
    "run",
    "until",
    "wait",
    "wait_exit",
    "wait_for",
    "wait_text",
    "wait_event",
}
LIMITS = {"limit", "seconds", "timeout"}
NUMBERED = re.compile(r"\b(limit|seconds|timeout)=[0-9]|asyncio\.(timeout|wait_for)\(|\buntil\(.*, [0-9.]+\)")
"""Worth parsing: parsing all files takes seconds."""


def short(node):
    if isinstance(node, ast.With | ast.AsyncWith) and "pytest.raises" in ast.unparse(node.items[0]):
        return
    if isinstance(node, ast.Call) and (name := _called(node)) in WAITS:
        limits = [word.value for word in node.keywords if word.arg in LIMITS]
        # Of asyncio's own the last argument is the limit, of `until` the third.
        limits += node.args[-1:] if name.startswith("asyncio.") else node.args[2:3] if name == "until" else []
        if any(isinstance(each, ast.Constant) and 0 < (each.value or 0) < LEAST for each in limits):
            yield node.lineno
    for child in ast.iter_child_nodes(node):
        yield from short(child)


def _called(node):
    match node.func:
        case ast.Attribute(ast.Name("asyncio"), name):
            return f"asyncio.{name}"
        case ast.Attribute(_, name) | ast.Name(name):
            return name
    return ""


def test_no_wait_for_a_state_is_short():
    lines = [
        f"{path.relative_to(TESTS)}:{line}"
        for path in FILES
        if NUMBERED.search(text := path.read_text("utf-8"))
        for line in short(ast.parse(text))
    ]
    assert lines == []
