import pytest

from services import i18n
from tests.tools.config_file import write
from tests.tools.small_runbook import small_runbook
from tui.cli.main import PrintedOutput, run


def about_journal(capsys: pytest.CaptureFixture[str], *argv: str, lang: str = "en") -> list[str]:
    try:
        assert run(["--lang", lang, "config", *argv], PrintedOutput(outline_drawn=False)) == 0
    finally:
        i18n.use("en")
    lines = capsys.readouterr().out.splitlines()
    (at,) = [number for number, line in enumerate(lines) if line.startswith("journal ")]
    return [line.strip() for line in lines[at : at + 3]]


def test_a_file_of_this_host(tmp_path, capsys):
    setting, engine, advice = about_journal(capsys)
    assert setting.endswith("[default]")
    assert engine.startswith("SQLite, a file of this host: ")
    assert "second host" in advice
    path = tmp_path / "shared.db"
    assert str(path) in about_journal(capsys, "--journal", str(path))[1]


@pytest.mark.parametrize(
    ("address", "engine"),
    [
        ("dynamodb://toban-journal?region=ap-northeast-1", "DynamoDB, shared by hosts"),
        ("postgresql://console:secret@db.example/journals", "PostgreSQL, shared by hosts"),
        ("s3://city-journals/toban", "S3, shared by hosts"),
    ],
)
def test_a_ledger_and_the_copy_here(address, engine, capsys):
    lines = about_journal(capsys, "--journal", address)
    assert lines[1].startswith(engine)
    assert "toban/journals" in lines[1]
    assert "toban doctor" in lines[2]
    assert "secret" not in "".join(lines)


def test_in_japanese(capsys):
    assert "このホストのファイル" in about_journal(capsys, lang="ja")[1]


def test_each_system_with_its_journal_and_what_is_wrong_with_its_runbook(tmp_path, capsys):
    (tmp_path / "library.toml").write_text(small_runbook("library-prod", "図書館"), "utf-8")
    config = tmp_path / "config.toml"
    write(
        config,
        f"""
[[systems]]
runbook = "facility-prod"
profile = "city"
[[systems]]
runbook = "{tmp_path / "library.toml"}"
journal = "postgresql://console:secret@db.example/journals"
[[systems]]
runbook = "{tmp_path / "nowhere.toml"}"
""",
    )
    assert run(["--lang", "en", "--config", str(config), "config"], PrintedOutput(outline_drawn=False)) == 0
    lines = [line.strip() for line in capsys.readouterr().out.splitlines()]
    (at,) = [number for number, line in enumerate(lines) if line.startswith("systems ")]
    first, profile, file, second, _journal, ledger, _third, missing, *_rest = lines[at + 1 :]
    assert (first, profile) == ("facility-prod", "profile = city")
    assert file.startswith("SQLite, a file of this host: ")
    assert file.endswith("facility-prod.db")
    assert second.endswith("library.toml")
    assert ledger.startswith("PostgreSQL, shared by hosts: postgresql://")
    assert "library-prod.postgresql-" in ledger
    assert "nowhere.toml" in missing
    assert "secret" not in "".join(lines)


def test_what_is_wrong_with_the_runbook(tmp_path, capsys):
    runbook = tmp_path / "nowhere.toml"
    config = tmp_path / "config.toml"
    write(config, f'runbook = "{runbook}"\n')
    assert run(["--lang", "en", "--config", str(config), "config"], PrintedOutput(outline_drawn=False)) == 0
    lines = [line.strip() for line in capsys.readouterr().out.splitlines()]
    (at,) = [number for number, line in enumerate(lines) if line.startswith("runbook ")]
    assert lines[at + 1].startswith(f"{runbook}: ")
    assert "toban runbook show" in lines[at + 2]
    assert lines[at + 3].startswith("profile ")
