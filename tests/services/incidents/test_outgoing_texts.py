"""Each text that leaves the console says how the incident stands at that moment, counts until then, and asks only while it goes on."""

from datetime import timedelta
from zoneinfo import ZoneInfo

import pytest

from services import i18n
from services.incidents.announcements import Announcements
from services.incidents.clocks import clocks
from services.incidents.course_text import course_text
from services.incidents.escalation import Situation, hand_over_text, measured_text, phone_text, slack_text
from services.incidents.facts import Facts
from services.incidents.hand_over.open_points import DayAtHand, open_points
from services.incidents.impact import counted, impact_text
from services.models.alarms import Alarm, AlarmState
from services.models.aws_calls import AwsCall
from services.models.causes import Word
from services.models.changes import ChangeTarget, Danger, Plan, PlannedStep, Row
from services.models.date_text import time_text
from services.models.first_wave import Measure
from services.models.incidents import (
    ClockKind,
    Contacted,
    HandOver,
    Incident,
    IncidentState,
    Phase,
    StepMark,
    StepRecord,
    TriggerKind,
    Turn,
    TurnKind,
)
from services.models.metrics import Series
from services.models.step_records import step_records
from services.report.collecting.incident_lines import incident_line
from tests.services.incidents.incident_desk import ALARM, FIRED, RUNBOOK
from tests.services.report.incident_ledger import SINCE, evidence

JST = ZoneInfo("Asia/Tokyo")
OK, RECOVERED, AGAIN = (TurnKind.OK, 7), (TurnKind.RECOVERED, 9), (TurnKind.ALARM, 20)
CLOSED = {"state": IncidentState.CLOSED, "closed_at": FIRED + timedelta(minutes=28), "closed_by": "suzuki"}
NOW = FIRED + timedelta(minutes=30)
FIRING, HELP, STAND_BY = (
    ("has been firing", "発報しています"),
    ("Please help", "対応をお願い"),
    ("stand by", "待機"),
)
OVER = ("recovered at 10:07", "10:07 に復旧しました")
NOTHING, UNCONFIRMED = ("nothing for you to do", "対応は不要"), ("not judged", "復旧は確認していません")
BEFORE = ("before: 09:58–10:05", "09:58～10:05")


def incident(*turns, **more):
    """One that fired at 9:58; turns by minutes since then."""
    dated = tuple(Turn(at=FIRED + timedelta(minutes=minute), kind=kind) for kind, minute in turns)
    last = next((each for each in reversed(dated) if each.kind in (TurnKind.RECOVERED, TurnKind.ALARM)), None)
    return Incident.model_validate(
        {
            "id": "incident:x", "trigger": TriggerKind.ALARM, "target": ALARM, "title": "ALB 5xx", "playbook": "alb-5xx",
            "since": FIRED, "opened_at": FIRED, "seq": 1, "turns": dated,
            "recovered_at": last.at if last is not None and last.kind is TurnKind.RECOVERED else None, **more,
        }
    )  # fmt: skip


def situation(one, **more):
    fields = {
        "measured": "6.2 %",
        "impact": "28% of requests failed",
        "cause": "A release",
        "word": Word.STRONG,
        "by": "sato",
        "seen_at": NOW,
    }
    return Situation(one, RUNBOOK, RUNBOOK.playbook_for(ALARM), NOW, JST, **{**fields, **more})


@pytest.mark.parametrize("language", i18n.LANGUAGES)
@pytest.mark.parametrize(
    ("one", "phase", "expected", "unsaid"),
    [
        (incident(), Phase.FIRING, (FIRING, HELP), (OVER, NOTHING, BEFORE)),
        (incident(OK), Phase.QUIET, (STAND_BY,), (FIRING, HELP, OVER, NOTHING)),
        (incident((TurnKind.INSUFFICIENT, 7)), Phase.NO_DATA, (HELP,), (FIRING, OVER, NOTHING)),
        (incident(OK, RECOVERED), Phase.RECOVERED, (OVER, NOTHING), (FIRING, HELP, STAND_BY)),
        (incident(OK, RECOVERED, AGAIN), Phase.FIRING, (FIRING, HELP, BEFORE), (OVER, NOTHING)),
        (incident(OK, RECOVERED, **CLOSED), Phase.CLOSED, (OVER, NOTHING), (FIRING, HELP, STAND_BY)),
        (incident(**CLOSED), Phase.CLOSED, (UNCONFIRMED,), (FIRING, HELP, OVER, NOTHING)),
    ],
)  # fmt: skip
def test_every_text_follows_the_phase(one, phase, expected, unsaid, language):  # fmt: skip
    i18n.use(language)
    place = ("en", "ja").index(language)
    now = situation(one)
    line = incident_line(one, {})
    assert (one.phase, line.phase, line.spells) == (phase, phase, one.spells)
    phone, slack, given = phone_text(now), slack_text(now), hand_over_text(now)
    for words in expected:
        assert words[place] in phone
    spoken_alone = (HELP, STAND_BY, NOTHING)
    for text in (slack, given, course_text(line, now.time)):
        assert all(words[place] in text for words in expected if words not in spoken_alone)
    for text in (phone, slack, given, course_text(line, now.time)):
        assert not [words for words in unsaid if words[place] in text], text
    for text in (phone, slack, given):
        assert "28%" in text
        assert ("6.2 %" in text) <= one.is_open
    if one.is_open:
        points = "\n".join(
            point.text for point in open_points(DayAtHand(NOW, JST, (one,), RUNBOOK.playbooks))
        )
        assert course_text(one, now.time) in points


@pytest.mark.parametrize(("minute", "is_told"), [(10, False), (21, True)])
def test_who_was_told_of_the_present_trouble_is_the_same_for_the_note_and_its_clock(minute, is_told):
    # It fired again at minute 20; whoever told somebody at 21 may not have known it yet.
    book = RUNBOOK.playbook_for(ALARM)
    contact = Contacted(role=book.escalate_to, by="sato", at=FIRED + timedelta(minutes=minute), about=FIRED)
    one = incident(OK, RECOVERED, AGAIN, contacted=(contact,))
    (clock,) = (each for each in clocks(one, book, NOW) if each.kind is ClockKind.ESCALATION)
    assert clock.is_told is is_told
    assert ("was told at" in slack_text(situation(one))) is is_told


@pytest.mark.parametrize("one", [incident(), incident(OK), incident(OK, RECOVERED)])
def test_the_changes_that_were_sent_are_told_the_newest_of_them_on_the_telephone(one):
    now = situation(one, changes=("10:01 A: failed", "10:05 Roll back :43 → :42 (staff-api): completed"))
    assert "A change was sent: 10:05 Roll back :43 → :42 (staff-api): completed." in phone_text(now)
    for text in (slack_text(now), hand_over_text(now)):
        assert "Changes made: 10:01 A: failed; 10:05 Roll back" in text
    assert "hange" not in phone_text(situation(one)) + slack_text(situation(one))


@pytest.mark.parametrize("one", [incident(OK, RECOVERED), incident(OK, RECOVERED, holder="sato")])
@pytest.mark.parametrize("language", i18n.LANGUAGES)
def test_what_is_left_after_recovery_says_by_whom(one, language):
    i18n.use(language)
    spoken = phone_text(situation(one))
    assert NOTHING[language == "ja"] in spoken
    assert ("Left for operations to do", "運用担当が行う作業")[language == "ja"] in spoken


async def test_a_console_without_a_screen_tells_at_its_start_how_it_stands_and_then_what_happens():
    lines = await Announcements(None, RUNBOOK).of_incidents((incident(OK, RECOVERED),))
    assert (
        lines[1].strip()
        == "ALB 5xx fired at 2026-01-14(Wed) 09:58 and recovered at 2026-01-14(Wed) 10:07 (9m)."
    )
    assert len(lines) == 2, "what happened before is not later as if it happened now"
    later = Announcements(None, RUNBOOK)
    await later.of_incidents((incident(),))
    offer = HandOver(by="sato", to="suzuki", at=NOW, seq=5)
    news = await later.of_incidents((incident(OK, holder="sato", hand_over=offer),))
    assert "10:05" in news[0]
    assert "suzuki, who has not accepted" in " ".join(news)
    assert "recovered" not in " ".join(news)


@pytest.mark.parametrize("language", i18n.LANGUAGES)
@pytest.mark.parametrize("comparison", [">", ">=", "<", "<="])
def test_no_sign_is_read_aloud_that_has_no_reading(comparison, language):
    i18n.use(language)
    alarm = Alarm(id=ALARM, name=ALARM, state=AlarmState.ALARM, threshold=5.0, comparison=comparison)
    text = phone_text(situation(incident(), measured=measured_text(alarm, "28.4%")))
    assert "28.4%" in text
    assert not set(text) & set("≥≤<>=")


def test_who_responds_is_who_holds_it_now():
    assert situation(incident()).responder == "nobody yet"
    taken_one = incident(state=IncidentState.TAKEN, holder="tanaka")
    assert situation(taken_one).responder == "tanaka"
    offer = HandOver(by="tanaka", to="suzuki", at=NOW, seq=5)
    assert "not accepted yet" in situation(taken_one.model_copy(update={"hand_over": offer})).responder
    part = situation(incident(joined_to="w", holder="kato", state=IncidentState.TAKEN), whole=taken_one)
    assert part.responder == "tanaka", "of a part, who responds to the whole"
    assert all("ALB 5xx" in text and "art of" in text for text in (slack_text(part), phone_text(part)))


def fired(**more):
    return incident(**{"since": SINCE, "turns": (), **more})


def read(minutes):
    """60 of 600 requests fail each minute from 10:00 on, read so many minutes after that."""
    start = SINCE - timedelta(minutes=3)
    times = tuple(int((start + timedelta(minutes=number)).timestamp()) for number in range(-180, minutes))
    bad = times[180:]
    series = (
        Series(id=Measure.REQUESTS, label="r", times=times, values=(600.0,) * len(times), period=60),
        Series(id=Measure.TARGET_5XX, label="e", times=bad, values=(60.0,) * len(bad), period=60),
    )
    ended = start + timedelta(minutes=minutes)
    return Facts(evidence().model_copy(update={"series": series, "ended": ended}), RUNBOOK)


@pytest.mark.parametrize(
    ("one", "minutes", "errors", "until"),
    [
        (fired(), 4, 180, 3),
        (fired(), 20, 1140, 19),
        (fired(recovered_at=SINCE + timedelta(minutes=7)), 20, 600, 10),
        (fired(**{**CLOSED, "closed_at": SINCE + timedelta(minutes=12)}), 20, 900, 15),
        (fired(**{**CLOSED, "recovered_at": SINCE + timedelta(minutes=7)}), 4, 180, 3),
    ],
)
def test_numbers_are_counted_from_t0_until_now_or_the_end(one, minutes, errors, until):
    facts, start = read(minutes), SINCE - timedelta(minutes=3)
    end = start + timedelta(minutes=until)
    _whole, first, last = counted(one, facts) or (facts, end, end)
    assert (first, last + timedelta(minutes=1)) == (start, end)
    read_at = start + timedelta(minutes=minutes)
    text = impact_text(one, facts, JST, read_at)
    for part in (f"10% of requests failed: {errors:,}", f"10:00–{time_text(end, JST, end)}"):
        assert part in text
    # What was read before the end may lack some.
    is_whole = one.over_at is not None and read_at >= one.over_at
    assert ("so far" in text) is not is_whole
    old = impact_text(one, facts, JST, read_at + timedelta(minutes=2))
    assert ("read at" in old) is not is_whole


def test_the_wait_that_the_console_judged_is_carried_out():
    book = RUNBOOK.playbook_for(ALARM)
    assert [record.index for record in step_records(incident(OK), book)] == []
    (record,) = step_records(incident(OK, RECOVERED), book)
    assert (record.index, record.mark, record.at) == (3, StepMark.DONE, FIRED + timedelta(minutes=9))


def plan(**more):
    size = Row(name="Allocated storage", before="100 GiB", after="200 GiB")
    step = PlannedStep(
        id="extend", title="x", target="db", expects="", rows=(size,),
        call=AwsCall(service="rds", operation="ModifyDBInstance", region="r", body="{}"),
    )  # fmt: skip
    fields: dict[str, object] = {
        "id": "p", "kind": "rds-storage", "title": "Extend the storage", "account": "1", "region": "r", "made_at": NOW,
        "target": ChangeTarget(id="db", title="facility-prod-db"), "expires_at": NOW, "wish": {}, "steps": (step,),
        "danger": Danger.CAREFUL, "cost": "Per month ¥4,140 → ¥8,280 (price list; $1 = ¥150)",
    }  # fmt: skip
    return Plan.model_validate({**fields, **more})


def falling(at):
    """Free storage falls by 6 GiB an hour, and has 3 GiB left."""
    times = tuple(int((at - timedelta(minutes=number)).timestamp()) for number in range(90, 0, -1))
    values = tuple((3 + 0.1 * number) * 2**30 for number in range(90, 0, -1))
    series = (Series(id=Measure.DB_FREE, label="f", times=times, values=values, period=60),)
    return Facts(evidence().model_copy(update={"series": series, "ended": at}), RUNBOOK)


@pytest.mark.parametrize("language", i18n.LANGUAGES)
def test_the_call_for_approval_asks_for_it(language):
    i18n.use(language)
    book = next(book for book in RUNBOOK.playbooks if book.id == "rds-storage")
    looked = tuple(StepRecord(index=index, mark=StepMark.DONE, at=NOW, by="sato") for index in range(3))
    low = incident(target="rds-storage-low", title="RDS storage", playbook="rds-storage", steps=looked)
    calling = Situation(
        low, RUNBOOK, book, NOW, JST, by="sato", plan=plan(), evidence=falling(NOW).evidence
    )  # fmt: skip
    question = ("Do you approve it?", "承認いただけますか。")[language == "ja"]
    for text in (phone_text(calling), slack_text(calling)):
        for part in ("100 GiB", "200 GiB", "¥4,140", "facility-prod-db", question):
            assert part in text
        assert ("31m", "31分")[language == "ja"] in text, "how long it lasts"
    assert HELP[language == "ja"] not in phone_text(calling)
    # Without a plan nothing is invented; once it has recovered, or the step is done, nothing is asked.
    unplanned = Situation(low, RUNBOOK, book, NOW, JST, by="sato", evidence=falling(NOW).evidence)
    assert "¥" not in phone_text(unplanned)
    assert "200 GiB" in phone_text(unplanned)
    done = StepRecord(index=3, mark=StepMark.DONE, at=NOW, by="sato")
    for other in (
        low.model_copy(update={"recovered_at": NOW}),
        low.model_copy(update={"steps": (*looked, done)}),
    ):
        assert question not in phone_text(Situation(other, RUNBOOK, book, NOW, JST, by="sato", plan=plan()))
