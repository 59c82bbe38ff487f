import ast
import re

import pytest

from tests.tools.release.build import ROOT
from tui.installed.toban_bundle.words import JAPANESE

FILES = sorted((ROOT / "tui/installed/toban_bundle").glob("*.py"))
STANDARD_IN_3_6 = {
    "argparse", "contextlib", "errno", "fcntl", "hashlib", "importlib", "io", "json", "os", "platform", "re", "shlex", "shutil",
    "signal", "stat", "subprocess", "sys", "time", "typing", "zipfile", "zlib",
}  # fmt: skip


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.name)
def test_python_3_6_can_read_it(path):
    assert ast.parse(path.read_text("utf-8"), feature_version=(3, 6))


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.name)
def test_it_imports_the_standard_library_of_python_3_6_alone(path):
    modules = set()
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.Import):
            modules |= {alias.name.split(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and not node.level:
            modules.add(str(node.module).split(".")[0])
    assert modules - {"toban_bundle"} <= STANDARD_IN_3_6


def test_every_sentence_is_translated_with_its_fields():
    sentences = {
        node.args[0].value
        for path in FILES
        for node in ast.walk(ast.parse(path.read_text("utf-8")))
        if isinstance(node, ast.Call)
        and isinstance(node.func, ast.Name)
        and node.func.id == "translated"
        and isinstance(node.args[0], ast.Constant)
    }
    assert sentences == set(JAPANESE)
    fields = re.compile(r"\{\w+\}")
    assert {
        text
        for text, japanese in JAPANESE.items()
        if set(fields.findall(text)) != set(fields.findall(japanese))
    } == set()
