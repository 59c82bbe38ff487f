import ast
from pathlib import Path

TESTS = Path(__file__).parents[1]
FILES = sorted(path for path in TESTS.rglob("*.py") if "bench" not in path.parts)


def test_a_demo_that_a_test_starts_has_a_day_of_its_own():
    undated = [
        f"{path.relative_to(TESTS)}:{node.lineno}"
        for path in FILES
        if "demo" in (text := path.read_text("utf-8"))
        for node in ast.walk(ast.parse(text))
        if isinstance(node, ast.List) and _undated(node)
    ]
    assert undated == [], "use tests.tools.demo.demo_command, or give --at"


def _undated(command):
    words = {node.value for node in ast.walk(command) if isinstance(node, ast.Constant)}
    names = {node.id for node in ast.walk(command) if isinstance(node, ast.Name)}
    starts = bool({"tui", "toban"} & words) or "TOBAN" in names
    return starts and "demo" in words and not {"--at", "--help", "--list"} & words
