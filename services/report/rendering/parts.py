"""The parts that documents of every kind of report have in common."""

from collections.abc import Iterable, Iterator, Sequence
from datetime import date

from services.i18n import _, plural
from services.models.changes import StepState
from services.models.duties import OccurrenceState, SignOff
from services.models.findings import Evidence, Finding, Measure
from services.models.report import ReportHead
from services.models.report_lines import ChangeLine, Charges, DutyLine, FindingLine, RemarkLine
from services.models.verdict import Verdict
from services.report.rendering import wording as words
from services.report.rendering.document import (
    Block,
    Bullets,
    Line,
    Paragraph,
    Quote,
    Section,
    Table,
    table,
)
from services.report.rendering.wording import NOTHING, Dates

_STATE_TONES = {
    OccurrenceState.LATE: Verdict.ATTENTION,
    OccurrenceState.MISSED: Verdict.ATTENTION,
    OccurrenceState.NO_RECORD: Verdict.UNKNOWN,
}
_STEP_TONES = {
    StepState.FAILED: Verdict.ATTENTION,
    StepState.UNKNOWN: Verdict.UNKNOWN,
    StepState.SENDING: Verdict.UNKNOWN,
}


def duty_table(lines: Sequence[DutyLine], dates: Dates, day: date | None) -> Table:
    """When, what, state, who signed when, note."""
    return table(
        (_("Due"), _("Duty"), _("State"), _("Signed"), _("Remark")),
        (
            Line(
                (
                    dates.due(line, day),
                    line.title,
                    words.duty_state(line.state),
                    _signed(line, dates, day),
                    line.signed.note if line.signed else "",
                ),
                _STATE_TONES.get(line.state),
            )
            for line in lines
        ),
    )


def duty_remarks(
    lines: Iterable[DutyLine], dates: Dates, day: date | None, *, moved: bool = False
) -> tuple[Block, ...]:
    """What the table has no room for: judged otherwise, ticked, written down, not looked at.

    `moved`: also why it is not where its rule put it.
    """
    said = tuple(
        _("{title} ({due}): {text}").format(title=line.title, due=dates.due(line, day), text=text)
        for line in lines
        for text in (*([line.remark] if moved and line.remark else []), *_said_of(line))
    )
    return (Bullets(said),) if said else ()


def _said_of(line: DutyLine) -> Iterator[str]:
    for each in line.decisions:
        if each.overruled:
            yield _("{inspection} ({verdict}) was overridden: {reason}").format(
                inspection=each.title or each.inspection,
                verdict=words.verdict(each.verdict),
                reason=each.reason,
            )
    if line.checked:
        yield _("checked: {items}").format(items=_(", ").join(line.checked))
    if line.unchecked:
        yield _("NOT checked: {items}").format(items=_(", ").join(line.unchecked))
    for written in line.written:
        yield f"{written.title}: {written.text}"
    if line.not_looked:
        yield _("no finding from {looks}").format(looks=_(", ").join(line.not_looked))


def _signed(line: DutyLine, dates: Dates, day: date | None) -> str:
    if line.signed is not None:
        return _signature(line.signed, dates, day, late=line.state is OccurrenceState.DONE)
    if line.signed_after is not None:
        return _("(later: {signed})").format(signed=_signature(line.signed_after, dates, day, late=True))
    return NOTHING


def _signature(signed: SignOff, dates: Dates, day: date | None, *, late: bool) -> str:
    """`09:12 yamada`, and how it came where that was not in time."""
    how = {
        OccurrenceState.LATE: _("signed late"),
        OccurrenceState.MISSED: _("signed after missed"),
        OccurrenceState.UPCOMING: _("early"),
    }.get(signed.was, "")
    said = f"{dates.at(signed.at, day)} {signed.by}"
    return _("{signed} ({how})").format(signed=said, how=how) if late and how else said


def finding_blocks(line: FindingLine, dates: Dates, day: date | None) -> Iterator[Block]:
    """Everything a reader needs to judge it: figures, evidence, what to do, what is to be known."""
    yield Paragraph(f"{words.of_finding(line)} — {line.summary}", line.verdict)
    if line.overruled is not None:
        yield Paragraph(
            _("Overridden by {name} at {time}: {reason}").format(
                name=line.overruled.by,
                time=dates.at(line.overruled.at, day),
                reason=line.overruled.reason,
            )
        )
    finding = line.finding
    if finding is None:
        return
    if finding.measures:
        yield measures(finding.measures, dates, day)
    yield from map(_evidence, finding.evidence)
    if line.withheld:
        yield Paragraph(
            plural(
                "{count} row with log texts is omitted (--private prints it).",
                "{count} rows with log texts are omitted (--private prints them).",
                line.withheld,
            ).format(count=line.withheld)
        )
    told = [*_told(finding, dates, day)]
    if told:
        yield Bullets(tuple(told))


def _told(finding: Finding, dates: Dates, day: date | None) -> Iterator[str]:
    if finding.problem is not None:
        problem = finding.problem
        parts = [problem.summary, problem.remedy]
        yield " ".join(part for part in parts if part)
    yield from (_("To do: {advice}").format(advice=each) for each in finding.advice)
    if finding.window is not None:
        yield _("Window: {first} to {last}").format(
            first=dates.at(finding.window.start, day), last=dates.at(finding.window.end, day)
        )
    if finding.gap:
        yield finding.gap
    yield from finding.remarks


def measures(found: Iterable[Measure], dates: Dates, day: date | None) -> Table:
    """Measured beside allowed."""
    return table(
        (_("Item"), _("Measured"), _("Normal range"), _("Verdict"), _("Remark")),
        (
            Line(
                (
                    each.title,
                    each.shown or NOTHING,
                    each.allowed or NOTHING,
                    words.verdict(each.verdict),
                    _remark(each, dates, day),
                ),
                each.verdict if each.verdict is not Verdict.NORMAL else None,
            )
            for each in found
        ),
        right=(1, 2),
    )


def _remark(each: Measure, dates: Dates, day: date | None) -> str:
    """When, where its note does not tell that itself, and the note."""
    at = dates.at(each.at, day) if each.at else ""
    return each.note if at in each.note else " ".join(part for part in (at, each.note) if part)


def _evidence(found: Evidence) -> Block:
    title = found.title
    if found.omitted:
        more = _("{count} more").format(count=f"{found.omitted:,}")
        title = _("{title} ({more})").format(title=title, more=more)
    return table(found.columns, (Line(tuple(row.cells), row.verdict) for row in found.rows), title=title)


def change_section(lines: Sequence[ChangeLine], dates: Dates, day: date | None) -> Section:
    """Every request of every change, before and after."""
    if not lines:
        return Section(_("Changes made"), (Paragraph(_("None.")),))
    rows = (row for line in lines for row in _change_rows(line, dates, day))
    columns = (_("Time"), _("Change"), _("Before → after"), _("By"), _("Approval"), _("Result"))
    return Section(_("Changes made"), (table(columns, rows),))


def _change_rows(line: ChangeLine, dates: Dates, day: date | None) -> Iterator[Line]:
    """One row a step, the first with the change's own words."""
    title = _("{title} ({target})").format(title=line.title, target=line.target)
    by, approval = line.by, line.approval or NOTHING
    steps = line.steps or ()
    if line.refusal or not steps:
        result = " ".join(part for part in (words.step_state(line.state), line.refusal) if part)
        yield Line(
            (dates.at(line.at, day), title, NOTHING, by, approval, result), _STEP_TONES.get(line.state)
        )
        return
    for number, step in enumerate(steps):
        values = _(", ").join(f"{row.name}: {row.before} → {row.after}" for row in step.rows) or NOTHING
        result = " ".join(part for part in (words.step_state(step.state), step.text) if part)
        named = f"{title}: {step.title}" if number == 0 else step.title
        when = dates.at(step.at or line.at, day)
        yield Line((when, named, values, by, approval, result), _STEP_TONES.get(step.state))
    if line.revert_at is not None:
        yield Line(
            ("", _("revert: {title}").format(title=line.revert), dates.at(line.revert_at, day)) + ("",) * 3
        )


def charges_words(charges: Charges, *, whole_day: bool) -> str:
    """What the consoles cost; a day's beside what it may cost."""
    if not charges.consoles:
        return _("No console has recorded its AWS requests.")
    said = plural(
        "{calls} request by {consoles} console: {yen}",
        "{calls} requests by {consoles} consoles: {yen}",
        charges.calls,
    ).format(calls=f"{charges.calls:,}", consoles=charges.consoles, yen=words.yen(charges.yen))
    if whole_day:
        said = _("{spent} (daily limit ¥{allowed:g})").format(spent=said, allowed=charges.allowed_yen)
    return _("{spent} (with CloudWatch's free tier used up: {yen})").format(
        spent=said, yen=words.yen(charges.worst_yen)
    )


def remark_section(lines: Sequence[RemarkLine], dates: Dates, head: ReportHead) -> Section:
    """People's words; those for a day or month within the period name it."""
    quotes = tuple(Quote(line.text, _author(line, head, dates)) for line in lines)
    return Section(_("Remarks"), quotes or (Paragraph(_("None.")),))


def _author(line: RemarkLine, head: ReportHead, dates: Dates) -> str:
    said = f"{line.by} {dates.at(line.at)}"
    if line.subject == head.subject:
        return said
    return _("{author} (report of {name})").format(author=said, name=line.subject.removeprefix("report@"))


def verdict_blocks(head: ReportHead) -> tuple[Block, ...]:
    """Why the whole is not normal."""
    if head.verdict is None:
        return (Paragraph(_("Nothing was due and nothing was inspected.")),)
    return (Bullets(head.why),) if head.why else ()


def head_facts(head: ReportHead, dates: Dates) -> list[tuple[str, str]]:
    """System, verdict, when it was made and from what."""
    system = _("{title} ({target})").format(title=head.system_title, target=head.system)
    made = dates.stamp(head.made_at)
    if not head.complete:
        made = _("{time}, before the end: the state at that time").format(time=made)
    source = _("entries #{first} to #{last} of journal {id}").format(
        first=f"{head.first_seq:,}", last=f"{head.last_seq:,}", id=head.journal[:8]
    )
    if not head.first_seq:
        source = _("no entries of these days in journal {id}").format(id=head.journal[:8])
    return [
        (_("System"), system),
        (_("Overall verdict"), words.verdict(head.verdict)),
        (_("Created"), made),
        (_("Source"), source),
    ]
