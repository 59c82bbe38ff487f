from datetime import date

import pytest

from services.changes import entries as change_entries
from services.models.aws_calls import aws_call
from services.models.base import RawId
from services.models.change_runs import StepState
from services.models.changes import ChangeTarget, Danger, Plan, PlannedStep, Revert, Row
from services.models.duties import OccurrenceState
from services.models.journal import EntryKind
from services.models.report import DayReport
from services.models.verdict import Verdict
from services.report.rendering.markdown import to_markdown
from tests.services.duties.duty_world import jst
from tests.services.journal.book import of_tomorrow
from tests.services.report.ledger import MEASURE, RUNBOOK, Ledger, evidence, finding, moment

DAY = "2026-01-06"  # A Tuesday with the three daily duties
MORNING, NOON, EVENING = (
    f"daily-{name}@{DAY}T{at}"
    for name, at in (("morning", "09:00"), ("afternoon", "14:00"), ("evening", "17:00"))
)
STATE = OccurrenceState
TARGET = ChangeTarget(id=RawId("service/c/staff-api"), title="staff-api")


@pytest.fixture
def ledger(tmp_path):
    book = Ledger(tmp_path / "j.db")
    book.began(f"{DAY} 00:00")
    return book


def day(ledger, now="2026-02-02 10:00", of=DAY, *, private=False):
    report = ledger.report(of, now, private=private)
    assert isinstance(report, DayReport)
    return report


def calm(ledger):
    runs = (("09:01", MORNING, ("alarms", "dashboard", "error-logs")), ("14:01", NOON, ("alarms",)))
    for at, key, inspections in (*runs, ("17:01", EVENING, ("alarms",))):
        for inspection in inspections:
            result = finding(f"{DAY} {at}", inspection, since="2026-01-05 17:00")
            ledger.find(f"{DAY} {at}", key, result)
        ledger.sign(f"{DAY} {at[:3]}05", key)


def states(report):
    return {line.duty: line.state for line in report.duties}


def test_a_calm_day_is_normal_and_its_report_can_be_created_again(ledger):
    calm(ledger)
    report = day(ledger)
    assert report.verdict is Verdict.NORMAL
    assert report.why == ()
    assert set(states(report).values()) == {STATE.DONE}
    assert [line.signed.by for line in report.duties if line.signed] == ["yamada"] * 3
    assert all(line.finding is None for line in report.findings)
    assert report.complete
    assert (report.as_of, report.first) == (moment("2026-01-07 00:00"), date(2026, 1, 6))
    ledger.sign("2026-02-02 11:00", "daily-morning@2026-02-02T09:00")
    again = day(ledger, "2026-03-01 12:00")
    assert again.model_copy(update={"made_at": report.made_at}) == report


def test_states_are_those_at_the_days_end_with_later_sign_offs_beside_them(ledger):
    ledger.sign(f"{DAY} 09:40", MORNING, "late", note="会議のため")
    ledger.sign("2026-01-07 10:00", EVENING, "missed", "sato")
    report = day(ledger)
    assert states(report) == {
        "daily-morning": STATE.DONE, "daily-afternoon": STATE.MISSED, "daily-evening": STATE.LATE
    }  # fmt: skip
    morning, _noon, evening = report.duties
    assert (morning.signed.was, morning.signed.at, morning.signed.note) == (
        STATE.LATE, moment(f"{DAY} 09:40"), "会議のため"
    )  # fmt: skip
    assert morning.due_at == moment(f"{DAY} 09:00")
    assert evening.signed is None
    assert (evening.signed_after.by, evening.signed_after.was) == ("sato", STATE.MISSED)
    after = day(ledger, of="2026-01-07")
    assert EVENING in [line.key for line in after.earlier if line.signed]
    assert NOON in [line.key for line in after.earlier if line.state is STATE.MISSED]


def test_today_is_reported_as_it_is_now(ledger):
    report = day(ledger, f"{DAY} 09:10")
    assert states(report) == {
        "daily-morning": STATE.DUE, "daily-afternoon": STATE.UPCOMING, "daily-evening": STATE.UPCOMING
    }  # fmt: skip
    assert not report.complete
    assert report.as_of == moment(f"{DAY} 09:10")


def test_a_skipped_duty_keeps_its_reason(ledger):
    ledger.sign(f"{DAY} 13:00", NOON, "upcoming", skip=True, note="停電")
    line = next(each for each in day(ledger).duties if each.key == NOON)
    assert line.state is STATE.SKIPPED
    assert line.signed.note == "停電"


def test_findings_that_are_not_normal_are_complete_and_log_texts_on_request(ledger):
    bad = finding(
        f"{DAY} 09:01", "error-logs", Verdict.ABNORMAL, "12 errors an hour", since="2026-01-05 17:00",
        measures=(MEASURE,), evidence=(evidence("shown"), evidence("secret line", private=True)),
        advice=("運用報告書に記載",),
    )  # fmt: skip
    ledger.find(f"{DAY} 09:01", MORNING, bad)
    report = day(ledger)
    (line,) = report.findings
    assert line.finding.measures == (MEASURE,)
    assert [each.rows[0].cells for each in line.finding.evidence] == [("shown",)]
    assert line.withheld == 1
    assert report.verdict is Verdict.ABNORMAL
    assert report.why[0] == "Error-logs: 12 errors an hour"
    assert "secret line" not in report.model_dump_json()
    assert "secret line" not in to_markdown(report)
    assert "secret line" in to_markdown(day(ledger, private=True))


def test_an_overridden_finding_names_who_and_why_and_still_needs_attention(ledger):
    calm(ledger)
    bad = finding(f"{DAY} 09:01", "dashboard", Verdict.ABNORMAL, "CPU 81 %")
    entry = ledger.find(f"{DAY} 09:30", MORNING, bad)
    ledger.overrule(f"{DAY} 09:31", entry, bad, "負荷試験")
    report = day(ledger)
    line = next(each for each in report.findings if each.seq == entry.seq)
    assert (line.overruled.by, line.overruled.reason) == ("sato", "負荷試験")
    assert report.verdict is Verdict.ATTENTION
    assert "負荷試験" in report.why[0]


def test_only_the_last_run_of_a_duty_counts_but_every_run_on_demand(ledger):
    calm(ledger)
    bad = finding(f"{DAY} 09:30", "error-logs", Verdict.UNKNOWN, "no permission")
    ledger.find(f"{DAY} 09:30", MORNING, bad)
    ledger.find(f"{DAY} 09:40", MORNING, finding(f"{DAY} 09:40", "error-logs"))
    assert day(ledger).verdict is Verdict.NORMAL
    assert [line.superseded for line in day(ledger).findings if line.inspection == "error-logs"] == [
        True, True, False
    ]  # fmt: skip
    ledger.find(f"{DAY} 10:00", "hand@2026-01-06T10:00", bad)
    assert day(ledger).verdict is Verdict.UNKNOWN


def test_equal_findings_of_two_duties_are_listed_once(ledger):
    calm(ledger)
    for key in (MORNING, NOON):
        ledger.find(f"{DAY} 14:30", key, finding(f"{DAY} 14:30", "alarms", Verdict.ABNORMAL, "CPU fires"))
    assert day(ledger).why == ("Alarms: CPU fires",)


def test_nothing_false_is_green(ledger):
    # Signed without a run, before the journal began, and an unreadable finding.
    for key in (MORNING, NOON, EVENING):
        ledger.sign(f"{DAY} 17:10", key)
    report = day(ledger)
    assert report.verdict is Verdict.ATTENTION
    assert report.duties[0].not_looked == ("Alarms", "Dashboard", "Error logs")
    assert "not known" in to_markdown(report).lower()
    early = day(ledger, of="2025-12-25")
    assert {line.state for line in early.duties} == {STATE.NO_RECORD}
    assert early.verdict is Verdict.UNKNOWN
    ledger.entry(f"{DAY} 18:00", EntryKind.FINDING, "newer", target="alarms", subject="hand@x", data={})
    assert (day(ledger).verdict, day(ledger).has_unjudged) == (Verdict.ATTENTION, True)


def test_a_closed_day_without_duties_claims_nothing(ledger):
    report = day(ledger, of="2026-01-03")
    assert (report.is_open, report.verdict, report.duties) == (False, None, ())
    assert report.closed_name


def test_signatures_say_what_was_decided_ticked_and_written(ledger):
    findings = [
        {"seq": 7, "inspection": "alarms", "verdict": "abnormal", "decision": "overruled", "reason": "訓練"},
        {"seq": "no", "inspection": "dashboard", "verdict": "normal", "decision": "accepted"},
        {"verdict": "purple"}, 3,
    ]  # fmt: skip
    ledger.sign(
        f"{DAY} 09:05",
        MORNING,
        findings=findings,
        checked=["見た"],
        evidence={"took": "35分\n順調", "x": " "},
    )
    line = day(ledger).duties[0]
    assert [(each.seq, each.overruled, each.reason) for each in line.decisions] == [
        (7, True, "訓練"), (0, False, "")
    ]  # fmt: skip
    assert line.checked == ("見た",)
    assert [(each.id, each.text) for each in line.written] == [("took", "35分\n順調")]


def plan():
    call = aws_call(
        "application-autoscaling", "RegisterScalableTarget", "ap-northeast-1", {"MaxCapacity": 10}
    )
    rows = (Row(name="Max", before="5", after="10"), Row(name="Min", before="2", after="2"))
    step = PlannedStep(id="raise", title="raise it", target=TARGET.id, call=call, rows=rows, expects="x")
    return Plan(
        id="p1", kind="task-limit", title="Task limit", target=TARGET, account="123456789012",
        region="ap-northeast-1", made_at=moment(f"{DAY} 10:00"), expires_at=moment(f"{DAY} 10:02"),
        wish={}, danger=Danger.CAREFUL, steps=(step,), approval="PM",
        revert=Revert(way="duty", at=moment("2026-01-07 17:00"), title="back to 5", values={"max": "5"}),
    )  # fmt: skip


def test_changes_with_before_after_and_outcome(ledger):
    change_plan = plan()
    step = change_plan.steps[0]
    ledger.write(f"{DAY} 10:00", change_entries.confirmed(change_plan))
    ledger.write(f"{DAY} 10:00", change_entries.intent(change_plan, step))
    lost = day(ledger)
    assert [line.state for line in lost.changes] == [StepState.UNKNOWN]
    ledger.write(
        f"{DAY} 10:01", change_entries.outcome(change_plan, step, StepState.DONE, "AWS accepted it.", True)
    )
    ledger.entry(f"{DAY} 11:00", EntryKind.PLAN, "a newer console's", subject="p9", data={"plan": {}})
    report = day(ledger)
    (line,) = report.changes
    assert (line.title, line.target, line.by, line.approval) == ("Task limit", "staff-api", "yamada", "PM")
    assert [(row.name, row.before, row.after) for row in line.steps[0].rows] == [("Max", "5", "10")]
    assert (line.state, line.steps[0].verified) == (StepState.DONE, True)
    assert [note.text for note in report.notes] == ["a newer console's"], "what cannot be read is not dropped"
    assert "Max: 5 → 10" in to_markdown(report)
    # Its revert is a duty of the next day, and is listed under what is due next.
    assert "revert@p1" in [each.key for each in report.next]
    assert "revert@p1" in [each.key for each in day(ledger, of="2026-01-07").duties]


def test_notes_identities_marked_known_posts_and_remarks(ledger):
    ledger.entry(f"{DAY} 09:00", EntryKind.NOTE, "one two", target="staff-api", data={"note": "one\ntwo"})
    ledger.entry(f"{DAY} 09:10", EntryKind.KNOWN, "Marked as known: user sato", subject="known:person")
    post = {"channel": "#ops-alerts", "text": "異常", "alarm": "ecs-cpu-high"}
    for id in ("a", "b", "c", "d", "e"):
        ledger.entry(f"{DAY} 10:00", EntryKind.POST, subject=f"post:{id}", data=post)
        ledger.entry(f"{DAY} 10:00", EntryKind.POSTING, subject=f"post:{id}")
    ledger.entry(f"{DAY} 10:01", EntryKind.POSTED, subject="post:a")
    for id, state in (("b", "refused"), ("d", "unknown"), ("e", "dropped")):
        data = {"state": state}
        ledger.entry(f"{DAY} 10:02", EntryKind.UNPOSTED, "channel_not_found", subject=f"post:{id}", data=data)
    remark = {"text": "特記なし。\n以上"}
    ledger.entry("2026-01-07 08:40", EntryKind.REMARK, subject=f"report@{DAY}", data=remark)
    report = day(ledger)
    assert [(note.kind, note.text) for note in report.notes] == [
        ("note", "one\ntwo"), ("known", "Marked as known: user sato")
    ]  # fmt: skip
    assert [(line.state, line.why) for line in report.posts] == [
        ("posted", ""),
        ("refused", "channel_not_found"),
        ("sending", ""),
        ("unknown", "channel_not_found"),
        ("dropped", "channel_not_found"),
    ]  # fmt: skip
    assert [line.text for line in report.remarks] == ["特記なし。\n以上"]
    assert [line.id for line in day(ledger, of="2026-01-07").posts] == [
        "post:b", "post:c", "post:d"
    ], "unsent ones stay"  # fmt: skip
    assert day(ledger, of="2026-01-07").remarks == ()


def test_entries_of_a_later_version_are_listed_by_their_kind(ledger):
    of_tomorrow(ledger.path, "co-signed", at=jst(f"{DAY} 11:00"), text="limit 8 | fine", target="staff-api")
    report = day(ledger)
    (note,) = report.notes
    assert (note.kind, note.text, note.about, note.by) == (
        "co-signed",
        "limit 8 | fine",
        "staff-api",
        "alice",
    )
    assert "unknown kind (co-signed)" in to_markdown(report)


def test_charges_take_the_newest_total_of_each_console(ledger):
    for at, pid, calls, user in (("10:00", 1, 10, "a"), ("12:00", 1, 30, "a"), ("12:00", 2, 5, "b")):
        data = {"day": DAY, "calls": calls, "yen": calls / 10, "worst_yen": calls / 5, "pid": pid}
        ledger.entry(f"{DAY} {at}", EntryKind.USAGE, user=user, data=data)
    # The last total of the day may be written after midnight; one of another day is not this day's.
    late = {"day": DAY, "calls": 7, "yen": 0.7, "worst_yen": float(2), "pid": 2}
    ledger.entry("2026-01-07 00:10", EntryKind.USAGE, user="b", data=late)
    ledger.entry(
        f"{DAY} 13:00", EntryKind.USAGE, data={"day": "2026-01-05", "calls": 99, "yen": 9.0, "pid": 3}
    )
    ledger.entry(f"{DAY} 13:00", EntryKind.USAGE, data={"day": DAY, "calls": "many", "yen": True, "pid": 4})
    charges = day(ledger).charges
    assert (charges.calls, round(charges.yen, 2), charges.worst_yen, charges.consoles) == (37, 3.7, 8.0, 3)
    assert "¥3.70 (daily limit ¥20)" in to_markdown(day(ledger))


def test_what_is_due_next_reaches_to_the_end_of_the_next_open_day(ledger):
    ledger.entry("2026-01-09 10:00", EntryKind.PLANNED, subject="weekly-deploy@2026-01-11T02:00")
    report = day(ledger, of="2026-01-09")
    assert report.next_day == date(2026, 1, 13), "Monday the 12th is 成人の日"
    keys = [line.key for line in report.next]
    assert "weekly-deploy@2026-01-11T02:00" in keys
    assert "weekly-backup@2026-01-12T09:00" in keys
    unplanned = day(ledger, of="2026-01-16")
    assert not [line for line in unplanned.next if line.duty == "weekly-deploy"]
    assert [line.duty for line in unplanned.running] == ["dr-drill"]


def test_the_costs_of_a_monday_are_shown_though_normal(ledger):
    cost_finding = finding("2026-01-19 09:02", "costs", summary="¥61,000", measures=(MEASURE,))
    ledger.find("2026-01-19 09:02", "weekly-cost@2026-01-19T09:00", cost_finding)
    report = day(ledger, of="2026-01-19")
    assert report.findings[0].finding is not None
    assert "## Costs" in to_markdown(report)
    assert "12 an hour" in to_markdown(report)


def test_a_series_key_is_found_by_its_slots_in_the_journal(ledger):
    # Only AWS knows when a key was created; a console that ran the inspection recorded the slot.
    key = "key-rotation:AKIAOLD@2026-01-06"
    assert "key-rotation" not in states(day(ledger))
    ledger.entry(f"{DAY} 08:00", EntryKind.LOOKING, subject=key, target="key-rotation")
    assert states(day(ledger))["key-rotation"] is STATE.LATE
    ledger.sign(f"{DAY} 16:00", key)
    report = day(ledger)
    assert states(report)["key-rotation"] is STATE.DONE
    assert next(line for line in report.duties if line.key == key).title == "Rotate the IAM access key"


def test_another_runbook_without_costs_or_series(ledger):
    duty = RUNBOOK.duties[0].model_copy(update={"id": "walk", "series": None, "inspections": ()})
    other = RUNBOOK.model_copy(update={"duties": (duty,), "alarms": (), "costs": None, "access_keys": None})
    ledger.sign(f"{DAY} 09:01", f"walk@{DAY}T09:00")
    report = ledger.report(DAY, "2026-01-07 09:00", runbook=other)
    assert report.verdict is Verdict.NORMAL
