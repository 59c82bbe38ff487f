import ast
import re
import shutil
import subprocess

import pytest

from tests.tools.man.page import PAGES, ROOT, stale
from tests.tools.man.registries import TEXTS
from tests.tools.man.roff import entry, prose
from tui.exit_status import MEANINGS

_STATUSES = re.compile(r"Exit status: ([^\n]*(?:\n(?!\.)[^\n]*)*)")
_VARIABLE = re.compile(r"(?:TOBAN|AWS)_[A-Z0-9]+(?:_[A-Z0-9]+)*")
NOT_FOR_PEOPLE = {
    # They change nothing for a console that names its region and prints no tables.
    *("AWS_REGION", "AWS_DEFAULT_REGION", "AWS_DEFAULT_OUTPUT", "AWS_PAGER", "AWS_CLI_AUTO_PROMPT"),
    *("AWS_EXECUTION_ENV", "AWS_SECURITY_TOKEN", "AWS_DEFAULT_PROFILE", "AWS_CREDENTIAL_FILE"),
}


@pytest.mark.parametrize("language", PAGES)
def test_the_pages_are_those_of_the_registries(language):
    assert PAGES[language] not in stale(), "run `make docs-tables`"


def test_both_languages_have_the_same_parts():
    english, japanese = (
        [line.split()[0] for line in path.read_text("utf-8").splitlines() if line.startswith(".")]
        for path in PAGES.values()
    )
    assert english == japanese


def test_every_variable_of_the_source_is_on_the_page():
    page = PAGES["en"].read_text("utf-8")
    assert {name for name in _variables() if name not in page} <= NOT_FOR_PEOPLE


def test_every_setting_is_described_in_japanese():
    from tui.startup.config_reader import settings

    assert set(TEXTS["settings"]) == {setting.key for setting in settings() if setting.variable}


def test_statuses_in_the_help_of_a_command_are_in_the_table():
    listed = " ".join(_STATUSES.findall(PAGES["en"].read_text("utf-8")))
    numbers = {int(number) for number in re.findall(r"(?<![\d.])\d+(?= )", listed)}
    assert {0, 1, 2, 3, 64, 69, 77} <= numbers <= set(map(int, MEANINGS))


def test_roffs_own_characters_are_text():
    assert prose(".profile") == r"\&.profile"
    assert prose("a-b \\ ~ ^ ' \"") == r"a\-b \e \(ti \(ha \(aq \(dq"
    assert prose("with `--json`.") == r"with \fB\-\-json\fR."
    assert list(entry(r"\fB.\fR", "手順。")) == [".TP", r"\fB.\fR", r"手\:順。"]


@pytest.mark.parametrize("language", PAGES)
def test_no_line_is_a_request_by_mistake(language):
    requests = {".TH", ".nh", ".ad", ".ds", ".SH", ".SS", ".PP", ".TP", ".br", ".nf", ".fi", ".RS", ".RE"}
    lines = PAGES[language].read_text("utf-8").splitlines()
    words = {line.split()[0] for line in lines if line.startswith((".", "'"))}
    assert words <= requests | {r".\""}
    assert not [line for line in lines if re.search(r"(?<![\\\d.])-", line) and not line.startswith(".")]


@pytest.mark.parametrize("language", PAGES)
@pytest.mark.parametrize(
    "command",
    [["mandoc", "-Tlint", "-W", "warning"], ["groff", "-man", "-Kutf8", "-Tutf8", "-ww", "-z"]],
    ids=["mandoc", "groff"],
)
def test_the_formatters_have_nothing_to_say(command, language):
    if shutil.which(command[0]) is None:
        pytest.skip(f"{command[0]} is not installed")
    checked = subprocess.run([*command, str(PAGES[language])], capture_output=True, text=True, check=False)
    complaints = [
        line for line in (checked.stdout + checked.stderr).splitlines() if "missing date" not in line
    ]
    assert complaints == []


def _variables():
    for folder in ("tui", "services", "widgets"):
        for path in (ROOT / folder).rglob("*.py"):
            text = path.read_text("utf-8")
            if "services/demo/" in path.as_posix() or _VARIABLE.search(text) is None:
                continue
            for node in ast.walk(ast.parse(text)):
                if isinstance(node, ast.Constant) and isinstance(node.value, str):
                    yield from (name for name in _VARIABLE.findall(node.value) if node.value == name)
