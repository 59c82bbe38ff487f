import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from rich.cells import cell_len

from services import i18n
from tests.conftest import MonkeyPatch
from tests.services.report.ledger import Ledger
from tests.tui.printing import stderr_of, stdout_of
from tui.cli.main import PrintedOutput, run


@pytest.fixture(autouse=True)
def ledger(tmp_path: Path, monkeypatch: MonkeyPatch) -> Iterator[Ledger]:
    journal = Ledger(tmp_path / "journal.db")
    journal.began("2026-01-01 00:00")
    monkeypatch.setenv("TOBAN_JOURNAL", str(journal.path))
    monkeypatch.setenv("TOBAN_LANG", "ja")
    yield journal
    i18n.use("en")


def toban(*argv: str) -> int:
    return run(("duties", *argv), PrintedOutput(outline_drawn=False))


@pytest.mark.parametrize("language", i18n.LANGUAGES)
@pytest.mark.parametrize("month", ["2026-01", "2026-04", "2026-10"])
def test_no_column_cuts_its_text(language, month, monkeypatch, capsys):
    monkeypatch.setenv("TOBAN_LANG", language)
    assert "…" not in stdout_of(capsys, toban("--month", month))


def test_a_month_as_text(ledger, capsys):
    ledger.sign("2026-01-06 09:40", "daily-morning@2026-01-06T09:00", "late", note="会議のため")
    lines = stdout_of(capsys, toban("--month", "2026-01")).splitlines()
    assert lines[0].startswith("役所設備管理システム  2026-01-01(木)")
    assert "01-12(月)" in "\n".join(lines), "a holiday stands there though nothing is to be done"
    signed = next(line for line in lines if "会議のため" in line)
    assert "✓ 確認済み" in signed
    assert "遅延後に確認" in signed
    # The titles of all lines begin in one column, whatever stands before them.
    columns = {cell_len(line[: line.index(title)]) for line in lines for title in ("始業時の確認", "RDS バックアップの確認")
               if title in line}  # fmt: skip
    assert len(columns) == 1
    assert any("access-key:ci-cd-user+90d" in line for line in lines)


def test_days_from_today_as_json(capsys):
    agenda = json.loads(stdout_of(capsys, toban("--days", "14", "--json")))
    assert (agenda["version"], agenda["system"], agenda["journal_read"]) == (1, "facility-prod", True)
    assert len(agenda["days"]) == 14
    keys = [each["slot"]["key"] for day in agenda["days"] for each in day["occurrences"]]
    assert any(key.startswith("daily-morning@") for key in keys)


def test_a_calendar_file(tmp_path, capsysbinary):
    assert toban("--ics", "-") == 0
    printed = capsysbinary.readouterr()
    assert printed.out.startswith(b"BEGIN:VCALENDAR\r\n")
    assert printed.out.endswith(b"END:VCALENDAR\r\n")
    assert b"ci-cd-user" in printed.err, "what has no date is told beside the file"
    to = tmp_path / "duties.ics"
    assert toban("--ics", str(to)) == 0
    assert to.read_bytes() == printed.out


@pytest.mark.parametrize(
    "argv",
    [("--month", "2026-13"), ("--month", "soon"), ("--days", "0"), ("--month", "2026-01", "--days", "3"),
     ("--json", "--ics", "-")],
)  # fmt: skip
def test_wrong_usage(argv, capsys):
    assert stderr_of(capsys, toban(*argv), 64)


def test_without_a_journal_the_calendar_is_all_there_is(tmp_path, capsys):
    output = stdout_of(capsys, toban("--month", "2026-01", "--file", str(tmp_path / "none.db")))
    assert "始業時の確認" in output
    assert "確認済み" not in output
    assert "記録ファイル" in output
