"""What is still abnormal is handed over with who accepted it and until when, and stands in the day's report."""

from datetime import UTC

from services.incidents.entries import follow_up
from services.incidents.hand_over.open_points import DayAtHand, open_points
from services.models.alarms import Alarm, AlarmState
from services.models.base import RawId
from services.models.journal import Acknowledgement
from services.models.verdict import Verdict
from services.report.collecting.still_abnormal import of_alarms
from services.report.rendering.markdown import to_markdown
from tests.services.duties.duty_world import jst
from tests.services.report.ledger import RUNBOOK, Ledger, alarm_period, finding

DAY = "2026-01-19"
BAD = {
    "maintenance": (Verdict.ABNORMAL, "a patch is forced on 01-21 08:58"),
    "backups": (Verdict.ABNORMAL, "the snapshot of 01-16 is missing"),
    "costs": (Verdict.ATTENTION, "RDS +59 %"),
}


def monday(path):
    """Three findings and an alarm without data, all signed off; one inspection is normal again, one could not be judged."""
    ledger = Ledger(path / "j.db")
    ledger.began("2026-01-12 09:00")
    for id in ("scaling", "sign-ins", "costs"):
        ledger.find(
            "2026-01-12 09:00",
            f"weekly-{id}@2026-01-12T09:00",
            finding("2026-01-12 09:00", id, Verdict.ABNORMAL, "old"),
        )
    ledger.find(f"{DAY} 09:00", f"hand@{DAY}", finding(f"{DAY} 09:00", "scaling"))
    ledger.find(
        f"{DAY} 09:00", f"hand@{DAY}b", finding(f"{DAY} 09:00", "sign-ins", Verdict.UNKNOWN, "no answer")
    )
    for id, (verdict, summary) in BAD.items():
        key = f"weekly-{id}@{DAY}T09:00"
        ledger.find(f"{DAY} 09:01", key, finding(f"{DAY} 09:01", id, verdict, summary))
        signed = [{"inspection": id, "verdict": verdict.value, "decision": "accepted"}]
        ledger.sign(f"{DAY} 09:10", key, user="tanaka", note=f"seen: {id}", findings=signed)
    silent = alarm_period(f"{DAY} 07:03", None, "rds-connections-high", "insufficient")
    ledger.find(
        f"{DAY} 09:02",
        f"daily@{DAY}T09:00",
        finding(f"{DAY} 09:02", "alarms", Verdict.ATTENTION, "x", since=f"{DAY} 01:00", spells=(silent,)),
    )
    ledger.write(f"{DAY} 09:11", follow_up("f1", "x", "backups", "ask AWS", jst("2026-01-21 17:00")))
    return ledger


def test_the_report_lists_what_is_still_abnormal_and_who_accepted_it_until_when(tmp_path):
    report = monday(tmp_path).report(DAY, f"{DAY} 17:00")
    lines = {str(line.id): line for line in report.abnormal}
    assert set(lines) == {"rds-connections-high", *BAD, "sign-ins"}
    for id, (_verdict, summary) in BAD.items():
        line = lines[id]
        assert (line.summary, line.accepted_by, line.note) == (summary, "tanaka", f"seen: {id}")
    assert lines["backups"].until == jst("2026-01-21 17:00")
    assert (lines["maintenance"].until, lines["sign-ins"].unread_since) == (None, True)
    page = to_markdown(report)
    assert "nobody has approved this runbook" in page.lower()
    for part in ("Still abnormal", "seen: maintenance", "until 01-21", "no date set", "no data since"):
        assert part in page
    day = DayAtHand(jst(f"{DAY} 17:00"), UTC, abnormal=report.abnormal)
    text = "\n".join(point.text for point in open_points(day))
    for part in (
        *(summary for _verdict, summary in BAD.values()),
        "no data since",
        "accepted by tanaka",
        "until 01-21",
    ):
        assert part in text


def test_a_runbook_that_is_approved_is_not_called_a_draft(tmp_path):
    approved = RUNBOOK.model_copy(
        update={"approved_by": "Head", "en": RUNBOOK.english.model_copy(update={"approved_by": "Head"})}
    )
    ledger = monday(tmp_path)
    for period in (DAY, "2026-01", "FY2025"):
        assert ledger.report(period, f"{DAY} 17:00").runbook_draft
        assert not ledger.report(period, f"{DAY} 17:00", runbook=approved).runbook_draft


def test_each_alarm_that_fires_or_has_no_data_is_listed_with_who_acknowledged_it():
    at = jst(f"{DAY} 17:00")
    states = {"firing": AlarmState.ALARM, "silent": AlarmState.INSUFFICIENT, "calm": AlarmState.OK}
    alarms = [
        Alarm(id=RawId(name), name=name, state=state, since=at, expected=True)
        for name, state in states.items()
    ]
    acknowledgement = Acknowledgement(by="sato", at=at, note="known", seq=1, state=AlarmState.INSUFFICIENT)
    lines = list(of_alarms(alarms, {"silent": acknowledgement}, at, lambda _at: "07:03"))
    assert [(line.title, line.accepted_by, line.note) for line in lines] == [
        ("firing", "", ""),
        ("silent", "sato", "known"),
    ]
