from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from services import i18n
from services.models.verdict import Verdict
from tests.services.duties.duty_world import jst
from tests.services.report.incident_ledger import DAY, open_incident, responded
from tests.services.report.ledger import Ledger, evidence, finding
from tests.tools.documented import trials
from tests.tools.documented.names import Flag, flags, values
from tests.tools.documented.texts import ROOT, documents
from tests.tui.cli.mcp.raw import spawned
from tui.cli.main import PrintedOutput, run
from tui.start_options import StartOptions

if TYPE_CHECKING:
    pass

SEGMENTS = [each for part in documents().values() for each in part]
VALUES = values(SEGMENTS)
OPTIONS = sorted(
    {trials.tried_as(each) for each in flags(SEGMENTS) if each.command and each.name != "--help"}
)
OF_PATCHES = ("change", "rds-maintenance")  # Its options mean something only while AWS has a patch that waits
OF_CONSOLE = [flag for flag in OPTIONS if flag.command in (("demo",), ("drill",))]
OF_MCP = [flag for flag in OPTIONS if flag.command == ("mcp",)]
OF_COMMANDS = [
    flag
    for flag in OPTIONS
    if flag not in (*OF_CONSOLE, *OF_MCP) and flag not in (*trials.SHOWN_ELSEWHERE, *trials.ACCEPTED)
]


def value_of(flag: Flag) -> str:
    """What documents show for an option's value; "" if it takes none."""
    parts = (Flag(flag.command[:end], flag.name) for end in range(len(flag.command), -1, -1))
    return next((VALUES[part] for part in parts if part in VALUES), "")


@pytest.fixture
def journal(tmp_path: Path) -> Path:
    ledger = Ledger(tmp_path / trials.JOURNAL)
    ledger.began(f"{DAY} 00:00")
    responded(ledger)
    open_incident(ledger, "11:00", "rds-storage-low", jst(f"{DAY} 10:59"))
    lines = (evidence("a log line", private=True),)
    ledger.find(
        f"{DAY} 17:00",
        f"daily-evening@{DAY}T17:00",
        finding(f"{DAY} 17:00", "alarms", Verdict.ABNORMAL, evidence=lines),
    )
    return ledger.path


@pytest.mark.slow
@pytest.mark.scenario("alb-5xx", minutes=15)
def test_every_option_does_something(embedded_now, journal, tmp_path):
    options = [flag for flag in OF_COMMANDS if flag.command != OF_PATCHES]
    assert idle(options, embedded_now.url, tmp_path / "starts", journal) == []


@pytest.mark.slow
@pytest.mark.scenario("forced-patch")
def test_every_option_of_patches_works(embedded_now, journal, tmp_path):
    options = [flag for flag in OF_COMMANDS if flag.command == OF_PATCHES]
    assert idle(options, embedded_now.url, tmp_path / "starts", journal) == []


def idle(options: Iterable[Flag], endpoint: str, folder: Path, journal: Path) -> list[str]:
    pairs = {flag: (trials.base_of(flag), trials.with_option(flag, value_of(flag))) for flag in options}
    bases = sorted({base for base, _start in pairs.values()}, key=lambda base: base.argv)
    starts = [*bases, *bases, *(start for _base, start in pairs.values())]
    ended = iter(trials.by_forks(starts, trials.environment(endpoint), folder, journal))
    first, second = (dict(zip(bases, ended, strict=False)) for _turn in range(2))
    print(len(pairs), "options")
    return [
        f"{start.argv}: {end}"
        for (base, start), end in zip(pairs.values(), ended, strict=True)
        if end.same_as(first[base], numbers=first[base].same_as(second[base], numbers=True))
    ]


def test_what_is_shown_elsewhere_is_shown_there():
    for flag, file in trials.SHOWN_ELSEWHERE.items():
        assert f'"{flag.name}"' in (ROOT / file).read_text("utf-8")


@contextmanager
def started(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[StartOptions]]:
    options: list[StartOptions] = []
    with monkeypatch.context() as context:
        context.setattr("tui.startup.start.run", lambda given, _refuse: options.append(given) or 0)
        context.setattr("tui.cli.drill.drill_command.hide", lambda _journal, _options: None)
        yield options
    i18n.use("en")


@pytest.mark.parametrize("flag", OF_CONSOLE, ids=str)
def test_every_option_of_a_console_reaches_it(flag, monkeypatch, tmp_path, capsys):
    monkeypatch.chdir(tmp_path)
    given = "alb-latency" if flag.name == "--scenario" else "2026-01-14 10:00" if flag.name == "--at" else ""
    argv = trials.with_option(flag, value_of(flag)).argv
    argv = (*argv[:-1], given) if given else argv
    # A drill draws a seed, and names its journal after the time.
    usual = (
        flag.command if flag.command == ("demo",) else (*flag.command, "--seed", "1", "--journal", "usual.db")
    )
    argv = (*usual, *argv[len(flag.command) :])
    outcomes = []
    for words in (usual, argv):
        with started(monkeypatch) as options:
            outcomes.append((run(words, PrintedOutput(outline_drawn=False)), options, capsys.readouterr()))
    assert outcomes[0] != outcomes[1]


def told(endpoint: str, *argv: str) -> str:
    """What a client of `toban mcp` is told about alarms and incidents; "" if it is not greeted."""
    try:
        with spawned(*argv, **trials.environment(endpoint)) as server:
            contents = [
                server.call(name, {})["result"]["content"] for name in ("list_alarms", "list_incidents")
            ]
            assert server.end()[0] == 0
            return trials.without_numbers(str(contents))
    except (ValueError, OSError):
        return ""


@pytest.mark.slow
def test_every_option_of_mcp_does_something(embedded_now, journal):
    usual = told(embedded_now.url)
    assert usual == told(embedded_now.url)
    for flag in OF_MCP:
        value = str(journal) if flag.name == "--journal" else trials.GIVEN.get(flag.name, trials.UNKNOWN)
        assert told(embedded_now.url, flag.name, value) != usual, flag
