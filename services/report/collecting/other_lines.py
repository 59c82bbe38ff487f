import math
from collections.abc import Iterable, Mapping, Sequence
from datetime import date, timedelta
from typing import Any

from services.changes.approval.entries import consent_of
from services.changes.entries import CHANGE_KINDS
from services.host.processes import PID, SPACE
from services.models.approvals import Consent, ConsentWay
from services.models.change_runs import Run, StepState
from services.models.journal import Entry, EntryKind
from services.models.posts import UNSENT, Post
from services.models.report_approvals import ApprovalLine, Decided, EndLine, StepLine
from services.models.report_lines import (
    AcknowledgementLine,
    ChangeLine,
    Charges,
    NoteLine,
    PostLine,
    RemarkLine,
)
from services.report.collecting.source import ReportSource
from services.report.periods import Period, PeriodSpan, of_month
from services.slack.records import post_of

_DECIDED = {
    EntryKind.APPROVED: Decided.APPROVED,
    EntryKind.DECLINED: Decided.DECLINED,
    EntryKind.EMERGENCY: Decided.EMERGENCY,
}


def approval_lines(entries: Iterable[Entry], runs: Sequence[Run]) -> tuple[ApprovalLine, ...]:
    confirmed = {run.id: run for run in runs if not run.refusal}
    return tuple(
        _line(entry, _DECIDED[entry.kind], confirmed.get(entry.subject))
        for entry in entries
        if entry.kind in _DECIDED
    )


def allowed_by(run: Run) -> tuple[ApprovalLine, ...]:
    plan = run.plan
    return tuple(
        ApprovalLine(
            seq=consent.seq,
            at=consent.at,
            by=consent.by,
            decided=Decided.EMERGENCY if consent.way is ConsentWay.EMERGENCY else Decided.APPROVED,
            plan=plan.id,
            title=plan.title,
            target=plan.target.title,
            is_used=True,
            bypasses_approval=consent.way is ConsentWay.EMERGENCY and run.lacks_approval,
            **_of(consent),
        )
        for consent in run.consents
    )


def end_line(run: Run) -> EndLine | None:
    if run.progress is None or not run.watched_seq:
        return None
    return EndLine(state=run.progress.state, text=run.progress.text, at=run.progress.at)


def _line(entry: Entry, decided: Decided, run: Run | None) -> ApprovalLine:
    """`run`: what the plan became if it was confirmed."""
    data = entry.data
    consent = consent_of(entry)
    facts = {"role": str(data.get("role", "")), "reason": str(data.get("reason", ""))}
    return ApprovalLine(
        seq=entry.seq,
        at=entry.at,
        by=entry.person.name,
        decided=decided,
        plan=entry.subject,
        title=str(data.get("change", "")),
        target=str(data.get("on", "")) or entry.target,
        is_used=run is not None and decided is not Decided.DECLINED,
        bypasses_approval=decided is Decided.EMERGENCY and _bypasses_approval(data, run),
        **(_of(consent) if consent is not None else facts),
    )


def _bypasses_approval(data: Mapping[str, Any], run: Run | None) -> bool:
    return run.lacks_approval if run is not None else bool(data.get("role")) and not data.get("freeze")


def _of(consent: Consent) -> dict[str, object]:
    names = ("way", "role", "who", "means", "consented_at", "reference", "reason", "freeze")
    return {name: getattr(consent, name) for name in names}


NAMED = 8  # Services whose stopped tasks are counted by name
OLD_POSTS = timedelta(days=30)  # How long an unsent post keeps being reported
_LATE_TOTALS = timedelta(hours=12)  # How long after midnight a console may still write a day's final total
_POSTS = (EntryKind.POST, EntryKind.POSTING, EntryKind.POSTED, EntryKind.UNPOSTED)
NOTES = frozenset(
    {
        EntryKind.NOTE,
        EntryKind.LOG_MARK,
        EntryKind.KNOWN,
        EntryKind.ARMED,
        EntryKind.DISARMED,
        EntryKind.PLANNED,
        EntryKind.UNPLANNED,
        EntryKind.MOVED,
        EntryKind.OTHER,
    }
)
"""Kinds of entries that a day's report quotes verbatim."""
_HAND_OVERS = (EntryKind.HAND_OVER, EntryKind.HAND_OVER_ACCEPTED)
"""Quoted where they are about a day's duty; those of an incident belong to its own report."""


def change_lines(
    entries: Iterable[Entry], runs: Sequence[Run], reverts: Mapping[str, str]
) -> tuple[ChangeLine, ...]:
    ids = {entry.subject for entry in entries if entry.kind in CHANGE_KINDS}
    return tuple(_change(run, reverts) for run in reversed(runs) if run.id in ids)


def note_lines(entries: Sequence[Entry], runs: Sequence[Run]) -> tuple[NoteLine, ...]:
    """Entries that are quoted verbatim: those of NOTES kinds, and changes whose plan cannot be read."""
    run_ids = {run.id for run in runs}
    return tuple(
        NoteLine(
            seq=entry.seq,
            at=entry.at,
            by=entry.person.name,
            kind=entry.kind_name,
            text=_quoted(entry),
            about=entry.target,
        )
        for entry in entries
        if entry.kind in NOTES
        or (entry.kind in _HAND_OVERS and entry.subject.startswith("day:"))
        or (entry.kind in CHANGE_KINDS and entry.subject not in run_ids)
    )


def _quoted(entry: Entry) -> str:
    if entry.kind in _HAND_OVERS:
        items = entry.data.get("open")
        lines = [str(item) for item in items] if isinstance(items, list) else []
        return "\n".join([entry.text, *lines])
    return str(entry.data.get("note") or "") or entry.text


def ack_lines(entries: Iterable[Entry]) -> tuple[AcknowledgementLine, ...]:
    return tuple(
        AcknowledgementLine(
            seq=entry.seq,
            at=entry.at,
            by=entry.person.name,
            alarm=entry.target,
            state=str(entry.data.get("state") or ""),
            note=str(entry.data.get("note") or ""),
        )
        for entry in entries
        if entry.kind is EntryKind.ACKNOWLEDGED
    )


def post_lines(source: ReportSource) -> tuple[PostLine, ...]:
    """Slack posts of the period, and older unsent ones, as of `as_of`."""
    entries = source.entries(*_POSTS, since=source.start - OLD_POSTS, before=source.entries_until)
    by_post: dict[str, list[Entry]] = {}
    for entry in entries:
        by_post.setdefault(entry.subject, []).append(entry)
    posts = ((subject, post_of(of_one)) for subject, of_one in by_post.items())
    lines = (_post(subject, post) for subject, post in posts if post is not None)
    return tuple(line for line in lines if line.at >= source.start or line.state in UNSENT)


def charges_by_day(source: ReportSource) -> dict[date, Charges]:
    """AWS charges per day of the period; the newest total of each console process and day counts. Totals only
    grow: a lower one is of a process that has got the same number, or it waited for the ledger meanwhile."""
    runs: dict[tuple[object, ...], list[Entry]] = {}
    entries = source.entries(EntryKind.USAGE, since=source.start, before=source.end + _LATE_TOTALS)
    for entry in entries:
        day = _day(entry.data.get("day"))
        if day is not None and source.period.holds(day):
            process = entry.data.get(SPACE), entry.data.get(PID)
            _count(entry, runs.setdefault((entry.person.host, entry.person.user, *process, day), []))
    totals: dict[date, Charges] = {}
    for entry in (total for of_one in runs.values() for total in of_one):
        day = date.fromisoformat(str(entry.data.get("day")))
        before = totals.get(day, Charges())
        data = entry.data
        totals[day] = before.model_copy(
            update={
                "calls": before.calls + int(_number(data.get("calls"))),
                "yen": before.yen + _number(data.get("yen")),
                "worst_yen": before.worst_yen + _number(data.get("worst_yen")),
                "consoles": before.consoles + 1,
            }
        )
    return {
        day: each.model_copy(update={"days": 1, "dearest_day": day, "dearest_yen": each.yen})
        for day, each in sorted(totals.items())
    }


def summed(days: Iterable[Charges]) -> Charges:
    every = list(days)
    dearest = max(every, key=lambda charges: charges.dearest_yen, default=Charges())
    return Charges(
        calls=sum(charges.calls for charges in every),
        yen=sum(charges.yen for charges in every),
        worst_yen=sum(charges.worst_yen for charges in every),
        consoles=sum(charges.consoles for charges in every),
        days=sum(charges.days for charges in every),
        dearest_day=dearest.dearest_day,
        dearest_yen=dearest.dearest_yen,
    )


def remark_lines(source: ReportSource) -> tuple[RemarkLine, ...]:
    entries = source.about(_subjects(source.period), [EntryKind.REMARK])
    return tuple(
        RemarkLine(
            seq=entry.seq,
            at=entry.at,
            by=entry.person.name,
            subject=entry.subject,
            text=str(entry.data.get("text") or "") or entry.text,
        )
        for entry in entries
        if entry.at >= source.start
    )


def _subjects(period: Period) -> set[str]:
    subjects = {period.subject}
    if period.span is not PeriodSpan.DAY:
        days = [period.first + timedelta(days=n) for n in range((period.last - period.first).days + 1)]
        subjects |= {f"report@{day.isoformat()}" for day in days} | {of_month(day).subject for day in days}
    return subjects


def _change(run: Run, reverts: Mapping[str, str]) -> ChangeLine:
    plan = run.plan
    revert = plan.revert if run.state is not StepState.REFUSED or run.partly_done else None
    # Whether a first step that is under way needs its revert is not known yet: it counts as pending until then.
    is_under_way = run.is_open and run.steps[0].state is not StepState.DONE
    steps = {step.id: step for step in run.steps}
    return ChangeLine(
        id=plan.id,
        kind=plan.kind,
        title=plan.title,
        target=plan.target.title,
        by=run.by,
        at=run.at,
        approval=plan.approval,
        state=run.state,
        partly_done=run.partly_done,
        refusal=run.refusal,
        revert_at=revert.at if revert else None,
        revert=revert.title if revert else "",
        revert_pending=revert is not None and (run.id in reverts or is_under_way),
        revert_remark=reverts.get(run.id, ""),
        allowed_by=allowed_by(run),
        is_followed=run.watching,
        end=end_line(run),
        steps=tuple(
            StepLine(
                title=step.title,
                rows=tuple(row for row in step.rows if row.changes),
                state=steps[step.id].state,
                at=steps[step.id].at,
                text=steps[step.id].text,
                verified=steps[step.id].verified,
            )
            for step in plan.steps
            if step.id in steps
        ),
    )


def _post(subject: str, post: Post) -> PostLine:
    return PostLine(
        id=subject,
        at=post.at,
        by=post.by,
        channel=post.channel,
        text=post.text,
        about=post.target,
        state=post.state,
        changed_at=post.changed_at,
        why=post.reason,
    )


def _count(entry: Entry, totals: list[Entry]) -> None:
    """Add a total to those of the processes with its number: the newest of each. Entries that do not name
    their process namespace are read as the versions that wrote them read them."""
    is_lower = bool(totals) and _number(entry.data.get("calls")) < _number(totals[-1].data.get("calls"))
    if is_lower and entry.is_late:
        return
    if totals and not (is_lower and entry.data.get(SPACE)):
        totals.pop()
    totals.append(entry)


def _number(value: object) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
        return 0.0
    return float(value)


def _day(value: object) -> date | None:
    try:
        return date.fromisoformat(str(value))
    except ValueError:
        return None
