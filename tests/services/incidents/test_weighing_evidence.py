"""Any evidence can be weighed, always the same; what is hidden of it never makes the judgement surer."""

import json
import random
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from services.incidents.evidence import packed, unpacked
from services.incidents.facts import Facts
from services.incidents.recovery.checks import has_recovered, recovery_checks
from services.incidents.timeline import just_before
from services.incidents.weighing import assess
from services.models.base import RawId
from services.models.belongings import Belongings, Owned, OwnedPart
from services.models.causes import SignalState, Word
from services.models.cloudtrail import Actor, ActorKind, TrailEvent
from services.models.first_wave import (
    AlarmMoment,
    IncidentEvidence,
    LogEntry,
    LogSample,
    Measure,
    NetworkPath,
    RunningTask,
    Source,
    SourceReading,
    StoppedTask,
    TargetHealth,
)
from services.models.metrics import Series
from services.runbook.loader import load_builtin
from tests.services.incidents.drawn_evidence import SINCE, SPAN, evidence, without

RUNBOOK = load_builtin("facility-prod")
ORDER = (Word.OPEN, Word.LIKELY, Word.STRONG)
SECTIONS = ("alb", "ecs", "rds", "waf", "error_logs", "slow_queries")


def bare(*sections):
    return RUNBOOK.model_copy(update=dict.fromkeys(sections))


@given(evidence(), st.sets(st.sampled_from(SECTIONS)))
def test_any_evidence_is_weighed_always_the_same(whole, lacking):
    runbook = bare(*sorted(lacking))
    assessment = assess(whole, runbook)
    assert assess(whole.model_copy(deep=True), runbook) == assessment
    assert len({cause.id for cause in assessment.causes}) == len(assessment.causes)
    just_before(whole, assessment.onset)
    has_recovered(Facts(whole, runbook))
    recovery_checks(Facts(whole, runbook))


@given(evidence())
def test_scores_are_the_same_after_the_journal(whole):
    data: dict[str, Any] = json.loads(json.dumps(packed(whole, incident="incident:x@y")))
    assert assess(unpacked(data), RUNBOOK) == assess(whole, RUNBOOK)


@pytest.mark.slow
@given(evidence(), st.sets(st.sampled_from(Source), min_size=1, max_size=2))
@settings(max_examples=60 if settings.default.derandomize else settings.default.max_examples)
def test_a_source_that_is_denied_makes_nothing_surer(whole, denied):
    before, after = assess(whole, RUNBOOK), assess(without(whole, *sorted(denied)), RUNBOOK)
    assert ORDER.index(after.word) <= ORDER.index(before.word)


@given(evidence(), st.sampled_from(Source))
def test_what_may_be_in_the_unread_rest_of_a_source_is_not_absent(whole, source):
    readings = (
        reading.model_copy(update={"cut": "cut"}) if reading.source is source else reading
        for reading in whole.readings
    )
    signals = assess(whole.model_copy(update={"readings": tuple(readings)}), RUNBOOK).signals
    assert not [each for each in signals if each.source is source and each.state is SignalState.ABSENT]
    if source in (Source.APPLICATION_LOG, Source.DATABASE_LOG):
        words = [each for each in signals if each.group == "dbtext"]
        assert words
        assert not [each for each in words if each.state is SignalState.ABSENT]


# ---- what is not there is not absent


def about(minutes, **fields):
    """Evidence that was read so many minutes after the alarm."""
    readings = tuple(SourceReading(source=source, requests=1) for source in Source)
    alarm = AlarmMoment(id=RawId("alb-5xx-error-rate"), name="alb", since=SINCE)
    moment = SINCE + timedelta(minutes=minutes)
    return IncidentEvidence(
        **{"alarm": alarm, "began": moment, "ended": moment, "readings": readings, **fields}
    )


def signal(whole, id):
    return next(each for each in assess(whole, RUNBOOK).signals if each.id == id)


def stopped_task(minutes):
    return StoppedTask(id="t1", code="UserInitiated", stopping=SINCE + timedelta(minutes=minutes))


@pytest.mark.parametrize(
    ("minutes", "state"), [(1, SignalState.ABSENT), (40, SignalState.ABSENT), (61, SignalState.UNSEEN)]
)
@pytest.mark.parametrize("id", ["task-exited", "task-out-of-memory", "start-failed", "infrastructure-stop"])
def test_stopped_tasks_that_ecs_has_forgotten_are_unseen(minutes, state, id):
    # All consoles were closed for an hour: that no stop is listed then says nothing.
    judgement = signal(about(minutes, stopped_tasks=(stopped_task(minutes),)), id)
    assert judgement.state is state
    assert bool(judgement.why) is (state is SignalState.UNSEEN)


SHIFTED = TargetHealth(id=RawId("10.0.1.5"), name="10.0.1.5", state="healthy", override="zonal_shift_active")


@pytest.mark.parametrize(
    ("id", "fields", "harmless"),
    [
        ("zonal-shift", {"targets": (SHIFTED,)}, {"targets": (SHIFTED.model_copy(update={"override": ""}),)}),
        (
            "start-failed",
            {
                "stopped_tasks": (
                    stopped_task(1).model_copy(update={"reason": "CannotPullContainerError: x"}),
                )
            },
            {"stopped_tasks": (stopped_task(1),)},
        ),
    ],
)
def test_a_signal_depends_on_what_it_names(id, fields, harmless):
    assert signal(about(2, **fields), id).state is SignalState.PRESENT
    assert signal(about(2, **harmless), id).state is SignalState.ABSENT


def test_stopped_tasks_that_were_left_out_are_unseen():
    whole = about(1)
    readings = [
        reading.model_copy(update={"cut": "some"}) if reading.source is Source.TASKS else reading
        for reading in whole.readings
    ]
    assert signal(whole, "task-exited").state is SignalState.ABSENT
    assert (
        signal(whole.model_copy(update={"readings": tuple(readings)}), "task-exited").state
        is SignalState.UNSEEN
    )


def test_an_error_is_not_new_because_the_older_lines_were_left_out_of_the_journal():
    # The older half of a log is what is recorded last: without it every kind of error would be new.
    def line(minute, number):
        noise = random.Random(number).randbytes(250).hex()
        return LogEntry(at=SINCE + timedelta(minutes=minute), stream="s", text=f"ERROR KeyError: row {noise}")

    def sample(count):
        lines = [*(line(-20, number) for number in range(count)), *(line(0, number) for number in range(50))]
        return LogSample(group=RawId("/ecs/app"), pattern="?ERROR", span=SPAN, lines=tuple(lines))

    small, large = about(1, application_errors=sample(5)), about(1, application_errors=sample(1_500))
    assert signal(small, "new-error").state is SignalState.ABSENT
    assert signal(large, "new-error").state is SignalState.ABSENT
    back = unpacked(packed(large, incident="incident:x@y"))
    assert back.application_errors
    assert len(back.application_errors.lines) < 1_550
    assert signal(back, "new-error").state is SignalState.UNSEEN


def test_task_definitions_without_a_number_are_told_apart():
    lines = tuple(LogEntry(at=SINCE, stream=f"ecs/app/t{number % 2}", text="ERROR x") for number in range(8))
    sample = LogSample(group=RawId("/ecs/app"), pattern="?ERROR", span=SPAN, lines=lines)
    running = (RunningTask(id="t0", definition="app:x"), RunningTask(id="t1", definition="app:²"))
    assert assess(about(1, application_errors=sample, running_tasks=running), RUNBOOK).causes


def test_what_speaks_against_the_leader_and_cannot_be_read_keeps_it_from_being_strong():
    # Its own lead is what the denied source might take away, though no rival would gain by it.
    target = TargetHealth(id=RawId("10.0.0.1"), name="10.0.0.1", state="unhealthy", reason="Target.Timeout")
    write = TrailEvent(
        id=RawId("e"),
        name="RevokeSecurityGroupIngress",
        source="ec2.amazonaws.com",
        at=SINCE - timedelta(minutes=4),
        region="ap-northeast-1",
        actor=Actor(kind=ActorKind.USER, name="watanabe"),
        touched=(RawId("sg-0c4d5e6f7a8b9c0d1"),),
    )
    own = OwnedPart(kind=Owned.SECURITY_GROUP, ids=(RawId("sg-0c4d5e6f7a8b9c0d1"),))
    first = int(SINCE.timestamp()) - 180 * 60
    minutes = range(first, first + 182 * 60, 60)
    errors = {minute: 40.0 for minute in minutes if minute >= int(SINCE.timestamp()) - 120}
    curves = [
        Series(id=each, label=each, times=tuple(errors), values=tuple(errors.values()), period=60)
        for each in (Measure.ELB_5XX, Measure.ELB_504, Measure.CONNECTION_ERRORS)
    ]
    curves.append(Series(id=Measure.TARGET_5XX, label="none", period=60))
    requests = Series(
        id=Measure.REQUESTS, label="r", times=tuple(minutes), values=tuple(300.0 for _ in minutes), period=60
    )
    whole = about(
        2,
        targets=(target,),
        writes=(write,),
        series=(*curves, requests),
        network=NetworkPath(allowed=True, rule="r", port=5432),
        belongings=Belongings(read_at=SINCE, parts=(own,)),
    )
    before, after = assess(whole, RUNBOOK), assess(without(whole, Source.NETWORK), RUNBOOK)
    assert before.leader.id == "network-change"
    assert after.word is not Word.STRONG


@pytest.mark.parametrize("values", [(), (5.0,), (-3.0,) * 180, (0.0,) * 180, (1e300,) * 180, (0.0, 7.0) * 20])
@pytest.mark.parametrize("metric", ["DatabaseConnections", "CPUUtilization", "FreeStorageSpace"])
def test_t0_of_any_curve(values, metric):
    # Without points, with one, constant, negative, huge, with gaps: T0 is a moment, and no score is lost.
    times = tuple(int(SINCE.timestamp()) - 60 * (len(values) - number) * 4 for number in range(len(values)))
    curves = tuple(
        Series(id=measure, label=measure, times=times, values=values, period=60) for measure in Measure
    )
    alarm = AlarmMoment(
        id=RawId("x"), name="x", since=SINCE, namespace=RawId("AWS/RDS"), metric=RawId(metric), threshold=1.0
    )
    for week_ago in ((), curves):
        assessment = assess(about(1, alarm=alarm, series=curves, week_ago=week_ago), RUNBOOK)
        assert assessment.onset.at <= SINCE + timedelta(minutes=1)


@pytest.mark.parametrize(
    ("usual", "now", "state"), [(1.0, 6.0, SignalState.ABSENT), (40.0, 200.0, SignalState.PRESENT)]
)
def test_a_handful_of_requests_at_night_is_no_surge(usual, now, state):
    # Six requests are six times the usual number; a surge of them explained whatever was wrong.
    first = int(SINCE.timestamp()) - 180 * 60
    times = tuple(range(first, first + 182 * 60, 60))
    values = tuple(now if time >= int(SINCE.timestamp()) - 180 else usual for time in times)
    curve = Series(id=Measure.REQUESTS, label="r", times=times, values=values, period=60)
    assert signal(about(2, series=(curve,)), "traffic-surge").state is state


@pytest.mark.parametrize("id", ["no-target-503", "connection-errors", "tls-errors", "elb-500"])
def test_what_was_never_asked_for_is_not_zero(id):
    # A count without points is zero; one of a load balancer that the runbook does not name is not known.
    first = int(SINCE.timestamp()) - 180 * 60
    times = tuple(range(first, first + 182 * 60, 60))
    requests = Series(id=Measure.REQUESTS, label="r", times=times, values=(300.0,) * len(times), period=60)
    others = [
        Series(id=measure, label=measure, period=60) for measure in Measure if measure is not Measure.REQUESTS
    ]
    assert signal(about(2), id).state is SignalState.UNSEEN
    assert signal(about(2, series=(requests, *others)), id).state is SignalState.ABSENT


# ---- a busy database


@pytest.mark.parametrize(
    ("before", "since", "present"),
    [
        (12, 88, {"db-cpu-raised"}),
        (12, 97, {"db-cpu-high", "db-cpu-raised"}),
        (12, 40, {"db-cpu-low", "connections-flat"}),
        (12, 60, {"connections-flat"}),
        (80, 82, {"connections-flat"}),
    ],
)
def test_unchanged_connections_speak_for_the_database_only_while_its_cpu_is_as_before(before, since, present):
    times = tuple(int((SINCE + timedelta(minutes=minute)).timestamp()) for minute in range(-120, 4))
    load = [before if minute < -4 else since for minute in range(-120, 4)]
    curves = (
        Series(id=Measure.DB_CPU, label="cpu", times=times, values=tuple(load), period=60),
        Series(id=Measure.DB_CONNECTIONS, label="connections", times=times, values=(20.0,) * 124, period=60),
    )
    alarm = AlarmMoment(
        id=RawId("rds-cpu"),
        name="rds-cpu-high",
        since=SINCE,
        namespace=RawId("AWS/RDS"),
        metric=RawId("CPUUtilization"),
    )
    signals = assess(about(1, alarm=alarm, series=curves), RUNBOOK).signals
    names = {"db-cpu-raised", "db-cpu-high", "db-cpu-low", "connections-flat"}
    assert {each.id for each in signals if each.id in names and each.state is SignalState.PRESENT} == present
