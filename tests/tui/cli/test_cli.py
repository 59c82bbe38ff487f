import json
import os
import subprocess
import sys
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from services import i18n
from services.runbook.loader import load, load_builtin
from tests.conftest import MonkeyPatch, assert_in
from tests.tui.printing import stderr_of, stdout_of
from tui.cli.main import PrintedOutput, run
from tui.start_options import StartOptions
from tui.startup import start


@pytest.fixture(autouse=True)
def english(monkeypatch: MonkeyPatch, tmp_path: Path) -> Iterator[None]:
    """Nobody's settings, and English unless a test asks otherwise."""
    for name in [name for name in os.environ if name.startswith("TOBAN_")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path))
    monkeypatch.setenv("LC_ALL", "en_US.UTF-8")
    yield
    i18n.use("en")


@pytest.fixture
def started(monkeypatch: MonkeyPatch) -> list[StartOptions]:
    """What the console was started with; it ends at once with status 7."""
    starts: list[StartOptions] = []

    def remember(options: StartOptions, refuse: object) -> int:
        starts.append(options)
        return 7

    monkeypatch.setattr(start, "run", remember)
    return starts


def toban(*argv: str) -> int:
    return run(argv, PrintedOutput(outline_drawn=False))


def test_flags_reach_the_console(started):
    assert (
        toban(
            "--profile",
            "ops",
            "--region",
            "eu-west-1",
            "--lang",
            "en",
            "--theme",
            "16",
            "--runbook",
            "x.toml",
        )
        == 7
    )
    assert started == [
        StartOptions(profile="ops", region="eu-west-1", lang="en", theme="16", runbook="x.toml")
    ]


def test_without_flags_everything_is_left_to_the_configuration(started):
    assert toban() == 7
    assert started == [StartOptions()]


def test_the_demo_takes_flags_before_and_after_its_name(started):
    assert toban("--lang", "ja", "demo", "--speed", "10", "--theme", "light", "--mode", "logs") == 7
    assert started == [StartOptions(demo=True, speed=10.0, lang="ja", theme="light", mode="logs")]
    started.clear()
    assert toban("demo", "--scenario", "ordinary-day") == 7
    assert started == [StartOptions(demo=True, scenario="ordinary-day")]


def test_the_demo_begins_at_the_given_time(started):
    for moment in ("2026-04-01 08:55", "2026-04-01T08:55"):
        assert toban("demo", "--at", moment) == 7
    assert started == [StartOptions(demo=True, at=datetime(2026, 3, 31, 23, 55, tzinfo=UTC))] * 2


def test_scenarios_are_listed(capsys):
    assert "ordinary-day" in stdout_of(capsys, toban("--lang", "en", "demo", "--list"))


@pytest.mark.parametrize(
    ("argv", "words"),
    [
        (("--langg", "ja"), 'there is no option --langg; did you mean "--lang"?'),
        (("demmo",), 'there is no command demmo; did you mean "demo"?'),
        (("--lang", "fr"), '--lang: "fr" does not exist: available: ja, en'),
        (("--theme",), "requires an argument"),
        (("demo", "--scenario", "ordinaryday"), 'did you mean "ordinary-day"?'),
        (("demo", "--speed", "fast"), "--speed: must be a number from 0.1 to 600"),
        (("demo", "--speed", "nan"), "--speed: must be a number from 0.1 to 600"),
        (("demo", "--at", "2026-02-30 09:00"), "--at: must be a date and time in Japan"),
        (("demo", "--at", "tomorrow"), 'such as "2026-04-01 08:55"'),
        (("demo", "--at", "1999-12-31 23:59"), "from 2000 to 2050"),
        (("runbook", "check"), "FILE is missing"),
        (("config", "\x1b[31mred"), "␛[31mred"),
    ],
)
def test_wrong_usage(argv, words, started, capsys):
    assert toban(*argv) == 64
    output = capsys.readouterr()
    assert words in output.err
    assert "--help" in output.err
    assert not started
    assert not output.out


def test_runbook_check(tmp_path, capsys):
    file = tmp_path / "book.toml"
    file.write_text("version = 1\nsistem = 2\n", "utf-8")
    lines = stdout_of(capsys, toban("runbook", "check", str(file)), 65).splitlines()
    assert lines[0] == f"{file}:1: system: required: add this key"
    assert lines[1] == f'{file}:2: sistem: unknown key: did you mean "system"?'
    assert toban("runbook", "check", str(tmp_path / "none.toml")) == 65
    assert "none.toml: there is no such file" in capsys.readouterr().out


def test_runbook_check_names_what_is_undecided(capsys):
    shipped = Path(__file__).parents[3] / "services/runbook/facility-prod.toml"
    lines = stdout_of(capsys, toban("runbook", "check", str(shipped))).splitlines()
    assert lines[-1] == "no errors; undecided: 6"
    assert all(": undecided: " in line for line in lines[:-1])
    (pm,) = [line for line in lines if "approvers[0].name" in line]
    for blocked in ("Raise the maximum number of tasks", "RDS storage low", "report of costs"):
        assert blocked in pm.partition("blocked until then: ")[2]


def test_what_runbook_show_writes_into_a_file_is_a_runbook(tmp_path, capsys):
    assert toban("runbook", "show") == 0
    city = tmp_path / "city.toml"
    city.write_text(capsys.readouterr().out, "utf-8")
    assert toban("runbook", "check", str(city)) == 0
    assert load(city) == load_builtin("facility-prod")
    assert toban("runbook", "show", str(city), "--format", "toml") == 0
    assert capsys.readouterr().out.endswith(city.read_text("utf-8"))


def test_runbook_schema_is_json(capsys):
    assert json.loads(stdout_of(capsys, toban("runbook", "schema")))["title"] == "Runbook"


@pytest.mark.parametrize("argv", [("--html",), ("-o", "book.html"), ("-o", "book.htm")])
def test_runbook_show_writes_a_page_to_print(argv, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    page = stdout_of(capsys, toban("--lang", "ja", "runbook", "show", *argv))
    if "-o" in argv:
        file = tmp_path / argv[1]
        assert not page
        assert file.stat().st_mode & 0o777 == 0o600
        page = file.read_text("utf-8")
    assert page.startswith('<!DOCTYPE html>\n<html lang="ja">')
    assert page.rstrip().endswith("</html>")
    assert "運用担当者（当番）" in page


def test_runbook_show_says_what_it_cannot_write_or_read(tmp_path, capsys):
    assert toban("runbook", "show", "--html", "-o", str(tmp_path / "none" / "x.html")) == 73
    assert "there is no folder" in capsys.readouterr().err
    (tmp_path / "broken.toml").write_text("version = 2\n", "utf-8")
    assert toban("runbook", "show", str(tmp_path / "broken.toml"), "--html") == 65
    assert "toban runbook check" in capsys.readouterr().err


def test_runbook_show_as_text_has_the_steps(capsys):
    output = stdout_of(capsys, toban("runbook", "show", "--format", "text"))
    assert "  1. Read the error log (/ecs/staff-api, from 10 minutes ago on)" in output
    assert "An ECS task crashed → The ECS service recovers by itself (wait 5 minutes)" in output
    assert "Approval: PM (project manager)" in output


def test_runbook_show_holds_every_limit_and_duty(capsys):
    output = stdout_of(capsys, toban("runbook", "show", "--format", "text"))
    runbook = load_builtin("facility-prod")
    assert all(each.title in output for each in runbook.limits)
    assert all(each.title in output for each in runbook.duties)
    assert all(each.title in output and each.name in output for each in runbook.alarms)
    assert_in(output, "< 500 ms", "UNDECIDED")
    assert 'did you mean "facility-prod"?' in stderr_of(capsys, toban("runbook", "show", "facility"), 65)


def test_config_names_each_values_source(tmp_path, monkeypatch, capsys):
    monkeypatch.setenv("TOBAN_PROFILE", "ops")
    monkeypatch.setenv("TOBAN_ENDPOINT_URL", "https://user:hunter2@aws.example/x")
    file = tmp_path / "toban" / "config.toml"
    file.parent.mkdir()
    file.write_text("bell = false\n[keys]\nzoom = 'f7'\n", "utf-8")
    file.chmod(0o600)
    output = stdout_of(capsys, toban("--theme", "16", "config"))
    assert output.startswith(f"{file}\n")
    rows = {line.split()[0]: " ".join(line.split()[1:]) for line in output.splitlines()[2:]}
    assert rows["profile"] == "ops [TOBAN_PROFILE]"
    assert rows["theme"] == "16 [--theme]"
    assert rows["bell"] == f"false [{file}:1]"
    assert rows["keys"] == f"zoom=f7 [{file}:3]"
    assert rows["intervals.alarms"] == "60 [default]"
    assert "hunter2" not in output
    assert "https://***@aws.example/x" in output
    other = tmp_path / "other.toml"
    other.write_text("bell = false\n", "utf-8")
    output = stdout_of(capsys, toban("config", "--config", str(other), "--journal", "/j.db"))
    assert output.startswith(f"{other}\n")
    assert "/j.db  [--journal]" in output


def test_a_wrong_configuration_has_its_own_status(tmp_path, capsys):
    file = tmp_path / "mine.toml"
    file.write_text("them = 1\n", "utf-8")
    file.chmod(0o600)
    assert "mine.toml:1: them: unknown key" in stderr_of(capsys, toban("--config", str(file), "config"), 78)


@pytest.mark.parametrize("command", [("config",), ("alarms",), ("duties",)])
def test_an_unusable_flag_is_wrong_usage(command, monkeypatch):
    assert toban("--endpoint-url", "file:///etc/passwd", *command) == 64
    monkeypatch.setenv("TOBAN_ENDPOINT_URL", "file:///etc/passwd")
    assert toban(*command) == 78


def test_help_in_both_languages(capsys):
    english = stdout_of(capsys, toban("--lang", "en", "demo", "--help"))
    japanese = stdout_of(capsys, toban("--lang=ja", "demo", "--help"))
    assert english.startswith("Usage: toban demo")
    assert japanese.startswith("使い方: toban demo")
    assert_in(japanese, "オプション", "--scenario")


def process(*argv: str, **environment: str) -> "subprocess.CompletedProcess[str]":
    code = "from tui.cli.main import main; main()"
    return subprocess.run(
        [sys.executable, "-c", code, *argv],
        env={**os.environ, **environment},
        capture_output=True,
        text=True,
        encoding="utf-8",
        errors="replace",
        timeout=60,
        check=False,
    )


def test_a_terminal_without_japanese_gets_question_marks_and_no_traceback():
    result = process("--lang", "ja", "runbook", "show", "--format", "text", PYTHONIOENCODING="latin-1:strict")
    assert result.returncode == 0
    assert "???" in result.stdout
    assert "Traceback" not in result.stderr


def test_a_reader_that_goes_away_leaves_no_traceback():
    reading, writing = os.pipe()
    os.close(reading)
    code = "from tui.cli.main import main; main()"
    result = subprocess.run(
        [sys.executable, "-c", code, "runbook", "schema"],
        stdout=writing,
        stderr=subprocess.PIPE,
        timeout=60,
        check=False,
    )
    os.close(writing)
    assert result.stderr == b""


def test_help_loads_neither_textual_nor_the_sdk_nor_settings():
    code = (
        "import sys\nfrom tui.cli.main import PrintedOutput, run\nrun(['demo', '--help'], PrintedOutput(outline_drawn=False))\n"
        "found = {'textual', 'botocore', 'aiobotocore', 'pydantic_settings', 'moto', 'pydantic'} & set(sys.modules)\n"
        "assert not found, found"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, timeout=60, check=False
    )
    assert done.returncode == 0, done.stderr


def test_the_outline_is_removed_before_anything_is_printed():
    code = "from tui.cli.main import main; main(outline_drawn=True)"
    result = subprocess.run(
        [sys.executable, "-c", code, "runbook", "check", "none.toml"],
        capture_output=True,
        timeout=60,
        check=False,
    )
    assert result.returncode == 65
    assert result.stdout.startswith(b"\x1b[?25h\x1b[?1049lnone.toml")


def test_runbook_check_cautions_where_the_window_cannot_be_compared(tmp_path, capsys):
    city = tmp_path / "city.toml"
    shipped = (Path(__file__).parents[3] / "services/runbook/facility-prod.toml").read_text("utf-8")
    city.write_text(shipped.replace('window = "日曜日 2:00-3:00"', 'window = "日曜の夜中"'), "utf-8")
    *lines, last = stdout_of(capsys, toban("runbook", "check", str(city))).splitlines()
    assert last == "no errors; undecided: 6; warnings: 1"
    (caution,) = [line for line in lines if ": undecided: " not in line]
    assert caution.startswith(f"{city}:43: rds.window: warning: ")
    assert "日曜の夜中" in caution
