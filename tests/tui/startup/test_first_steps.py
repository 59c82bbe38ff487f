import os
import sys
from importlib.machinery import ModuleSpec
from pathlib import Path

import pytest

from tests.conftest import MonkeyPatch
from tests.tools.japanese import holds_japanese
from tests.tui.printing import stderr_of
from tui.cli.main import run
from tui.cli.printing import PrintedOutput
from tui.startup import first_steps
from tui.startup.first_steps import OTHER_LANGUAGE, demo_refusal, install_command
from tui.terminal import checks

CASES = [
    (("demo",), {}, 69, "toban alarms"),
    ((), {}, 69, "toban alarms"),
    (("demo", "--scenario", "zzz"), {}, 64, "toban demo --list"),
    (("frobnicate",), {}, 64, "toban --help"),
    (("--lang", "fr"), {}, 64, "toban --help"),
    (("--config", "none.toml", "duties"), {}, 78, "toban config"),
    (("duties",), {"TOBAN_THEME": "pink"}, 78, "toban config"),
    (("--runbook", "none.toml", "duties"), {}, 65, "toban runbook show --format toml > none.toml"),
    (("--runbook", "broken.toml", "duties"), {}, 65, "toban runbook check broken.toml"),
    (("--runbook", "broken.toml", "alarms"), {}, 65, "toban runbook check broken.toml"),
    (("journal", "list"), {}, 69, "`toban`"),
]  # fmt: skip
"""Command line, environment, exit status, and what to type next."""


def toban(*argv: str) -> int:
    return run(argv, PrintedOutput(outline_drawn=False))


@pytest.fixture(autouse=True)
def new_machine(tmp_path: Path, monkeypatch: MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "broken.toml").write_text("version = 2\n", "utf-8")


@pytest.mark.parametrize(("argv", "environment", "status", "command"), CASES)
@pytest.mark.parametrize(
    ("locale", "is_english", "hint"),
    [("C.UTF-8", False, True), ("POSIX", False, True), ("ja_JP.UTF-8", False, False), ("en_US.UTF-8", True, False)],
)  # fmt: skip
def test_every_first_error_names_the_next_command_in_the_readers_language(
    argv, environment, status, command, locale, is_english, hint, monkeypatch, capsys
):
    monkeypatch.setenv("LANG", locale)
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    error = stderr_of(capsys, toban(*argv), status)
    assert command in error
    assert holds_japanese(error) is not is_english
    assert (error.splitlines()[-1] == OTHER_LANGUAGE) is hint


@pytest.mark.parametrize("way", ["flag", "environment", "file"])
def test_who_has_chosen_a_language_is_not_asked(way, monkeypatch, tmp_path, capsys):
    if way == "environment":
        monkeypatch.setenv("TOBAN_LANG", "ja")
    if way == "file":
        (tmp_path / "config.toml").write_text('lang = "ja"\n', "utf-8")
        monkeypatch.setenv("TOBAN_CONFIG", str(tmp_path / "config.toml"))
    assert toban(*(("--lang", "ja") if way == "flag" else ()), "frobnicate") == 64
    assert OTHER_LANGUAGE not in capsys.readouterr().err


def test_a_language_that_does_not_exist_chooses_none(monkeypatch, capsys):
    monkeypatch.setenv("TOBAN_LANG", "fr")
    assert holds_japanese(stderr_of(capsys, toban("frobnicate"), 64))


def test_results_are_left_alone(capsys):
    assert stderr_of(capsys, toban("runbook", "show", "facility-prod")) == ""


# ---- the demo's extra


@pytest.fixture
def without_moto(monkeypatch: MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "moto", None)


def test_the_demo_is_refused_before_it_starts(without_moto):
    assert "Makefile" in os.listdir(first_steps._ROOT)
    assert str(demo_refusal()).endswith(f"make -C {first_steps._ROOT} demo")


def test_with_the_extra_it_is_not():
    assert demo_refusal() is None
    assert isinstance(first_steps.find_spec("moto"), ModuleSpec)


@pytest.mark.parametrize(
    ("prefix", "active", "command"),
    [
        ("/home/sato/.local/share/pipx/venvs/toban", "", "pipx install --force 'toban[demo]"),
        ("/home/sato/.local/share/uv/tools/toban", "", "uv tool install --force 'toban[demo]"),
        ("/srv/toban env", "/srv/toban env", "pip install 'toban[demo]"),
        ("/srv/toban", "", f"{sys.executable} -m pip install 'toban[demo]"),
    ],
)
def test_the_extra_is_installed_as_toban_was(prefix, active, command, monkeypatch, tmp_path):
    monkeypatch.setattr(first_steps, "_ROOT", tmp_path)
    monkeypatch.setattr(sys, "prefix", prefix)
    monkeypatch.setenv("VIRTUAL_ENV", active)
    assert install_command("demo").startswith(command)


# ---- the window


@pytest.mark.parametrize(
    ("size", "refused"), [((30, 20), True), ((80, 8), True), ((40, 12), False), ((0, 0), False)]
)
def test_a_window_too_small_to_read(size, refused, monkeypatch):
    monkeypatch.setattr(checks.os, "get_terminal_size", lambda _stream: os.terminal_size(size))
    text = checks._too_small()
    assert (text is not None) is refused
    assert text is None or ("80×24" in text and "toban alarms" in text)
