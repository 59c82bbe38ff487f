import json

import pytest

from tests.tui.printing import stderr_of, stdout_of
from tui.cli.main import PrintedOutput, run


def policy(*argv: str) -> int:
    return run(["--lang", "en", "policy", *argv], PrintedOutput(outline_drawn=False))


@pytest.mark.parametrize(
    ("name", "action"), [("read", "rds:DescribeDBInstances"), ("operate", "cloudfront:CreateInvalidation")]
)
def test_a_policy_is_printed_as_json(name, action, capsys):
    assert policy(name) == 0
    printed = capsys.readouterr()
    statements = json.loads(printed.out)["Statement"]
    assert any(action in statement["Action"] for statement in statements)
    assert ("Athena also stores its results" in printed.err) == (name == "read")


def test_a_policy_that_would_allow_nothing_is_not_printed(capsys):
    assert policy("journal") == 2
    printed = capsys.readouterr()
    assert printed.out == ""
    # The runbook has nothing to do with it.
    assert printed.err.startswith("The journal is a file of this host")
    assert "--journal ADDRESS names a ledger" in printed.err
    assert "runbook" not in printed.err


def test_another_runbook_and_its_mistakes(tmp_path, capsys):
    (tmp_path / "broken.toml").write_text("version = 1\n")
    assert policy("read", "--runbook", str(tmp_path / "broken.toml")) == 65
    assert 'did you mean "read"' in stderr_of(capsys, policy("rea"), 64)


def test_the_rights_on_a_ledger(tmp_path, capsys):
    assert policy("journal", "--journal", "dynamodb://toban-journal") == 0
    assert "dynamodb:LeadingKeys" in capsys.readouterr().out
    config = tmp_path / "config.toml"
    config.write_text('journal = "s3://city-journals"\n')
    config.chmod(0o600)
    assert "s3:if-none-match" in stdout_of(capsys, policy("journal", "--config", str(config)))
    assert policy("journal", "--journal", "postgresql://console:secret@db.example/journals") == 0
    printed = capsys.readouterr().out
    assert 'GRANT SELECT, INSERT ON toban_journal TO "console";' in printed
    assert "secret" not in printed


def test_a_mistaken_address(capsys):
    assert policy("journal", "--journal", "redis://user:secret@host") in (64, 78)
    error = capsys.readouterr().err
    assert "dynamodb" in error
    assert "secret" not in error
