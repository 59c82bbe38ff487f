from collections.abc import Sequence

from services.i18n import _, language, plural
from services.models.report import Report, UnreadReport
from services.models.verdict import DISPLAY_ORDER, Verdict, worst
from services.report.rendering import report_wording as wording
from services.report.rendering.dispatch import document
from services.report.rendering.document import (
    Document,
    DocumentFacts,
    DocumentLine,
    Paragraph,
    Section,
    Table,
    table,
)
from services.report.rendering.page import column, cut

_WIDTHS, _LINES = (30, 22, 48), 2
"""Percent of the page of each column of the listing, and the lines of its longest text."""
Answers = Sequence[Report | UnreadReport]


def systems_document(answers: Answers, *, wareki: bool = False) -> Document:
    reports = [answer for answer in answers if not isinstance(answer, UnreadReport)]
    documents = [
        None if isinstance(answer, UnreadReport) else document(answer, wareki=wareki) for answer in answers
    ]
    period = next((whole.title for whole in documents if whole is not None), _("Operations report"))
    count = plural("{count} system", "{count} systems", len(answers), count=len(answers))
    title = _("{title}: {count}", title=period, count=count)
    missing = len(answers) - len(reports)
    unknown = (Verdict.UNKNOWN,) if missing else ()
    tone = worst((*(report.verdict for report in reports), *unknown))
    return Document(
        title=title,
        tone=tone,
        language=language(),
        verdict=wording.judged(tone, is_partly=bool(missing) or any(each.has_unjudged for each in reports)),
        facts=DocumentFacts(
            ((_("Number of systems"), str(len(answers))), (_("Could not be read"), str(missing)))
        ),
        sections=(Section(_("All systems"), (_listing(answers),)),),
        annexes=tuple(map(_section, answers, documents)),
        seals=tuple(dict.fromkeys(seal for report in reports for seal in report.approvals)),
        footer=title,
    )


def _listing(answers: Answers) -> Table:
    ranked = sorted(answers, key=_rank)
    return table((_("System"), _("Verdict"), _("Why")), map(_line, ranked), widths=_WIDTHS)


def _rank(answer: Report | UnreadReport) -> int:
    """How bad it is, least first; of equally bad systems the first one in the configuration stays first."""
    verdict = Verdict.UNKNOWN if isinstance(answer, UnreadReport) else answer.verdict
    return len(DISPLAY_ORDER) if verdict is None else DISPLAY_ORDER.index(verdict)


def _line(answer: Report | UnreadReport) -> DocumentLine:
    if isinstance(answer, UnreadReport):
        return DocumentLine((_name(answer), wording.unknown(), _short(" ".join(answer.why))), Verdict.UNKNOWN)
    return DocumentLine(
        (_name(answer), wording.overall(answer), _short(_("; ").join(answer.why))), answer.verdict
    )


def _short(words: str) -> str:
    return cut(words, column(_WIDTHS[-1]), _LINES)


def _section(answer: Report | UnreadReport, whole: Document | None) -> Section:
    if isinstance(answer, UnreadReport):
        return Section(_name(answer), tuple(Paragraph(line, Verdict.UNKNOWN) for line in answer.why))
    assert whole is not None
    blocks = (Paragraph(whole.verdict, whole.tone), *whole.summary, whole.facts)
    return Section(_name(answer), blocks, (*whole.sections, *whole.annexes))


def _name(answer: Report | UnreadReport) -> str:
    if not answer.system_title:
        return answer.system
    return _("{title} ({target})", title=answer.system_title, target=answer.system)
