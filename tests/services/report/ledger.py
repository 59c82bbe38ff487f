"""Journals written moment by moment, as consoles write them, for reports to read."""

from contextlib import closing
from datetime import datetime
from pathlib import Path
from typing import Any

from services.inspections.running import entries as inspection_entries
from services.journal.store import Store
from services.models.evidence import Evidence, Row
from services.models.findings import AlarmPeriod, Finding, Measure, Overrule, Recorded
from services.models.journal import Entry, EntryKind, NewEntry, Person
from services.models.metrics import TimeSpan
from services.models.report import Report
from services.models.runbook import Runbook
from services.models.verdict import Verdict
from services.report.make import make
from services.report.periods import read_period
from services.runbook.loader import load_builtin
from tests.services.duties.duty_world import jst
from tests.services.journal.book import append

RUNBOOK = load_builtin("facility-prod")


class Ledger:
    """One journal; `write` appends at a time in Japan."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def write(self, at: str, draft: NewEntry, user: str = "yamada") -> Entry:
        with closing(Store(self.path)) as store:
            return append(store, draft, at=jst(at), person=Person(user=user, host="bastion"))

    def entry(self, at: str, kind: EntryKind, text: str = "x", user: str = "yamada", **more: Any) -> Entry:
        return self.write(at, NewEntry(kind=kind, text=text, **more), user)

    def began(self, at: str) -> None:
        self.entry(at, EntryKind.STARTED, "begin")

    def sign(
        self, at: str, key: str, was: str = "due", user: str = "yamada", *, skip: bool = False, **more: Any
    ) -> Entry:
        data = {"title": key.partition("@")[0], "was": was, "note": "", **more}
        kind = EntryKind.SKIPPED if skip else EntryKind.SIGN_OFF
        return self.entry(
            at, kind, "signed", user, subject=key, target=key.partition("@")[0].partition(":")[0],
            data=data, claim=f"sign-off:{key}",
        )  # fmt: skip

    def find(self, at: str, key: str, finding: Finding) -> Entry:
        return self.write(at, inspection_entries.finding_entry(key, finding))

    def overrule(self, at: str, entry: Entry, finding: Finding, reason: str) -> Entry:
        recorded = Recorded(
            seq=entry.seq, by="x", finding=finding,
            overruled=Overrule(by="x", at=entry.at, reason=reason, seq=entry.seq),
        )  # fmt: skip
        return self.write(at, inspection_entries.override_entry(entry.subject, recorded, reason), "sato")

    def report(self, when: str, now: str, *, runbook: Runbook = RUNBOOK, private: bool = False) -> Report:
        period = read_period(when)
        assert period is not None
        return make(self.path, runbook, period, jst(now), private=private)


def finding(
    at: str,
    inspection: str = "alarms",
    verdict: Verdict = Verdict.NORMAL,
    summary: str = "as it should be",
    *,
    since: str | None = None,
    **more: Any,
) -> Finding:
    return Finding(
        inspection=inspection,
        title=inspection.capitalize(),
        verdict=verdict,
        summary=summary,
        read_at=jst(at),
        window=TimeSpan(start=jst(since), end=jst(at)) if since else None,
        **more,
    )


def alarm_period(
    began: str | None, ended: str | None, alarm: str = "ecs-cpu-high", state: str = "alarm"
) -> AlarmPeriod:
    return AlarmPeriod(
        alarm=alarm,
        state=state,
        began=jst(began) if began else None,
        ended=jst(ended) if ended else None,
        reason="Threshold Crossed",
    )


def evidence(text: str, *, private: bool = False) -> Evidence:
    return Evidence(
        title="rows", columns=("text",), rows=(Row(cells=(text,), verdict=Verdict.ABNORMAL),), private=private
    )


MEASURE = Measure(title="errors", shown="12 an hour", allowed="< 10", verdict=Verdict.ABNORMAL)


def moment(at: str) -> datetime:
    return jst(at)
