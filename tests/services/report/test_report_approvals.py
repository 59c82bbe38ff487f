"""Approvals of both kinds, refusals and emergencies in the reports, and the ends to which changes were followed."""

from datetime import timedelta

import pytest

from services import i18n
from services.changes import entries as change_entries
from services.changes.approval import entries
from services.changes.approval.entries import consent_of
from services.models.approvals import Consent, ConsentWay, Means
from services.models.change_runs import StepState
from services.models.report import PeriodReport
from services.models.report_approvals import Decided
from services.models.verdict import Verdict
from services.models.watches import Progress, Watch, WatchState
from services.report.rendering.dispatch import document
from services.report.rendering.markdown import to_markdown
from tests.services.report.ledger import Ledger
from tests.services.report.test_report_day import DAY, day, moment, plan

FREEZE = "年度末処理, until 2026-01-09 08:30 JST"


@pytest.fixture
def ledger(tmp_path):
    ledger = Ledger(tmp_path / "j.db")
    ledger.began(f"{DAY} 08:00")
    return ledger


def named(id, **changed):
    return plan().model_copy(update={"id": id, "approval_scope": "task-limit:raise", **changed})


def carried_out(ledger, at, change, *allowing):
    step = change.steps[0]
    consents: list[Consent] = [consent for entry in allowing if (consent := consent_of(entry)) is not None]
    ledger.write(at, change_entries.confirmed(change, consents))
    ledger.write(at, change_entries.intent(change, step))
    ledger.write(at, change_entries.outcome(change, step, StepState.DONE, "Maximum 10.", True))


def busy_day(ledger):
    """One approval of each kind, a refusal, and an emergency during a freeze."""
    one, two, three, four = (named(id) for id in ("p1", "p2", "p3", "p4"))
    ledger.write(f"{DAY} 10:00", entries.asked(one, "月末"))
    approved = ledger.write(f"{DAY} 10:05", entries.approved(one), "sato")
    carried_out(ledger, f"{DAY} 10:06", one, approved)
    obtained = entries.obtained(
        two, who="鈴木", means=Means.PHONE, at=moment(f"{DAY} 10:50"), reference="電話メモ 12"
    )
    carried_out(ledger, f"{DAY} 11:01", two, ledger.write(f"{DAY} 11:00", obtained))
    ledger.write(f"{DAY} 12:00", entries.asked(three, ""))
    ledger.write(f"{DAY} 12:10", entries.declined(three, "予算がない"), "sato")
    frozen = four.model_copy(update={"freeze": FREEZE})
    carried_out(
        ledger,
        f"{DAY} 13:01",
        frozen,
        ledger.write(f"{DAY} 13:00", entries.emergency(frozen, "窓口が止まっている")),
    )


def month(ledger):
    report = ledger.report("2026-01", "2026-02-02 09:00")
    assert isinstance(report, PeriodReport)
    return report


def year(ledger):
    report = ledger.report("FY2025", "2026-04-02 09:00")
    assert isinstance(report, PeriodReport)
    return report


@pytest.mark.parametrize("make", [day, month, year])
def test_who_decided_how_when_and_where_it_is_written_down(ledger, make):
    busy_day(ledger)
    report = make(ledger)
    lines = [(line.decided, line.way, line.who or line.by, line.is_used) for line in report.allowed]
    assert lines == [
        (Decided.APPROVED, ConsentWay.SECOND_PERSON, "sato", True),
        (Decided.APPROVED, ConsentWay.ELSEWHERE, "鈴木", True),
        (Decided.DECLINED, None, "sato", False),
        (Decided.EMERGENCY, ConsentWay.EMERGENCY, "yamada", True),
    ]
    elsewhere = report.allowed[1]
    assert (elsewhere.means, elsewhere.reference) == (Means.PHONE, "電話メモ 12")
    assert elsewhere.consented_at == moment(f"{DAY} 10:50")
    assert (report.allowed[2].reason, report.allowed[3].freeze) == ("予算がない", FREEZE)
    assert {line.title for line in report.allowed} == {"Task limit"}
    text = to_markdown(report)
    for words in ("second person in a console", "elsewhere, by phone", "電話メモ 12", "予算がない", FREEZE):
        assert words in text.replace("\\", ""), words
    assert [[each.way for each in line.allowed_by] for line in report.changes] == [
        [ConsentWay.SECOND_PERSON],
        [ConsentWay.ELSEWHERE],
        [ConsentWay.EMERGENCY],
    ]


@pytest.mark.parametrize("make", [day, month, year])
def test_an_emergency_stands_first_and_needs_a_look(ledger, make):
    quiet = document(make(ledger))
    assert not any("Emergency" in section.title for section in quiet.sections)
    busy_day(ledger)
    report = make(ledger)
    first = document(report).sections[0]
    assert first.title.startswith("▲ Emergency changes")
    assert "窓口が止まっている" in repr(first)
    assert report.measured is not Verdict.NORMAL
    assert any("窓口が止まっている" in why for why in report.why)


def test_an_emergency_that_was_not_carried_out_is_listed_too(ledger):
    ledger.write(f"{DAY} 13:00", entries.emergency(named("p4"), "窓口が止まっている"))
    report = day(ledger)
    (line,) = report.allowed
    assert not line.is_used
    first = repr(document(report).sections[0])
    assert "not carried out" in first
    assert "no approver named: PM" in first


def test_in_japanese(ledger):
    busy_day(ledger)
    i18n.use("ja")
    text = to_markdown(day(ledger))
    for words in ("緊急の変更", "コンソールで第二者", "コンソール外（電話、10:50）", "鈴木"):
        assert words in text.replace("\\", ""), words


def followed(state, ledger, ended=f"{DAY} 15:00"):
    watch = Watch(
        ends_when="the database is available", gives_up_at=moment(f"{DAY} 10:00") + timedelta(days=1)
    )
    change = named("p1", approval="", approval_scope="", watch=watch)
    carried_out(ledger, f"{DAY} 10:00", change)
    if state is not None:
        ledger.write(ended, change_entries.watched(change, Progress(state=state, text="The database is up.")))
    return day(ledger)


def test_a_followed_change_is_listed_with_its_end(ledger):
    report = followed(WatchState.DONE, ledger)
    (line,) = report.changes
    assert (line.end.state, line.end.text, line.end.at) == (
        WatchState.DONE,
        "The database is up.",
        moment(f"{DAY} 15:00"),
    )
    text = to_markdown(report)
    assert "completed The database is up." in text
    assert not report.why or not any("change" in why for why in report.why)
    assert "completed 1" in text, "the overview counts its end"


def test_one_that_has_not_ended_says_so(ledger):
    report = followed(None, ledger)
    assert report.changes[0].is_followed
    assert "followed, not ended yet" in to_markdown(report)


@pytest.mark.parametrize(
    ("state", "words"),
    [(WatchState.FAILED, "ended otherwise"), (WatchState.GAVE_UP, "not followed to its end")],
)
def test_another_end_needs_a_look(ledger, state, words):
    report = followed(state, ledger)
    assert any(words in why for why in report.why)
    assert words in to_markdown(report)


def test_an_end_of_another_day_is_in_both_reports(ledger):
    followed(WatchState.DONE, ledger, "2026-01-07 03:00")
    before, after = day(ledger), day(ledger, of="2026-01-07")
    assert (before.changes[0].is_followed, before.changes[0].end) == (True, None)
    assert after.changes[0].end is not None


@pytest.mark.parametrize("make", [day, month, year])
def test_an_emergency_names_all_that_it_went_past(ledger, make):
    frozen = named("p4", freeze=FREEZE)
    carried_out(ledger, f"{DAY} 13:01", frozen, ledger.write(f"{DAY} 13:00", entries.emergency(frozen, "r")))
    text = to_markdown(make(ledger)).replace("\\", "")
    assert f"no approver named: PM; {FREEZE[:8]}" in text


def test_an_emergency_during_a_freeze_with_an_approval_went_past_the_freeze_alone(ledger):
    frozen = named("p4", freeze=FREEZE)
    ledger.write(f"{DAY} 12:50", entries.asked(frozen, ""))
    approved = ledger.write(f"{DAY} 12:55", entries.approved(frozen), "sato")
    emergency = ledger.write(f"{DAY} 13:00", entries.emergency(frozen, "r"))
    carried_out(ledger, f"{DAY} 13:01", frozen, emergency, approved)
    report = day(ledger)
    assert [line.bypasses_approval for line in report.allowed] == [False, False]
    assert "no approver named" not in to_markdown(report)
