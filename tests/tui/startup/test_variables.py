import ast
import re
from pathlib import Path

import pytest

from services.github import settings as github
from services.slack import settings as slack
from tests.tools.config_file import write
from tests.tui.printing import stdout_of
from tui.cli.main import PrintedOutput, run
from tui.start_options import StartOptions
from tui.startup.config_reader import OTHER_VARIABLES, ConfigError, effective, settings

ROOT = Path(__file__).parents[3]
KNOWN = {*OTHER_VARIABLES, *(each.variable for each in settings() if each.variable)}
NAMED = re.compile(r"(?<![A-Z_])TOBAN_[A-Z_]+")


def test_every_variable_in_the_source_is_known():
    # A reader whose variable is not registered would have it refused as unknown.
    named = {
        (str(path.relative_to(ROOT)), name)
        for floor in ("services", "tui", "widgets")
        for path in (ROOT / floor).rglob("*.py")
        for node in ast.walk(ast.parse(path.read_text("utf-8")))
        if isinstance(node, ast.Constant) and isinstance(node.value, str)
        for name in NAMED.findall(node.value)
        if name != "TOBAN_"
    }
    assert {*slack.VARIABLES, *github.VARIABLES} <= {name for _path, name in named}
    assert {each for each in named if each[1] not in KNOWN} == set()


@pytest.mark.parametrize("name", OTHER_VARIABLES)
def test_what_the_environment_has_is_read_as_written(name, file, monkeypatch):
    write(file, "")
    monkeypatch.setenv(name, str(file))
    assert effective(StartOptions()).path == file
    monkeypatch.delenv(name)
    for wrong in (name.lower(), f"{name[:-2]}{name[-1]}"):
        monkeypatch.setenv(wrong, "1")
        with pytest.raises(ConfigError) as caught:
            effective(StartOptions())
        monkeypatch.delenv(wrong)
        assert f'{wrong}: unknown variable: did you mean "{name}"?' in str(caught.value)


def test_config_shows_what_is_set_and_no_secret(file, monkeypatch, capsys):
    private = file.with_name("token")
    private.write_text("canary-of-github", "utf-8")
    private.chmod(0o644)
    monkeypatch.setenv("TOBAN_GITHUB_TOKEN_FILE", str(private))
    monkeypatch.setenv("TOBAN_SLACK_TOKEN", "canary-of-slack")
    output = stdout_of(capsys, run(["--lang", "en", "config"], PrintedOutput(outline_drawn=False)))
    rows = {line.split()[0]: line.split()[1:] for line in output.splitlines() if line}
    assert rows["TOBAN_CONFIG"] == [str(file), "[environment]"]
    assert rows["TOBAN_SLACK_TOKEN"] == ["***", "[environment]"]
    assert rows["TOBAN_GITHUB_TOKEN_FILE"] == [str(private), "[environment]"]
    assert rows["TOBAN_GITHUB_URL"] == ["-", "[default]"]
    assert f"The token of GitHub cannot be read: {private}: can be read by others" in output
    assert "canary" not in output
