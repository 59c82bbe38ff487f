"""Journals of many years as real work leaves them: every duty of the runbook, inspections, alarms, changes,
incidents. Entries have the data that the console writes; most are made from few models, so that a million
take a minute. Seeded."""

import random
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

from services.calendar.calendar import Calendar
from services.changes import entries as change_entries
from services.duties.entries import claim_of
from services.inspections.running.entries import finding_entry
from services.journal import files
from services.journal.chain import NOTHING, hash_of_row, micros
from services.journal.queries import fold, searched
from services.journal.schema import INSERT, INSERT_WORDS
from services.models.canonical import canonical
from services.models.change_runs import StepState
from services.models.duties import ScheduledOccurrence
from services.models.findings import Finding
from services.models.journal import EntryKind
from services.models.verdict import Verdict
from services.runbook.loader import load_builtin
from tests.services.changes.test_runs import plan as plan_of

BOOK = load_builtin("facility-prod")
NOW = datetime(2026, 1, 14, 1, tzinfo=UTC)  # When the journal ends: a Wednesday morning in Japan
PEOPLE = ("sato", "suzuki", "takahashi", "tanaka")
HOST = ("ssh 10.0.0.5", "arn:aws:sts::123456789012:assumed-role/Operator/sato", "bastion-1")
ALARMS = tuple(f"facility-alarm-{number:02}" for number in range(40))
K = EntryKind
Draft = tuple[datetime, EntryKind, str, str, str, dict[str, Any], str, str, str]
"""Time, kind, subject, target, text, data, claim, hold, release."""


def written(path: Path, *, days: int, per_day: int, end: datetime = NOW, seed: int = 1) -> int:
    """Write a journal of so many days up to `end`, with about `per_day` entries each. Returns the number of entries."""
    rng = random.Random(seed)
    files.create(path)
    seq, previous = 0, NOTHING
    with closing(sqlite3.connect(path)) as db:
        db.execute("PRAGMA synchronous = OFF")
        (journal,) = db.execute("SELECT value FROM journal WHERE key = 'id'").fetchone()
        for draft in _drafts(rng, end, days, per_day):
            at, kind, subject, target, text, data, claim, holds, releases = draft
            seq += 1
            body = canonical(data)
            row = (
                seq, micros(at), kind.value, subject, target, text, rng.choice(PEOPLE), *HOST,
                body, claim, holds, releases, previous,
            )  # fmt: skip
            previous = hash_of_row(journal, (*row, ""))
            db.execute(INSERT, (*row, previous))
            db.execute(INSERT_WORDS, (seq, fold(searched(row))))
        db.commit()
    return seq


def _drafts(rng: random.Random, end: datetime, days: int, per_day: int) -> Iterator[Draft]:
    calendar = Calendar(BOOK)
    today = calendar.day_of(end)
    work = _Work(rng)
    for number in range(days, -1, -1):
        day = today - timedelta(days=number)
        drafts = sorted(work.of_day(day, calendar, per_day), key=lambda draft: draft[0])
        yield from (draft for draft in drafts if draft[0] <= end)


class _Work:
    def __init__(self, rng: random.Random) -> None:
        self.rng = rng
        self.finding = finding_entry(
            "", Finding(
                inspection="alarms", title="アラーム", verdict=Verdict.NORMAL, summary="40件とも正常", read_at=NOW
            )
        ).data  # fmt: skip
        self.plan = plan_of("p")
        self.former = {
            "title": "日次", "was": "due", "note": "異常なし。", "findings": [{
                "seq": 1, "inspection": "alarms", "verdict": "normal", "decision": "accepted", "reason": "",
                "until": NOW.isoformat(),
            }],
        }  # fmt: skip
        self.serial = 0
        self.months: dict[tuple[int, int], tuple[ScheduledOccurrence, ...]] = {}

    def of_day(self, day: date, calendar: Calendar, per_day: int) -> Iterator[Draft]:
        morning = calendar.local(day, "09:00").astimezone(UTC)
        slots = [slot for slot in calendar.slots(day, day, ()) if not slot.if_planned]
        count = 0
        for slot in slots:
            for draft in self._signed(slot):
                count += 1
                yield draft
        for draft in (*self._change(morning), *self._incident(morning), *self._post(morning)):
            count += 1
            yield draft
        for _number in range(per_day - count):
            yield self._other(morning + timedelta(seconds=self.rng.randrange(0, 32_000)))

    def _next(self) -> int:
        self.serial += 1
        return self.serial

    def _signed(self, slot: ScheduledOccurrence) -> Iterator[Draft]:
        at = slot.due_at.astimezone(UTC) + timedelta(minutes=self.rng.randint(1, 40))
        duty = next(each for each in BOOK.duties if each.id == slot.duty)
        signed = []
        for inspection in duty.inspections:
            yield self._found(at - timedelta(minutes=1), slot.key, str(inspection))
            signed.append({
                "seq": 1, "inspection": str(inspection), "verdict": "normal", "decision": "accepted", "reason": "",
                "until": at.isoformat(),
            })  # fmt: skip
        data = {
            "title": slot.title, "due_at": slot.due_at.isoformat(), "late_at": slot.late_at.isoformat(),
            "was": "due", "note": "異常なし。", "findings": signed,
        }  # fmt: skip
        if self.rng.random() < 0.1:
            progress = {
                **data,
                "ticked": list(duty.asks[:1]),
                "unticked": [],
                "evidence": {},
                "restrains_changes": False,
            }
            yield (
                at - timedelta(seconds=20),
                K.PROGRESS,
                slot.key,
                slot.duty,
                "途中: 1/2",
                progress,
                "",
                "",
                "",
            )
        if self.rng.random() < 0.98:
            text = f"確認しました: {slot.title}"
            yield at, K.SIGN_OFF, slot.key, slot.duty, text, data, claim_of(slot.key), "", ""

    def _found(self, at: datetime, subject: str, inspection: str) -> Draft:
        finding = {**self.finding["finding"], "inspection": inspection, "read_at": at.isoformat()}
        data = {**self.finding, "finding": finding}
        return at, K.FINDING, subject, inspection, f"{inspection}: 正常 — 40件とも正常", data, "", "", ""

    def _change(self, at: datetime) -> Iterator[Draft]:
        if self.rng.random() > 0.3:
            return
        id = f"p{self._next()}"
        plan = self.plan.model_copy(update={"id": id, "made_at": at})
        first = plan.steps[0]
        drafts = (
            change_entries.confirmed(plan),
            change_entries.intent(plan, first),
            change_entries.outcome(plan, first, StepState.DONE, "最大値は10です。", verified=True),
            change_entries.intent(plan, plan.steps[1]),
            change_entries.outcome(plan, plan.steps[1], StepState.DONE, "予約しました。", verified=True),
        )
        for number, draft in enumerate(drafts):
            when = at + timedelta(seconds=5 * number)
            yield (
                when, draft.kind, draft.subject, draft.target, draft.text, draft.data, draft.claim, draft.holds,
                draft.releases,
            )  # fmt: skip
        key = f"revert@{id}"
        data = {
            "title": "5に戻す",
            "due_at": at.isoformat(),
            "late_at": at.isoformat(),
            "was": "due",
            "note": "",
        }
        later = at + timedelta(minutes=30)
        yield later, K.SIGN_OFF, key, "", "確認しました: 5に戻す", data, claim_of(key), "", ""

    def _incident(self, at: datetime) -> Iterator[Draft]:
        if self.rng.random() > 0.15:
            return
        alarm = self.rng.choice(ALARMS)
        subject = f"incident:{alarm}@{at.isoformat()}"
        opened = {"trigger": "alarm", "title": alarm, "playbook": "", "since": at.isoformat()}
        steps: list[tuple[EntryKind, dict[str, Any], str]] = [
            (K.INCIDENT_OPENED, opened, f"incident:{alarm}:after:{self._next()}"),
            (K.INCIDENT_TAKEN, {"after": 0}, ""),
            (K.INCIDENT_TURNED, {"state": "recovered", "at": at.isoformat(), "detail": ""}, ""),
            (K.FOLLOW_UP, {"id": f"f{self.serial}", "text": "再発防止", "due": at.isoformat()}, f"follow-up:f{self.serial}"),
            (K.INCIDENT_CLOSED, {"cause": "load", "cause_title": "負荷", "summary": ""}, f"closed:{subject}"),
        ]  # fmt: skip
        for number, (kind, data, claim) in enumerate(steps):
            when = at + timedelta(minutes=7 * number)
            yield when, kind, subject, alarm, kind.value, {"schema": 1, **data}, claim, "", ""
        key = f"follow-up@f{self.serial}"
        data = {
            "title": "再発防止",
            "due_at": at.isoformat(),
            "late_at": at.isoformat(),
            "was": "due",
            "note": "",
        }
        yield (
            at + timedelta(hours=2),
            K.SIGN_OFF,
            key,
            "",
            "確認しました: 再発防止",
            data,
            claim_of(key),
            "",
            "",
        )

    def _post(self, at: datetime) -> Iterator[Draft]:
        id = f"s{self._next()}"
        bodies: tuple[tuple[EntryKind, dict[str, Any], str], ...] = (
            (K.POST, {"channel": "#ops", "text": "本日の状況", "thread": "", "alarm": ""}, f"post:{id}"),
            (K.POSTING, {"attempt": 1, "pid": 1, "console": "c", "thread_ts": ""}, f"posting:{id}#1"),
            (K.POSTED, {"ts": "1.1", "channel_id": "C1", "thread_ts": ""}, f"posting:{id}#1:outcome"),
        )
        for number, (kind, data, claim) in enumerate(bodies):
            yield at + timedelta(seconds=number), kind, f"post:{id}", "", "Slack", data, claim, "", ""

    def _other(self, at: datetime) -> Draft:
        roll, serial = self.rng.random(), self._next()
        if roll < 0.2:
            alarm = self.rng.choice(ALARMS)
            data: dict[str, Any] = {"note": "確認しました", "state": "alarm"}
            subject = f"alarm:{alarm}@{at.isoformat()}"
            return at, K.ACKNOWLEDGED, subject, alarm, f"{alarm}: 確認", data, "", "", ""
        if roll < 0.45:
            # Of duties that the runbook has no longer.
            key = f"former-{serial % 30}@{at:%Y-%m-%dT%H:%M:%S}#{serial}"
            data = {**self.former, "due_at": at.isoformat(), "late_at": at.isoformat()}
            return at, K.SIGN_OFF, key, f"former-{serial % 30}", "確認しました", data, claim_of(key), "", ""
        if roll < 0.6:
            return self._found(at, f"former-{serial % 30}@{at:%Y-%m-%d}", "alarms")
        if roll < 0.62:
            return self._found(at, f"hand@{at.isoformat()}", "alarms")
        if roll < 0.78:
            day = at.date().isoformat()
            data = {"day": day, "calls": serial, "yen": 1.5, "worst_yen": 2.0, "pid": 7}
            return at, K.USAGE, f"usage@{day}", "", f"{day}: AWS", data, "", "", ""
        if roll < 0.82:
            return (
                at,
                K.LOOKING,
                f"x@{serial}",
                "daily",
                "点検開始",
                {"pid": 1, "turn": 1},
                f"look:x@{serial}#1",
                "",
                "",
            )
        if roll < 0.88:
            return at, K.NOTE, "", "", f"記録 #{serial}", {"note": "異常なし。" * 10}, "", "", ""
        kind = self.rng.choice((K.STARTED, K.ENDED, K.LOG_MARK, K.EXPORTED))
        return at, kind, f"c@{serial}", "", kind.value, {"restrains_changes": False}, "", "", ""
