"""What the code of today reads in the old journal, as JSON. Models that appear neither in journal entries nor
in `--json` output are converted field by field, with keys that are defined here: their field names are
internal and may change, so a golden must not contain them."""

import asyncio
import io
import json
import shutil
from collections.abc import AsyncGenerator, Iterator
from contextlib import ExitStack, aclosing, contextmanager, redirect_stderr, redirect_stdout
from datetime import UTC, datetime, tzinfo
from enum import Enum
from pathlib import Path
from typing import Any, cast
from unittest.mock import patch

from icalendar import Calendar

from services import i18n
from services.aws.client.settings import AwsSettings
from services.clock import ManualClock, SystemClock
from services.duties.base_dates import BaseDates
from services.duties.service import Duties
from services.models.base import RawId
from services.models.change_runs import Run
from services.models.duties import Occurrence, SignOff
from services.models.findings import Recorded
from services.models.iam import AccessKey
from services.models.journal import Acknowledgement, EntryKind, EntryQuery
from services.models.posts import Post
from services.models.runbook import JournalSpec
from services.runbook.loader import load
from services.slack.records import PostRecords
from services.slack.settings import SlackSettings
from services.system import Services
from tests.tools.stable_journal import FOLDER, NOWHERE, RESOURCE, RUNBOOK, utc_of
from tui.cli import incident as cli_incident
from tui.cli.duties import duty_command as cli_duties
from tui.cli.journal import journal_command as cli_journal
from tui.cli.main import run
from tui.cli.printing import PrintedOutput
from tui.cli.report import every_system as reports_of_all
from tui.cli.report import report_command

JOURNAL = FOLDER / "journal.db"
ANCHORS = FOLDER / "checkpoints.log"
NOW = utc_of("2026-02-02 12:00")  # When the journal is read: two hours after its last entry
READ_TIME_TEXT = "…"  # Replaces a text that is composed when it is read, in the language of the reader
Json = Any


def copied(folder: Path) -> Path:
    """A copy of the journal in `folder`, which may be opened for writing."""
    path = folder / "journal.db"
    shutil.copyfile(JOURNAL, path)
    path.chmod(0o600)
    return path


def to_json(value: Any) -> Json:
    """JSON of plain containers: times as ISO 8601, enumerations by their values, sets sorted."""
    if isinstance(value, dict):
        return {str(key): to_json(inner) for key, inner in value.items()}
    if isinstance(value, list | tuple | set | frozenset):
        values = [to_json(inner) for inner in value]
        return sorted(values) if isinstance(value, set | frozenset) else values
    if isinstance(value, Enum):
        return value.value
    return value.isoformat() if hasattr(value, "isoformat") else value


# ---- the console's services


def read_all(path: Path) -> dict[str, Json]:
    """The state of every read model of the journal at NOW."""
    return to_json(asyncio.run(_read_all(path)))


async def _read_all(path: Path) -> dict[str, Any]:
    # Without the log stream nothing is sent to AWS, which does not exist here.
    book = load(RUNBOOK).model_copy(update={"journal": JournalSpec()})
    clock = ManualClock(NOW)
    services = Services(
        book, AwsSettings(endpoint_url=NOWHERE), clock, journal=path, slack=SlackSettings(why="none")
    )
    try:
        health = await services.journal.open()
        posts = PostRecords(services.journal)
        await posts.read(NOW)
        return {
            "health": {
                "writable": health.writable,
                "entries": health.entries,
                "head": health.head,
                "problem": health.problem,
            },
            "journal": await _journal(services),
            "duties": await _duties(services),
            "findings": await _findings(services),
            "changes": await _changes(services, clock),
            "posts": {post.id: _post(post) for post in posts.oldest_first},
            "acknowledgements": await _acknowledgements(services),
            "anchors": await _anchors(services),
        }
    finally:
        await services.close()


async def _first(states: Any) -> Any:
    try:
        return await anext(states)
    finally:
        await states.aclose()


async def _journal(services: Services) -> dict[str, Any]:
    journal = services.journal

    async def numbers(**query: Any) -> list[int]:
        return [entry.seq for entry in await journal.entries(EntryQuery(**query))]

    page = await journal.page(EntryQuery(kinds=frozenset({EntryKind.FINDING})), limit=3)
    holder = await journal.holder(RESOURCE)
    return {
        "people": await journal.people(),
        "targets": await journal.targets(),
        "by kind": {kind.value: await numbers(kinds=frozenset({kind})) for kind in EntryKind},
        "by person": await numbers(person="kimura"),
        "by target": await numbers(target="rds-cpu-high"),
        "by subject": await numbers(subject="weekly-deploy@2026-01-25T02:00"),
        "by words": {words: await numbers(words=words) for words in ("RDS cpu", "確認 遅れて", "sato")},
        "by time": await numbers(since=utc_of("2026-01-20 00:00"), before=utc_of("2026-02-01 00:00")),
        "newest findings": {"entries": [entry.seq for entry in page.entries], "more": page.more},
        "holder of the service": holder.seq if holder else None,
    }


async def _read_months(duties: Duties) -> None:
    """Let the console read the records of the months."""
    duties.month(2026, 1)
    async with aclosing(cast("AsyncGenerator[object, None]", duties.states())) as views:
        while duties.is_reading:
            await anext(views)


async def _duties(services: Services) -> dict[str, Any]:
    duties = services.duties
    view = await _first(duties.states())
    await _read_months(duties)
    return {
        "today": [_occurrence(occurrence) for occurrence in view.today.occurrences],
        "carried over": [_occurrence(occurrence) for occurrence in view.carried],
        "running": [_occurrence(occurrence) for occurrence in view.running],
        "next": view.next.key if view.next else None,
        "next change": view.next_change,
        "months": {
            f"2026-{month:02}": {
                occurrence.key: occurrence.state
                for day in duties.month(2026, month).days
                for occurrence in day.occurrences
            }
            for month in (1, 2)
        },
    }


def _occurrence(occurrence: Occurrence) -> dict[str, Any]:
    slot, signed = occurrence.slot, occurrence.signed
    return {
        "key": occurrence.key,
        "duty": slot.duty,
        "title": slot.title,
        "state": occurrence.state,
        "planned": occurrence.planned,
        "day": slot.day,
        "until": slot.until,
        "due at": slot.due_at,
        "late at": slot.late_at,
        "missed at": slot.missed_at,
        "signed": _signature(signed) if signed else None,
    }


def _signature(signed: SignOff) -> dict[str, Any]:
    return {
        "by": signed.by,
        "at": signed.at,
        "note": signed.note,
        "was": signed.was,
        "entry": signed.seq,
        "checked": signed.checked,
        "evidence": signed.evidence,
    }


async def _findings(services: Services) -> dict[str, Any]:
    records = services.records
    await records.read(NOW)
    entries = await services.journal.entries(EntryQuery(kinds=frozenset({EntryKind.FINDING})))
    inspections_of: dict[str, list[str]] = {}
    for entry in entries:
        inspections_of.setdefault(entry.subject, []).append(entry.target)
    inspections = sorted({entry.target for entry in entries})
    return {
        "by subject": {
            subject: [_recorded(recorded) for recorded in records.of(subject, ids)]
            for subject, ids in inspections_of.items()
        },
        "by hand": [recorded.seq for recorded in records.on_demand()],
        "signed until": {id: records.signed_until(id, NOW) for id in inspections},
        "first look": {id: records.earliest_window(id) for id in inspections},
        "looking": {
            key: entry.seq if (entry := records.claim(key)) else None
            for key in (*inspections_of, "scale-down@2026-02-01T17:00")
        },
        "known people": records.allow_list.people,
        "known networks": records.allow_list.networks,
        "known by a person's word": [(entry.seq, entry.target) for entry in records.allowed_by_operators],
    }


def _recorded(recorded: Recorded) -> dict[str, Any]:
    finding, overruled = recorded.finding, recorded.overruled
    return {
        "entry": recorded.seq,
        "by": recorded.by,
        "inspection": finding.inspection,
        "verdict": finding.verdict,
        "read at": finding.read_at,
        "from": finding.window.start if finding.window else None,
        "to": finding.window.end if finding.window else None,
        "measures": [
            (measure.verdict, measure.value, measure.unit, measure.at) for measure in finding.measures
        ],
        "evidence": [
            (len(table.columns), len(table.rows), table.omitted, table.private) for table in finding.evidence
        ],
        "spells": [(spell.alarm, spell.state, spell.began, spell.ended) for spell in finding.spells],
        "unfamiliar": [(stranger.kind, stranger.value, stranger.network) for stranger in finding.unfamiliar],
        "cost": (finding.cost.calls, finding.cost.yen, finding.cost.bytes_scanned),
        "waits for consent": finding.waits_for_consent,
        "problem": (finding.problem.kind, finding.problem.permission) if finding.problem else None,
        "not normal": [(verdict, count) for verdict, count in finding.tally],
        "settled": recorded.settled,
        "overruled": (overruled.seq, overruled.by, overruled.at, overruled.reason) if overruled else None,
    }


async def _changes(services: Services, clock: ManualClock) -> dict[str, Any]:
    engine = services.engine
    runs = [_run(run) for run in await _first(engine.states())]
    clock.advance(61)
    return {
        "runs": runs,
        "a minute later": {
            run.id: {"state": run.state, "steps": [step.state for step in run.steps], "locked": run.locked}
            for run in engine.runs
        },
        "ways back": [
            {"key": slot.key, "title": slot.title, "due at": slot.due_at} for slot in engine.reverts()
        ],
    }


def _run(run: Run) -> dict[str, Any]:
    return {
        "id": run.id,
        "kind": run.plan.kind,
        "target": run.plan.target.id,
        "wish": run.plan.wish,
        "by": run.by,
        "at": run.at,
        "entry": run.seq,
        "state": run.state,
        "refusal": run.refusal,
        "locked": run.locked,
        "steps": [
            {
                "id": step.id,
                "state": step.state,
                "at": step.at,
                "entry": step.seq,
                "text": step.text,
                "verified": step.verified,
                "read or said": step.observed,
                "until": step.until,
            }
            for step in run.steps
        ],
    }


def _post(post: Post) -> dict[str, Any]:
    return {
        "entry": post.seq,
        "at": post.at,
        "by": post.by,
        "channel": post.channel,
        "text": post.text,
        "thread": post.thread,
        "target": post.target,
        "state": post.state,
        "changed at": post.changed_at,
        "let go at": post.let_go_at,
        "reason": post.reason,
        "code": post.code,
        "attempts": post.attempts,
        "sent at": post.sent_at,
        "retry at": post.retry_at,
        "message": (post.channel_id, post.ts, post.thread_ts),
        "unsent": post.unsent,
    }


async def _acknowledgements(services: Services) -> dict[str, Any]:
    states = await _first(services.acknowledgements.states())
    return {subject: _acknowledgement(newest) for subject, newest in states.items()}


def _acknowledgement(acknowledgement: Acknowledgement) -> dict[str, Any]:
    return {
        "by": acknowledgement.by,
        "at": acknowledgement.at,
        "note": acknowledgement.note,
        "state": acknowledgement.state,
        "entry": acknowledgement.seq,
    }


class _Keys:
    """Stands in for IAM."""

    async def keys(self, users: tuple[str, ...]) -> tuple[AccessKey, ...]:
        """The key that was disabled when its rotation was signed off, and its successor."""
        return tuple(
            AccessKey(id=RawId(id), user=RawId(users[0]), name=id, active=active, created=utc_of(created))
            for id, active, created in (
                ("AKIA2TOBANDEMOCICD01", False, "2025-10-20 09:00"),
                ("AKIA2TOBANDEMOCICD02", True, "2026-01-19 08:00"),
            )
        )


async def _anchors(services: Services) -> list[dict[str, Any]]:
    keys: Any = _Keys()
    dates = await BaseDates(keys, services.journal, services.runbook).read()
    return [{"anchor": date.anchor, "id": date.id, "at": date.at} for date in dates]


# ---- the commands


def toban(*argv: str, now: datetime = NOW, language: str = "en") -> tuple[int, str]:
    """The exit status and the standard output of a command, run at a given time."""
    stdout = io.TextIOWrapper(io.BytesIO(), encoding="utf-8")
    try:
        with _commands_at(now), redirect_stdout(stdout), redirect_stderr(io.StringIO()):
            status = run(["--lang", language, *argv], PrintedOutput(outline_drawn=False))
    finally:
        i18n.use("en")
    stdout.flush()
    return status, stdout.buffer.getvalue().decode("utf-8")  # type: ignore[attr-defined]


@contextmanager
def _commands_at(moment: datetime) -> Iterator[None]:
    """Fixes the clock of the commands, which is the machine's own."""

    class Fixed(datetime):
        @classmethod
        def now(cls, tz: tzinfo | None = None) -> datetime:
            return moment.astimezone(tz or UTC)

    with ExitStack() as stack:
        for module in (cli_duties, cli_incident, cli_journal, report_command, reports_of_all):
            stack.enter_context(patch.object(module, "datetime", Fixed))
        stack.enter_context(patch.object(SystemClock, "now", lambda _self: moment))
        yield


def without_read_time_texts(english: Json, japanese: Json) -> Json:
    """The common part of an answer in two languages; a text that differs was composed when it was read."""
    if english == japanese:
        return english
    if isinstance(english, dict) and isinstance(japanese, dict) and english.keys() == japanese.keys():
        return {key: without_read_time_texts(value, japanese[key]) for key, value in english.items()}
    if isinstance(english, list) and isinstance(japanese, list) and len(english) == len(japanese):
        pairs = zip(english, japanese, strict=True)
        return [without_read_time_texts(*pair) for pair in pairs]
    assert isinstance(english, str), f"only texts may depend on the language: {english} {japanese}"
    assert isinstance(japanese, str)
    return READ_TIME_TEXT


def json_of(*argv: str) -> Json:
    """The exit status of a command and the JSON it prints, without the texts that depend on the language."""
    (status, english), (status_ja, japanese) = (toban(*argv, language=code) for code in ("en", "ja"))
    assert status == status_ja
    return {"status": status, "json": without_read_time_texts(json.loads(english), json.loads(japanese))}


def reports(path: Path) -> dict[str, Json]:
    """The reports of every day with entries, of January and of the fiscal year. Whole findings are replaced
    by whether there is one (see `findings_in_reports`), and the sentences that explain the verdict, which
    quote stored texts, by their number."""
    periods = ("2026-01-15", "2026-01-16", "2026-01-19", "2026-01-20", "2026-02-02", "2026-01", "FY2025")
    answers = {period: json_of("report", period, "--format", "json", *_options(path)) for period in periods}
    for answer in answers.values():
        answer["json"]["why"] = len(answer["json"]["why"])
        for line in (*answer["json"]["findings"], *answer["json"].get("costs", ())):
            line["finding"] = bool(line["finding"])
    return answers


def findings_in_reports(path: Path) -> Iterator[tuple[int, dict[str, Json]]]:
    """Every finding that a report contains whole, with the number of its journal entry."""
    for period in ("2026-01-19", "2026-01-20", "2026-02-02", "2026-01"):
        for private in ((), ("--private",)):
            report = json.loads(toban("report", period, "--format", "json", *private, *_options(path))[1])
            for line in (*report["findings"], *report.get("costs", ())):
                if line["finding"]:
                    yield line["seq"], line["finding"]


def duties(path: Path) -> dict[str, Json]:
    """The duties of January, and the events of the calendar file."""
    january = json_of("duties", "--month", "2026-01", "--json", *_options(path))
    status, text = toban("duties", "--ics", "-", *_options(path))
    events = {
        str(event["UID"]): event["DTSTART"].dt.isoformat()
        for event in Calendar.from_ical(text).walk("VEVENT")
    }
    return {"2026-01": january, "calendar file": {"status": status, "events": events}}


def verification(path: Path) -> Json:
    """The answer of `toban journal verify`, which compares the journal with the hashes that were sent outside."""
    answer = json_of("journal", "verify", "--json", "--anchors", str(ANCHORS), *_options(path))
    del answer["json"]["path"]
    return answer


def export(path: Path, *options: str) -> list[str]:
    """The lines of `toban journal export`."""
    status, text = toban("journal", "export", *options, *_options(path))
    assert status == 0
    return text.splitlines()


def _options(path: Path) -> tuple[str, ...]:
    return ("--file", str(path), "--runbook", str(RUNBOOK))
