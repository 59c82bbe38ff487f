"""Lays out the report of one incident (障害対応報告書): one page for its readers, then annexes with the evidence."""

from collections.abc import Iterator, Sequence
from datetime import date
from zoneinfo import ZoneInfo

from services.i18n import _, sentences
from services.incidents.catalogue import titles
from services.models.assess_answer import AssessedCause, AssessedWeight, word_text
from services.models.causes import OnsetBasis, Word
from services.models.incident_report import IncidentReport
from services.models.incidents import OUTAGE, TriggerKind
from services.models.verdict import Verdict
from services.report.rendering.dates import Dates
from services.report.rendering.document import Block, Document, Facts, Line, Paragraph, Section
from services.report.rendering.first_page import Annexes, FirstPage
from services.report.rendering.incident.annexes import annexes
from services.report.rendering.incident.listing import (
    incident_state,
    recovery_taken,
    responder_words,
    time_taken,
)
from services.report.rendering.incident.rows import (
    CAUSES,
    EVIDENCE,
    FIGURES,
    TABLES,
    IncidentRows,
    points_text,
)
from services.report.rendering.page import Density, fitted
from services.report.rendering.wording import NOTHING

_CAUSES, _FACTS = 3, 2
"""Causes on the page, and facts of each side."""


def incident_document(report: IncidentReport, *, wareki: bool = False) -> Document:
    """The report as a document in the active language; `wareki` writes years in Japanese eras."""
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
        title = _("Incident report: {title}").format(title=incident.title)
        return Document(
            title=title,
            tone=Verdict.ABNORMAL if incident.is_open else None,
            language=report.language,
            verdict=incident_state(incident.state),
            facts=Facts(tuple(self._facts())),
            sections=(self._impact(), self._cause(), *self._tables()),
            annexes=self.annexes.sections,
            footer=f"{report.system_title} · {title}",
        )

    def _facts(self) -> Iterator[tuple[str, str]]:
        report, incident, dates = self.report, self.incident, self.dates
        yield _("System"), _("{title} ({target})").format(title=report.system_title, target=report.system)
        yield self._trigger()
        yield _("Since"), self._since()
        yield _("Until"), self._until()
        response = time_taken(incident.mtta_seconds)
        if incident.taken_at is not None:
            response = _("{duration} ({time})").format(
                duration=response, time=dates.at(incident.taken_at, self.day)
            )
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
            read = _("AWS, read at {time}").format(time=dates.at(report.measured_until, self.day))
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
            return _("{time} (inspected)").format(time=alarm)
        if self.incident.target.startswith(OUTAGE):
            return alarm
        onset = self.report.onset
        if onset is None or onset.basis is not OnsetBasis.BASELINE:
            return _("{time} (the alarm)").format(time=alarm)
        return _("{onset} (T0: the first bad minute), alarm {time}").format(
            onset=self.dates.at(onset.at, self.day), time=alarm
        )

    def _until(self) -> str:
        incident = self.incident
        if incident.recovered_at is not None:
            return _("{time} (recovery judged)").format(time=self.dates.at(incident.recovered_at, self.day))
        if incident.closed_at is not None:
            return _("{time} (closed; recovery was not judged)").format(
                time=self.dates.at(incident.closed_at, self.day)
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
        words = _("{text}.").format(text=report.impact) if report.impact else ""
        if not words:
            until = _("Read at {time}.").format(time=self.dates.at(report.measured_until, self.day))
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
            yield _("Why: {reason}").format(reason=self.report.reason)

    def _weighings(self) -> Iterator[str]:
        report, decision = self.report, self.incident.decision
        if decision is not None and decision.word in tuple(word.value for word in Word):
            yield _("The weighing then: {word}, first {leader}").format(
                word=word_text(Word(decision.word)),
                leader=_(", ").join(titles([decision.leader], report.causes)) or NOTHING,
            )
        elif report.word is not None:
            text = _("The newest evidence, weighed with the weights of today: {word}").format(
                word=word_text(report.word)
            )
            yield _("{text} ({more})").format(text=text, more=report.why) if report.why else text

    def _cause_row(self, cause: AssessedCause) -> Line:
        then = self.report.decided_scores.get(cause.id)
        decision = self.incident.decision
        is_decided = decision is not None and decision.cause == cause.id
        return Line(
            (
                _("{title} (decided)").format(title=cause.title) if is_decided else cause.title,
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
        """The section of each table; none without rows, which the facts say."""
        for name, layout in TABLES.items():
            if lines := self.rows.of(name):
                blocks = self.table_rows(
                    layout.columns, layout.widths, lines, layout.annex, major=layout.is_major
                )
                yield self.section(_(layout.title), blocks, layout.annex)
