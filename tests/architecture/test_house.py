import ast
import re
import tomllib
from functools import cache
from pathlib import Path

import pytest

from tests.architecture.fresh_python import loaded_by

ROOT = Path(__file__).parents[2]
FLOORS = ("services", "widgets", "tui")
LONGEST = 500
LONGEST_FUNCTION = 80
MOST_MODULES = 40
LAUNCHER = ROOT / "tui/installed/toban/__init__.py"
NO_PACKAGES = {"tui/installed"}  # Folders of what is built and installed, which the console never imports
MODELS = ROOT / "services/models"  # Looked up by name, however many there are
SCREEN = {"textual", "rich"}
AWS = {"botocore", "aiobotocore", "boto3", "moto"}
TESTS_WITH_PACKAGES = {"tests/tools", "tests/bench", "tests/worlds"}  # Run with `python -m`


def files(*folders):
    return sorted(path for folder in folders for path in (ROOT / folder).rglob("*.py"))


def folders():
    return {path.parent for path in files(*FLOORS)}


def named(path):
    return str(path.relative_to(ROOT))


def module_of(path):
    parts = path.relative_to(ROOT).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def packages_loaded_by(*modules):
    return {name.partition(".")[0] for name in loaded_by(*modules)}


@cache
def imports(path):
    tree = ast.parse(path.read_text("utf-8"))
    for node in [node for node in ast.walk(tree) if isinstance(node, ast.If)]:
        if ast.unparse(node.test) == "TYPE_CHECKING":
            node.body = []
    modules: set[str] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            modules |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            # `from services import i18n` names a module, too.
            modules |= {f"{node.module}.{alias.name}" for alias in node.names}
    return frozenset(modules)


def breaches(paths, breach):
    """One test for all files, because a thousand tests cost more than they check."""
    return {named(path): breached for path in paths if (breached := breach(path))}


def is_within(name, *packages):
    return any(name == package or name.startswith(f"{package}.") for package in packages)


def test_services_load_no_screen_library():
    modules = [
        module_of(path) for path in files("services") if not is_within(module_of(path), "services.demo")
    ]
    assert not packages_loaded_by(*modules) & SCREEN


def test_models_load_no_aws_library():
    modules = [module_of(path) for path in files("services/models")]
    assert not packages_loaded_by(*modules) & (SCREEN | AWS)


@pytest.mark.parametrize(
    "module", ["tui.app", "tui.runtime.runtime_app", "tui.startup.start", "tui.cli.main", "tui.__main__"]
)
def test_the_first_frame_loads_no_aws_library(module):
    assert (ROOT / module.replace(".", "/")).with_suffix(".py").exists()
    assert not packages_loaded_by(module) & AWS


def test_the_terminal_is_checked_before_the_screen_library_loads():
    assert not packages_loaded_by("tui.__main__", "tui.terminal.checks") & (SCREEN | AWS)


def ours_imported_by(path, *allowed):
    return {name for name in imports(path) if is_within(name, *FLOORS) and not is_within(name, *allowed)}


@pytest.mark.xdist_group("imports")
def test_widgets_import_models_words_and_textual():
    allowed = ("widgets", "services.models", "services.i18n")
    assert breaches(files("widgets"), lambda path: ours_imported_by(path, *allowed)) == {}


@pytest.mark.xdist_group("imports")
def test_models_import_models():
    allowed = ("services.models", "services.i18n")
    assert breaches(files("services/models"), lambda path: ours_imported_by(path, *allowed)) == {}


@pytest.mark.xdist_group("imports")
def test_only_two_packages_call_aws():
    others = [
        path for path in files(*FLOORS) if not is_within(module_of(path), "services.aws", "services.demo")
    ]
    assert breaches(others, lambda path: {name for name in imports(path) if is_within(name, *AWS)}) == {}


def test_a_package_is_only_a_folder():
    packages = [path for path in files(*FLOORS) if path.name == "__init__.py" and path != LAUNCHER]
    assert breaches(packages, Path.read_bytes) == {}


@pytest.mark.parametrize("floor", FLOORS)
def test_every_folder_of_code_is_a_package(floor):
    folders = {parent for path in files(floor) for parent in path.relative_to(ROOT).parents if parent.name}
    assert {str(folder) for folder in folders if not (ROOT / folder / "__init__.py").exists()} <= NO_PACKAGES


def test_folders_of_tests_are_no_packages():
    packages = {named(path.parent) for path in files("tests") if path.name == "__init__.py"}
    assert {
        name for name in packages if not any(name.startswith(each) for each in TESTS_WITH_PACKAGES)
    } == set()


def test_names_of_test_files_are_unique():
    names = [path.name for path in files("tests") if path.name.startswith("test_")]
    assert sorted({name for name in names if names.count(name) > 1}) == []


def unexplained_lines(path):
    text = path.read_text("utf-8")
    length = len(text.splitlines())
    if length <= LONGEST:
        return 0
    reason = r"\blong(er)?\b.*\bbecause\b"
    return 0 if re.search(reason, ast.get_docstring(ast.parse(text)) or "", re.IGNORECASE) else length


def test_a_long_file_says_why():
    assert breaches(files(*FLOORS), unexplained_lines) == {}


@pytest.mark.parametrize(
    "path",
    [ROOT / "pyproject.toml", *sorted(path for floor in FLOORS for path in (ROOT / floor).rglob("*.toml"))],
    ids=named,
)
def test_every_data_file_loads(path):
    assert tomllib.loads(path.read_text("utf-8"))


def long_functions(path):
    nodes = ast.walk(ast.parse(path.read_text("utf-8")))
    functions = [node for node in nodes if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)]
    return [each.name for each in functions if (each.end_lineno or 0) - each.lineno >= LONGEST_FUNCTION]


def test_a_function_is_read_at_once():
    assert breaches(files(*FLOORS), long_functions) == {}


FOLDERS_MADE_IN = {
    "services/host/private_files.py",
    "services/demo/scratch.py",
    "tui/installed/toban_bundle/folders.py",
    "tui/installed/toban_bundle/installer.py",
    "tui/installed/toban_bundle/manual.py",
}
"""Where folders are made, 0700 whatever the umask is; demo and installer know nothing of the rest and make their own."""


def test_folders_are_created_in_one_place():
    makers = {"mkdir", "makedirs", "mkdtemp", "TemporaryDirectory"}
    texts = {path: path.read_text("utf-8") for path in files(*FLOORS)}
    paths = {
        named(path)
        for path, text in texts.items()
        if any(maker in text for maker in makers)
        for node in ast.walk(ast.parse(text))
        if isinstance(node, ast.Attribute | ast.Name)
        and getattr(node, "attr", getattr(node, "id", "")) in makers
    }
    assert paths == FOLDERS_MADE_IN


def modules_of(folder):
    return [path.stem for path in sorted(folder.glob("*.py")) if path.name != "__init__.py"]


def test_a_folder_holds_few_modules():
    crowded = breaches(folders() - {MODELS}, lambda folder: modules_of(folder)[MOST_MODULES:])
    assert crowded == {}


def test_the_services_have_a_folder_for_each_domain():
    assert modules_of(ROOT / "services") == ["clock", "contacts", "feed", "i18n", "system"]
