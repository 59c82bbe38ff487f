"""The report of an incident, and incidents in the reports of days, months and years: from the journal alone."""

from datetime import timedelta
from zoneinfo import ZoneInfo

import pytest

from services import i18n
from services.changes import entries as change_entries
from services.incidents import entries as incident_entries
from services.incidents.capture import captured
from services.incidents.course import incident_of
from services.models.causes import OnsetBasis
from services.models.change_runs import StepState
from services.models.incidents import (
    IncidentState,
    StepMark,
    TimelineKind,
    TimelineRow,
    TriggerKind,
    TurnKind,
)
from services.models.journal import EntryKind
from services.models.verdict import Verdict
from services.models.watches import Progress, Watch, WatchState
from services.report.collecting.incident import make_incident_report, recorded_incidents
from services.report.incident_formats import incident_text
from services.report.rendering import html, markdown
from services.report.rendering.dates import Dates
from services.report.rendering.incident.document import IncidentRows, incident_document
from services.report.rendering.markdown import to_markdown
from services.report.rendering.page import height
from tests.services.duties.duty_world import jst
from tests.services.report.incident_ledger import DAY, SECRET, evidence, open_incident, responded
from tests.services.report.ledger import RUNBOOK, Ledger
from tests.services.report.test_report_day import plan


@pytest.fixture
def ledger(tmp_path):
    book = Ledger(tmp_path / "j.db")
    book.began(f"{DAY} 00:00")
    return book


def report_of(ledger, *, private=False, now="2026-01-07 09:00"):
    incident = recorded_incidents(ledger.path)[-1]
    return make_incident_report(ledger.path, RUNBOOK, incident, jst(now), private=private)


def test_the_report_has_times_cause_scores_contacts_steps_and_follow_ups(ledger):
    responded(ledger)
    report = report_of(ledger)
    line = report.incident
    assert (line.mtta_seconds, line.mttr_seconds) == (4 * 60, 30 * 60)
    assert (line.state, line.holder, line.cause) == (
        IncidentState.CLOSED, "tanaka", "アプリケーションのエラー"
    )  # fmt: skip
    assert (report.onset.basis, report.onset.at) == (OnsetBasis.BASELINE, jst(f"{DAY} 10:00"))
    assert report.until == jst(f"{DAY} 10:33")
    assert report.decided_scores == {"application-error": 21, "bad-deployment": 9}
    numbers = [step.number for step in report.steps if step.mark is StepMark.DONE]
    assert numbers == [1, 4, 5, 6], (
        "the mark that somebody set, the judged recovery, the decision and the call"
    )
    assert {step.mark for step in report.steps if step.number not in numbers} == {StepMark.TODO}
    assert [contact.role for contact in line.contacted] == ["開発チーム"]
    assert [(follow_up.text, follow_up.done_at) for follow_up in line.follow_ups] == [
        ("インデックス追加を検討", None)
    ]
    figures = {figure.measure: figure for figure in report.figures}
    assert (figures["target_5xx"].usual, figures["target_5xx"].worst) == ("0", "60")
    assert figures["latency"].worst == "1.50 s"
    times = [row.at for row in report.timeline]
    assert times == sorted(times)
    assert times[0] == jst(f"{DAY} 10:00")


def test_a_copy_that_may_lack_entries_is_named_in_the_document(ledger):
    responded(ledger)
    incident = recorded_incidents(ledger.path)[-1]
    why = "the ledger did not answer"
    report = make_incident_report(ledger.path, RUNBOOK, incident, jst("2026-01-07 09:00"), stale=why)
    assert all(why in incident_text(report, form) for form in ("md", "html", "json"))
    assert "incomplete" not in incident_text(report_of(ledger), "md")


def test_lines_of_logs_are_printed_on_request_alone(ledger):
    responded(ledger)
    report = report_of(ledger)
    assert report.withheld == 1
    document = incident_document(report)
    for text in (report.model_dump_json(), markdown.write(document), html.write(document)):
        assert SECRET not in text
    private = report_of(ledger, private=True)
    assert [line.text for line in private.log_lines] == [SECRET]
    assert SECRET in markdown.write(incident_document(private))


def test_the_first_page_fits_one_sheet_however_much_happened(ledger):
    incident = responded(ledger)
    for number in range(60):
        at = f"{DAY} 10:{15 + number // 4:02}"
        ledger.write(at, incident_entries.contacted(incident, f"担当 {number}", "電話", "つながらない " * 20))
        ledger.write(at, incident_entries.stepped(incident, number % 9, StepMark.DONE, "x", "確認した " * 30))
    document = incident_document(report_of(ledger))
    assert height(document) <= 268
    assert len(document.annexes) == 4
    assert markdown.write(document).count("担当 ") >= 60


def test_without_evidence_nothing_is_claimed_to_be_measured(ledger):
    open_incident(ledger)
    report = report_of(ledger)
    assert (report.onset, report.word, report.figures, report.evidence_problem) == (None, None, (), "")
    text = markdown.write(incident_document(report))
    assert "nothing is measured" in text
    assert "Nobody has decided on a cause." in text
    assert "not ended yet" in text


def test_damaged_evidence_is_said(ledger):
    incident = open_incident(ledger)
    draft = incident_entries.taken(incident).model_copy(
        update={"kind": EntryKind.EVIDENCE, "data": {"evidence": "!"}}
    )
    ledger.write(f"{DAY} 10:05", draft)
    report = report_of(ledger)
    assert report.evidence_problem
    assert report.evidence_problem in markdown.write(incident_document(report))


def test_evidence_that_somebody_added_to_a_findings_incident_does_not_hide_what_the_finding_says(ledger):
    draft = incident_entries.opened(
        "backups",
        "Backups",
        jst(f"{DAY} 10:03"),
        trigger=TriggerKind.FINDING,
        playbook="",
        after="",
        text="no snapshot",
    )
    incident = incident_of([ledger.write(f"{DAY} 10:04", draft)])
    assert incident is not None
    ledger.write(f"{DAY} 10:05", captured(incident, 1, evidence()))
    report = report_of(ledger)
    assert report.impact == "no snapshot"


def test_a_day_lists_its_incidents_the_open_ones_in_red(ledger):
    responded(ledger)
    other = open_incident(ledger, "11:00", "rds-storage-low", jst(f"{DAY} 10:59"))
    day = ledger.report(DAY, "2026-01-07 10:00")
    assert [line.state for line in day.incidents] == [IncidentState.CLOSED, IncidentState.OPEN]
    assert day.verdict is Verdict.ABNORMAL
    assert "an incident is open: ALB 5xx error rate" in day.why
    text = to_markdown(day)
    assert "| □ not taken ALB 5xx error rate | 10:59 | — | — |" in text
    assert "toban incident report" in text
    # It stays open the next day, and the closed one does not.
    following = ledger.report("2026-01-07", "2026-01-08 10:00")
    assert [line.id for line in following.incidents] == [other.id]
    assert ledger.report("2026-01-05", "2026-01-08 10:00").incidents == ()


def test_a_month_counts_them_with_mean_times(ledger):
    responded(ledger)
    second = open_incident(ledger, "12:00", "rds-storage-low", jst(f"{DAY} 11:50"))
    ledger.write(f"{DAY} 12:00", incident_entries.taken(second), "sato")
    part = open_incident(ledger, "12:01", "ecs-cpu-high", jst(f"{DAY} 12:00"))
    ledger.write(f"{DAY} 12:02", incident_entries.joined(part, second), "sato")
    month = ledger.report("2026-01", "2026-02-01 10:00")
    count = month.incident_count
    assert (count.count, count.open, count.taken, count.ended) == (2, 1, 2, 1)
    assert (count.mtta_seconds, count.mttr_seconds) == (7 * 60, 30 * 60)
    assert "mean time to respond (MTTA): 7m; mean time to recovery (MTTR): 30m" in to_markdown(month)


def test_a_follow_up_is_a_duty_of_its_day_until_it_is_signed_off(ledger):
    responded(ledger)
    due = ledger.report("2026-01-13", "2026-01-14 10:00")
    assert "follow-up@f1" in [line.key for line in due.duties]
    ledger.sign("2026-01-14 11:00", "follow-up@f1")
    assert report_of(ledger, now="2026-01-15 09:00").incident.follow_ups[0].done_at == jst("2026-01-14 11:00")


def test_an_alarm_that_returned_has_not_recovered(ledger):
    incident = open_incident(ledger)
    ledger.write(f"{DAY} 10:20", incident_entries.turned(incident, TurnKind.RECOVERED, jst(f"{DAY} 10:20")))
    ledger.write(f"{DAY} 10:30", incident_entries.turned(incident, TurnKind.ALARM, jst(f"{DAY} 10:30")))
    assert report_of(ledger).incident.mttr_seconds is None


def test_what_was_recorded_before_the_clock_was_set_back_is_in_the_reports(ledger):
    # The clock was an hour ahead until 10:50; what people then did is dated later than now, and is in the chain before now.
    responded(ledger)
    ledger.entry(f"{DAY} 09:52", EntryKind.NOTE, "clock set back")
    now = f"{DAY} 09:55"
    report = report_of(ledger, now=now)
    assert [contact.role for contact in report.incident.contacted] == ["開発チーム"]
    whole = report_of(ledger, now="2026-01-07 09:00")
    assert [(row.at, row.text) for row in report.timeline] == [(row.at, row.text) for row in whole.timeline]
    day = ledger.report(DAY, now)
    assert [line.state for line in day.incidents] == [IncidentState.CLOSED]
    earlier = ledger.report(DAY, f"{DAY} 09:51")
    assert earlier.incidents == (), "before the entry that proves it, those moments are still to come"


@pytest.mark.parametrize("language", i18n.LANGUAGES)
def test_what_aws_did_after_t0_is_not_called_just_before(ledger, language):
    i18n.use(language)
    responded(ledger)
    report = report_of(ledger)
    assert report.onset is not None
    rows = tuple(
        TimelineRow(
            at=report.onset.at + timedelta(minutes=by), kind=TimelineKind.JUST_BEFORE, text=f"at {by}"
        )
        for by in (-3, 3)
    )
    day = jst(f"{DAY} 10:00").date()
    dates = Dates(ZoneInfo(report.timezone), day, day)
    changed = IncidentRows(report.model_copy(update={"timeline": rows}), dates, day)
    kinds = [str(line.cells[1]) for line in changed.timeline()]
    assert kinds == [i18n._("just before"), i18n._("after T0")]


@pytest.mark.parametrize(
    ("end", "mark", "state", "cell"),
    [
        (None, StepMark.TODO, "running", "▶ in progress"),
        (WatchState.GAVE_UP, StepMark.TODO, "unknown", "? outcome unknown"),
        (WatchState.FAILED, StepMark.TODO, "todo", "□ to be done"),
        (WatchState.DONE, StepMark.DONE, "done", "✓ carried out"),
    ],
)
def test_the_step_of_a_change_stands_as_the_change_ended(ledger, end, mark, state, cell):
    open_incident(ledger)
    watch = Watch(ends_when="x", gives_up_at=jst("2026-01-07 08:00"))
    rollback = plan().model_copy(update={"kind": "deploy-rollback", "watch": watch})
    (step,) = rollback.steps
    ledger.write(f"{DAY} 10:10", change_entries.confirmed(rollback))
    ledger.write(f"{DAY} 10:10", change_entries.intent(rollback, step))
    ledger.write(f"{DAY} 10:10", change_entries.outcome(rollback, step, StepState.DONE, "accepted", True))
    if end is not None:
        ledger.write(f"{DAY} 10:20", change_entries.watched(rollback, Progress(state=end, text="x")))
    report = report_of(ledger)
    (line,) = (each for each in report.steps if each.number == 7)
    assert (line.mark, line.state) == (mark, state)
    assert report.model_dump(mode="json")["steps"][6]["mark"] in ("todo", "done", "skipped")
    day = jst(DAY).date()
    rows = IncidentRows(report, Dates(ZoneInfo("Asia/Tokyo"), day, day), day)
    assert rows.of("steps")[6].cells[2] == cell
