from collections.abc import Iterable, Iterator, Sequence
from datetime import date

from services.i18n import N_, _
from services.models import glyphs
from services.models.approvals import ConsentWay, Means
from services.models.report_approvals import ApprovalLine, Decided
from services.models.report_lines import ChangeLine
from services.models.verdict import Verdict
from services.report.rendering.dates import Dates
from services.report.rendering.document import DocumentLine, Section, table
from services.report.rendering.report_wording import NOTHING

_MEANS = {Means.PHONE: N_("by phone"), Means.WRITING: N_("in writing"), Means.IN_PERSON: N_("in person")}


def emergency_rows(lines: Iterable[ApprovalLine], dates: Dates, day: date | None) -> list[DocumentLine]:
    return [
        DocumentLine(
            (
                dates.at(line.at, day),
                _what(line),
                line.reason,
                _bypassed(line),
                line.by,
                _("carried out") if line.is_used else _("not carried out"),
            ),
            Verdict.ABNORMAL,
        )
        for line in lines
        if line.decided is Decided.EMERGENCY
    ]


def _bypassed(line: ApprovalLine) -> str:
    role = _("no approver named: {role}", role=line.role) if line.bypasses_approval else ""
    return _("; ").join(filter(None, (role, line.freeze)))


def emergency_columns() -> tuple[str, ...]:
    return (_("Time"), _("Change"), _("Reason"), _("Bypassed"), _("By"), _("Result"))


def emergency_title() -> str:
    return f"{glyphs.ATTENTION} {_('Emergency changes')}"


def emergency_section(lines: Sequence[ApprovalLine], dates: Dates, day: date | None) -> Iterator[Section]:
    if rows := emergency_rows(lines, dates, day):
        yield Section(emergency_title(), (table(emergency_columns(), rows),))


def approval_section(lines: Sequence[ApprovalLine], dates: Dates, day: date | None) -> Iterator[Section]:
    if not lines:
        return
    columns = (
        _("Time"), _("Change"), _("Decision"), _("By whom"), _("How"), _("Reference"), _("Recorded by"), _("Used")
    )  # fmt: skip
    rows = (
        DocumentLine(
            (
                dates.at(line.at, day),
                _what(line),
                _decision(line),
                line.who or line.by,
                _how(line, dates, day),
                line.reference or NOTHING,
                line.by,
                glyphs.DONE if line.is_used else NOTHING,
            ),
            Verdict.ABNORMAL if line.decided is Decided.EMERGENCY else None,
        )
        for line in lines
    )
    yield Section(_("Approvals"), (table(columns, rows),))


def allowed_words(line: ChangeLine, dates: Dates, day: date | None) -> str:
    words = (_briefly(each, dates, day) for each in line.allowed_by)
    return _(", ").join(words) or line.approval or NOTHING


def _briefly(line: ApprovalLine, dates: Dates, day: date | None) -> str:
    if line.way is ConsentWay.EMERGENCY:
        return f"{glyphs.ATTENTION} {_('EMERGENCY: {reason}').format(reason=line.reason)}"
    when = dates.at(line.consented_at or line.at, day)
    if line.way is ConsentWay.SECOND_PERSON:
        return _("{name}, second person, {when}", name=line.by, when=when)
    text = _("{who} {means} {when}", who=line.who, means=_by_means(line), when=when)
    if not line.reference:
        return text
    return _("{text} ({reference})", text=text, reference=line.reference)


def _what(line: ApprovalLine) -> str:
    if not line.title:
        return line.target or line.plan
    return _("{title} ({target})", title=line.title, target=line.target)


def _decision(line: ApprovalLine) -> str:
    words = {
        Decided.APPROVED: (glyphs.DONE, _("approved")),
        Decided.DECLINED: (glyphs.OFF, _("declined")),
        Decided.EMERGENCY: (glyphs.ATTENTION, _("emergency")),
    }
    glyph, word = words[line.decided]
    return f"{glyph} {word}"


def _how(line: ApprovalLine, dates: Dates, day: date | None) -> str:
    if line.way is ConsentWay.SECOND_PERSON:
        return _("second person in a console")
    if line.way is ConsentWay.ELSEWHERE and line.consented_at is not None:
        return _("elsewhere, {means}, {when}", means=_by_means(line), when=dates.at(line.consented_at, day))
    return _("; ").join(filter(None, (line.reason, _bypassed(line)))) or NOTHING


def _by_means(line: ApprovalLine) -> str:
    return _(_MEANS[line.means]) if line.means is not None else ""
