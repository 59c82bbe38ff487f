import os
import shlex
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from services import i18n
from services.inspections.registry import INSPECTIONS
from tests.tools import config_file
from tests.tools.small_runbook import small_runbook
from tests.tui.pty_console import PtyConsole
from tui.cli.completion import SET_UP, script
from tui.cli.main import run
from tui.cli.printing import PrintedOutput

ROOT = Path(__file__).parents[3]
HOSTILE = (
    "$(touch ran)", "`touch ran`", "x;touch ran", "x\ntouch ran", "'x' touch ran", "x|touch ran", "* ?", "x\x1b]0;ran\x07",
    "plain,x\nplain,y",
)  # fmt: skip


def needs(shell: str) -> pytest.MarkDecorator:
    return pytest.mark.skipif(shutil.which(shell) is None, reason=f"{shell} is not installed")


@pytest.fixture
def bin(tmp_path: Path) -> Path:
    folder = tmp_path / "bin"
    folder.mkdir()
    program = folder / "toban"
    program.write_text(f'#!/bin/sh\ncd {ROOT} && exec {sys.executable} -m tui "$@"\n')
    program.chmod(0o755)
    return folder


def environment(bin: Path) -> dict[str, str]:
    return {
        **os.environ,
        "PATH": f"{bin}:{os.environ['PATH']}",
        "PYTHONDONTWRITEBYTECODE": "1",
        "TOBAN_LANG": "en",
    }


def answered(words: list[str], shell: str = "bash", **changes: str) -> subprocess.CompletedProcess[str]:
    """What the program answers to the script of a shell, for the last of these words."""
    separator = "\n" if shell == "bash" else " "
    variables = {
        "_TOBAN_COMPLETE": f"{shell}_complete",
        "COMP_WORDS": separator.join(words),
        "COMP_CWORD": words[-1] if shell == "fish" else str(len(words) - 1),
        "TOBAN_LANG": "en",
        **changes,
    }
    return subprocess.run(
        [sys.executable, "-X", "importtime", "-m", "tui"],
        env={**os.environ, **variables},
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


def values(done: subprocess.CompletedProcess[str]) -> list[str]:
    assert done.returncode == 0
    return [line.partition(",")[2] for line in done.stdout.splitlines()]


def printed(done: subprocess.CompletedProcess[str]) -> str:
    return "\n".join(line for line in done.stderr.splitlines() if not line.startswith("import time:"))


def imported(done: subprocess.CompletedProcess[str]) -> set[str]:
    return {
        line.rpartition("|")[2].strip()
        for line in done.stderr.splitlines()
        if line.startswith("import time:")
    }


def in_bash(bin: Path, folder: Path, line: str) -> list[str]:
    """What bash has to offer for the last word of a line, by its script alone; after a blank that word is empty."""
    words = [*line.split(), *([""] if line.endswith(" ") else [])]
    commands = f"""
    source {folder}/script
    COMP_WORDS=({" ".join(map(shlex.quote, words))}) COMP_CWORD={len(words) - 1}
    cd {folder}
    _toban_completion toban
    printf '%s\\n' "${{COMPREPLY[@]}}"
    """
    (folder / "script").write_text(script("bash") + "\n")
    done = subprocess.run(
        ["bash", "--norc", "-c", commands], env=environment(bin), capture_output=True, text=True, check=True
    )
    assert done.stderr == ""
    return done.stdout.splitlines()


@needs("bash")
@pytest.mark.slow
def test_bash_completes_commands_and_the_runbooks_inspections(bin, tmp_path):
    assert in_bash(bin, tmp_path, "toban ins") == ["inspect"]
    names = in_bash(bin, tmp_path, "toban inspect ")
    assert {str(each.id) for each in INSPECTIONS} & set(names)
    assert in_bash(bin, tmp_path, "toban inspect --js") == ["--json"]
    assert in_bash(bin, tmp_path, "toban --lang ") == ["ja", "en"]


def typed_in(shell: str, bin: Path, folder: Path, options: list[str], prepare: str) -> None:
    (folder / "script").write_text(script(shell) + "\n")
    home = {**environment(bin), "HOME": str(folder), "PS1": "ready> ", "ZDOTDIR": str(folder)}
    with PtyConsole([shell, *options], env=home) as terminal:
        terminal.wait_text("ready>")
        terminal.send(f"{prepare} {folder}/script; echo sour''ced\r", shows="sourced")
        terminal.send("toban insp\t", shows="toban inspect ")
        terminal.send("backu\t", shows="toban inspect backups")
        terminal.send("\x15exit\r")
        terminal.wait_exit()


@needs("bash")
@pytest.mark.pty
@pytest.mark.slow
def test_a_person_presses_tab_in_bash(bin, tmp_path):
    typed_in("bash", bin, tmp_path, ["--norc", "--noprofile", "-i"], "source")


@needs("zsh")
@pytest.mark.pty
@pytest.mark.slow
def test_a_person_presses_tab_in_a_zsh_that_nobody_configured(bin, tmp_path):
    typed_in("zsh", bin, tmp_path, ["-f", "-i"], "source")


@needs("fish")
@pytest.mark.slow
def test_fish_offers_commands_with_what_they_do_and_the_runbooks_names(bin, tmp_path):
    (tmp_path / "script").write_text(script("fish") + "\n")

    def offered(line: str) -> str:
        return subprocess.run(
            ["fish", "--no-config", "-c", f"source {tmp_path}/script; complete -C '{line}'"],
            env=environment(bin),
            capture_output=True,
            text=True,
            check=True,
        ).stdout

    assert offered("toban insp").startswith("inspect\tRun inspections now.")
    assert "backups\t" in offered("toban inspect ")


def test_a_completion_loads_neither_the_sdk_nor_a_screen_and_writes_nothing(tmp_path):
    home = Path(os.environ["HOME"])
    before = sorted(home.rglob("*"))
    done = answered(["toban", "inspect", "ba"])
    assert values(done) == ["backups"]
    assert printed(done) == ""
    assert imported(done) & {"aiobotocore", "botocore", "textual", "moto", "services.system"} == set()
    after = [path for path in sorted(home.rglob("*")) if ".cache" not in path.parts]
    assert after == [path for path in before if ".cache" not in path.parts]


def test_a_command_completes_without_reading_a_runbook():
    done = answered(["toban", "jour"])
    assert values(done) == ["journal"]
    assert imported(done) & {"pydantic", "services.models.runbook"} == set()


def test_files_are_left_to_the_shell():
    done = answered(["toban", "journal", "verify", "--file", "jo"])
    assert done.stdout == "file,\n"


@pytest.mark.slow
def test_the_runbook_on_the_command_line_is_the_one_whose_names_are_offered(tmp_path):
    path = tmp_path / "city.toml"
    path.write_text(small_runbook("city", "市"), "utf-8")
    assert "evening" in values(answered(["toban", "inspect", "--runbook", str(path), ""]))
    assert "evening" in values(answered(["toban", "--runbook", str(path), "inspect", ""]))
    assert "evening" not in values(answered(["toban", "inspect", ""]))


@pytest.mark.parametrize("text", ['runbook = "nowhere.toml"', 'runbook = "broken.toml"', "them = 1", "\x00"])
def test_broken_files_complete_nothing_and_print_nothing(tmp_path, text):
    config_file.write(tmp_path / "config.toml", f"{text}\n")
    (tmp_path / "broken.toml").write_text("version = [\n")
    done = answered(["toban", "inspect", ""], TOBAN_CONFIG=str(tmp_path / "config.toml"))
    assert (done.returncode, done.stdout, printed(done)) == (0, "", "")


@pytest.mark.parametrize(
    "changes", [{"COMP_WORDS": "toban 'unfinished"}, {"COMP_CWORD": "none"}, {"COMP_CWORD": ""}]
)
def test_a_line_that_is_no_line_prints_no_error(changes):
    done = answered(["toban", "--bogus", ""], **changes)
    assert (done.returncode, printed(done)) == (0, "")


@pytest.mark.slow
@pytest.mark.parametrize("shell", SET_UP)
def test_a_hostile_name_is_not_offered_and_a_hostile_title_is_one_line(tmp_path, shell):
    path = tmp_path / "city.toml"
    alarms = "".join(
        f"[[alarms]]\nname = {quoted(f'cpu{place}{text}')}\ntitle = {quoted(text)}\n"
        for place, text in enumerate(HOSTILE)
    )
    text = small_runbook("city", "市").replace("[[duties]]", f"{alarms}[[duties]]", 1)
    path.write_text(text.replace("夕方の確認", "夕方\\nplain,x\\u001b]0;ran"), "utf-8")
    for command in (["assess"], ["inspect"]):
        done = answered(["toban", *command, "--runbook", str(path), ""], shell)
        assert done.returncode == 0
        assert printed(done) == ""
        assert "\x1b" not in done.stdout
        assert "touch" not in "".join(names_in(done.stdout, shell))
        assert set(names_in(done.stdout, shell)) >= ({"cpu-high"} if command == ["assess"] else {"evening"})
        assert not {"x", "y"} & set(names_in(done.stdout, shell))


def test_a_name_that_is_no_argument_is_not_offered(tmp_path):
    path = tmp_path / "city.toml"
    names = ("--whatever-it-costs", "-x", "=sh", "plain-name")
    alarms = "".join(f"[[alarms]]\nname = {quoted(name)}\ntitle = {quoted(name)}\n" for name in names)
    path.write_text(small_runbook("city", "市").replace("[[duties]]", f"{alarms}[[duties]]", 1), "utf-8")
    done = answered(["toban", "assess", "--runbook", str(path), ""])
    assert [name for name in values(done) if name in names] == ["plain-name"]


def quoted(text: str) -> str:
    escaped = "".join(f"\\u{ord(each):04x}" if ord(each) < 32 or each in '"\\' else each for each in text)
    return f'"{escaped}"'


def names_in(answer: str, shell: str) -> list[str]:
    """The names in an answer, as the script of that shell reads it."""
    lines = answer.splitlines()
    if shell == "zsh":
        assert len(lines) % 3 == 0
        assert set(lines[::3]) <= {"plain"}
        return lines[1::3]
    return [line.removeprefix("plain,").partition("\t")[0] for line in lines]


def test_help_in_a_completion_is_in_the_consoles_language():
    done = answered(["toban", "insp"], "fish", TOBAN_LANG="ja")
    assert done.stdout.startswith("plain,inspect\t")
    assert any("぀" <= each <= "鿿" for each in done.stdout)


@pytest.mark.parametrize("language", i18n.LANGUAGES)
def test_the_help_says_how_each_shell_is_set_up(language, capfd):
    assert run(["--lang", language, "completion", "--help"], PrintedOutput(outline_drawn=False)) == 0
    text = capfd.readouterr().out
    for commands in SET_UP.values():
        for command in commands:
            assert f"  {command}\n" in text


@pytest.mark.parametrize("shell", ["", "/bin/ksh", "/usr/bin/nologin"])
def test_without_a_known_shell_choices_are_named(shell, monkeypatch, capfd):
    monkeypatch.setenv("SHELL", shell)
    assert run(["--lang", "en", "completion"], PrintedOutput(outline_drawn=False)) == 64
    assert "say for which shell: bash, zsh, fish" in capfd.readouterr().err


@pytest.mark.parametrize("shell", SET_UP)
def test_the_script_of_shell_is_the_default(shell, monkeypatch, capfd):
    monkeypatch.setenv("SHELL", f"/usr/bin/{shell}")
    assert run(["completion"], PrintedOutput(outline_drawn=False)) == 0
    assert capfd.readouterr().out == script(shell).rstrip("\n") + "\n"


def test_an_instruction_that_no_script_sends_is_a_mistake():
    done = answered(["toban", ""], _TOBAN_COMPLETE="tcsh_complete")
    assert done.returncode == 64
    assert "_TOBAN_COMPLETE must be" in printed(done)
