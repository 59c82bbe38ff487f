from collections.abc import Iterable, Iterator, Sequence
from datetime import date

from services.i18n import _, plural
from services.models.change_runs import StepState
from services.models.duties import OccurrenceState, ProgressNote, SignOff, TickedLine
from services.models.report import ReportHead
from services.models.report_lines import ChangeLine, Charges, DutyLine, RemarkLine, SpellLine
from services.models.verdict import Verdict
from services.models.watches import WatchState
from services.report.rendering import report_wording as wording
from services.report.rendering.approvals import allowed_words
from services.report.rendering.dates import Dates
from services.report.rendering.document import (
    Block,
    Bullets,
    DocumentLine,
    Paragraph,
    Quote,
    Section,
    Table,
    table,
)
from services.report.rendering.page import WIDTH, cut
from services.report.rendering.report_wording import NOTHING


def _by(item: TickedLine | ProgressNote, dates: Dates, day: date | None) -> str:
    return _("{title} ({more})", title=item.text, more=f"{item.by} {dates.at(item.at, day)}")


STATE_TONES = {
    OccurrenceState.LATE: Verdict.ATTENTION,
    OccurrenceState.MISSED: Verdict.ATTENTION,
    OccurrenceState.NO_RECORD: Verdict.UNKNOWN,
}
_STEP_TONES = {
    StepState.FAILED: Verdict.ATTENTION,
    StepState.UNKNOWN: Verdict.UNKNOWN,
    StepState.SENDING: Verdict.UNKNOWN,
}
END_TONES = {WatchState.FAILED: Verdict.ATTENTION, WatchState.GAVE_UP: Verdict.UNKNOWN}


def period_tone(line: SpellLine) -> Verdict:
    if line.state != "alarm":
        return Verdict.UNKNOWN
    return Verdict.ABNORMAL if line.ended is None else Verdict.ATTENTION


def duty_table(lines: Sequence[DutyLine], dates: Dates, day: date | None) -> Table:
    return table(
        (_("Due"), _("Duty"), _("State"), _("Signed off"), _("Note")),
        (
            DocumentLine(
                (
                    dates.due(line, day),
                    line.title,
                    wording.of_duty(line),
                    signed_words(line, dates, day),
                    line.signed.note if line.signed else "",
                ),
                STATE_TONES.get(line.state),
            )
            for line in lines
        ),
    )


def duty_remarks(
    lines: Iterable[DutyLine], dates: Dates, day: date | None, *, moved: bool = False
) -> tuple[Block, ...]:
    """Details that the duty table has no room for: overrides, checklist items, evidence, missing findings.
    `moved` adds the reason why an occurrence is not on its rule's date."""
    remarks = tuple(
        _("{title} ({due}): {text}", title=line.title, due=dates.due(line, day), text=text)
        for line in lines
        for text in (*([line.remark] if moved and line.remark else []), *remarks_of(line, dates, day))
    )
    return (Bullets(remarks),) if remarks else ()


def remarks_of(line: DutyLine, dates: Dates, day: date | None) -> Iterator[str]:
    for decision in line.decisions:
        if decision.overruled:
            yield _("{inspection} ({verdict}) was overridden: {reason}").format(
                inspection=decision.title or decision.inspection,
                verdict=wording.verdict(decision.verdict),
                reason=decision.reason,
            )
    if line.underway:
        total = len(line.checked) + len(line.unchecked)
        done = _(", ").join(_by(each, dates, day) for each in line.ticked)
        text = _("under way, {done} of {total} ticked", done=len(line.checked), total=total)
        yield _("{text}: {items}", text=text, items=done) if done else text
        for note in line.progress_notes:
            yield _by(note, dates, day)
    elif line.checked:
        yield _("checked: {items}", items=_(", ").join(line.checked))
    if line.unchecked:
        words = _("still open: {items}") if line.underway else _("NOT checked: {items}")
        yield words.format(items=_(", ").join(line.unchecked))
    for written in line.written:
        yield f"{written.title}: {written.text}"
    if line.not_looked:
        yield _("no finding from {inspections}", inspections=_(", ").join(line.not_looked))


def signed_words(line: DutyLine, dates: Dates, day: date | None) -> str:
    if line.signed is not None:
        return _signature(line.signed, dates, day, late=line.state is OccurrenceState.DONE)
    if line.signed_after is not None:
        return _("(later: {signed})", signed=_signature(line.signed_after, dates, day, late=True))
    return NOTHING


def _signature(signed: SignOff, dates: Dates, day: date | None, *, late: bool) -> str:
    """Time and person of a sign-off such as `09:12 yamada`, with a note if it was early or late."""
    how = {
        OccurrenceState.LATE: _("signed off late"),
        OccurrenceState.MISSED: _("signed off after missed"),
        OccurrenceState.UPCOMING: _("early"),
    }.get(signed.was, "")
    signature = f"{dates.at(signed.at, day)} {signed.by}"
    return _("{signed} ({how})", signed=signature, how=how) if late and how else signature


def change_section(lines: Sequence[ChangeLine], dates: Dates, day: date | None) -> Section:
    if not lines:
        return Section(_("Changes made"), (Paragraph(_("None.")),))
    rows = (row for line in lines for row in change_rows(line, dates, day))
    columns = (_("Time"), _("Change"), _("Before → after"), _("By"), _("Approval"), _("Result"))
    return Section(_("Changes made"), (table(columns, rows),))


def change_rows(line: ChangeLine, dates: Dates, day: date | None) -> Iterator[DocumentLine]:
    title = _("{title} ({target})", title=line.title, target=line.target)
    by, approval = line.by, allowed_words(line, dates, day)
    steps = line.steps or ()
    if line.refusal or not steps:
        result = " ".join(part for part in (wording.step_state(line.state), line.refusal) if part)
        yield DocumentLine(
            (dates.at(line.at, day), title, NOTHING, by, approval, result), _STEP_TONES.get(line.state)
        )
        return
    if line.partly_done:
        yield DocumentLine(
            (dates.at(line.at, day), title, NOTHING, by, approval, _partly(line)), Verdict.ATTENTION
        )
    for number, step in enumerate(steps):
        values = _(", ").join(f"{row.name}: {row.before} → {row.after}" for row in step.rows) or NOTHING
        result = " ".join(part for part in (wording.step_result(step), step.text) if part)
        named = f"{title}: {step.title}" if number == 0 and not line.partly_done else step.title
        when = dates.at(step.at or line.at, day)
        yield DocumentLine((when, named, values, by, approval, result), _STEP_TONES.get(step.state))
    if line.revert_at is not None and line.revert_pending:
        title_of_revert = _("revert: {title}", title=line.revert)
        remark = line.revert_remark if line.partly_done else ""
        yield DocumentLine(("", title_of_revert, dates.at(line.revert_at, day), "", "", remark))
    if line.end is not None:
        when = dates.at(line.end.at or line.at, day)
        result = f"{wording.end_state(line.end.state)} {line.end.text}".strip()
        yield DocumentLine(
            (when, _("end: {title}", title=title), NOTHING, "", "", result), END_TONES.get(line.end.state)
        )
    elif line.is_followed:
        yield DocumentLine(("", _("end: {title}", title=title), NOTHING, "", "", wording.followed()))


def _partly(line: ChangeLine) -> str:
    text = _("the steps before {number} took effect; step {number} was not done.")
    return _("{title}: {text}", title=wording.partly_done(), text=text.format(number=line.partly_done + 1))


def charges_words(charges: Charges, *, whole_day: bool) -> str:
    """AWS charges caused by the consoles, in words; `whole_day` adds the daily allowance."""
    if not charges.consoles:
        return _("No console has recorded its AWS requests.")
    spent = plural(
        "{calls} request by {consoles} console: {yen}",
        "{calls} requests by {consoles} consoles: {yen}",
        charges.calls,
    ).format(calls=f"{charges.calls:,}", consoles=charges.consoles, yen=wording.yen(charges.yen))
    if whole_day:
        spent = _("{spent} (daily limit ¥{allowed:g})", spent=spent, allowed=charges.allowed_yen)
    return _("{spent} (with CloudWatch's free tier used up: {yen})").format(
        spent=spent, yen=wording.yen(charges.worst_yen)
    )


def remark_section(lines: Sequence[RemarkLine], dates: Dates, head: ReportHead) -> Section:
    quotes = tuple(Quote(line.text, author(line, head, dates)) for line in lines)
    return Section(_("Notes on this report"), quotes or (Paragraph(_("None.")),))


def author(line: RemarkLine, head: ReportHead, dates: Dates) -> str:
    name_and_time = f"{line.by} {dates.at(line.at)}"
    if line.subject == head.subject:
        return name_and_time
    return _("{author} (report of {name})").format(
        author=name_and_time, name=dates.report(line.subject.removeprefix("report@"))
    )


def reasons(head: ReportHead) -> Iterator[Section]:
    if head.why:
        yield Section(_("In brief"), (Bullets(tuple(cut(each, WIDTH, 2) for each in head.why)),))


def head_facts(head: ReportHead, dates: Dates) -> list[tuple[str, str]]:
    system = _("{title} ({target})", title=head.system_title, target=head.system)
    made_at = dates.stamp(head.made_at)
    if not head.complete:
        made_at = _("{time}, before the end: the state at that time", time=made_at)
    source = _("entries #{first} to #{last} of journal {id}").format(
        first=f"{head.first_seq:,}", last=f"{head.last_seq:,}", id=head.journal[:8]
    )
    if not head.first_seq:
        source = _("no entries of these days in journal {id}", id=head.journal[:8])
    return [
        (_("System"), system),
        (_("Created"), made_at),
        (_("Made from"), source),
        *([(_("May be incomplete"), head.stale)] if head.stale else []),
        *([(_("Runbook"), head.runbook_draft)] if head.runbook_draft else []),
        (_("Prepared by"), _(", ").join(head.authors) or NOTHING),
        (_("Checked by"), ""),
    ]
