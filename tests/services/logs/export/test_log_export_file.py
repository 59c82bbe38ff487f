import asyncio
import csv
import errno
import hashlib
import io
import json
import os
import threading
from datetime import UTC, datetime
from typing import Any

import pytest

from services.clock import ManualClock
from services.journal.errors import JournalError
from services.logs.export.export_file import GrowingFile, companion_of
from services.logs.export.rendering import BOM, ExportedLine, RowRenderer, csv_line, masked_names
from services.logs.export.service import LogExports
from services.logs.export.under_way import ExportWish
from services.models.insights_queries import QueryRows
from services.models.journal import RESTRAINS_CHANGES, EntryKind, NewEntry
from services.models.log_exports import ExportFormat, ExportHead, ExportKind, ExportSubject
from services.models.log_records import record_of
from services.models.logs import LogLine
from services.models.problem import Problem, ProblemKind
from services.runbook.loader import load_builtin
from tui.cli.logs.query.text import csv_lines

GROUP = "/ecs/staff-api"
AT = 1_768_352_400_123
LINES = [
    ExportedLine(GROUP, LogLine("1", AT, AT, "s", "mail taro@example.jp")),
    ExportedLine(GROUP, LogLine("2", AT + 1, AT + 90_000, "s", "=HYPERLINK(1)", late=True)),
    ExportedLine(GROUP, LogLine("3", AT + 2, AT, "s", "x" * 40 + "…(+5)")),
]
SUBJECT = ExportSubject(
    kind=ExportKind.SELECTION, groups=(GROUP,), pattern="ERROR", start=datetime(2026, 1, 14, tzinfo=UTC)
)


class Journal:
    def __init__(self):
        self.entries: list[NewEntry] = []
        self.error: Exception | None = None

    async def append(self, draft):
        if self.error is not None:
            raise self.error
        self.entries.append(draft)


class Desk:
    def __init__(self):
        self.journal = Journal()
        clock = ManualClock(datetime(2026, 1, 14, 1, 0, tzinfo=UTC))
        self.exports = LogExports(
            load_builtin("facility-prod"), "ap-northeast-1", self.journal, clock, lambda: "山田"
        )

    async def export(self, path, form, reason=""):
        return await self.exports.lines(SUBJECT, _batches(LINES), ExportWish(path, form, reason))


def names(folder):
    return sorted(each.name for each in folder.iterdir())


def texts(folder, beginning):
    return "".join(each.read_text() for each in folder.glob(f"{beginning}*"))


async def _batches(lines):
    yield lines[:1]
    yield lines[1:]


async def test_json_lines_begin_with_their_head(tmp_path):
    desk, path = Desk(), tmp_path / "folder" / "a.jsonl"
    head = await desk.export(path, ExportFormat.JSONL)
    first, body = path.read_bytes().split(b"\n", 1)
    assert ExportHead.model_validate_json(first) == head
    assert hashlib.sha256(body).hexdigest() == head.sha256
    assert len(body) == head.bytes
    records = [json.loads(line) for line in body.splitlines()]
    assert [record["text"] for record in records] == ["mail ***", "=HYPERLINK(1)", "x" * 40 + "…(+5)"]
    assert [record["late"] for record in records] == [False, True, False]
    assert records[0]["time"] == "2026-01-14T01:00:00.123Z"
    assert body.splitlines()[1].decode() == record_of(*LINES[1], "=HYPERLINK(1)").model_dump_json()
    assert (head.lines, head.late, head.cut, head.masked) == (3, 1, 1, {"mail": 1})
    assert (head.groups, head.pattern, head.made_by, head.system) == (
        (GROUP,),
        "ERROR",
        "山田",
        "facility-prod",
    )
    assert (path.stat().st_mode & 0o777, path.parent.stat().st_mode & 0o777) == (0o600, 0o700)
    assert names(path.parent) == ["a.jsonl"]


async def test_text_has_its_head_in_comments(tmp_path):
    head = await Desk().export(tmp_path / "a.txt", ExportFormat.TEXT)
    lines = (tmp_path / "a.txt").read_text("utf-8").splitlines()
    comments = [line for line in lines if line.startswith("# ")]
    assert f"# sha256: {head.sha256}" in comments
    assert '# masked: {"mail": 1}' in comments
    assert lines[len(comments)] == "2026-01-14T10:00:00.123+09:00 mail ***"
    body = "".join(f"{line}\n" for line in lines[len(comments) :])
    assert hashlib.sha256(body.encode()).hexdigest() == head.sha256


async def test_a_table_has_its_head_beside_it_and_runs_no_formula(tmp_path):
    path = tmp_path / "a.csv"
    head = await Desk().export(path, ExportFormat.CSV)
    assert hashlib.sha256(path.read_bytes()).hexdigest() == head.sha256
    assert ExportHead.model_validate_json(companion_of(path).read_text("utf-8")) == head
    assert companion_of(path).stat().st_mode & 0o777 == 0o600
    rows = list(csv.reader(io.StringIO(path.read_text("utf-8-sig"))))
    assert rows[0] == ["time", "group", "stream", "late", "text"]
    assert rows[1][4] == "mail ***"
    assert rows[2][3:] == ["late", "'=HYPERLINK(1)"]


@pytest.mark.parametrize("form", list(ExportFormat))
async def test_unmasked_with_a_reason_that_the_journal_keeps(tmp_path, form):
    desk, path = Desk(), tmp_path / f"a.{form}"
    head = await desk.export(path, form, "the address is the fault")
    assert head.masked is None
    assert "taro@example.jp" in path.read_text("utf-8")
    (entry,) = desk.journal.entries
    assert entry.kind is EntryKind.EXPORTED
    assert entry.data[RESTRAINS_CHANGES] is False
    assert entry.data["head"]["unmasked_reason"] == "the address is the fault"
    assert entry.data["head"]["sha256"] == head.sha256
    assert entry.text == f"Exported 3 lines of {GROUP} as logged: the address is the fault"
    assert "taro@" not in json.dumps(entry.data)


@pytest.mark.parametrize("form", list(ExportFormat))
async def test_no_file_is_written_over(tmp_path, form):
    desk, path = Desk(), tmp_path / "a"
    path.write_text("mine")
    with pytest.raises(FileExistsError):
        await desk.export(path, form)
    assert path.read_text() == "mine"
    assert names(tmp_path) == ["a"]
    assert desk.journal.entries == []


async def test_no_head_is_written_over(tmp_path):
    path = tmp_path / "a.csv"
    companion_of(path).write_text("mine")
    with pytest.raises(FileExistsError):
        await Desk().export(path, ExportFormat.CSV)
    assert companion_of(path).read_text() == "mine"
    assert not path.exists()


@pytest.mark.parametrize("form", list(ExportFormat))
async def test_without_an_entry_in_the_journal_no_file_stays(tmp_path, form):
    desk = Desk()
    desk.journal.error = JournalError(
        Problem(kind=ProblemKind.OTHER, summary="full", at=datetime(2026, 1, 14, tzinfo=UTC))
    )
    with pytest.raises(JournalError):
        await desk.export(tmp_path / "a", form)
    assert names(tmp_path) == []


@pytest.mark.parametrize("form", list(ExportFormat))
async def test_cancelled_or_failed_in_the_middle_nothing_is_left(tmp_path, form):
    desk, reached = Desk(), asyncio.Event()

    async def endless():
        yield LINES
        reached.set()
        await asyncio.Event().wait()

    task = asyncio.create_task(desk.exports.lines(SUBJECT, endless(), ExportWish(tmp_path / "a", form)))
    await reached.wait()
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)
    assert names(tmp_path) == []
    assert desk.journal.entries == []


async def test_rows_of_a_query(tmp_path):
    desk = Desk()
    subject = ExportSubject(
        kind=ExportKind.QUERY, groups=(GROUP,), query="fields a\n| limit 2", language="CWLI"
    )
    rows: list[dict[str, Any]] = [{"a": "-1", "b": "tel 090-1234-5678"}, {"a": "@x"}]
    for form in ExportFormat:
        head = await desk.exports.rows(subject, ["a", "b"], rows, ExportWish(tmp_path / f"q.{form}", form))
        assert (head.kind, head.lines, head.masked) == (ExportKind.QUERY, 2, {"telephone": 1})
        assert head.zone == "UTC"
    table = list(csv.reader(io.StringIO((tmp_path / "q.csv").read_text("utf-8-sig"))))
    assert table == [["a", "b"], ["-1", "tel ***"], ["'@x", ""]]
    assert (tmp_path / "q.txt").read_text().splitlines()[-2:] == ["-1\ttel ***", "@x\t"]
    assert [json.loads(line) for line in (tmp_path / "q.jsonl").read_text().splitlines()][1:] == [
        {"a": "-1", "b": "tel ***"},
        {"a": "@x"},
    ]


@pytest.mark.parametrize("form", ExportFormat)
async def test_what_was_asked_for_is_masked_like_the_answer(tmp_path, form):
    desk = Desk()
    condition = '@message like "taro@example.jp"'
    subject = ExportSubject(
        kind=ExportKind.QUERY, groups=(GROUP,), query=f"fields {condition}", note="of taro@example.jp"
    )
    for reason in ("", "for the police"):
        path = tmp_path / f"q{len(reason)}.{form}"
        head = await desk.exports.rows(
            subject, [condition], [{condition: "1"}], ExportWish(path, form, reason)
        )
        written = head.model_dump_json() + texts(tmp_path, path.name)
        assert ("taro@" in written + str(desk.journal.entries[-1])) is bool(reason)
        assert ('like "***"' in head.query) is not bool(reason)


def test_masked_names_stay_apart():
    assert list(masked_names(["a", "b", "c"], lambda _: "***").values()) == ["***", "*** 2", "*** 3"]


TAIL = SUBJECT.model_copy(update={"kind": ExportKind.TAIL})


@pytest.mark.parametrize("form", list(ExportFormat))
async def test_one_that_grows_stays_once_its_beginning_is_recorded(tmp_path, form):
    desk, path = Desk(), tmp_path / "a"
    export = await desk.exports.tail(TAIL, ExportWish(path, form), grows=True)
    await export.add(LINES[:1])
    desk.journal.error = JournalError(
        Problem(kind=ProblemKind.OTHER, summary="full", at=datetime(2026, 1, 14, tzinfo=UTC))
    )
    with pytest.raises(JournalError):
        await export.finish(TAIL)
    export.discard()
    assert names(tmp_path) == ["a", "a.head.json"]
    (entry,) = desk.journal.entries
    assert (entry.subject, entry.data["head"]["sha256"]) == ("", "")
    assert entry.text == f"Export of {GROUP} begins"
    assert "mail ***" in path.read_text("utf-8")


async def test_the_beginning_of_an_unmasked_one_has_the_reason(tmp_path):
    desk = Desk()
    export = await desk.exports.tail(TAIL, ExportWish(tmp_path / "a", ExportFormat.TEXT, "why"), grows=True)
    export.discard()
    assert desk.journal.entries[0].text == f"Export of {GROUP} as logged begins: why"


async def test_one_that_does_not_grow_is_gone_without_its_end(tmp_path):
    export = await Desk().exports.tail(TAIL, ExportWish(tmp_path / "a", ExportFormat.TEXT), grows=False)
    await export.add(LINES)
    export.discard()
    assert names(tmp_path) == []


async def test_a_step_is_written_whole_although_it_is_cancelled(tmp_path):
    desk, path = Desk(), tmp_path / "a"
    export = await desk.exports.tail(TAIL, ExportWish(path, ExportFormat.TEXT), grows=True)
    task = asyncio.create_task(export.add(LINES * 500))
    await asyncio.sleep(0)
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)
    head = await export.finish(TAIL)
    export.discard()
    assert head.lines == len(path.read_text("utf-8").splitlines()) == 1500
    assert head.sha256 == hashlib.sha256(path.read_bytes()).hexdigest()


def test_what_cannot_be_written_whole_leaves_nothing_of_itself(tmp_path, monkeypatch):
    file = GrowingFile(tmp_path / "a")
    file.write("whole\n")
    write = os.write

    def full(descriptor, data):
        if len(data) < 4:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        return write(descriptor, data[:3])

    monkeypatch.setattr(os, "write", full)
    with pytest.raises(OSError, match="No space"):
        file.write("half\n")
    monkeypatch.undo()
    file.write("next\n")
    file.keep()
    file.discard()
    assert (tmp_path / "a").read_text() == "whole\nnext\n"
    assert file.sha256 == hashlib.sha256(b"whole\nnext\n").hexdigest()


@pytest.mark.parametrize("form", list(ExportFormat))
@pytest.mark.parametrize("call", ["open", "fsync", "link"])
async def test_one_that_is_cancelled_at_any_moment_leaves_no_file(tmp_path, monkeypatch, form, call):
    desk = Desk()
    reached, goes_on = threading.Event(), threading.Event()
    original = getattr(os, call)

    def held(*args, **options):
        result = original(*args, **options)
        if str(tmp_path) in str(args[0]) or call == "fsync":
            reached.set()
            goes_on.wait(60)
        return result

    monkeypatch.setattr(os, call, held)
    task = asyncio.create_task(desk.export(tmp_path / "a", form))
    while not reached.is_set():  # noqa: ASYNC110  a thread tells
        await asyncio.sleep(0.001)
    task.cancel()
    await asyncio.sleep(0)
    goes_on.set()
    with pytest.raises(asyncio.CancelledError):
        await task
    # Whatever the thread still did is done before the loop ends.
    await asyncio.get_running_loop().shutdown_default_executor()
    assert names(tmp_path) == []
    assert desk.journal.entries == []


@pytest.mark.parametrize(("reason", "pattern"), [("", '"***"'), ("why", '"taro@example.jp"')])
async def test_what_was_searched_for_is_masked_as_the_lines_are(tmp_path, reason, pattern):
    desk = Desk()
    subject = SUBJECT.model_copy(
        update={"pattern": '"taro@example.jp"', "query": "filter a = '090-1234-5678'"}
    )
    wish = ExportWish(tmp_path / "a", ExportFormat.JSONL, reason)
    head = await desk.exports.lines(subject, _batches(LINES), wish)
    assert head.pattern == pattern
    assert ("090-1234-5678" in (tmp_path / "a").read_text("utf-8")) == bool(reason)
    assert ("taro@example.jp" in desk.journal.entries[0].model_dump_json()) == bool(reason)


TRIMMED = ["", " ", "\u00a0", "\u3000", "\u200b", BOM, ";", "\n", "\t", "\r", " \u3000;\u200b"]


@pytest.mark.parametrize("before", TRIMMED)
@pytest.mark.parametrize("sign", "=+-@＝＋－＠")
def test_no_spreadsheet_calculates_a_cell(before, sign):
    cell = f"{before}{sign}SUM(A1)"
    line = RowRenderer(ExportFormat.CSV, ["a"], None).render([{"a": cell}])
    assert line == csv_line([cell]) + "\r\n"
    table = QueryRows(("a",), ((cell,),))
    assert list(csv_lines(table)) == ["a", line.removesuffix("\r\n")]
    assert list(csv.reader(io.StringIO(line, newline=""))) == [[f"'{cell}"]]


@pytest.mark.parametrize("end", ["\n", "\r", "\r\n"])
def test_a_cell_with_several_lines_is_one_cell(end):
    line = csv_line([f"a{end}=SUM(A1)", "b"])
    assert list(csv.reader(io.StringIO(line, newline=""))) == [[f"a{end}=SUM(A1)", "b"]]


@pytest.mark.parametrize("number", ["-5", "+8.5", "-1e-3", "0"])
def test_a_number_stays_one(number):
    assert csv_line([number, None]) == f"{number},"
