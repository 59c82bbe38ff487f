"""The journal's file, or the local copy of a ledger: read without leaving anything beside it."""

import asyncio
import os
import sqlite3
from contextlib import closing
from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

from services.i18n import _, plural
from services.journal import files
from services.journal.derived.verified import last_verified
from services.journal.file_check import check_newest, check_tables
from services.journal.linking.decisions import FILE, Here, check_here
from services.journal.problems import UnusableJournal, problem_of
from services.journal.reader import JournalReader, connect
from services.models.text import clean
from services.models.verdict import Verdict
from tui.cli.doctor import disk
from tui.cli.doctor.examination import CheckOutcome, Examination, of_problem
from widgets.drawing.format import stamp


async def journal_file(subject: Examination) -> CheckOutcome:
    path = subject.place.path
    zone = ZoneInfo(subject.runbook.system.timezone)
    now = subject.clock.now()
    try:
        return await asyncio.to_thread(examine, path, zone, now, Here(str(subject.place.address or "")))
    except (sqlite3.Error, OSError, UnusableJournal) as error:
        return of_problem(problem_of(error, path, now), Verdict.ABNORMAL)


def examine(path: Path, zone: ZoneInfo, now: datetime, here: Here = FILE) -> CheckOutcome:
    """Judge the file. Blocks. Raises sqlite3.Error, OSError and UnusableJournal for one that cannot be used."""
    room = disk.room(path.parent)
    if not files.check(path):
        if room.verdict is not Verdict.NORMAL:
            return room
        text = _("{path} does not exist yet; `toban` creates it when it starts.", path=clean(path))
        return CheckOutcome(Verdict.NORMAL, text, numbers={"entries": 0.0, **room.numbers})
    with closing(open_quietly(path)) as reader:
        check_tables(reader)
        check_newest(reader)
        check_here(reader, here)
        seq, _hash = reader.head()
        verified = last_verified(reader)
    text = plural("{path}: {count} entry", "{path}: {count} entries", seq, path=clean(path), count=f"{seq:,}")
    if verified is not None:
        words = _("{text}, verified up to {seq} at {time}")
        text = words.format(text=text, seq=f"{verified.seq:,}", time=stamp(verified.at, zone, now))
    numbers = {"entries": float(seq), "verified": float(verified.seq if verified else 0), **room.numbers}
    if not os.access(path, os.W_OK):
        return CheckOutcome(
            Verdict.ABNORMAL,
            text,
            _("Grant this user write access to {path}.", path=clean(path)),
            numbers=numbers,
        )
    return CheckOutcome(room.verdict, text, room.remedy and f"{room.text}. {room.remedy}", numbers=numbers)


def open_quietly(path: Path) -> JournalReader:
    """Open for reading. SQLite would leave its -wal and -shm files beside a journal that nobody has open."""
    if files.has_wal(path):
        return JournalReader.open(path)
    return JournalReader(connect(path, "mode=ro&immutable=1"), lasting=False)
