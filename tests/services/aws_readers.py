"""Readers are found by themselves; one without a line in CALLS fails the test of the mutator."""

import importlib
import inspect
import pkgutil
from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import services.aws
from services.aws import belongings
from services.aws.athena import Athena
from services.aws.autoscaling.reader import AutoScalingReader
from services.aws.budgets import Budgets
from services.aws.certificates import CertificateReader
from services.aws.change_calendar import ChangeCalendars
from services.aws.client.session import AwsSession
from services.aws.cloudfront import CloudFrontReader
from services.aws.cloudtrail.reader import CloudTrailReader
from services.aws.cloudwatch.alarms.mute_rules import MuteRules
from services.aws.cloudwatch.alarms.reader import Alarms
from services.aws.cloudwatch.alarms.requests import AlarmRequests
from services.aws.cloudwatch.alarms.subscriptions import TopicSubscriptions
from services.aws.cloudwatch.alarms.watch import AlarmWatch
from services.aws.cloudwatch.dashboards.reader import Dashboards
from services.aws.cloudwatch.metrics.reader import Metrics
from services.aws.cost_explorer import CostExplorerReader
from services.aws.ecs.reader import EcsReader
from services.aws.elb import ElbReader
from services.aws.iam.access_keys import AccessKeys, RootUsers
from services.aws.logs.events import Logs
from services.aws.logs.insights import Insights
from services.aws.logs.journal_stream import JournalStream
from services.aws.logs.metric_filter import MetricFilters
from services.aws.logs.queries import InsightsQueries
from services.aws.logs.streams import LogStreams
from services.aws.pricing import PricingReader
from services.aws.rds.reader import RdsReader
from services.aws.rds.recovery import RecoveryReader
from services.aws.regions import Regions
from services.aws.s3 import S3Reader
from services.aws.security_groups import SecurityGroups
from services.aws.service_quotas import ServiceQuotas
from services.aws.waf import WafReader
from services.demo.ec2 import SUBNETS, VPC
from services.demo.minor_services import ChangeCalendarStore
from services.demo.names import BALANCER_ARN
from services.inspections.base import InspectionContext
from services.inspections.waf_blocks.sql import blocked_query
from services.models.base import RawId
from services.models.insights_queries import InsightsQuery
from services.models.metrics import MetricQuery, TimeSpan
from services.models.runbook_inspections import Firewall as FirewallSpec

if TYPE_CHECKING:
    from services.demo.world import World

Question = Callable[[InspectionContext], Awaitable[object]]


def questions() -> set[str]:
    names = {"AwsSession.identity", "JournalStream.lines"}
    for module in pkgutil.walk_packages(services.aws.__path__, "services.aws."):
        for name, kind in vars(importlib.import_module(module.name)).items():
            if not inspect.isclass(kind) or kind.__module__ != module.name or not _reads(kind):
                continue
            names |= {
                f"{name}.{method}"
                for method, function in vars(kind).items()
                if not method.startswith("_") and inspect.iscoroutinefunction(function)
            }
    return names


def _reads(kind: type) -> bool:
    if "__init__" not in vars(kind):
        return False
    session = inspect.signature(kind).parameters.get("session")
    return session is not None and "Reader" in str(session.annotation)


def _span(context: InspectionContext) -> TimeSpan:
    now = context.clock.now()
    return TimeSpan(start=now - timedelta(hours=2), end=now)


def _queries() -> list[MetricQuery]:
    cpu = ("AWS/RDS", "CPUUtilization", (("DBInstanceIdentifier", "facility-prod-db"),))
    plain = {"namespace": cpu[0], "metric": cpu[1], "dimensions": cpu[2], "period": 300}
    return [
        MetricQuery(id="a", **plain),
        MetricQuery(id="b", stat="Maximum", **plain),
        MetricQuery(id="e", expression=RawId("b - a"), period=300),
    ]


def _firewall(context: InspectionContext) -> tuple[WafReader, str]:
    alb = context.runbook.alb
    place = f"{context.region}:{context.runbook.system.account}"
    return WafReader(context.reader), f"arn:aws:elasticloadbalancing:{place}:loadbalancer/{alb.load_balancer}"


async def _destination(context: InspectionContext) -> object:
    firewall, arn = _firewall(context)
    acl = await firewall.protecting(arn)
    return acl and await firewall.destination(acl)


async def _samples(context: InspectionContext) -> object:
    firewall, arn = _firewall(context)
    acl = await firewall.protecting(arn)
    return (
        [await firewall.samples(acl, rule, _span(context)) for rule in acl.rules if rule.sampled]
        if acl
        else None
    )


def _waf(context: InspectionContext) -> FirewallSpec:
    assert context.runbook.waf is not None
    return context.runbook.waf


async def _athena(context: InspectionContext) -> object:
    waf = _waf(context)
    query = blocked_query(waf, _span(context), "")
    return await Athena(context.reader).run(query, database=waf.athena_database, workgroup=waf.workgroup)


async def _keys(context: InspectionContext) -> object:
    reader = AccessKeys(context.reader)
    return await reader.keys(tuple(user.id for user in await reader.users()))


async def _used(context: InspectionContext) -> object:
    reader = AccessKeys(context.reader)
    return [
        await reader.used(key) for key in await reader.keys(tuple(user.id for user in await reader.users()))
    ]


async def _pending(context: InspectionContext) -> object:
    reader = RdsReader(context.reader)
    return await reader.pending_actions(await reader.database("facility-prod-db"))


async def _deployment(context: InspectionContext) -> object:
    reader = EcsReader(context.reader)
    return [await reader.deployment(each.id) for each in await reader.deployments(*_SERVICE)]


async def _revisions(context: InspectionContext) -> object:
    reader = EcsReader(context.reader)
    deployments = await reader.deployments(*_SERVICE)
    return await reader.revisions(arn for each in deployments for arn in (*each.sources, each.target))


async def _snapshot(context: InspectionContext) -> object:
    reader = RdsReader(context.reader)
    newest, *_older = await reader.snapshots("facility-prod-db")
    return await reader.snapshot(newest.id)


SPEAKER = "facility-prod-any"


CHANGE_CALENDAR = "facility-freeze"


def speak(world: "World", name: str) -> None:
    """`name` has two series that fire, and a composite above it with an action; a change calendar is open."""
    world.component(ChangeCalendarStore).states[CHANGE_CALENDAR] = "OPEN"
    alarm = world.alarms.get(name)
    alarm.contributors = [
        {
            "ContributorId": f"c{number}",
            "ContributorAttributes": {"path": path},
            "StateReason": f"{number} > 1",
            "StateTransitionedTimestamp": world.clock.now() - timedelta(minutes=number),
        }
        for number, path in ((7, "/reservations"), (3, "/repairs"))
    ]
    action = f"arn:aws:sns:{alarm.region}:{alarm.account}:on-call"
    world.alarms.put(
        "CompositeAlarm", {"AlarmName": SPEAKER, "AlarmRule": f'ALARM("{name}")', "AlarmActions": [action]}
    )


async def _subscribed(context: InspectionContext) -> object:
    topic = f"arn:aws:sns:{context.region}:123456789012:on-call"
    subscriptions = TopicSubscriptions(context.reader, context.clock)
    errors = await subscriptions.ask([topic])
    return subscriptions.reaches(topic), {arn: error.problem.summary for arn, error in errors.items()}


async def _invalidation(context: InspectionContext) -> object:
    reader, cdn = CloudFrontReader(context.reader), context.runbook.cdn
    listing = await reader.invalidations(cdn.distribution, context.clock.now() - timedelta(days=30))
    return await reader.invalidation(cdn.distribution, listing.invalidations[0].id)


async def _rules_of(context: InspectionContext) -> object:
    reader, now = MuteRules(context.reader), context.clock.now()
    return [await reader.targeting(alarm.name, now) for alarm in context.runbook.alarms]


async def _identity(context: InspectionContext) -> object:
    assert isinstance(context.reader, AwsSession)
    return await context.reader.identity()


async def _journal_lines(context: InspectionContext) -> object:
    assert isinstance(context.reader, AwsSession)
    lines, _token = await Logs(context.reader).page(
        _GROUP, int(_span(context).start.timestamp() * 1000), limit=1
    )
    return await JournalStream(context.reader, _GROUP, lines[0].stream).lines() if lines else ()


async def _targets(context: InspectionContext) -> object:
    service = await EcsReader(context.reader).service(*_SERVICE)
    return [await ElbReader(context.reader).target_health(group) for group in service.target_groups]


async def _security_groups(context: InspectionContext) -> object:
    service = await EcsReader(context.reader).service(*_SERVICE)
    database = await RdsReader(context.reader).database("facility-prod-db")
    return await SecurityGroups(context.reader).named([*database.security_groups, *service.security_groups])


def _milliseconds(context: InspectionContext) -> tuple[int, int]:
    span = _span(context)
    return int(span.start.timestamp() * 1000), int(span.end.timestamp() * 1000)


def _days(context: InspectionContext) -> tuple[Any, Any]:
    day = (context.clock.now() - timedelta(days=3)).date()
    return day - timedelta(days=20), day


_RECOVERY = "ap-northeast-3"
_SERVICE = ("facility-prod-cluster", "staff-api")
_VPC_FILTER = [{"Name": "vpc-id", "Values": [VPC]}]
_LOOKS: dict[belongings.Look, dict[str, Any]] = {
    belongings.SERVICES: {"cluster": _SERVICE[0], "services": [_SERVICE[1]]},
    belongings.BALANCER: {"Names": ["facility-prod-alb"]},
    belongings.DATABASE: {"DBInstanceIdentifier": "facility-prod-db"},
    belongings.SUBNETS: {"Filters": [{"Name": "subnet-id", "Values": [*SUBNETS.values()]}]},
    belongings.ROUTE_TABLES: {"Filters": _VPC_FILTER},
    belongings.NETWORK_ACLS: {"Filters": _VPC_FILTER},
    belongings.ENDPOINTS: {"Filters": _VPC_FILTER},
}


async def _belongings(context: InspectionContext) -> object:
    reader = belongings.BelongingsReader(context.reader)
    return [await reader.ids(look, [*SUBNETS.values()], **params) for look, params in _LOOKS.items()]


async def _yes() -> bool:
    return True


_DISTRIBUTION = "E1234567890ABC"
_GROUP = "/ecs/staff-api"
_FILTER = 'filter level = "ERROR" | limit 20'
_MESSAGES = ["ERROR a", "INFO b", ""]  # Of which AWS is asked about the first two


async def _query(context: InspectionContext) -> tuple[InsightsQueries, str]:
    queries = InsightsQueries(context.reader)
    query = InsightsQuery(text=_FILTER, groups=(RawId(_GROUP),), span=_span(context))
    return queries, await queries.start(query, query.text)


async def _query_page(context: InspectionContext) -> object:
    queries, id = await _query(context)
    return await queries.page(id)


async def _query_record(context: InspectionContext) -> object:
    queries, id = await _query(context)
    for _again in range(20):
        progress, _token = await queries.page(id)
        if not progress.going:
            break
    return [await queries.record(pointer) for pointer in progress.rows.pointers[:1]]


async def _stopped_query(context: InspectionContext) -> object:
    queries, id = await _query(context)
    return await queries.stop(id)


CALLS: dict[str, Question] = {
    "AccessKeys.keys": _keys,
    "AccessKeys.used": _used,
    "AccessKeys.users": lambda context: AccessKeys(context.reader).users(),
    "AlarmRequests.exactly": lambda context: AlarmRequests(context.reader, context.clock).exactly([context.runbook.alarms[0].name]),
    "AlarmRequests.in_state": lambda context: AlarmRequests(context.reader, context.clock).in_state("ALARM"),
    "AlarmRequests.named": lambda context: AlarmRequests(context.reader, context.clock).named([context.runbook.alarms[0].name]),
    "AlarmRequests.read": lambda context: AlarmRequests(context.reader, context.clock).read(),
    "AlarmWatch.read": lambda context: AlarmWatch(context.reader, context.runbook, context.clock).read(),
    "Alarms.overview": lambda context: Alarms(context.reader, context.runbook, clock=context.clock).overview(),
    "Alarms.by_arns": lambda context: Alarms(context.reader, context.runbook).by_arns([context.runbook.alarms[0].name]),
    "Alarms.contributors": lambda context: Alarms(context.reader, context.runbook).contributors(context.runbook.alarms[0].name),
    "Alarms.history": lambda context: Alarms(context.reader, context.runbook).history(context.runbook.alarms[0].name, _span(context).start),
    "Alarms.named": lambda context: Alarms(context.reader, context.runbook, clock=context.clock).named([context.runbook.alarms[0].name]),
    "Alarms.history_all": lambda context: Alarms(context.reader, context.runbook).history_all(_span(context).start),
    "Athena.run": _athena,
    "AwsSession.identity": _identity,
    "Athena.workgroup": lambda context: Athena(context.reader).workgroup(_waf(context).workgroup),
    "Budgets.costs": lambda context: Budgets(context.reader).costs(context.runbook.system.account),
    "EcsReader.definition": lambda context: EcsReader(context.reader).definition("facility-prod-staff-api:42"),
    "EcsReader.definitions": lambda context: EcsReader(context.reader).definitions("facility-prod-staff-api"),
    "EcsReader.deployment": _deployment,
    "EcsReader.deployments": lambda context: EcsReader(context.reader).deployments(*_SERVICE),
    "EcsReader.revisions": _revisions,
    "ChangeCalendars.is_open": lambda context: ChangeCalendars(context.reader).is_open(CHANGE_CALENDAR),
    "CloudFrontReader.distribution": lambda context: CloudFrontReader(context.reader).distribution(_DISTRIBUTION),
    "CloudFrontReader.invalidation": _invalidation,
    "CloudFrontReader.invalidations": lambda context: CloudFrontReader(context.reader).invalidations(
        _DISTRIBUTION, context.clock.now() - timedelta(days=60), pages=2
    ),
    "EcsReader.latest": lambda context: EcsReader(context.reader).latest(*_SERVICE),
    "BelongingsReader.ids": _belongings,
    "EcsReader.tasks": lambda context: EcsReader(context.reader).tasks(*_SERVICE, running=_yes),
    "ElbReader.target_health": _targets,
    "CertificateReader.of_balancer": lambda context: CertificateReader(context.reader).of_balancer(BALANCER_ARN),
    "SecurityGroups.named": _security_groups,
    "EcsReader.service": lambda context: EcsReader(context.reader).service(*_SERVICE),
    "ServiceQuotas.fargate_vcpus": lambda context: ServiceQuotas(context.reader).fargate_vcpus(),
    "CostExplorerReader.daily": lambda context: CostExplorerReader(context.reader).daily(*_days(context)),
    "Dashboards.get": lambda context: Dashboards(context.reader).get("facility-prod-main"),
    "PricingReader.fargate_hours": lambda context: PricingReader(context.reader).fargate_hours("ap-northeast-1", arm=False),
    "PricingReader.instance_hour": lambda context: PricingReader(context.reader).instance_hour("ap-northeast-1", "postgres", "db.t4g.large", multi_az=True),
    "PricingReader.storage_month": lambda context: PricingReader(context.reader).storage_month("ap-northeast-1", "gp3", multi_az=True),
    "RdsReader.classes": lambda context: RdsReader(context.reader).classes("postgres", "16.4"),
    "RdsReader.databases": lambda context: RdsReader(context.reader).databases(),
    "RecoveryReader.automated_backups": lambda context: RecoveryReader(context.reader, _RECOVERY).automated_backups("facility-prod-db"),
    "RecoveryReader.has_parameter_group": lambda context: RecoveryReader(context.reader, _RECOVERY).has_parameter_group("facility-prod-postgres16"),
    "RecoveryReader.snapshots": lambda context: RecoveryReader(context.reader, _RECOVERY).snapshots("facility-prod-db"),
    "RecoveryReader.subnet_groups": lambda context: RecoveryReader(context.reader, _RECOVERY).subnet_groups(),
    "RdsReader.database": lambda context: RdsReader(context.reader).database("facility-prod-db"),
    "RdsReader.events": lambda context: RdsReader(context.reader).events("facility-prod-db"),
    "RdsReader.pending_actions": _pending,
    "RdsReader.snapshot": _snapshot,
    "RdsReader.storage_options": lambda context: RdsReader(context.reader).storage_options("facility-prod-db"),
    "RdsReader.snapshots": lambda context: RdsReader(context.reader).snapshots("facility-prod-db"),
    "WafReader.destination": _destination,
    "WafReader.named": lambda context: WafReader(context.reader).named(_waf(context).web_acl),
    "WafReader.protecting": lambda context: _firewall(context)[0].protecting(_firewall(context)[1]),
    "WafReader.samples": _samples,
    "Insights.fields_of": lambda context: Insights(context.reader).fields_of(_GROUP, context.clock.now()),
    "Insights.has_events": lambda context: Insights(context.reader).has_events(_GROUP, _span(context)),
    "Insights.run": lambda context: Insights(context.reader).run(_GROUP, _FILTER, _span(context)),
    "Insights.stored": lambda context: Insights(context.reader).stored(_GROUP),
    "MetricFilters.count": lambda context: MetricFilters(context.reader).count("ERROR", _MESSAGES),
    "MetricFilters.matching": lambda context: MetricFilters(context.reader).matching("ERROR", _MESSAGES),
    "InsightsQueries.definitions": lambda context: InsightsQueries(context.reader).definitions(),
    "InsightsQueries.indexes": lambda context: InsightsQueries(context.reader).indexes([_GROUP]),
    "InsightsQueries.page": _query_page,
    "InsightsQueries.past": lambda context: InsightsQueries(context.reader).past(),
    "InsightsQueries.record": _query_record,
    "InsightsQueries.start": _query,
    "InsightsQueries.stop": _stopped_query,
    "Insights.size_of": lambda context: Insights(context.reader).size_of(_GROUP, _span(context), context.clock.now()),
    "JournalStream.lines": _journal_lines,
    "LogStreams.last_event": lambda context: LogStreams(context.reader).last_event(_GROUP),
    "LogStreams.of_task": lambda context: LogStreams(context.reader).of_task(_GROUP, "task"),
    "Logs.groups": lambda context: Logs(context.reader).groups(),
    "Logs.page": lambda context: Logs(context.reader).page(_GROUP, int(_span(context).start.timestamp() * 1000), limit=20),
    "Logs.sample": lambda context: Logs(context.reader).sample(_GROUP, "ERROR", *_milliseconds(context), limit=20),
    "Metrics.names": lambda context: Metrics(context.reader).names(_queries()[0]),
    "Metrics.fetch": lambda context: Metrics(context.reader).fetch(_queries(), _span(context)),
    "MuteRules.active": lambda context: MuteRules(context.reader).active(context.clock.now()),
    "MuteRules.named": lambda context: MuteRules(context.reader).named("maintenance-work", context.clock.now()),
    "MuteRules.targeting": _rules_of,
    "MuteRules.read": lambda context: MuteRules(context.reader).read(context.clock.now()),
    "S3Reader.under": lambda context: S3Reader(context.reader).under(
        _waf(context).log_bucket, f"{context.clock.now():%Y/%m/%d}/", pages=2
    ),
    "TopicSubscriptions.ask": _subscribed,
    "Regions.described": lambda context: Regions(context.reader).described(),
    "Regions.enabled": lambda context: Regions(context.reader).enabled(),
    "Regions.listed": lambda context: Regions(context.reader).listed(),
    "RootUsers.root": lambda context: RootUsers(context.reader).root(),
    "AutoScalingReader.activities": lambda context: AutoScalingReader(context.reader).activities(*_SERVICE),
    "AutoScalingReader.decisions": lambda context: AutoScalingReader(context.reader).decisions(*_SERVICE),
    "AutoScalingReader.policies": lambda context: AutoScalingReader(context.reader).policies(*_SERVICE),
    "AutoScalingReader.scheduled_actions": lambda context: AutoScalingReader(context.reader).scheduled_actions(*_SERVICE),
    "AutoScalingReader.target": lambda context: AutoScalingReader(context.reader).target(*_SERVICE),
    "CloudTrailReader.lookup": lambda context: CloudTrailReader(context.reader, pace=0.0).lookup(
        "us-east-1", "EventName", "ConsoleLogin", since=_span(context).start - timedelta(days=7), until=_span(context).end
    ),
    "CloudTrailReader.trails": lambda context: CloudTrailReader(context.reader, pace=0.0).trails(context.region),
}  # fmt: skip
"""One question each; those that need another one first ask it."""
