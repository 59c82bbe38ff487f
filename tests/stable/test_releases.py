import json
import os
import shutil
from contextlib import closing

import pytest

from services.clock import ManualClock
from services.journal.linking.records import named, unpacked
from services.journal.reader import JournalReader
from services.journal.store import Store
from services.models.journal import EntryKind
from services.runbook.loader import load
from tests.services.journal.book import ALICE, append, note, open_journal
from tests.services.journal.hosts import Host
from tests.tools.memory_ledger import MemoryLedger
from tests.tools.release import fixtures
from tests.tools.stable import Contradiction, merge_additions
from tests.tools.stable_reading import NOW, toban
from tui.start_options import StartOptions
from tui.startup.config_reader import effective

FOLDERS = sorted(fixtures.RELEASES.iterdir())
JOURNALS = [path for folder in FOLDERS for path in sorted(folder.glob("*.db"))]
PRINTED = ("made_at", "state", "remark", "remarks")
"""Keys of the duties that depend on when they are printed, or are composed then."""


def name(path):
    return str(path.relative_to(fixtures.RELEASES))


@pytest.fixture(params=JOURNALS, ids=name)
def journal(request, tmp_path):
    """A copy of a journal, which may be written, beside the runbook of its version."""
    path = tmp_path / "journal.db"
    shutil.copyfile(request.param, path)
    path.chmod(0o600)
    shutil.copyfile(request.param.with_name("runbook.toml"), tmp_path / "runbook.toml")
    return path


def answered(path, *command):
    return toban(*command, *fixtures.options(path.parent))


def exported(path):
    status, text = answered(path, "journal", "export")
    assert status == 0
    return text.splitlines()


def test_a_journal_is_intact(journal):
    status, text = answered(journal, "journal", "verify", "--json")
    assert status == 0
    assert json.loads(text)["entries"] > 10


def test_every_entry_is_listed_with_a_kind_that_is_known(journal):
    with closing(JournalReader.open(journal)) as reader:
        assert reader.unknown_kinds() == []
    status, text = answered(journal, "journal", "list")
    assert status == 0
    assert len(text.splitlines()) > len(exported(journal))


def test_reports_and_incidents_are_read(journal):
    status, text = answered(journal, "report", "2026-01-19", "--format", "json")
    assert status in (0, 1, 2)
    assert json.loads(text)["duties"]
    # As the journal says, one is open or none is.
    assert answered(journal, "incident", "list")[0] in (0, 1, 2)


def test_new_entries_continue_the_chain(journal):
    before = exported(journal)
    with closing(Store(journal)) as store:
        append(store, note("of the newest version"), at=NOW, person=ALICE)
    assert exported(journal)[:-1] == before
    assert answered(journal, "journal", "verify")[0] == 0


async def test_the_console_opens_it_and_records(journal):
    async with open_journal(journal, clock=ManualClock(NOW)) as opened:
        assert opened.health.writable
        entries = opened.health.entries
        entry = await opened.append(note("of the newest version"))
        assert entry.seq == (entries or 0) + 1


@pytest.mark.parametrize("folder", FOLDERS, ids=name)
def test_a_journal_is_exported_as_its_own_version_exported_it(folder, tmp_path):
    for file in ("journal.db", "runbook.toml"):
        shutil.copyfile(folder / file, tmp_path / file)
    then = (folder / "export.jsonl").read_text("utf-8").splitlines()
    now = exported(tmp_path / "journal.db")
    assert [json.loads(line) for line in now] == [json.loads(line) for line in then]


@pytest.mark.parametrize("folder", FOLDERS, ids=name)
def test_a_configuration_is_read_without_a_mistake(folder, tmp_path):
    for file in ("config.toml", "runbook.toml"):
        shutil.copyfile(folder / file, tmp_path / file)
    os.chmod(tmp_path / "config.toml", 0o600)
    in_force = effective(StartOptions(config=str(tmp_path / "config.toml")))
    assert in_force.config.arm_minutes == 20
    assert in_force.config.intervals.alarms == 120


@pytest.mark.parametrize("folder", FOLDERS, ids=name)
def test_a_runbook_gives_the_same_duties(folder, tmp_path):
    for file in ("journal.db", "runbook.toml"):
        shutil.copyfile(folder / file, tmp_path / file)
    load(tmp_path / "runbook.toml")
    status, text = toban("duties", "--month", fixtures.MONTH, "--json", *fixtures.options(tmp_path))
    assert status == 0
    then = json.loads((folder / "duties.json").read_text("utf-8"))
    try:
        merge_additions(timeless(then), timeless(json.loads(text)))
    except Contradiction as error:
        pytest.fail(str(error))


def timeless(value):
    """Without what depends on the moment at which it was printed."""
    if isinstance(value, dict):
        return {key: timeless(inner) for key, inner in value.items() if key not in PRINTED}
    return [timeless(inner) for inner in value] if isinstance(value, list) else value


def stored(folder):
    lines = (folder / "records.jsonl").read_text("utf-8").splitlines()
    return {seq: record.encode() for seq, record in map(json.loads, lines)}


def ledgers():
    yield from (folder for folder in FOLDERS if (folder / "records.jsonl").exists())


@pytest.mark.parametrize("folder", ledgers(), ids=name)
async def test_a_shared_journal_goes_on(folder, tmp_path):
    ledger = MemoryLedger()
    ledger.records = stored(folder)
    last = max(ledger.records)
    host = Host("bastion-1", "alice", ledger, tmp_path, ManualClock(NOW))
    async with host.open() as shared:
        assert shared.health.writable
        entry = await shared.append(note("of the newest version"))
    assert entry.seq == last + 1
    assert named(ledger.records[0]).journal
    assert unpacked(last + 1, ledger.records[last + 1]).row
    with closing(JournalReader.open(host.copy)) as reader:
        assert reader.head()[0] == last + 1


def test_every_released_version_has_its_folder():
    assert set(fixtures.released()) <= {folder.name for folder in FOLDERS}


def test_every_setting_is_in_the_newest_configuration():
    from tui.startup.config_reader import settings

    text = fixtures.CONFIG
    assert [each.key for each in settings() if each.key.rpartition(".")[2] not in text] == []


@pytest.mark.parametrize("folder", FOLDERS, ids=name)
def test_what_a_version_wrote_is_never_written_again(folder):
    before = {path: path.stat().st_mtime_ns for path in folder.iterdir()}
    assert "never written again" in fixtures.refusal(folder.name)
    assert fixtures.main([folder.name]) == 1
    assert {path: path.stat().st_mtime_ns for path in folder.iterdir()} == before


def test_a_released_version_without_its_folder_is_not_written_by_the_code_of_today(tmp_path, monkeypatch):
    (tmp_path / "CHANGELOG.md").write_text(
        "## Unreleased\n\n## [0.3.0] - 2027-01-01\n\n## 0.2.0 (2026-12-01)\n"
    )
    monkeypatch.setattr(fixtures, "ROOT", tmp_path)
    assert fixtures.released() == ["0.3.0", "0.2.0"]
    assert "is released" in fixtures.refusal("0.2.0", tmp_path / "releases")
    assert fixtures.refusal("0.4.0", tmp_path / "releases") == ""


def test_the_kinds_of_the_newest_folder_are_known():
    kinds = {
        json.loads(line)["kind"] for line in (FOLDERS[-1] / "export.jsonl").read_text("utf-8").splitlines()
    }
    assert kinds <= {kind.value for kind in EntryKind}
    assert {"sign-off", "finding", "incident-opened", "incident-taken", "evidence", "note"} <= kinds
