import asyncio
import grp
import gzip
import json
import os
import pwd
import socket
from contextlib import closing
from datetime import datetime, timedelta

import pytest

from services.aws.client.errors import Unreachable
from services.clock import ManualClock
from services.journal.anchors import external_hashes
from services.journal.anchors.checkpoints import EVERY, Checkpoint, Syslog, checkpoint_in, line_of
from services.journal.anchors.external_hashes import ExternalHashes, from_file, machine_log
from services.journal.anchors.trusted_senders import TrustedSenders
from services.journal.journal import Journal
from services.journal.reader import JournalReader
from services.models.problem import Problem, ProblemKind
from services.models.verification import ChainFaultKind
from tests.services.journal.book import ALICE, NOON, Listener, checked, filled, note, open_journal, tampered


class Log:
    def __init__(self, path):
        self.path = path
        self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self._socket.bind(str(path))
        self._socket.setblocking(False)

    def lines(self):
        texts = []
        while True:
            try:
                texts.append(self._socket.recv(65536).decode())
            except BlockingIOError:
                return texts

    def close(self):
        self._socket.close()
        self.path.unlink(missing_ok=True)


@pytest.fixture
def log(tmp_path):
    new_log = Log(tmp_path / "log")
    yield new_log
    new_log.close()


class Stream:
    def __init__(self):
        self.taken: list[tuple[datetime, str]] = []
        self.trouble = ""

    async def put(self, at, line):
        if self.trouble:
            raise Unreachable(Problem(kind=ProblemKind.UNREACHABLE, summary=self.trouble, at=at))
        self.taken.append((at, line))

    async def lines(self):
        if self.trouble:
            raise Unreachable(Problem(kind=ProblemKind.UNREACHABLE, summary=self.trouble, at=NOON))
        return tuple(line for _, line in self.taken)

    def seqs(self):
        return [checkpoint.seq for _, line in self.taken if (checkpoint := checkpoint_in(line))]


@pytest.fixture
def silent(monkeypatch):
    monkeypatch.setattr(external_hashes, "_journald", lambda: ((), ()))
    monkeypatch.setattr(external_hashes, "SYSLOG_FILES", ())


async def verified(path, stream):
    """What a console that is not started finds, with the stream alone."""
    journal = Journal(path, clock=ManualClock(NOON), person=lambda: ALICE, syslog=None, stream=stream)
    try:
        return await journal.verify()
    finally:
        await journal.close()


def test_a_line_names_what_it_was_derived_from():
    checkpoint = Checkpoint("ab12", 7, "f" * 64, "/home/a b/日本=x\n.db", "bastion 1")
    line = line_of(checkpoint)
    assert line.isascii()
    assert len(line.split()) == 6
    assert checkpoint_in(f"Jan 14 03:00:00 bastion-1 toban: {line}\n") == checkpoint
    assert checkpoint_in(line.partition(" host=")[0]) == checkpoint._replace(host="")
    assert checkpoint_in(line.partition(" file=")[0]) == checkpoint._replace(file="", host="")
    for other in ("", "toban-journal id=ab12 seq=x head=" + "f" * 64, "sshd: toban-journal"):
        assert checkpoint_in(other) is None


async def test_every_entry_is_sent_to_syslog(tmp_path, log):
    path = tmp_path / "j.db"
    async with open_journal(path, syslog=log.path) as journal:
        entries = [await journal.append(note(str(number))) for number in range(3)]
        assert (journal.health.anchored_seq, journal.health.anchor_problem) == (3, "")
    lines = log.lines()
    assert all(line.startswith("<85>toban: toban-journal id=") for line in lines)
    written = [checkpoint for line in lines if (checkpoint := checkpoint_in(line))]
    assert [
        (checkpoint.seq, checkpoint.head, checkpoint.file, checkpoint.host) for checkpoint in written
    ] == [(entry.seq, entry.hash, str(path), socket.gethostname()) for entry in entries]


async def test_a_starting_console_sends_the_hash_it_finds(tmp_path, log):
    for _ in range(2):
        async with open_journal(tmp_path / "j.db", syslog=log.path) as journal:
            await journal.append(note())
    seqs = [checkpoint.seq for line in log.lines() if (checkpoint := checkpoint_in(line))]
    assert seqs == [1, 1, 2]


async def test_without_syslog_entries_are_recorded_and_the_problem_is_reported(tmp_path):
    async with open_journal(tmp_path / "j.db", syslog=tmp_path / "none") as journal:
        assert (await journal.append(note())).seq == 1
        assert (journal.health.writable, journal.health.anchored_seq) == (True, 0)
        assert "No such file" in journal.health.anchor_problem
        listener = Listener(journal)
        log = Log(tmp_path / "none")
        await listener.hears(lambda _heard: journal.health.anchored_seq == 1)
        assert journal.health.anchor_problem == ""
        assert len(log.lines()) == 1
        log.close()


async def test_a_syslog_that_reads_nothing_blocks_nothing(tmp_path, log):
    async with asyncio.timeout(60):
        async with open_journal(tmp_path / "j.db", syslog=log.path, poll=60) as journal:
            while not journal.health.anchor_problem:
                await journal.append(note())
            stuck = journal.health.entries
            assert journal.health.anchored_seq < stuck
            log.lines()
            await journal.append(note())
            assert journal.health.anchored_seq == stuck + 1


def test_a_restarted_syslog_is_found_again(log):
    syslog = Syslog(log.path)
    assert syslog.send("one") == ""
    path = log.path
    log.close()
    assert syslog.send("two") != ""
    other = Log(path)
    assert syslog.send("three") == ""
    assert other.lines() == ["<85>toban: three"]
    other.close()
    syslog.close()


async def test_the_stream_gets_the_newest_hash_once_a_minute(tmp_path):
    stream, clock = Stream(), ManualClock(NOON)
    async with open_journal(tmp_path / "j.db", clock=clock, stream=stream) as journal:
        listener = Listener(journal)
        await journal.append(note())
        await listener.hears(lambda _heard: journal.health.anchored_seq == 1)
        await journal.append(note())
        entry = await journal.append(note())
        assert stream.seqs() == [1]
        clock.advance(EVERY)
        await listener.hears(lambda _heard: journal.health.anchored_seq == 3)
        assert stream.seqs() == [1, 3]
        at, line = stream.taken[-1]
        assert at == NOON + timedelta(seconds=EVERY)
        assert entry.hash in line


async def test_a_failing_stream_is_reported_and_tried_again(tmp_path):
    stream, clock = Stream(), ManualClock(NOON)
    stream.trouble = "AWS cannot be reached."
    async with open_journal(tmp_path / "j.db", clock=clock, stream=stream) as journal:
        listener = Listener(journal)
        await journal.append(note())
        await listener.hears(lambda _heard: journal.health.anchor_problem)
        assert journal.health.anchor_problem == "CloudWatch Logs: AWS cannot be reached."
        assert journal.health.writable
        stream.trouble = ""
        clock.advance(EVERY)
        await listener.hears(lambda _heard: not journal.health.anchor_problem)
        assert journal.health.anchored_seq == 1


async def test_the_last_entry_is_sent_at_the_end_without_waiting_for_the_minute(tmp_path):
    stream = Stream()
    async with open_journal(tmp_path / "j.db", stream=stream) as journal:
        listener = Listener(journal)
        await journal.append(note())
        await listener.hears(lambda _heard: journal.health.anchored_seq == 1)
        await journal.append(note())
        await journal.append(note())
    assert stream.seqs() == [1, 3]


async def test_a_hanging_stream_does_not_delay_the_end(tmp_path, monkeypatch):
    class Hanging(Stream):
        async def put(self, at, line):
            await asyncio.Event().wait()

    monkeypatch.setattr("services.journal.journal.LAST", 0.05)
    async with asyncio.timeout(60), open_journal(tmp_path / "j.db", stream=Hanging()) as journal:
        await journal.append(note())
    assert checked(tmp_path / "j.db").entries == 1


@pytest.mark.usefixtures("silent")
async def test_the_stream_alone_finds_a_truncated_end_and_an_older_copy(tmp_path):
    path, stream = tmp_path / "j.db", Stream()
    async with open_journal(path, stream=stream) as journal:
        await journal.append(note())
    older = path.read_bytes()
    async with open_journal(path, stream=stream) as journal:
        await journal.append(note())
        await journal.append(note())
    verification = await verified(path, stream)
    assert (verification.intact, verification.anchored_seq, verification.anchor_note[:6]) == (
        True,
        3,
        "No log",
    )
    path.write_bytes(older)
    verification = await verified(path, stream)
    assert [(fault.seq, fault.kind) for fault in verification.faults] == [(2, ChainFaultKind.CUT_OFF)]
    async with open_journal(path, stream=None) as journal:
        for _ in range(3):
            await journal.append(note("a new story"))
    verification = await verified(path, stream)
    assert [(fault.seq, fault.kind) for fault in verification.faults] == [(3, ChainFaultKind.ALTERED)]


@pytest.mark.usefixtures("silent")
async def test_an_unreadable_stream_is_reported(tmp_path):
    path, stream = tmp_path / "j.db", Stream()
    async with open_journal(path) as journal:
        await journal.append(note())
    assert "contains no journal hash" in (await verified(path, stream)).anchor_note
    stream.trouble = "AWS cannot be reached."
    verification = await verified(path, stream)
    assert verification.anchors == 0
    assert "CloudWatch Logs: AWS cannot be reached." in verification.anchor_note


async def test_a_log_that_was_rotated_is_read_too(tmp_path, log, monkeypatch):
    path = tmp_path / "j.db"
    async with open_journal(path, syslog=log.path) as journal:
        for _ in range(3):
            await journal.append(note())
    first, second, _third = log.lines()
    (tmp_path / "auth.log").write_text("")
    (tmp_path / "auth.log.1").write_text(second)
    (tmp_path / "auth.log.2.gz").write_bytes(gzip.compress(first.encode()))
    (tmp_path / "auth.log.3.gz").write_bytes(gzip.compress(first.encode())[:-9])
    monkeypatch.setattr(external_hashes, "_journald", lambda: ((), ()))
    monkeypatch.setattr(external_hashes, "SYSLOG_FILES", (tmp_path / "auth.log",))
    assert [checkpoint.seq for checkpoint in machine_log().checkpoints] == [2, 1]
    assert {checkpoint.source for checkpoint in machine_log().checkpoints} == {
        str(tmp_path / "auth.log.1"),
        str(tmp_path / "auth.log.2.gz"),
    }


async def test_the_machines_log_finds_a_truncated_end(tmp_path, log, monkeypatch):
    path, syslog = tmp_path / "j.db", tmp_path / "syslog"
    async with open_journal(path, syslog=log.path) as journal:
        for _ in range(3):
            await journal.append(note())
    syslog.write_text("".join(f"Jan 14 03:00:00 bastion-1 {line[4:]}\n" for line in log.lines()))
    monkeypatch.setattr(external_hashes, "_journald", lambda: ((), ()))
    monkeypatch.setattr(external_hashes, "SYSLOG_FILES", (tmp_path / "missing", syslog))
    assert checked(path, machine_log()).intact
    assert checked(path, from_file(syslog)).anchors == 3
    tampered(path, "DELETE FROM entries WHERE seq > 1")
    verification = checked(path, from_file(syslog))
    assert [(fault.seq, fault.kind) for fault in verification.faults] == [(2, ChainFaultKind.CUT_OFF)]
    unvouched = checked(path, machine_log())
    assert not unvouched.intact
    assert "does not record who sent it" in unvouched.doubts[0]


def test_a_log_without_a_hash_says_so(tmp_path, monkeypatch):
    (tmp_path / "syslog").write_text("Jan 14 nothing\n")
    monkeypatch.setattr(external_hashes, "_journald", lambda: ((), ("journald: no rights",)))
    monkeypatch.setattr(external_hashes, "SYSLOG_FILES", ())
    assert machine_log().note == "journald: no rights"
    assert from_file(tmp_path / "syslog").note == "The file contains no journal hash."
    with pytest.raises(OSError, match="No such file"):
        from_file(tmp_path / "missing")


def test_journald_is_asked_for_our_lines(tmp_path, monkeypatch):
    line = line_of(Checkpoint("ab12", 7, "f" * 64, "/j.db"))
    tool = tmp_path / "journalctl"
    tool.write_text(
        f'#!/bin/sh\necho "$@" | grep -q -- --identifier=toban && cat {tmp_path}/entries\necho trouble >&2\n'
    )
    entries = [
        {"MESSAGE": line, "_UID": "1000", "SYSLOG_IDENTIFIER": "toban"}, {"MESSAGE": line}, {"MESSAGE": None},
        {"MESSAGE": [255, 254], "_UID": "0"}, {"_UID": "0"}, [], 3, {"MESSAGE": line, "_UID": "²"},
    ]  # fmt: skip
    (tmp_path / "entries").write_text("\n".join([*map(json.dumps, entries), "{", ""]))
    tool.chmod(0o755)
    monkeypatch.setattr(external_hashes, "program", lambda name: str(tmp_path / name))
    monkeypatch.setattr(external_hashes, "SYSLOG_FILES", ())
    checkpoint = Checkpoint("ab12", 7, "f" * 64, "/j.db")
    unknown = checkpoint._replace(source="journald")
    assert machine_log().checkpoints == (checkpoint._replace(sender=1000), unknown, unknown)
    tool.write_text("#!/bin/sh\necho Not allowed >&2\nexit 1\n")
    assert machine_log().note == "journald: Not allowed"


def forged(path, kind, **fields):
    """A line that a person sent to this machine's syslog: `logger -t toban …` is all it takes."""
    with closing(JournalReader.open(path)) as reader:
        checkpoint = Checkpoint(reader.id, 2, "0" * 64, str(path))
    lie = {
        "another hash": checkpoint,
        "more entries": checkpoint._replace(seq=99),
        "another journal": checkpoint._replace(journal="abcd", seq=99),
    }[kind]
    return ExternalHashes((lie._replace(**fields),))


@pytest.mark.parametrize("kind", ["another hash", "more entries", "another journal"])
def test_a_forged_line_is_reported_and_not_believed(tmp_path, kind):
    path, other_uid = tmp_path / "j.db", 54_321
    filled(path, 3)
    assert checked(path, forged(path, kind)).faults, "said by somebody whose word counts"
    assert checked(path, forged(path, kind, sender=os.getuid())).faults, "the writer's own"
    lie = checked(path, forged(path, kind, sender=other_uid))
    assert (lie.intact, lie.doubts, lie.anchors) == (True, (), 0)
    assert len(lie.distrusted) == 1
    assert (
        f"not trusted, because it was sent by uid {other_uid}, who does not write this journal"
        in lie.distrusted[0]
    )
    unsure = checked(path, forged(path, kind, source="/var/log/auth.log"))
    assert (unsure.faults, unsure.distrusted, unsure.intact) == ((), (), False)
    assert "not trusted, because /var/log/auth.log does not record who sent it" in unsure.doubts[0]


def test_a_forged_line_hides_no_other_line(tmp_path):
    # Beside the true lines of the writer; and what agrees with the journal counts, whoever sent it.
    path = tmp_path / "j.db"
    *_rest, last = filled(path, 3)
    with closing(JournalReader.open(path)) as reader:
        true = Checkpoint(reader.id, 3, last.hash, str(path), sender=os.getuid())
    lies = forged(path, "more entries", sender=54_321).checkpoints
    both = checked(path, ExternalHashes((true, *lies)))
    assert (both.intact, both.anchors, both.anchored_seq, len(both.distrusted)) == (True, 1, 3, 1)
    agreeing = checked(path, ExternalHashes((true._replace(sender=None, source="/var/log/syslog"),)))
    assert (agreeing.intact, agreeing.anchors, agreeing.anchored_seq) == (True, 1, 3)
    tampered(path, "DELETE FROM entries WHERE seq = 3")
    assert [fault.kind for fault in checked(path, ExternalHashes((true, *lies))).faults] == [
        ChainFaultKind.CUT_OFF
    ]


def test_everybody_who_may_write_a_shared_journal_is_believed(tmp_path):
    # Also after their entries were cut off, and their names with them.
    path = tmp_path / "j.db"
    filled(path, 3)
    root = grp.getgrgid(os.getgid())
    path.chmod(0o660)
    senders = TrustedSenders(path, ["alice", "no such (sudo: user)"])
    primary = {user.pw_uid for user in pwd.getpwall() if user.pw_gid == root.gr_gid}
    for uid in {0, os.getuid(), *primary}:
        assert senders.doubt(Checkpoint("j", 1, "h", "f", sender=uid)) == ""
    assert senders.doubt(Checkpoint("j", 1, "h", "f", sender=54_321))
