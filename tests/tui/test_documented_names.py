from collections.abc import Iterator

import pytest

from services import i18n
from tests.conftest import Capsys, MonkeyPatch
from tests.tools.config_file import write
from tests.tools.documented import names
from tests.tools.documented.names import Flag
from tests.tools.documented.texts import documents, help_commands, help_segments
from tui.cli.main import PrintedOutput, run
from tui.exit_status import ExitStatus

PARTS = documents()
SEGMENTS = [each for part in PARTS.values() for each in part]
FOREIGN_OPTIONS = {"--again", "--bin", "--check", "--ignore-missing", "--require-hashes"}
"""Of sha256sum, pip and the bundle's installer."""
FOREIGN_TABLES = {"demo"}  # An extra of the package
OF_ADDRESSES = {
    "dynamodb": ("--journal", "journal"),
    "http": ("--endpoint-url", "endpoint_url"),
    "postgresql": ("--journal", "journal"),
}
"""The option that takes an address, and what `toban config` calls it."""
FOREIGN_ADDRESSES = {"file://toban-read.json", "http://localhost:8000", "http://localhost:8000/en/"}
"""Of the AWS CLI, of the site read from the disk."""


@pytest.fixture(autouse=True)
def english(monkeypatch: MonkeyPatch) -> None:
    monkeypatch.setenv("LANG", "en_US.UTF-8")


def toban(capsys: Capsys, *argv: str) -> tuple[int, str]:
    try:
        status = run(argv, PrintedOutput(outline_drawn=False))
    finally:
        i18n.use("en")
    output = capsys.readouterr()
    return status, output.out + output.err


def rows(output: str) -> dict[str, str]:
    return {line.split()[0]: line for line in output.splitlines() if line.strip()}


def test_the_documents_are_read():
    for name in ("docs/site/en/changing.md", "docs/site/ja/changing.md", "tui/installed/man/ja/man1/toban.1"):
        assert {"TOBAN_GITHUB_TOKEN", "TOBAN_GITHUB_TOKEN_FILE"} <= names.variables(PARTS[name]), name
    assert Flag(("logs", "tail"), "--follow") in names.flags(PARTS["tui/installed/man/man1/toban.1"])
    assert ("change", "task-limit", "--max", "10", "--plan") in names.commands(
        PARTS["docs/site/en/changes.md"]
    )
    assert names.Key("duties", True, "en.asks") in names.keys(PARTS["docs/site/en/runbook.md"])
    everything = (names.variables, names.commands, names.flags, names.keys, names.addresses)
    counts = {each.__name__: len(each(SEGMENTS)) for each in everything}
    # Shown with `pytest -rP`.
    print(counts)
    assert all(
        count >= least for count, least in zip(counts.values(), (60, 150, 350, 300, 5), strict=True)
    ), counts


def test_every_command_that_is_typed_is_accepted(capsys):
    refused = {}
    for words in sorted(names.commands(SEGMENTS)):
        # A word in capitals stands for a command.
        status, output = toban(capsys, *(each for each in words if each != "COMMAND"), "--help")
        if status != ExitStatus.NORMAL:
            refused[words] = output
    assert refused == {}


def known_options(capsys: Capsys, *command: str) -> Iterator[Flag]:
    status, output = toban(capsys, *command, "--help")
    assert status == ExitStatus.NORMAL, (command, output)
    yield from names.flags(help_segments(command, output))
    for name in help_commands(output):
        yield from known_options(capsys, *command, name)


def test_every_option_is_accepted_where_it_is_shown(capsys):
    shown = {*names.flags(SEGMENTS), *known_options(capsys)}
    refused = {}
    for command in sorted({flag.command for flag in shown}):
        argv = [word for flag in sorted(shown) if flag.command == command for word in (flag.name, "x")]
        if not command:
            # Below no command: one of them, or `toban`, has it.
            everywhere = {flag.name for flag in shown if flag.command} | {"--version", "--help"}
            refused |= {
                name: "" for name in argv if name[0] == "-" and name not in everywhere | FOREIGN_OPTIONS
            }
        elif command[0] != "change" or not command[1:]:
            status, output = toban(capsys, *command, *argv, "--help")
            if status != ExitStatus.NORMAL:
                refused[" ".join(command)] = output
    assert refused == {}
    assert toban(capsys, "alarms", "--jsn", "x", "--help")[0] == ExitStatus.USAGE


def test_every_key_of_a_runbook_and_of_a_configuration_is_judged(tmp_path, capsys):
    keys = names.keys(SEGMENTS)
    alone = {key.table for key in keys if not key.name} - FOREIGN_TABLES
    keys = {key for key in keys if key.name}
    tables = {".".join(key.table.split(".")[:end]) for key in keys for end in (1, 2)}
    assert alone <= tables | {"duties.steps"}
    file = tmp_path / "wrong.toml"
    write(file, names.wrong_values(keys))
    judged = set()
    for argv in (("runbook", "check", str(file)), ("--config", str(file), "config")):
        judged |= names.answered_for(keys, toban(capsys, *argv)[1])
    leaves = {key for key in keys if f"{key.table}.{key.name}".strip(".") not in tables}
    assert sorted(leaves - judged) == []
    assert len(leaves) > 250


@pytest.mark.parametrize(
    "name", sorted(each for each in names.variables(SEGMENTS) if each.startswith("TOBAN_"))
)
def test_every_variable_of_ours_is_shown_or_its_value_refused(name, tmp_path, monkeypatch, capsys):
    _status, usual = toban(capsys, "config")
    monkeypatch.setenv(name, str(tmp_path / "none"))
    status, output = toban(capsys, "config")
    assert "unknown variable" not in output
    if status == ExitStatus.NORMAL:
        changed = {row for row, text in rows(output).items() if text != rows(usual).get(row)}
        assert changed & {name, name.removeprefix("TOBAN_").lower().replace("__", ".")}, output
    else:
        assert status == ExitStatus.CONFIG
        assert name in output


@pytest.mark.parametrize(
    "command", [("alarms",), ("doctor", "--no-aws"), ("duties",), ("mcp", "--help"), ("watch",)], ids=str
)
def test_no_command_refuses_a_variable_of_ours(command, monkeypatch, tmp_path, capsys):
    monkeypatch.setenv("TOBAN_GITHUB_TOKEN", "token-of-the-tests")
    monkeypatch.setenv("TOBAN_GITHUB_TOKEN_FILE", str(tmp_path / "none"))
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:9")
    monkeypatch.setenv("AWS_MAX_ATTEMPTS", "1")
    status, output = toban(capsys, *command)
    assert status != ExitStatus.CONFIG, output


def test_every_address_is_taken_by_its_option(capsys, monkeypatch):
    addresses = names.addresses(SEGMENTS) - FOREIGN_ADDRESSES
    for address in sorted(addresses):
        if "github" in address:
            monkeypatch.setenv("TOBAN_GITHUB_URL", address)
            assert address in rows(toban(capsys, "config")[1])["TOBAN_GITHUB_URL"]
        else:
            option, row = OF_ADDRESSES[address.partition(":")[0]]
            status, output = toban(capsys, option, address, "config")
            assert status == ExitStatus.NORMAL, output
            assert address.rpartition("@")[2] in rows(output)[row]
    assert {each.partition(":")[0] for each in addresses} >= OF_ADDRESSES.keys()
