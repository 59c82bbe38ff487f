"""A name that is gone is read and said, is never an error, and stands nowhere but where it is said to be gone."""

import re
from contextlib import closing
from datetime import UTC
from pathlib import Path

import pytest

from services.journal.store import Store
from services.models import gone
from services.models.gone import GONE, Gone, GoneKind, gone_texts
from services.models.journal import EntryKind, NewEntry
from services.runbook.loader import inspect, load_named
from tests.services.journal.book import ALICE, NOON, append
from tests.tools import config_file
from tests.tools.console import console, until
from tests.tools.release import fixtures
from tests.tools.release.source import changelog_section
from tests.tools.small_runbook import small_runbook
from tests.tools.stable import golden
from tui.cli.main import run
from tui.cli.printing import PrintedOutput
from tui.start_options import StartOptions
from tui.startup.config_reader import effective
from widgets.journal.detail import fact_lines

ROOT = Path(__file__).parents[2]
TABLES = {
    "devops_agent": 'space = "s"\nyen = 300',
    "events": 'queue_url = "https://sqs.ap-northeast-1.amazonaws.com/123456789012/toban-events"',
}
"""What an earlier version accepted below each key of the runbook."""
REMOVED = re.compile(
    r"services[./]events\b|toban events|\[events\]|queue_url|event_queue|runbook_events|seen_events|EventsSpec|EventQueue|SeenType"
    r"|devops.?agent|aidevops|incident-opinion|DevOps Agent|incidents[./]opinion|respond[./]opinion|models[./]opinions|screen\.opinion"
)
SAID = ("CHANGELOG.md", "services/models/gone.py", "tests/stable/", "tests/tools/stable.py")
WRITTEN = re.compile(
    rf"kind=EntryKind\.({'|'.join(kind.upper() for kind in gone_texts(GoneKind.JOURNAL))})\b"
)


@pytest.fixture(autouse=True)
def nothing_told():
    gone.take_notices()
    yield
    gone.take_notices()


def rows(kind):
    return [each for each in GONE if each.kind is kind]


def printed(capfd, *argv):
    status = run(argv, PrintedOutput(outline_drawn=False))
    return status, *capfd.readouterr()


@pytest.fixture
def runbook(tmp_path):
    """A runbook with every key that is gone."""
    path = tmp_path / "city.toml"
    tables = (f"\n[{each.name}]\n{TABLES[each.name]}\n" for each in rows(GoneKind.RUNBOOK))
    path.write_text(small_runbook("city", "市") + "".join(tables), "utf-8")
    return path


@pytest.mark.parametrize("language", ["en", "ja"])
def test_a_runbook_with_keys_that_are_gone_is_used_and_says_so_each_time(runbook, language, capfd):
    for _time in range(2):
        status, out, err = printed(
            capfd, "--lang", language, "duties", "--month", "2026-01", "--json", "--runbook", str(runbook)
        )
        assert status == 0
        assert out.startswith("{")
        for name, text in gone_texts(GoneKind.RUNBOOK).items():
            (line,) = [line for line in err.splitlines() if f": {name}: " in line]
            assert line.endswith(text)


def test_the_check_of_a_runbook_names_the_line_and_finds_no_error(runbook, capfd):
    status, out, _err = printed(capfd, "--lang", "en", "runbook", "check", str(runbook))
    assert status == 0
    lines = runbook.read_text("utf-8").splitlines()
    for name, text in gone_texts(GoneKind.RUNBOOK).items():
        assert f"{runbook}:{lines.index(f'[{name}]') + 1}: {name}: {text}" in out
    assert "no errors" in out


def test_a_runbook_without_them_says_nothing(tmp_path):
    path = tmp_path / "city.toml"
    path.write_text(small_runbook("city", "市"), "utf-8")
    load_named(str(path))
    assert inspect(path).gone == ()
    assert gone.take_notices() == []


def test_a_configuration_with_keys_that_are_gone_is_used_and_says_so(tmp_path, monkeypatch):
    monkeypatch.setattr(gone, "GONE", (Gone(GoneKind.CONFIGURATION, "intervals.traces", "nothing"),))
    monkeypatch.setenv("TOBAN_INTERVALS__TRACES", "60")
    path = tmp_path / "config.toml"
    config_file.write(path, "[intervals]\nalarms = 120\ntraces = 60\n")
    in_force = effective(StartOptions(config=str(path)))
    assert in_force.config.intervals.alarms == 120
    assert gone.take_notices() == [
        f"{path}:3: intervals.traces: gone in 0.3.0: nothing",
        "environment: TOBAN_INTERVALS__TRACES: gone in 0.3.0: nothing",
    ]


def test_every_key_of_the_configuration_that_is_gone_is_said(tmp_path):
    path = tmp_path / "config.toml"
    lines = [f"{row.name} = 'f7'" for row in rows(GoneKind.CONFIGURATION)]
    config_file.write(path, "\n".join(lines))
    assert effective(StartOptions(config=str(path))).config.keys == {}
    notices = [
        f"{path}:{number}: {name}: {text}"
        for number, (name, text) in enumerate(gone_texts(GoneKind.CONFIGURATION).items(), 1)
    ]
    assert gone.take_notices() == notices


@pytest.mark.parametrize("more", [(), ("template", "--runbook", "x"), ("--help",)])
@pytest.mark.parametrize("language", ["en", "ja"])
@pytest.mark.parametrize("name", gone_texts(GoneKind.COMMAND))
def test_a_command_that_is_gone_says_so_in_one_sentence(name, language, more, capfd):
    status, out, err = printed(capfd, "--lang", language, *name.split(), *more)
    assert (status, out) == (64, "")
    assert err.splitlines() == [f"toban {name}: {gone_texts(GoneKind.COMMAND)[name]}"]


def test_entries_of_kinds_that_are_gone_are_listed_shown_and_said(tmp_path, capfd):
    path = tmp_path / "journal.db"
    texts = gone_texts(GoneKind.JOURNAL)
    with closing(Store(path)) as store:
        entries = [
            append(store, NewEntry(kind=EntryKind(kind), text=f"once {kind}"), at=NOON, person=ALICE)
            for kind in (*texts, *texts)
        ]
    status, out, err = printed(capfd, "--lang", "en", "journal", "list", "--file", str(path))
    assert status == 0
    assert all(f"once {kind}" in out for kind in texts)
    assert err.splitlines() == [f"{kind}: {text}" for kind, text in texts.items()]
    for entry in entries:
        lines = fact_lines(entry, UTC, 200)
        assert any(texts[entry.kind] in text for line in lines for text, _style in line)


@pytest.mark.scenario("ordinary-day", history=300.0)
async def test_the_console_says_what_its_files_name_in_vain(embedded):
    gone.tell(["city.toml:3: events: gone"])
    async with console(embedded.url, embedded.clock, size=(120, 40)) as pilot:
        past = pilot.app.board.past
        await until(pilot, lambda: "city.toml:3: events: gone" in [message.text for message in past])
    assert gone.take_notices() == []


def test_every_name_that_is_gone_was_one_and_stands_in_the_goldens():
    names = golden("names.json")
    were = {
        GoneKind.RUNBOOK: golden("schemas.json")["runbook"],
        GoneKind.CONFIGURATION: [*names["configuration"], *(f"keys.{id}" for id in names["commands"])],
        GoneKind.COMMAND: [name.removeprefix("toban ") for name in names["command line"]],
        GoneKind.JOURNAL: names["journal kinds"],
    }
    for row in GONE:
        assert row.name in were[row.kind]
        assert row.name in names[f"gone in {row.since}"][row.kind]
    assert set(TABLES) == set(gone_texts(GoneKind.RUNBOOK))


def test_the_changelog_of_a_release_says_what_is_gone():
    spelled = {GoneKind.RUNBOOK: "[{}]", GoneKind.COMMAND: "toban {}"}
    changelog = (ROOT / "CHANGELOG.md").read_text("utf-8")
    for row in GONE:
        if row.since in fixtures.released():
            name = spelled.get(row.kind, "{}").format(row.name.removeprefix("keys."))
            assert f"`{name}`" in changelog_section(changelog, row.since)


def files():
    for place in (
        "*.md", "*.toml", "mkdocs.yml", "docs/**/*", "services/**/*", "tests/**/*", "tui/**/*", "widgets/**/*",
    ):  # fmt: skip
        for path in ROOT.glob(place):
            name = str(path.relative_to(ROOT))
            if path.suffix in {".py", ".toml", ".md", ".po", ".1", ".yml", ".json", ".lark", ".txt"}:
                yield name, path.read_text("utf-8")


def test_what_is_gone_stands_nowhere_else():
    places = {
        (name, match[0])
        for name, text in files()
        for match in (*REMOVED.finditer(text), *(() if name.startswith("tests/") else WRITTEN.finditer(text)))
        if not name.startswith(SAID)
    }
    assert places == set()
