import json
import os
import re
import stat
from collections.abc import Iterator
from pathlib import Path

import pytest

from services import i18n
from services.models.verdict import Verdict
from tests.conftest import MonkeyPatch
from tests.services.report.ledger import Ledger, evidence, finding
from tests.tools.small_runbook import small_runbook
from tests.tui.printing import stderr_of, stdout_of
from tui.cli.main import PrintedOutput, run

DAY = "2026-01-06"


@pytest.fixture(autouse=True)
def ledger(tmp_path: Path, monkeypatch: MonkeyPatch) -> Iterator[Ledger]:
    journal = Ledger(tmp_path / "journal.db")
    journal.began(f"{DAY} 16:00")
    monkeypatch.setenv("TOBAN_JOURNAL", str(journal.path))
    monkeypatch.setenv("TOBAN_LANG", "en")
    yield journal
    i18n.use("en")


@pytest.fixture
def runbook(tmp_path: Path) -> str:
    """A system of its own with one duty, so that a day can be all normal."""
    path = tmp_path / "small.toml"
    path.write_text(small_runbook("small", "小さなシステム"), "utf-8")
    return str(path)


def toban(*argv: str) -> int:
    return run(("report", *argv), PrintedOutput(outline_drawn=False))


@pytest.mark.parametrize(
    ("verdict", "status"),
    [(Verdict.NORMAL, 0), (Verdict.ATTENTION, 1), (Verdict.ABNORMAL, 2), (Verdict.UNKNOWN, 3)],
)
def test_the_exit_status_is_the_verdict(ledger, runbook, verdict, status, capsys):
    key = f"evening@{DAY}T17:00"
    ledger.find(f"{DAY} 17:00", key, finding(f"{DAY} 17:00", verdict=verdict, since=f"{DAY} 09:00"))
    ledger.sign(f"{DAY} 17:05", key)
    assert toban(DAY, "--runbook", runbook) == status
    assert capsys.readouterr().out.startswith("# Operations report, Tue 6 Jan 2026\n")
    # Of the days before the journal began nothing is known, but of two later days that nobody signed off.
    assert toban("2026-01", "--runbook", runbook) == (2 if status == 2 else 1)


def test_without_a_journal_there_is_no_verdict(tmp_path, capsys):
    assert toban(DAY, "--file", str(tmp_path / "none.db")) == 3
    assert "There is no journal here." in capsys.readouterr().err
    other = tmp_path / "other.db"
    other.write_text("x" * 2000)
    other.chmod(0o600)
    assert toban(DAY, "--file", str(other)) == 3


@pytest.mark.parametrize(
    "argv", [("soon",), ("2999-01-01",), ("FY2998",), (DAY, "--format", "pdf"), ("2026-02-30",)]
)
def test_wrong_usage(argv, capsys):
    assert "Error" in stderr_of(capsys, toban(*argv), 64)


def test_a_runbook_with_mistakes(tmp_path):
    path = tmp_path / "bad.toml"
    path.write_text("version = 2\n")
    assert toban(DAY, "--runbook", str(path)) == 65


def test_files_are_whole_private_and_of_the_kind_their_name_says(tmp_path, capsys):
    for name, begins in (("r.html", "<!DOCTYPE html>"), ("r.json", "{"), ("r.md", "# Operations report")):
        to = tmp_path / name
        to.write_text("old")
        assert toban(DAY, "-o", str(to)) == 1
        assert to.read_text("utf-8").startswith(begins)
        assert stat.S_IMODE(to.stat().st_mode) == 0o600
    assert capsys.readouterr().out == ""
    assert not [each for each in os.listdir(tmp_path) if each.startswith(".r")]
    assert json.loads((tmp_path / "r.json").read_text("utf-8"))["kind"] == "day"


def test_what_is_no_file_is_never_replaced(tmp_path, capsys):
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    assert toban(DAY, "-o", str(pipe)) == 73
    assert stat.S_ISFIFO(pipe.stat().st_mode)
    assert toban(DAY, "-o", str(tmp_path / "no" / "r.md")) == 73
    assert not (tmp_path / "no").exists()
    assert "is not a file" in capsys.readouterr().err


def test_texts_of_logs_only_on_request_and_years_in_japans_eras(ledger, capsys):
    error_logs = finding(
        f"{DAY} 17:00", verdict=Verdict.ABNORMAL, evidence=(evidence("a log line", private=True),)
    )
    ledger.find(f"{DAY} 17:00", f"daily-evening@{DAY}T17:00", error_logs)
    assert "a log line" not in (output := stdout_of(capsys, toban(DAY, "--lang", "ja"), 2))
    assert re.search("^# .*2026年1月6日", output)
    assert toban("令和8年1月6日", "--lang", "ja", "--private", "--wareki") == 2
    assert "a log line" in (output := capsys.readouterr().out)
    assert re.search("^# .*令和8年1月6日", output)


def test_without_a_day_it_is_today(capsys):
    status = toban("--format", "json")
    report = json.loads(capsys.readouterr().out)
    assert report["first"] == report["last"]
    assert not report["complete"]
    assert status == {None: 0, "attention": 1, "unknown": 3}[report["verdict"]]
