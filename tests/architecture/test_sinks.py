import ast
from pathlib import Path

from tests.architecture.sinks import findings

ROOT = Path(__file__).parents[2]
SCREENS = sorted(path for floor in ("widgets", "tui") for path in (ROOT / floor).rglob("*.py"))
ALL = sorted(path for floor in ("widgets", "tui", "services") for path in (ROOT / floor).rglob("*.py"))
# Checks what these import, so that an alias hides nothing.
BANNED_NAMES = {"escape", "generate_presigned_url", "generate_presigned_post", "DataTable", "from_ansi"}


def named(path):
    return str(path.relative_to(ROOT))


def trees_with(words):
    for path in ALL:
        text = path.read_text("utf-8")
        if any(word in text for word in words):
            yield named(path), ast.parse(text)


def test_no_plain_text_on_screen():
    assert [each for path in SCREENS for each in findings(path.read_text("utf-8"), named(path))] == []


def test_nothing_banned_is_used():
    used = [
        f"{path}:{node.lineno}: {name}"
        for path, tree in trees_with(BANNED_NAMES)
        for node in ast.walk(tree)
        for name in _names_of(node)
        if name in BANNED_NAMES and not _is_of_the_standard_library(node)
        if isinstance(node, ast.expr | ast.stmt)
    ]
    assert used == []


def test_programs_begin_in_one_place():
    # Where it is ensured that they end together with the task that requested them, or that nobody waits for them.
    places = {
        "services/host/programs.py",
        "services/demo/launch.py",
        "tui/installed/toban/bytecode.py",
        "tui/installed/toban_bundle/installer.py",
        "tui/installed/toban_bundle/python_here.py",
    }
    begins = {"create_subprocess_exec", "create_subprocess_shell", "Popen"}
    assert {
        path
        for path, tree in trees_with(begins)
        for node in ast.walk(tree)
        if isinstance(node, ast.Call) and begins.intersection(_names_of(node))
    } <= places


def _names_of(node):
    match node:
        case ast.Call(func=ast.Name(id=name)) | ast.Call(func=ast.Attribute(attr=name)):
            return [name]
        case ast.ImportFrom(names=names):
            return [alias.name for alias in names]
    return []


def _is_of_the_standard_library(node):
    """`escape` of regular expressions and of HTML; calls that begin with no module are judged by their import."""
    match node:
        case ast.Call(func=ast.Attribute(value=ast.Name(id="re"))) | ast.ImportFrom(module="re" | "html"):
            return True
        case ast.Call(func=ast.Name(id="escape")):
            return True
    return False
