import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from services import i18n
from services.demo.sts import SessionStore
from services.models.verdict import Verdict
from services.runbook import loader
from tests.conftest import MonkeyPatch, assert_in
from tests.services.report.ledger import Ledger, finding
from tests.tools.config_file import write
from tests.tools.small_runbook import small_runbook
from tests.tui.printing import stderr_of, stdout_of
from tui.cli.main import PrintedOutput, run

DAY = "2026-01-06"
KEY = f"evening@{DAY}T17:00"
SYSTEMS = {"library": "図書館", "taxes": "市税", "water": "水道"}


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: MonkeyPatch) -> Iterator[Path]:
    """A configuration of three systems, each with a runbook and a journal of its own beside it."""
    entries = []
    for id, title in SYSTEMS.items():
        (tmp_path / f"{id}.toml").write_text(small_runbook(id, title), "utf-8")
        entries.append(f'[[systems]]\nrunbook = "{id}.toml"\njournal = "{tmp_path}/{id}.db"\n')
    configure(tmp_path, *entries)
    monkeypatch.setenv("TOBAN_CONFIG", str(tmp_path / "config.toml"))
    yield tmp_path
    i18n.use("en")


def configure(folder: Path, *entries: str) -> None:
    write(folder / "config.toml", "".join(entries))


def judged(folder: Path, id: str, verdict: Verdict) -> None:
    """A journal in which the evening's duty of a system was found so and signed."""
    journal = Ledger(folder / f"{id}.db")
    journal.began(f"{DAY} 16:00")
    journal.find(f"{DAY} 17:00", KEY, finding(f"{DAY} 17:00", verdict=verdict, since=f"{DAY} 09:00"))
    journal.sign(f"{DAY} 17:05", KEY)


def toban(*argv: str) -> int:
    return run(["--lang", "en", *argv], PrintedOutput(outline_drawn=False))


@pytest.mark.parametrize("id", SYSTEMS)
def test_a_system_is_chosen_by_its_id(id, folder, capsys):
    judged(folder, id, Verdict.NORMAL)
    assert toban("report", DAY, "--system", id, "--format", "json") == 0
    assert json.loads(capsys.readouterr().out)["system"] == id
    assert json.loads(stdout_of(capsys, toban("duties", "--system", id, "--json")))["system"] == id
    assert "sign-off" in stdout_of(capsys, toban("journal", "list", "--system", id))


def test_without_a_choice_it_is_the_first(capsys):
    assert json.loads(stdout_of(capsys, toban("duties", "--json")))["system"] == "library"


@pytest.mark.parametrize(
    "argv",
    [
        ("duties",),
        ("report",),
        ("journal", "list"),
        ("inspect",),
        ("alarms",),
        ("incident", "list"),
        ("policy", "read"),
    ],
)
def test_an_unknown_id_is_wrong_usage_and_lists_the_ids(argv, capsys):
    error = stderr_of(capsys, toban(*argv, "--system", "libary"), 64)
    assert '--system: "libary" does not exist: did you mean "library"?' in error
    assert "available: library, taxes, water" in error


def test_an_unknown_id_names_the_runbooks_that_cannot_be_read(folder, capsys):
    (folder / "taxes.toml").write_text("version = 1\n", "utf-8")
    error = stderr_of(capsys, toban("duties", "--system", "taxes"), 64)
    assert_in(error, "available: library, water", f"these runbooks cannot be read: {folder}/taxes.toml")
    # The others are not kept from their work.
    assert toban("duties", "--system", "water") == 0


def test_the_shipped_system_is_chosen_without_a_list(folder, capsys):
    configure(folder, "")
    assert loader.builtin_names() == ("facility-prod",)
    assert toban("duties", "--system", "facility-prod", "--json") == 0
    assert json.loads(capsys.readouterr().out)["system"] == "facility-prod"
    assert toban("duties", "--system", "library") == 64


# ---- all systems


def test_reports_of_all_systems_are_one_document_worst_first(folder, capsys):
    for id, verdict in zip(SYSTEMS, (Verdict.NORMAL, Verdict.ABNORMAL, Verdict.ATTENTION), strict=True):
        judged(folder, id, verdict)
    lines = stdout_of(capsys, toban("report", "--all", DAY), 2).splitlines()
    assert lines[0] == "# Operations report, Tue 6 Jan 2026: 3 systems"
    assert lines[2] == "**◆ abnormal**"
    rows = [line for line in lines if line.startswith(tuple(f"| {title} (" for title in SYSTEMS.values()))]
    assert [row.split(" | ")[:2] for row in rows] == [
        ["| 市税 (taxes)", "◆ abnormal"],
        ["| 水道 (water)", "▲ attention"],
        ["| 図書館 (library)", "● normal"],
    ]
    headings = [line for line in lines if line.startswith("## ")]
    assert headings == ["## All systems", *(f"## {title} ({id})" for id, title in SYSTEMS.items())]
    # Each report is below its system's heading, whole.
    assert sum(line.startswith("### Findings") for line in lines) == len(SYSTEMS)
    page = stdout_of(capsys, toban("report", "--all", DAY, "--format", "html"), 2)
    assert page.count("<h2>") == len(SYSTEMS) + 1


def test_an_unreadable_journal_is_named_and_hides_no_verdict(folder, capsys):
    judged(folder, "library", Verdict.ABNORMAL)
    (folder / "taxes.db").write_text("x" * 2000)
    (folder / "taxes.db").chmod(0o600)
    (folder / "water.toml").write_text("version = 1\n", "utf-8")
    lines = stdout_of(capsys, toban("report", "--all", DAY), 2).splitlines()
    rows = [line.split(" | ")[:2] for line in lines if " | ? not known | " in line or "(library) |" in line]
    unread = [["| 市税 (taxes)", "? not known"], [f"| {folder}/water.toml", "? not known"]]
    assert rows == [["| 図書館 (library)", "◆ abnormal"], *unread]
    assert "**◆ abnormal, ? partly not judged**" in lines
    headings = [line for line in lines if line.startswith("## ")]
    assert headings[1:] == ["## 図書館 (library)", "## 市税 (taxes)", f"## {folder}/water.toml"]
    assert "- Could not be read: 2" in lines


def test_reports_as_json_are_in_the_order_of_the_configuration(folder, capsys):
    judged(folder, "library", Verdict.NORMAL)
    judged(folder, "water", Verdict.NORMAL)
    first, second, third = json.loads(stdout_of(capsys, toban("report", "--all", DAY, "--format", "json"), 3))
    assert [each["system"] for each in (first, second, third)] == list(SYSTEMS)
    assert (first["kind"], third["kind"], first["verdict"]) == ("day", "day", "normal")
    assert (second["kind"], second["system_title"]) == ("unread", "市税")
    assert second["why"][0] == "There is no journal here."
    assert not (folder / "taxes.db").exists()


@pytest.mark.parametrize("command", ["report", "inspect", "alarms"])
@pytest.mark.parametrize("option", ["--system", "--runbook"])
def test_all_is_not_about_one(command, option, capsys):
    assert f"leave out {option}" in stderr_of(capsys, toban(command, "--all", option, "library"), 64)


def test_alarms_and_inspections_of_all_systems(folder, embedded, capsys):
    configure(
        folder,
        f'[[systems]]\nrunbook = "facility-prod"\nendpoint_url = "{embedded.url}"\n',
        f'[[systems]]\nrunbook = "library.toml"\nendpoint_url = "{embedded.url}"\n',
        '[[systems]]\nrunbook = "none.toml"\n',
    )
    # The library's alarm is missing, which is worse than what cannot be known.
    answers = json.loads(stdout_of(capsys, toban("alarms", "--all", "--json"), 2))
    assert [answer["system"] for answer in answers] == ["facility-prod", "library", f"{folder}/none.toml"]
    assert [answer["verdict"] for answer in answers][1:] == ["abnormal", "unknown"]
    output = stdout_of(capsys, toban("inspect", "alarms", "--all"), 2)
    assert_in(output, "== City Hall Facility Management (facility-prod) ==", "== 図書館 (library) ==")
    assert f"== {folder}/none.toml ==" in output


def test_a_second_system_with_the_id_of_another_is_not_answered_by_that(folder, embedded, capsys):
    (folder / "copy.toml").write_text(small_runbook("library", "写し"), "utf-8")
    configure(
        folder,
        *(
            f'[[systems]]\nrunbook = "{name}.toml"\nendpoint_url = "{embedded.url}"\n'
            for name in ("library", "copy")
        ),
    )
    toban("alarms", "--all", "--json")
    first, second = json.loads(capsys.readouterr().out)
    assert first["system"] == "library"
    assert (second["system"], second["verdict"]) == (f"{folder}/copy.toml", "unknown")
    assert "systems[0]" in second["problem"][0]
    assert toban("report", "--all", DAY, "--format", "json") == 3
    assert [each["kind"] for each in json.loads(capsys.readouterr().out)][1] == "unread"


def test_an_inspection_that_one_system_lacks_is_made_in_the_others(folder, embedded, capsys):
    configure(
        folder,
        f'[[systems]]\nrunbook = "facility-prod"\nendpoint_url = "{embedded.url}"\n',
        f'[[systems]]\nrunbook = "library.toml"\nendpoint_url = "{embedded.url}"\n',
    )
    first, second = json.loads(stdout_of(capsys, toban("inspect", "slow-queries", "--all", "--json"), 3))
    assert first["findings"]
    assert (second["system"], second["verdict"]) == ("library", "unknown")
    assert "slow-queries" in second["problem"][0]
    assert "no-such-thing" in stderr_of(capsys, toban("inspect", "no-such-thing", "--all"), 64)


def test_each_system_is_read_with_its_own_role(folder, embedded, capsys):
    accounts = {"library": "111111111111", "taxes": "222222222222"}
    configure(
        folder,
        *(
            f'[[systems]]\nrunbook = "{id}.toml"\nendpoint_url = "{embedded.url}"\n'
            f'role_arn = "arn:aws:iam::{account}:role/Watch"\n'
            for id, account in accounts.items()
        ),
    )
    assert toban("alarms", "--all", "--json") == 2
    capsys.readouterr()
    sessions = embedded.world.component(SessionStore).sessions.values()
    assert [session.arn.split("/")[0] for session in sessions] == [
        f"arn:aws:sts::{account}:assumed-role" for account in accounts.values()
    ]
