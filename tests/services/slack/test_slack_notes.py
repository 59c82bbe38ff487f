"""Proposed notes: what a reader asks first, from the runbook and the answers of AWS, in both languages."""

from datetime import UTC, datetime, timedelta

import pytest

from services import i18n
from services.calendar.calendar import Calendar
from services.inspections.registry import INSPECTIONS
from services.models.alarms import Alarm, AlarmState
from services.models.base import RawId
from services.models.evidence import Evidence, Row
from services.models.findings import Finding, Measure, Overrule, Recorded
from services.models.metrics import MetricQuery, Series
from services.models.posts import Post, PostState
from services.models.verdict import Verdict
from services.runbook.loader import load_builtin
from services.slack.note_wording import newest
from services.slack.notes import NoteContext, about_alarm, about_finding, inspection_page
from widgets.alarms.values import limit_text

NOW = datetime(2026, 1, 14, 0, 10, tzinfo=UTC)
BOOK = load_builtin("facility-prod")
HERE = NoteContext(BOOK, Calendar(BOOK), "ap-northeast-1", NOW, "sato")
NAME = next(each.name for each in BOOK.alarms if each.playbook == "alb-5xx")
FIRING = Alarm(
    id=NAME,
    name=NAME,
    state=AlarmState.ALARM,
    since=NOW - timedelta(hours=10),
    reason="Threshold Crossed",
    comparison=">",
    threshold=5.0,
    recent=(1.0, None, 7.25, None),
)


def lines(text):
    return dict(line.split(": ", 1) for line in text.splitlines()[1:])


def test_a_firing_alarm():
    proposal = about_alarm(FIRING, HERE)
    assert proposal.text.splitlines()[0].startswith(f"[ABNORMAL] {NAME}")
    assert "production" in proposal.text.splitlines()[0]
    fields = lines(proposal.text)
    assert fields["As of"] == "01-14(Wed) 09:10 JST"
    assert fields["State"] == "firing since 01-13(Tue) 23:10 (10h 0m)"
    assert fields["Measured"] == "now (fill in); 7.25 when it fired; the alarm fires at > 5"
    assert "Threshold Crossed" not in proposal.text
    assert "Threshold Crossed" in proposal.evidence, "AWS's words, on request"
    assert fields["Impact on users"] == "(fill in)"
    assert fields["First action (runbook)"] == BOOK.playbooks[0].steps[0].text
    assert fields["Written by"] == "sato"
    assert fields["Next check"] == "01-14(Wed) 09:20", "both times of the playbook have passed"
    assert fields["Escalation"].startswith("not yet; next Development team (UNDECIDED")
    assert fields["AWS console"] == (
        f"https://ap-northeast-1.console.aws.amazon.com/cloudwatch/deeplink.js?region=ap-northeast-1#alarmsV2:alarm/{NAME}"
    )
    assert (proposal.thread, proposal.alarm, proposal.target) == (
        f"alarm:{NAME}@{FIRING.since.isoformat()}",
        NAME,
        NAME,
    )


STORAGE = Alarm(
    id=RawId("rds-storage-low"), name="rds-storage-low", state=AlarmState.ALARM, since=NOW - timedelta(minutes=2),
    comparison="<=", threshold=10 * 2.0**30, recent=(9.55244e9,),
    queries=(MetricQuery(id="m", namespace=RawId("AWS/RDS"), metric=RawId("FreeStorageSpace")),),
)  # fmt: skip


def curve(value, minutes):
    """A curve whose last period of one minute ended `minutes` ago."""
    start = int((NOW - timedelta(minutes=minutes + 1)).timestamp())
    return (Series(id="m", label="free", times=(start,), values=(value,), period=60),)


def test_an_alarm_has_its_value_now_in_the_units_of_the_screen():
    fields = lines(about_alarm(STORAGE, HERE, current=newest(curve(5.69 * 2.0**30, 1))).text)
    assert fields["Measured"] == "now 5.69 GiB; 8.90 GiB when it fired; the alarm fires at ≤ 10 GiB"
    stale = lines(about_alarm(STORAGE, HERE, current=newest(curve(5.69 * 2.0**30, 30))).text)
    assert stale["Measured"].startswith("now 5.69 GiB (at 01-14(Wed) 08:40); ")
    i18n.use("ja")
    text = about_alarm(STORAGE, HERE, current=newest(curve(5.69 * 2.0**30, 1))).text
    assert "測定値: 現在 5.69 GiB；発報時 8.90 GiB；発報条件 ≤ 10 GiB" in text


@pytest.mark.parametrize("comparison", [">", ">=", "<", "<="])
def test_a_limit_has_the_sign_of_the_screen(comparison):
    alarm = STORAGE.model_copy(update={"comparison": comparison})
    assert lines(about_alarm(alarm, HERE).text)["Measured"].endswith(
        f"the alarm fires at {limit_text(alarm)}"
    )
    assert limit_text(alarm) == f"{alarm.sign} 10 GiB"
    assert len(alarm.sign) == 1


def test_a_note_of_january_names_the_year_of_december():
    since = datetime(2025, 12, 29, 0, 10, tzinfo=UTC)
    fields = lines(about_alarm(FIRING.model_copy(update={"since": since}), HERE).text)
    assert fields["As of"] == "01-14(Wed) 09:10 JST"
    assert fields["State"].startswith("firing since 2025-12-29(Mon) 09:10 ")


def test_the_next_check_of_a_firing_alarm_is_the_playbooks_next_time():
    def at(minutes):
        since = NOW - timedelta(minutes=minutes)
        return lines(about_alarm(FIRING.model_copy(update={"since": since}), HERE).text)["Next check"]

    assert at(1) == "01-14(Wed) 09:14", "it waits five minutes"
    assert at(6) == "01-14(Wed) 09:14", "it escalates after ten"
    assert at(11) == "01-14(Wed) 09:20"
    unknown = STORAGE.model_copy(update={"id": RawId("x"), "name": "x"})
    assert lines(about_alarm(unknown, HERE).text)["Next check"] == "01-14(Wed) 09:20"


def test_what_is_not_normal_is_not_left_to_next_month():
    def next_check(verdict):
        finding = Finding(inspection="sign-ins", title="Sign-ins", verdict=verdict, summary="x", read_at=NOW)
        return lines(about_finding(Recorded(seq=1, by="sato", finding=finding), HERE).text)["Next check"]

    assert next_check(Verdict.NORMAL) == "02-02(Mon) 09:00, CloudTrail log"
    for verdict in (Verdict.ABNORMAL, Verdict.ATTENTION, Verdict.UNKNOWN):
        assert next_check(verdict) == "01-14(Wed) 14:00, Alarms, afternoon"


def test_a_recovery_is_posted_in_the_thread_of_the_alarm():
    cleared = FIRING.model_copy(update={"state": AlarmState.OK, "since": NOW})
    proposal = about_alarm(FIRING, HERE)
    post = Post(
        id="a", seq=1, at=NOW, by="sato", channel="#c", text=proposal.text, thread=proposal.thread,
        target=proposal.target, state=PostState.POSTED, changed_at=NOW, let_go_at=NOW,
    )  # fmt: skip
    recovery = about_alarm(cleared, HERE, [post])
    assert recovery.thread == proposal.thread
    assert recovery.text.startswith("[OK AGAIN]")
    assert "Escalation" not in recovery.text
    assert about_alarm(cleared, HERE).thread != proposal.thread


def test_a_name_in_an_address_is_quoted_and_an_unknown_alarm_has_gaps():
    odd = Alarm(id=RawId("a b/<x>"), name="a b/<x>", state=AlarmState.MISSING)
    text = about_alarm(odd, HERE).text
    assert text.endswith("alarm/a%20b%2F%3Cx%3E")
    assert "Measured" not in text
    assert "AWS does not have it" in text
    assert lines(text)["First action (runbook)"] == "(fill in)"


def test_a_finding_has_its_measures_and_no_rows_and_its_logs_apart():
    role = BOOK.contacts[0].role
    finding = Finding(
        inspection="error-logs",
        title="Error logs",
        verdict=Verdict.ABNORMAL,
        summary="31 errors an hour",
        measures=(
            Measure(title="Errors", shown="31 an hour", allowed="< 10", verdict=Verdict.ABNORMAL),
            Measure(title="Fine", shown="1", verdict=Verdict.NORMAL),
            Measure(
                title="CPU", shown="OK", allowed="OK", verdict=Verdict.ATTENTION, note="fired 01:19–01:30"
            ),
        ),
        evidence=(
            Evidence(
                title="Hours",
                columns=("Hour", "Count"),
                rows=tuple(Row(cells=("9", "31")) for _n in range(7)),
            ),
            Evidence(title="Lines", columns=("Text",), rows=(Row(cells=("password=secret",)),), private=True),
        ),
        advice=(f"{role}に連絡する",),
        read_at=NOW,
    )
    proposal = about_finding(Recorded(seq=17, by="sato", finding=finding), HERE)
    fields = lines(proposal.text)
    assert fields["Details"] == "31 errors an hour"
    assert fields["Measured"] == "Errors 31 an hour (normal: < 10); CPU fired 01:19–01:30"
    assert role in fields["Escalation"]
    assert fields["Journal"] == "17"
    assert fields["Next check"] == "01-15(Thu) 09:00, Opening check", "the next duty that inspects it"
    assert "secret" not in proposal.text + proposal.evidence
    assert "secret" in proposal.private
    assert proposal.evidence.splitlines()[-1] == "… and 2 more"
    assert proposal.thread == ""
    assert "Overridden" not in fields
    judged = Overrule(by="yamada", at=NOW, reason="load test", seq=18)
    again = lines(about_finding(Recorded(seq=17, by="sato", finding=finding, overruled=judged), HERE).text)
    assert again["Overridden"].startswith("yamada, ")
    assert again["Overridden"].endswith(": load test")


def test_the_other_language():
    i18n.use("ja")
    text = about_alarm(FIRING, HERE).text
    assert "7.25" in text
    assert "開発チーム" in text


@pytest.mark.parametrize("entry", INSPECTIONS, ids=lambda entry: entry.id)
def test_every_inspection_leads_to_a_page_of_the_aws_console(entry):
    page = inspection_page("ap-northeast-1", entry.id)
    assert page.startswith("https://ap-northeast-1.console.aws.amazon.com/")
    assert page != "https://ap-northeast-1.console.aws.amazon.com/"
