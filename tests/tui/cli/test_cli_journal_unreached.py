from tests.services.journal.ledgers.places import closed_port
from tests.tui.cli.test_cli_journal import toban
from tests.tui.printing import stderr_of


def test_a_command_says_what_to_do_before_it_is_run_again(tmp_path, capsys, monkeypatch):
    monkeypatch.setenv("TOBAN_LANG", "en")
    address = f"postgresql://toban@127.0.0.1:{closed_port()}/journals"
    error = stderr_of(capsys, toban("copy", "--from", address, "--to", str(tmp_path / "backup.db")), 69)
    assert "does not answer. Check the network and the server, then run it again." in error
    assert "the console tries again" not in error
