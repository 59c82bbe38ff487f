"""An alarm about a resource that is none of the system's: whose causes, which sources, what is shown instead."""

import asyncio
from datetime import UTC, datetime, timedelta

import pytest

from services.aws.cloudwatch.alarms.reader import Alarms
from services.incidents.catalogue import causes_of
from services.incidents.facts import Facts
from services.incidents.first_wave.own import OF_ANY
from services.incidents.first_wave.parts import moment_of
from services.incidents.first_wave.reading import read_first_wave
from services.incidents.first_wave.sources import REQUESTS
from services.incidents.own_resource import resource_of
from services.incidents.recovery.checks import recovery_checks
from services.incidents.signals.registry import BY_ID
from services.incidents.subject import stranger_of
from services.incidents.weighing import assess
from services.models.assess_answer import AssessAnswer
from services.models.base import RawId
from services.models.causes import CauseSpec, SignalState, Word
from services.models.cloudtrail import Actor, ActorKind, TrailEvent
from services.models.first_wave import (
    AlarmMoment,
    IncidentEvidence,
    LogEntry,
    LogSample,
    Source,
    SourceReading,
)
from services.models.metrics import MetricQuery, TimeSpan
from services.runbook.loader import load_builtin
from tests.services.incidents.waves import live
from tests.services.inspections.running_world import context
from tui.cli.main import PrintedOutput, run

RUNBOOK = load_builtin("facility-prod")
NOW = datetime(2026, 1, 14, 3, 0, tzinfo=UTC)
NODE = (("CacheClusterId", "facility-cache-001"),)
BALANCER = (("LoadBalancer", "app/facility-prod-alb/50dc6c495c0c9188"),)


def query(namespace, *dimensions, metric="CPUUtilization"):
    pairs = tuple((RawId(name), RawId(value)) for name, value in dimensions)
    return MetricQuery(
        id=f"m{len(dimensions)}", namespace=RawId(namespace), metric=RawId(metric), dimensions=pairs
    )


def alarm(*queries, id="cache-high", **fields):
    return AlarmMoment(id=RawId(id), name=id, since=NOW, queries=queries, **fields)


@pytest.mark.parametrize(
    ("queries", "stranger"),
    [
        ([query("AWS/ElastiCache", *NODE)], "AWS/ElastiCache facility-cache-001"),
        ([query("AWS/Lambda", ("FunctionName", "nightly"))], "AWS/Lambda nightly"),
        ([query("AWS/NetworkELB", ("LoadBalancer", "net/x/1"))], "AWS/NetworkELB net/x/1"),
        ([query("AWS/SQS", ("QueueName", "jobs"))], "AWS/SQS jobs"),
        ([query("AWS/ApplicationELB", *BALANCER)], ""),
        ([query("AWS/ApplicationELB", ("LoadBalancer", "app/other/1"))], "AWS/ApplicationELB app/other/1"),
        ([query("AWS/ApplicationELB", *BALANCER, ("AvailabilityZone", "ap-northeast-1a"))], ""),
        ([query("AWS/RDS", ("DBInstanceIdentifier", "facility-prod-db"))], ""),
        ([query("AWS/RDS", ("DBInstanceIdentifier", "other-db"))], "AWS/RDS other-db"),
        ([query("AWS/RDS", ("DBClusterIdentifier", "other"))], "AWS/RDS other"),
        ([query("AWS/ECS", ("ClusterName", "facility-prod-cluster"), ("ServiceName", "staff-api"))], ""),
        ([query("AWS/ECS", ("ClusterName", "facility-prod-cluster"), ("ServiceName", "x"))], "AWS/ECS facility-prod-cluster x"),
        ([query("AWS/CloudFront", ("DistributionId", "E1234567890ABC"), ("Region", "Global"))], ""),
        ([query("AWS/CloudFront", ("DistributionId", "E9"))], "AWS/CloudFront E9"),
        # An alarm on an expression: the system's if one of its metrics is; a composite one, or one on a log, does not tell.
        ([query("AWS/ElastiCache", *NODE), query("AWS/ApplicationELB", *BALANCER, ("Region", "x"))], ""),
        ([MetricQuery(id="e1", expression=RawId("a/b")), query("AWS/SQS", ("QueueName", "jobs"))], "AWS/SQS jobs"),
        ([], ""),
        ([query("Facility/App")], "Facility/App"),
    ],
)  # fmt: skip
def test_the_resource_of_an_alarm_chooses_whether_the_causes_of_the_system_are_weighed(queries, stranger):
    subject = stranger_of(alarm(*queries), RUNBOOK)
    assert (subject.title if subject else "") == stranger
    assert bool(causes_of(RUNBOOK, None, alarm(*queries))) is not bool(stranger)


def test_a_metric_of_the_applications_own_is_the_systems_where_the_runbook_names_its_alarm():
    own = alarm(query("Facility/App"), id="alb-5xx-error-rate")
    assert stranger_of(own, RUNBOOK) is None
    assert stranger_of(alarm(query("AWS/SQS"), id="alb-5xx-error-rate"), RUNBOOK)


OWN = CauseSpec(
    id="cache-failed-over",
    title="キャッシュの切り替え",
    applies_to=(RawId("AWS/ElastiCache"),),
    prior=4,
    present={"own-write": 10, "alarms-together": 3},
    explains=("slow-targets",),
)


@pytest.mark.parametrize(
    ("applies_to", "playbooks", "competes"),
    [
        (("AWS/ElastiCache",), (), True),
        (("AWS/SQS",), (), False),
        (("cache-high",), (), True),
        (("alb-5xx",), (), False),
        ((), (), False),
        (("AWS/ElastiCache",), ("alb-5xx",), False),
    ],
)
def test_a_cause_of_the_runbook_competes_where_it_applies(applies_to, playbooks, competes):
    own = OWN.model_copy(update={"applies_to": applies_to, "playbooks": playbooks})
    runbook = RUNBOOK.model_copy(update={"causes": (own,)})
    ids = {spec.id for spec in causes_of(runbook, None, alarm(query("AWS/ElastiCache", *NODE)))}
    assert ids == ({own.id} if competes else set())
    of_system = {
        spec.id
        for spec in causes_of(runbook, None, alarm(query("AWS/ApplicationELB", *BALANCER), id="alb-high"))
    }
    assert (own.id in of_system) is (applies_to == ())


def write(name, source, *resources, minutes=5.0, error=""):
    return TrailEvent(
        id=RawId(name), name=name, source=f"{source}.amazonaws.com", at=NOW - timedelta(minutes=minutes),
        region="ap-northeast-1", actor=Actor(kind=ActorKind.USER, name="sato"), resources=resources, error=error,
    )  # fmt: skip


def evidence(later=30.0, **fields):
    fields.setdefault("alarm", alarm(query("AWS/ElastiCache", *NODE)))
    readings = tuple(SourceReading(source=source) for source in Source)
    return IncidentEvidence(began=NOW, ended=NOW + timedelta(minutes=later), readings=readings, **fields)


@pytest.mark.parametrize(
    ("writes", "later", "state"),
    [
        ([write("TestFailover", "elasticache", "facility-cache")], 30, SignalState.PRESENT),
        ([write("RebootCacheCluster", "elasticache", "facility-cache-001")], 1, SignalState.PRESENT),
        ([write("ModifyCacheCluster", "elasticache", "arn:aws:elasticache:x:1:cluster:facility-cache-001")], 30, SignalState.PRESENT),
        ([write("ModifyCacheCluster", "elasticache", "other-cache-001")], 30, SignalState.ABSENT),
        ([write("ModifyDBInstance", "rds", "facility-cache")], 30, SignalState.ABSENT),
        ([write("TestFailover", "elasticache", "facility-cache", error="AccessDenied")], 30, SignalState.ABSENT),
        ([write("TestFailover", "elasticache", "facility-cache", minutes=50)], 30, SignalState.ABSENT),
        ([], 30, SignalState.ABSENT),
        ([], 5, SignalState.UNSEEN),
    ],
)  # fmt: skip
def test_only_a_write_to_the_resource_itself_counts(writes, later, state):
    facts = Facts(evidence(later, writes=tuple(writes)), RUNBOOK)
    assert BY_ID["own-write"].of(facts).state is state


def test_a_cause_of_the_runbook_is_weighed_by_what_is_known_of_any_resource():
    runbook = RUNBOOK.model_copy(update={"causes": (OWN,)})
    whole = evidence(
        writes=(write("TestFailover", "elasticache", "facility-cache"),),
        together=(alarm(query("AWS/ApplicationELB", *BALANCER), id="alb-latency-high"),),
    )
    assessment = assess(whole, runbook)
    assert [(str(cause.id), cause.score) for cause in assessment.causes] == [("cache-failed-over", 17)]
    assert assessment.word is Word.LIKELY, "nothing shows the cause itself"
    assert assess(whole, RUNBOOK).causes == ()


def test_a_new_kind_of_error_in_the_resources_log_is_one():
    lines = [(-20, "Task timed out after 3.00 seconds")] * 3 + [(1, "KeyError: 'order' at line 12")] * 8
    entries = tuple(LogEntry(at=NOW + timedelta(minutes=at), stream="s", text=text) for at, text in lines)
    span = TimeSpan(start=NOW - timedelta(minutes=30), end=NOW + timedelta(minutes=5))
    sample = LogSample(group=RawId("/aws/lambda/nightly"), pattern="", span=span, lines=entries)
    lamb = alarm(query("AWS/Lambda", ("FunctionName", "nightly")))
    judged = BY_ID["own-new-error"].of(Facts(evidence(alarm=lamb, own_log=sample), RUNBOOK))
    assert judged.state is SignalState.PRESENT
    assert "KeyError" in judged.value


# ---- over HTTP


@pytest.mark.scenario("empty", history=0.0)
async def test_assess_says_that_no_causes_are_known_and_what_is(embedded_now, capsys):
    await cache_alarm(embedded_now)
    arguments = ["--lang", "en", "assess", "cache-high", "--endpoint-url", embedded_now.url]
    assert await asyncio.to_thread(run, arguments, PrintedOutput(outline_drawn=False)) == 3
    printed = capsys.readouterr().out
    for part in ("cannot tell: no causes are known for AWS/ElastiCache facility-cache-001", "      Evictions (Sum)  before T0 0"):  # fmt: skip
        assert part in printed
    assert "oll" not in printed, "no shipped cause's action"
    assert await asyncio.to_thread(run, [*arguments, "--json"], PrintedOutput(outline_drawn=False)) == 3
    answer = AssessAnswer.model_validate_json(capsys.readouterr().out)
    assert answer.causes == ()
    assert answer.resource
    assert answer.resource.title == "AWS/ElastiCache facility-cache-001"
    assert answer.requests <= 5


@pytest.fixture
async def console(empty_aws):
    async with context(empty_aws) as console:
        yield console


async def cache_alarm(aws):
    """A cache that evicts since ten minutes, its alarm on the CPU of the engine, and a metric that stays as it is."""
    from tests.services.test_readers_http import connected

    async with connected(aws) as (client, _session):
        dimensions = [{"Name": name, "Value": value} for name, value in NODE]
        for metric, usual, bad in (("EngineCPUUtilization", 12.0, 96.0), ("Evictions", 0.0, 900.0), ("CacheHits", 5000.0, 5000.0)):  # fmt: skip
            data = [
                {"MetricName": metric, "Dimensions": dimensions, "Value": bad if minute <= 10 else usual,
                 "Timestamp": aws.clock.now() - timedelta(minutes=minute)}
                for minute in range(1, 120)
            ]  # fmt: skip
            await client.put_metric_data(Namespace="AWS/ElastiCache", MetricData=data)
        for name, metric in (("cache-high", "EngineCPUUtilization"), ("cache-evicts", "Evictions")):
            await client.put_metric_alarm(
                AlarmName=name, Namespace="AWS/ElastiCache", MetricName=metric, Dimensions=dimensions,
                Statistic="Maximum", Period=60, EvaluationPeriods=3, Threshold=90.0,
                ComparisonOperator="GreaterThanThreshold",
            )  # fmt: skip
    aws.advance(60)


async def test_an_alarm_of_a_cache_is_told_by_the_cache_itself(empty_aws, console):
    await cache_alarm(empty_aws)
    overview = await Alarms(console.reader, RUNBOOK, clock=console.clock).overview()
    moment = moment_of(overview.by_id["cache-high"], console.clock.now())
    before = sum(empty_aws.counts().values())
    whole = await read_first_wave(moment, RUNBOOK, console.reader, console.clock, alarms=overview)
    assert whole.requests == sum(empty_aws.counts().values()) - before <= 5 <= REQUESTS
    read = {reading.source for reading in whole.readings if reading.is_read}
    assert read == set(OF_ANY) - {Source.OWN_LOG}
    assert [curve.label for curve in whole.own_series] == [
        "EngineCPUUtilization (Maximum)",
        "Evictions (Sum)",
    ]
    assert [each.id for each in whole.together] == ["cache-evicts"]
    assessment = assess(whole, RUNBOOK)
    assert (assessment.causes, assessment.word) == ((), Word.OPEN)
    assert assessment.why == "no causes are known for AWS/ElastiCache facility-cache-001"
    began = console.clock.now() - timedelta(minutes=11)
    assert abs(assessment.onset.at - began) <= timedelta(minutes=1)
    resource = resource_of(Facts(whole, RUNBOOK), UTC)
    assert resource
    texts = {row.name: row.text for row in resource.rows}
    assert texts["EngineCPUUtilization (Maximum)"].startswith("before T0 12%, at ")
    assert texts["Fire together"] == "cache-evicts"
    assert texts["Changed"].startswith("CloudTrail shows no change of it up to ")
    checks = recovery_checks(Facts(whole, RUNBOOK))
    assert [check.is_met for check in checks] == [False], (
        "the tasks and targets of the system say nothing about it"
    )


@pytest.mark.scenario("alb-5xx", history=5400.0)
@pytest.mark.parametrize(
    ("id", "omitted"),
    [("alb-5xx-error-rate", ""), ("nightly-errors", "There is no log group /aws/lambda/nightly.")],
    ids=["named by the runbook", "its service's, which does not exist"],
)
async def test_the_log_of_a_resource_is_read_if_it_has_one(embedded, id, omitted):
    live(embedded)
    async with context(embedded) as console:
        moment = alarm(query("AWS/Lambda", ("FunctionName", "nightly"), metric="Errors"), id=id)
        moment = moment.model_copy(update={"since": console.clock.now() - timedelta(minutes=2)})
        whole = await read_first_wave(moment, RUNBOOK, console.reader, console.clock, seconds=30.0)
    reading = whole.reading(Source.OWN_LOG)
    assert reading
    assert (reading.omitted, reading.problem) == (omitted, None)
    assert bool(whole.own_log and whole.own_log.lines) is not bool(omitted)


@pytest.mark.scenario("alb-5xx", history=5400.0)
async def test_sources_of_the_system_are_read_for_a_cause_that_needs_them_within_the_requests(embedded):
    live(embedded)
    own = OWN.model_copy(update={"applies_to": (RawId("AWS/Lambda"),), "present": {"recent-deployment": 9}})
    runbook = RUNBOOK.model_copy(update={"causes": (own,)})
    async with context(embedded) as console:
        moment = alarm(query("AWS/Lambda", ("FunctionName", "nightly"), metric="Errors"), id="nightly")
        moment = moment.model_copy(update={"since": console.clock.now() - timedelta(minutes=2)})
        whole = await read_first_wave(moment, runbook, console.reader, console.clock, seconds=30.0)
    assert whole.requests <= REQUESTS
    assert whole.service
    assert assess(whole, runbook).causes


@pytest.mark.scenario("alb-5xx", history=5400.0)
async def test_every_alarm_of_the_runbook_is_about_its_own_system(embedded):
    async with context(embedded) as console:
        overview = await Alarms(console.reader, RUNBOOK, clock=console.clock).overview()
        moments = {
            each.name: moment_of(overview.by_id[each.name], console.clock.now()) for each in RUNBOOK.alarms
        }
    assert {name: stranger_of(moment, RUNBOOK) for name, moment in moments.items()} == dict.fromkeys(moments)
