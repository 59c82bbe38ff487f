"""Lays out the report of one incident (障害対応報告書): one page for its readers, then annexes with the evidence."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from zoneinfo import ZoneInfo

from services.i18n import N_, _, plural, sentences
from services.incidents.catalogue import titles
from services.models import glyphs
from services.models.assess_answer import AssessedCause, AssessedSignal, AssessedWeight, word_text
from services.models.causes import OnsetBasis, SignalState, Word
from services.models.incident_report import IncidentReport
from services.models.incidents import OUTAGE, StepMark, TimelineKind, TimelineRow, TriggerKind
from services.models.state_words import STEPS, TIMELINE_KINDS
from services.models.verdict import Verdict
from services.report.rendering.dates import Dates
from services.report.rendering.document import (
    Block,
    Document,
    DocumentFacts,
    DocumentLine,
    Paragraph,
    Section,
    table,
)
from services.report.rendering.incident.listing import (
    incident_state,
    recovery_taken,
    responder_words,
    time_taken,
)
from services.report.rendering.page import Annexes, Density, FirstPage, fitted
from services.report.rendering.parts import change_rows
from services.report.rendering.report_wording import NOTHING

RESPONSE, TIMELINE, CAUSES, EVIDENCE, LOGS = "response", "timeline", "causes", "evidence", "logs"
"""Keys of the annexes."""


@dataclass(frozen=True, slots=True)
class RowTable:
    title: str
    heads: tuple[str, ...]
    widths: tuple[int, ...]  # Percent of the page that each column takes
    annex: str
    is_major: bool = False

    @property
    def columns(self) -> tuple[str, ...]:
        return tuple(map(_, self.heads))


FIGURES = RowTable(
    "", (N_("Measured"), N_("Usual"), N_("Worst since T0"), N_("Time")), (40, 20, 20, 20), EVIDENCE
)
TABLES = {
    "contacted": RowTable(
        N_("Who was told"), (N_("Time"), N_("Contact"), N_("By what"), N_("By"), N_("Note")), (12, 26, 14, 14, 34), RESPONSE
    ),
    "steps": RowTable(
        N_("Steps"), (N_("No."), N_("Step"), N_("State"), N_("Time"), N_("By"), N_("Note")), (5, 41, 14, 10, 10, 20), RESPONSE, True
    ),
    "changes": RowTable(
        N_("Changes made"), (N_("Time"), N_("Change"), N_("Before → after"), N_("By"), N_("Approval"), N_("Result")),
        (10, 26, 21, 9, 14, 20), RESPONSE,
    ),
    "timeline": RowTable(
        N_("Timeline"), (N_("Time"), N_("Kind"), N_("What happened"), N_("By")), (14, 10, 64, 12), TIMELINE, True
    ),
    "follow_ups": RowTable(
        N_("Follow-ups"), (N_("Due by"), N_("Left to do"), N_("Left by"), N_("Done")), (14, 56, 14, 16), RESPONSE
    ),
}  # fmt: skip
"""By the method of IncidentRows that yields the rows, in the order of the page."""


def points_text(points: Iterable[tuple[str, int]], report: IncidentReport) -> str:
    titles = {signal.id: signal.title for signal in report.signals}
    return _("; ").join(f"{titles.get(id, id)} {count:+d}" for id, count in points if count) or NOTHING


class IncidentRows:
    def __init__(self, report: IncidentReport, dates: Dates, day: date) -> None:
        self.report = report
        self.dates = dates
        self.day = day

    def of(self, name: str) -> list[DocumentLine]:
        return list(getattr(self, name)())

    def figures(self) -> Iterator[DocumentLine]:
        for line in self.report.figures:
            yield DocumentLine(
                (line.title, line.usual or NOTHING, line.worst, self.dates.at(line.at, self.day))
            )

    def contacted(self) -> Iterator[DocumentLine]:
        for contact in self.report.incident.contacted:
            time = self.dates.at(contact.at, self.day)
            yield DocumentLine((time, contact.role, contact.channel or NOTHING, contact.by, contact.note))

    def steps(self) -> Iterator[DocumentLine]:
        is_over = not self.report.incident.is_open
        for step in self.report.steps:
            glyph, word = STEPS[StepMark(step.state)]
            cells = (
                str(step.number),
                step.text or NOTHING,
                f"{glyph} {_(word)}",
                self.dates.at(step.at, self.day) if step.at is not None else NOTHING,
                step.by or NOTHING,
                step.note,
            )
            yield DocumentLine(cells, Verdict.ATTENTION if step.mark is StepMark.TODO and is_over else None)

    def changes(self) -> Iterator[DocumentLine]:
        for line in self.report.changes:
            yield from change_rows(line, self.dates, self.day)

    def timeline(self) -> Iterator[DocumentLine]:
        for row in self.report.timeline:
            text = f"{row.text} {_('(reported late)')}" if row.late else row.text
            yield DocumentLine((self.dates.at(row.at, self.day), self._kind(row), text, row.by))

    def _kind(self, row: TimelineRow) -> str:
        """What AWS did shortly after T0 is not called just before."""
        onset = self.report.onset
        if row.kind is TimelineKind.JUST_BEFORE and onset is not None and row.at > onset.at:
            return _("after T0")
        return _(TIMELINE_KINDS[row.kind][1])

    def follow_ups(self) -> Iterator[DocumentLine]:
        for line in self.report.incident.follow_ups:
            due = self.dates.short(line.due.astimezone(self.dates.zone).date())
            done_at = self.dates.at(line.done_at, self.day) if line.done_at is not None else NOTHING
            yield DocumentLine((due, line.text, line.by, done_at))


_SIGNALS = {
    SignalState.PRESENT: (glyphs.ATTENTION, N_("present")),
    SignalState.ABSENT: (glyphs.OFF, N_("absent")),
    SignalState.UNSEEN: (glyphs.NOT_JUDGED, N_("unseen")),
}


def annexes(report: IncidentReport, dates: Dates, day: date) -> Annexes:
    rows = IncidentRows(report, dates, day)
    summary = rows.report.incident.summary
    blocks = [
        table(each.columns, lines, title=_(each.title))
        for name, each in TABLES.items()
        if each.annex == RESPONSE and (lines := rows.of(name))
    ]
    parts = {
        RESPONSE: Section(_("Response"), (*blocks, *([Paragraph(summary)] if summary else []))),
        TIMELINE: _timeline(rows),
        CAUSES: _causes(report, dates, day),
        EVIDENCE: _evidence(rows),
        LOGS: _logs(report, dates, day),
    }
    sections = {key: section for key, section in parts.items() if section.blocks}
    numbers = {key: number for number, key in enumerate(sections, 1)}
    numbered = (
        Section(_("Annex {number}: {title}", number=numbers[key], title=section.title), section.blocks)
        for key, section in sections.items()
    )
    return Annexes(tuple(numbered), numbers)


def _timeline(rows: IncidentRows) -> Section:
    lines = rows.of("timeline")
    blocks: list[Block] = [table(TABLES["timeline"].columns, lines)] if lines else []
    if any(row.late for row in rows.report.timeline):
        words = _("CloudTrail reports about five minutes late: later events may be missing.")
        blocks.append(Paragraph(words))
    return Section(_("Timeline"), tuple(blocks))


def _causes(report: IncidentReport, dates: Dates, day: date) -> Section:
    columns = (_("Cause"), _("When decided"), _("Score"), _("For"), _("Against"), _("Unseen"))
    causes = [_cause(cause, report) for cause in report.causes]
    facts = [
        _signal(signal, dates, day) for signal in report.signals if signal.state is not SignalState.ABSENT
    ]
    blocks: list[Block] = []
    if causes:
        blocks.append(table(columns, causes, right=(1, 2)))
    if facts:
        heads = (_("Signal"), _("State"), _("Value"), _("Threshold"), _("Since"))
        blocks.append(table(heads, facts))
    return Section(_("Weighed causes"), tuple(blocks))


def _cause(cause: AssessedCause, report: IncidentReport) -> DocumentLine:
    then = report.decided_scores.get(cause.id)
    title = f"{cause.title}: {cause.impossible}" if cause.impossible else cause.title
    return DocumentLine(
        (
            title,
            str(then) if then is not None else NOTHING,
            str(cause.score),
            points_text(((weight.signal, weight.counts) for weight in cause.supporting), report),
            points_text(((weight.signal, weight.counts) for weight in cause.opposing), report),
            points_text(((weight.signal, weight.weight) for weight in cause.unseen), report),
        )
    )


def _signal(signal: AssessedSignal, dates: Dates, day: date) -> DocumentLine:
    glyph, word = _SIGNALS[signal.state]
    return DocumentLine(
        (
            signal.title,
            f"{glyph} {_(word)}",
            signal.value or signal.why or NOTHING,
            signal.limit or NOTHING,
            dates.at(signal.time, day) if signal.time is not None else NOTHING,
        )
    )


def _evidence(rows: IncidentRows) -> Section:
    report = rows.report
    blocks: list[Block] = []
    if report.figures:
        blocks.append(table(FIGURES.columns, rows.figures()))
    if report.evidence:
        sources = (
            DocumentLine(
                (line.title, str(line.requests), line.why or _("whole")),
                Verdict.UNKNOWN if line.why else None,
            )
            for line in report.evidence
        )
        blocks.append(table((_("Read from"), _("Requests"), _("How it was read")), sources, right=(1,)))
    if report.withheld:
        words = plural(
            "{count} line of logs is withheld; --private includes it.",
            "{count} lines of logs are withheld; --private includes them.",
            report.withheld,
        )
        blocks.append(Paragraph(words.format(count=report.withheld)))
    return Section(_("Evidence"), tuple(blocks))


def _logs(report: IncidentReport, dates: Dates, day: date) -> Section:
    rows = [(dates.at(line.at, day), str(line.group), line.text) for line in report.log_lines]
    columns = (_("Time"), _("Log group"), _("Text"))
    return Section(_("Lines of the logs"), (table(columns, rows),) if rows else ())


_CAUSES, _FACTS = 3, 2  # Causes on the page, and facts of each side


def incident_document(report: IncidentReport, *, wareki: bool = False) -> Document:
    zone = ZoneInfo(report.timezone)
    first, last = (at.astimezone(zone).date() for at in (report.incident.since, report.until))
    dates = Dates(zone, first, max(first, last), wareki)
    appended = annexes(report, dates, first)
    return fitted(lambda density: _Page(report, dates, first, appended, density).document())


class _Page(FirstPage):
    def __init__(
        self, report: IncidentReport, dates: Dates, day: date, appended: Annexes, density: Density
    ) -> None:
        self.report = report
        self.incident = report.incident
        self.rows = IncidentRows(report, dates, day)
        self.dates = dates
        self.day = day
        super().__init__(appended, density)

    def document(self) -> Document:
        report, incident = self.report, self.incident
        title = _("Incident report: {title}", title=incident.title)
        return Document(
            title=title,
            tone=Verdict.ABNORMAL if incident.is_open else None,
            language=report.language,
            verdict=incident_state(incident.state),
            facts=DocumentFacts(tuple(self._facts())),
            sections=(self._impact(), self._cause(), *self._tables()),
            annexes=self.annexes.sections,
            footer=f"{report.system_title} · {title}",
        )

    def _facts(self) -> Iterator[tuple[str, str]]:
        report, incident, dates = self.report, self.incident, self.dates
        yield _("System"), _("{title} ({target})", title=report.system_title, target=report.system)
        yield self._trigger()
        yield _("Since"), self._since()
        yield _("Until"), self._until()
        response = time_taken(incident.mtta_seconds)
        if incident.taken_at is not None:
            response = _("{duration} ({time})", duration=response, time=dates.at(incident.taken_at, self.day))
        yield _("Time to respond (MTTA)"), response
        yield _("Time to recovery (MTTR)"), recovery_taken(incident)
        yield _("State"), report.course or NOTHING
        yield _("Responder"), responder_words(incident)
        end = NOTHING
        if incident.closed_at is not None:
            end = f"{dates.at(incident.closed_at, self.day)} {incident.closed_by}"
        yield _("Closed"), end
        for title, rows in (
            (_("Who was told"), incident.contacted),
            (_("Changes made"), report.changes),
            (_("Follow-ups"), incident.follow_ups),
        ):
            if not rows:
                yield title, _("None.")
        yield _("Created"), dates.stamp(report.made_at)
        source = _("entries #{first} to #{last} of journal {id}").format(
            first=f"{incident.seq:,}", last=f"{report.last_seq:,}", id=report.journal[:8]
        )
        if incident.closed_at is None and report.measured_until is not None:
            read = _("AWS, read at {time}", time=dates.at(report.measured_until, self.day))
            source = _("; ").join((source, read))
        yield _("Made from"), source
        if report.runbook_draft:
            yield _("Runbook"), report.runbook_draft
        if report.stale:
            yield _("May be incomplete"), report.stale

    def _trigger(self) -> tuple[str, str]:
        incident = self.incident
        if incident.trigger is TriggerKind.FINDING:
            return _("Inspection"), incident.target
        if incident.target.startswith(OUTAGE):
            return _("Alarm"), _("none: the console's own readings showed it")
        return _("Alarm"), incident.target

    def _since(self) -> str:
        alarm = self.dates.whole(self.incident.since)
        if self.incident.trigger is TriggerKind.FINDING:
            return _("{time} (inspected)", time=alarm)
        if self.incident.target.startswith(OUTAGE):
            return alarm
        onset = self.report.onset
        if onset is None or onset.basis is not OnsetBasis.BASELINE:
            return _("{time} (the alarm)", time=alarm)
        return _("{onset} (T0: the first bad minute), alarm {time}").format(
            onset=self.dates.at(onset.at, self.day), time=alarm
        )

    def _until(self) -> str:
        incident = self.incident
        if incident.recovered_at is not None:
            return _("{time} (recovery judged)", time=self.dates.at(incident.recovered_at, self.day))
        if incident.closed_at is not None:
            return _(
                "{time} (closed; recovery was not judged)", time=self.dates.at(incident.closed_at, self.day)
            )
        return _("not ended yet")

    # ---- sections

    def _impact(self) -> Section:
        report = self.report
        if self.incident.trigger is TriggerKind.FINDING:
            return self.section(_("Finding"), [self.paragraph(report.impact)])
        if report.measured_until is None:
            why = report.evidence_problem or _("No evidence was recorded, so nothing is measured.")
            return self.section(_("Impact"), [Paragraph(why, Verdict.UNKNOWN)])
        words = _("{text}.", text=report.impact) if report.impact else ""
        if not words:
            until = _("Read at {time}.", time=self.dates.at(report.measured_until, self.day))
            words = sentences(_("What users noticed was not measured."), until)
        blocks: list[Block] = [self.paragraph(words)]
        if report.figures:
            blocks += self.table_rows(FIGURES.columns, FIGURES.widths, self.rows.figures(), EVIDENCE)
        return self.section(_("Impact"), blocks, EVIDENCE)

    def _cause(self) -> Section:
        blocks: list[Block] = [self.paragraph(text) for text in self._decision_texts() if text]
        if self.incident.summary:
            blocks.append(self.paragraph(self.incident.summary))
        causes = [cause for cause in self.report.causes if not cause.impossible][:_CAUSES]
        if causes:
            columns = (_("Cause"), _("When decided"), _("Score"), _("For"), _("Against"))
            rows = (self._cause_row(cause) for cause in causes)
            blocks += self.table_rows(columns, (28, 9, 7, 34, 22), rows, CAUSES)
        return self.section(_("Cause"), blocks, CAUSES)

    def _decision_texts(self) -> Iterator[str]:
        decision, cause = self.incident.decision, self.incident.cause
        if decision is None or cause != decision.title:
            yield cause or _("Nobody has decided on a cause.")
        if decision is not None:
            words = _("{cause}, decided by {name} at {time}").format(
                cause=decision.title, name=decision.by, time=self.dates.at(decision.at, self.day)
            )
            yield f"{words}: {decision.note}" if decision.note else words
        yield _("; ").join(self._weighings())
        # Why another cause leads says nothing about the one that was decided on.
        is_about = decision is None or decision.cause in [cause.id for cause in self.report.causes[:1]]
        if self.report.reason and self.report.word is not Word.OPEN and is_about:
            yield _("Why: {reason}", reason=self.report.reason)

    def _weighings(self) -> Iterator[str]:
        report, decision = self.report, self.incident.decision
        if decision is not None and decision.word in tuple(word.value for word in Word):
            yield _("The weighing then: {word}, first {leader}").format(
                word=word_text(Word(decision.word)),
                leader=_(", ").join(titles([decision.leader], report.causes)) or NOTHING,
            )
        elif report.word is not None:
            text = _(
                "The newest evidence, weighed with the weights of today: {word}", word=word_text(report.word)
            )
            yield _("{text} ({more})", text=text, more=report.why) if report.why else text

    def _cause_row(self, cause: AssessedCause) -> DocumentLine:
        then = self.report.decided_scores.get(cause.id)
        decision = self.incident.decision
        is_decided = decision is not None and decision.cause == cause.id
        return DocumentLine(
            (
                _("{title} (decided)", title=cause.title) if is_decided else cause.title,
                str(then) if then is not None else NOTHING,
                str(cause.score),
                self._signals(cause.supporting),
                self._signals(cause.opposing),
            )
        )

    def _signals(self, weights: Sequence[AssessedWeight]) -> str:
        counting = [(weight.signal, weight.counts) for weight in weights if weight.counts]
        return points_text(counting[:_FACTS], self.report)

    def _tables(self) -> Iterator[Section]:
        for name, layout in TABLES.items():
            if lines := self.rows.of(name):
                blocks = self.table_rows(
                    layout.columns, layout.widths, lines, layout.annex, major=layout.is_major
                )
                yield self.section(_(layout.title), blocks, layout.annex)
