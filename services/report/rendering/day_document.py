from collections.abc import Iterator

from services.i18n import _
from services.models.duties import OccurrenceState
from services.models.report import DayReport
from services.models.report_lines import DutyLine
from services.models.verdict import Verdict
from services.report.collecting.finding_lines import COSTS
from services.report.rendering import report_wording as wording
from services.report.rendering.approvals import emergency_columns, emergency_rows, emergency_title
from services.report.rendering.dates import Dates
from services.report.rendering.day_annexes import (
    ABNORMAL,
    ALARMS,
    CHANGES,
    CONSOLE,
    DUTIES,
    INCIDENTS,
    MESSAGES,
    acknowledged_by,
    annexes,
    began,
    ended,
    finding_key,
    lasted,
    named,
)
from services.report.rendering.document import (
    Block,
    Document,
    DocumentFacts,
    DocumentLine,
    Paragraph,
    Quote,
    Section,
)
from services.report.rendering.incident.listing import WIDTHS, incident_columns, incident_rows
from services.report.rendering.overview import (
    Result,
    alarms_known,
    day_overview,
    is_calm,
    listed_alarms,
    listed_changes,
    listed_duties,
    needs_look,
    results,
    summary,
)
from services.report.rendering.page import WIDTH, Annexes, Density, FirstPage, cut, fitted
from services.report.rendering.parts import (
    STATE_TONES,
    author,
    change_rows,
    head_facts,
    period_tone,
    remarks_of,
    signed_words,
)
from services.report.rendering.report_wording import NOTHING

_CALM = (OccurrenceState.DONE, OccurrenceState.UPCOMING)


def day_document(report: DayReport, dates: Dates) -> Document:
    """The report as a document whose first page has everything that a reader must know."""
    appended = annexes(report, dates)
    return fitted(lambda density: _Page(report, dates, appended, density).document())


class _Page(FirstPage):
    def __init__(self, report: DayReport, dates: Dates, appended: Annexes, density: Density) -> None:
        self.report = report
        self.dates = dates
        super().__init__(appended, density)

    def document(self) -> Document:
        report, dates = self.report, self.dates
        title = _("Operations report, {day}", day=dates.day(report.first))
        changes, leads = self._changes(), any(map(needs_look, report.changes))
        opened = _("open") if report.is_open else _("closed: {why}", why=report.closed_name)
        return Document(
            title=title,
            tone=report.verdict,
            language=report.language,
            verdict=wording.overall(report),
            facts=DocumentFacts(((_("City hall"), opened), *head_facts(report, dates))),
            summary=summary(report, day_overview(report)),
            sections=(
                *self._emergencies(),
                *self._incidents(),
                *self._abnormal(),
                *([changes] if leads else []),
                self._duties(),
                self._findings(),
                self._alarms(),
                *([] if leads else [changes]),
                *self._costs(),
                self._messages(),
                self._next(),
                *self._remarks(),
            ),
            annexes=self.annexes.sections,
            seals=tuple(report.approvals),
            footer=f"{report.system_title} · {title}",
        )

    def _emergencies(self) -> Iterator[Section]:
        rows = emergency_rows(self.report.allowed, self.dates, self.report.first)
        if rows:
            blocks = self.table_rows(emergency_columns(), (10, 24, 26, 20, 10, 10), rows, CHANGES, major=True)
            yield self.section(emergency_title(), [*blocks], CHANGES)

    def _incidents(self) -> Iterator[Section]:
        rows = list(incident_rows(self.report.incidents, self.dates, self.report.first))
        if rows:
            blocks = self.table_rows(incident_columns(), WIDTHS, rows, INCIDENTS, major=True)
            yield self.section(_("Incidents"), [*blocks], INCIDENTS)

    def _abnormal(self) -> Iterator[Section]:
        words, nobody = _("{title} ({more})"), _("nobody has accepted it")
        lines = self.report.abnormal
        if text := _(", ").join(
            words.format(title=each.title, more=each.accepted_by or nobody) for each in lines
        ):
            yield self.section(_("Still abnormal"), [self.paragraph(text)], ABNORMAL)

    def _duties(self) -> Section:
        lines = listed_duties(self.report)
        calm, rest = (
            [line for line in lines if is_calm(line)],
            [line for line in lines if not is_calm(line)],
        )
        blocks: list[Block] = []
        if rest:
            columns = (_("Due"), _("Duty"), _("State"), _("Signed off"), _("Note"))
            blocks += self.table_rows(columns, (18, 25, 10, 18, 29), map(self._duty, rest), DUTIES)
        for state in _CALM:
            titles = [self._named(line) for line in calm if line.state is state]
            if titles:
                words = _("{state}, {count}: {titles}").format(
                    state=wording.duty_state(state), count=len(titles), titles=_(", ").join(titles)
                )
                blocks.append(self.paragraph(words))
        return self.section(_("Duties"), blocks or [Paragraph(_("None on this day."))], DUTIES)

    def _named(self, line: DutyLine) -> str:
        if line.signed is None:
            return _("{title} ({more})", title=line.title, more=self.dates.due(line, self.report.first))
        signed = f"{self.dates.at(line.signed.at, self.report.first)} {line.signed.by}"
        return _("{title} ({more})", title=line.title, more=signed)

    def _duty(self, line: DutyLine) -> DocumentLine:
        note = line.signed.note if line.signed else ""
        remarks = remarks_of(line, self.dates, self.report.first)
        texts = [*([note] if note else []), *remarks, *([line.remark] if line.remark else [])]
        return DocumentLine(
            (
                self.dates.due(line, self.report.first),
                line.title,
                wording.of_duty(line),
                signed_words(line, self.dates, self.report.first),
                _("; ").join(texts),
            ),
            STATE_TONES.get(line.state),
        )

    def _findings(self) -> Section:
        every = results(self.report.findings)
        rest = [result for result in every if result.verdict is not Verdict.NORMAL]
        blocks: list[Block] = []
        if rest:
            columns = (_("Time"), _("Inspection"), _("Verdict"), _("Summary"), _("Annex"))
            blocks += self.table_rows(columns, (9, 18, 19, 44, 10), map(self._finding, rest), major=True)
        if normal := [result.title for result in every if result.verdict is Verdict.NORMAL]:
            words = _("{state}, {count}: {titles}").format(
                state=wording.verdict(Verdict.NORMAL), count=len(normal), titles=_(", ").join(normal)
            )
            blocks.append(self.paragraph(words))
        return self.section(_("Findings"), blocks or [Paragraph(_("Nothing was inspected."))])

    def _finding(self, result: Result) -> DocumentLine:
        line = result.newest
        summary = line.summary
        if line.overruled is not None:
            summary = _("{name}: {reason} ({note})").format(
                name=line.overruled.by, reason=line.overruled.reason, note=summary
            )
        reference = self.annexes.reference(finding_key(line))
        time = self.dates.at(line.at, self.report.first)
        verdict = wording.of_finding(line)
        return DocumentLine((time, result.title, verdict, summary, reference or NOTHING), result.verdict)

    def _alarms(self) -> Section:
        report, day = self.report, self.report.first
        title = _("Alarms that fired or had no data")
        blocks: list[Block] = []
        if report.alarms:
            columns = (_("Alarm"), _("State"), _("Began"), _("Ended"), _("Duration"), _("Acknowledged"))
            rows = (
                DocumentLine(
                    (
                        named(line),
                        wording.of_period(line),
                        began(line, self.dates, day),
                        ended(line, self.dates, day),
                        lasted(line),
                        acknowledged_by(line, self.dates, day),
                    ),
                    period_tone(line),
                )
                for line in listed_alarms(report)
            )
            blocks += self.table_rows(columns, (26, 15, 13, 19, 13, 14), rows, ALARMS, major=True)
        elif alarms_known(report):
            blocks.append(Paragraph(_("None in the inspected window.")))
        else:
            words = _("Not known: alarms were not inspected on this day.")
            blocks.append(Paragraph(f"{wording.mark(Verdict.UNKNOWN)} {words}", Verdict.UNKNOWN))
        return self.section(title, blocks, ALARMS)

    def _changes(self) -> Section:
        if not self.report.changes:
            return self.section(_("Changes made"), [Paragraph(_("None."))])
        columns = (_("Time"), _("Change"), _("Before → after"), _("By"), _("Approval"), _("Result"))
        lines = listed_changes(self.report.changes)
        rows = (row for line in lines for row in change_rows(line, self.dates, self.report.first))
        blocks = self.table_rows(columns, (10, 26, 21, 9, 14, 20), rows, CHANGES)
        return self.section(_("Changes made"), [*blocks], CHANGES)

    def _costs(self) -> Iterator[Section]:
        lines = [line for line in self.report.findings if line.inspection == COSTS and not line.superseded]
        normal = [line for line in lines if line.verdict is Verdict.NORMAL]
        if normal:
            blocks = [self.paragraph(line.summary) for line in normal]
            yield self.section(_("Costs"), blocks, finding_key(normal[-1]))

    def _messages(self) -> Section:
        report, day = self.report, self.report.first
        rows = [
            (line.at, line.by, wording.entry_kind(line.kind), line.text, Verdict.NORMAL)
            for line in report.notes
        ]
        for post in report.posts:
            kind = _("Slack: {state}", state=wording.post_state(post.state))
            rows.append(
                (post.at, post.by, kind, post.text, Verdict.ATTENTION if post.why else Verdict.NORMAL)
            )
        if not rows:
            return self.section(_("Notes and posts"), [Paragraph(_("None."))])
        columns = (_("Time"), _("By"), _("Kind"), _("Text"))
        lines = (
            DocumentLine(
                (self.dates.at(at, day), by, kind, text), tone if tone is not Verdict.NORMAL else None
            )
            for at, by, kind, text, tone in sorted(rows, key=lambda row: row[0])
        )
        blocks = self.table_rows(columns, (10, 10, 18, 62), lines, MESSAGES)
        return self.section(_("Notes and posts"), [*blocks], MESSAGES)

    def _next(self) -> Section:
        report = self.report
        if report.next_day is None:
            return self.section(_("Next open day"), [Paragraph(_("There is no open day nearby."))])
        titles = (
            _("{title} ({more})", title=line.title, more=self.dates.due(line, report.next_day))
            for line in report.next
        )
        title = _("Due until the end of {day}", day=self.dates.short(report.next_day))
        return self.section(
            title, [self.paragraph(_(", ").join(titles)) if report.next else Paragraph(_("None."))], CONSOLE
        )

    def _remarks(self) -> Iterator[Section]:
        lines = self.report.remarks
        quotes = [
            Quote(cut(line.text, WIDTH - 4, self.density.lines + 1), author(line, self.report, self.dates))
            for line in lines[: self.density.minor]
        ]
        if quotes:
            yield self.section(_("Notes on this report"), quotes, MESSAGES)
