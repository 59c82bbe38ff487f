import json
from pathlib import Path

import pytest

from services import i18n
from tui.cli.main import Output, run


def table(*argv: str) -> int:
    try:
        return run(["--lang", "en", "journal", "table", *argv], Output(outline_drawn=False))
    finally:
        i18n.use("en")


def test_a_template_for_the_address(capsys: pytest.CaptureFixture[str]) -> None:
    assert table("--print", "dynamodb://toban-journal?region=ap-northeast-1") == 0
    (resource,) = json.loads(capsys.readouterr().out)["Resources"].values()
    assert resource["Properties"]["TableName"] == "toban-journal"


def test_statements_for_the_configured_ledger(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    config = tmp_path / "config.toml"
    config.write_text('journal = "postgresql://console:secret@db.example/journals"\n')
    config.chmod(0o600)
    assert table("--print", "--config", str(config)) == 0
    printed = capsys.readouterr().out
    assert "CREATE TABLE" in printed
    assert "secret" not in printed


def test_nothing_is_created_and_a_file_needs_no_table(capsys: pytest.CaptureFixture[str]) -> None:
    assert table("dynamodb://toban-journal") == 64
    assert "--print" in capsys.readouterr().err
    assert table("--print") == 64
    assert "dynamodb://toban-journal" in capsys.readouterr().err
    assert table("--print", "redis://x") == 64
