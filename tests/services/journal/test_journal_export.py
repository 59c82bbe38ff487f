import hashlib
import json
import stat
from contextlib import closing

import pytest

from services.journal import export as exporting
from services.journal.export import export, lines
from services.journal.reader import JournalReader
from services.journal.store import Store
from services.logs.masking.mask import Masker
from services.models.canonical import canonical
from services.models.journal import EntryKind, EntryQuery, NewEntry
from tests.services.journal.book import ALICE, NOON, append, filled, note, tampered

KEYS = [
    "journal", "seq", "at", "kind", "subject", "target", "text", "person", "data", "claim", "holds", "releases",
    "previous", "hash",
]  # fmt: skip


def exported(path, query=None):
    with closing(JournalReader.open(path)) as reader:
        return list(lines(reader, query or EntryQuery()))


def test_a_line_is_checked_with_the_line_before_it_alone(tmp_path, monkeypatch):
    monkeypatch.setattr(exporting, "_BATCH", 3)
    path = tmp_path / "j.db"
    filled(path, 8)
    previous = "0" * 64
    for number, line in enumerate(exported(path), 1):
        record = json.loads(line)
        assert list(record) == KEYS
        assert record["at"] == f"2026-01-14T03:{number:02}:00.000000+00:00"
        micros = int((NOON.timestamp() + 60 * number) * 1e6)
        person = record["person"]
        covered = [
            record["journal"], record["seq"], micros, record["kind"], record["subject"], record["target"],
            record["text"], person["user"], person["origin"], person["identity"], person["host"],
            canonical(record["data"]), record["claim"], record["holds"], record["releases"], previous,
        ]  # fmt: skip
        text = json.dumps(covered, ensure_ascii=False, separators=(",", ":"))
        assert hashlib.sha256(text.encode()).hexdigest() == record["hash"]
        assert record["previous"] == previous
        previous = record["hash"]
    assert number == 8


def test_only_what_is_asked_for(tmp_path):
    filled(tmp_path / "j.db", 5)
    assert [json.loads(line)["seq"] for line in exported(tmp_path / "j.db", EntryQuery(subject="s3"))] == [3]


def test_a_line_is_harmless_on_a_terminal_and_still_exact(tmp_path):
    path = tmp_path / "j.db"
    subject, text = "\x1b[2J\u202e日本\U000e0041", "\x9b31m\u2028"
    with closing(Store(path)) as store:
        append(store, note(subject=subject, data={"note": text}), at=NOON, person=ALICE)
    (line,) = exported(path)
    assert line.isprintable()
    assert "日本" in line
    record = json.loads(line)
    assert (record["subject"], record["data"]["note"]) == (subject, text)


def test_damaged_entries_are_shown_as_they_are(tmp_path):
    path = tmp_path / "j.db"
    filled(path, 3)
    tampered(
        path,
        "UPDATE entries SET body = '{\"a\": 1}' WHERE seq = 1",
        "UPDATE entries SET body = '[' , at = 'noon' WHERE seq = 2",
        "UPDATE entries SET text = x'00ff' WHERE seq = 3",
    )
    first, second, third = map(json.loads, exported(path))
    assert (first["data"], first["body"]) == (None, '{"a": 1}')
    assert (second["data"], second["body"], second["at"]) == (None, "[", None)
    assert third["text"] == "b'\\x00\\xff'"


def test_a_masked_line_says_so_and_the_others_stay_verifiable(tmp_path):
    path = tmp_path / "j.db"
    filled(path, 2)
    with closing(Store(path)) as store:
        append(
            store,
            NewEntry(kind=EntryKind.NOTE, text="password=hunter2", data={"why": ["token: 9f86d081884c"]}),
            at=NOON,
            person=ALICE,
        )
    with closing(JournalReader.open(path)) as reader:
        masked = list(lines(reader, EntryQuery(), Masker()))
    whole = exported(path)
    assert masked[:2] == whole[:2]
    assert json.loads(masked[2]) == {
        **json.loads(whole[2]), "text": "password=***", "data": {"why": ["token: ***"]}, "masked": True
    }  # fmt: skip


def test_the_file_is_private_and_never_replaces_another(tmp_path):
    path, to = tmp_path / "j.db", tmp_path / "out.jsonl"
    filled(path, 4)
    assert export(path, EntryQuery(), to) == 4
    assert stat.S_IMODE(to.stat().st_mode) == 0o600
    assert to.read_text().splitlines() == exported(path)
    with pytest.raises(FileExistsError):
        export(path, EntryQuery(), to)
    assert [each.name for each in tmp_path.iterdir() if "out" in each.name] == ["out.jsonl"]
