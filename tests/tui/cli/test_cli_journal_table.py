import json

from tests.tui.printing import stderr_of, stdout_of
from tui.cli.main import PrintedOutput, run


def table(*argv: str) -> int:
    return run(["--lang", "en", "journal", "table", *argv], PrintedOutput(outline_drawn=False))


def test_a_template_for_the_address(capsys):
    assert table("--print", "dynamodb://toban-journal?region=ap-northeast-1") == 0
    (resource,) = json.loads(capsys.readouterr().out)["Resources"].values()
    assert resource["Properties"]["TableName"] == "toban-journal"


def test_statements_for_the_configured_ledger(tmp_path, capsys):
    config = tmp_path / "config.toml"
    config.write_text('journal = "postgresql://console:secret@db.example/journals"\n')
    config.chmod(0o600)
    printed = stdout_of(capsys, table("--print", "--config", str(config)))
    assert "CREATE TABLE" in printed
    assert "secret" not in printed


def test_nothing_is_created_and_a_file_needs_no_table(capsys):
    assert "--print" in stderr_of(capsys, table("dynamodb://toban-journal"), 64)
    assert "dynamodb://toban-journal" in stderr_of(capsys, table("--print"), 64)
    assert table("--print", "redis://x") == 64
