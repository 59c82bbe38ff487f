"""The code of today reads a journal that commit be3edc1 wrote exactly as be3edc1 read it.

Texts that are composed when they are read are left out of the goldens, because their wording may change. They are
recognised by their translation: each command runs in English and Japanese, and a text that differs is replaced by `…`.
Texts stored in the journal are compared. Whole findings in reports are compared with their journal entries.
"""

import json
from contextlib import closing

import pytest

from services.journal.reader import JournalReader
from services.journal.store import Store
from services.models.journal import EntryKind, EntryQuery, NewEntry, Person
from tests.services.journal.book import append
from tests.tools.stable import EXPORT, golden
from tests.tools.stable_reading import (
    NOW,
    copied,
    duties,
    export,
    findings_in_reports,
    read_all,
    reports,
    toban,
    verification,
)


@pytest.fixture
def journal(tmp_path):
    return copied(tmp_path)


def entries_in(journal):
    with closing(JournalReader.open(journal)) as reader:
        return reader.find(EntryQuery(), limit=10_000, newest_first=False)


def old_export():
    return EXPORT.read_text("utf-8").splitlines()


def test_the_journal_is_intact(journal):
    assert verification(journal) == golden("verification.json")


def test_the_export_is_the_same(journal):
    lines = export(journal)
    assert [json.loads(line) for line in lines] == [json.loads(line) for line in old_export()]
    assert lines == old_export(), "the same values in another spelling"


@pytest.mark.parametrize(
    ("options", "matches"),
    [
        (("--kind", "sign-off", "--kind", "skipped"), lambda line: line["kind"] in ("sign-off", "skipped")),
        (
            ("--since", "2026-01-20", "--until", "2026-02-01"),
            lambda line: "2026-01-19T15" <= line["at"] < "2026-02-01T15",
        ),
        (("--person", "kimura"), lambda line: line["person"]["user"] == "kimura"),
        (("--target", "rds-cpu-high"), lambda line: line["target"] == "rds-cpu-high"),
    ],
)
def test_the_export_is_filtered_in_the_same_way(journal, options, matches):
    matching = [line for line in old_export() if matches(json.loads(line))]
    assert matching
    assert export(journal, *options) == matching


def test_every_read_model_is_the_same(journal):
    assert read_all(journal) == golden("reading.json")
    assert export(journal) == old_export(), "reading wrote entries"


def test_reports_are_the_same(journal):
    assert reports(journal) == golden("reports.json")


def test_duties_and_calendar_events_are_the_same(journal):
    assert duties(journal) == golden("duties.json")


def test_the_list_has_a_line_for_every_entry(journal):
    status, text = toban("journal", "list", "--since", "2026-01-01", "--file", str(journal))
    assert status == 0
    assert len(text.splitlines()) >= len(entries_in(journal))


def test_findings_in_reports_are_those_of_the_entries(journal):
    findings = {
        entry.seq: entry.data["finding"] for entry in entries_in(journal) if entry.kind is EntryKind.FINDING
    }
    reported = list(findings_in_reports(journal))
    assert len({seq for seq, _finding in reported}) > 10
    for seq, finding in reported:
        evidence = finding.pop("evidence")
        assert all(table in findings[seq]["evidence"] for table in evidence)
        assert finding == {key: value for key, value in findings[seq].items() if key != "evidence"}


def test_new_entries_continue_the_chain(journal):
    old_entries = entries_in(journal)
    with closing(Store(journal)) as store:
        append(store, NewEntry(kind=EntryKind.NOTE, text="today"), at=NOW, person=Person(user="ito"))
    assert entries_in(journal)[:-1] == old_entries
    answer, old_answer = verification(journal), golden("verification.json")
    assert answer["status"] == 0
    assert answer["json"]["entries"] == old_answer["json"]["entries"] + 1
    assert answer["json"]["anchored_seq"] == old_answer["json"]["anchored_seq"]
