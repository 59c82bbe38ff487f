"""Every question of every reader of `services.aws`, asked once each of the embedded AWS.

A reader is a class whose first argument is a session of the kind Reader; `questions()` finds them by themselves, and a
new one without a line in CALLS fails the test of the mutator.
"""

import importlib
import inspect
import pkgutil
from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import services.aws
from services.aws.athena import Athena
from services.aws.autoscaling.reader import AutoScalingReader
from services.aws.budgets import Budgets
from services.aws.client.session import AwsSession
from services.aws.cloudtrail.reader import CloudTrailReader
from services.aws.cloudwatch.alarms.mute_rules import MuteRules
from services.aws.cloudwatch.alarms.parents import ParentAlarms
from services.aws.cloudwatch.alarms.reader import Alarms
from services.aws.cloudwatch.dashboards.reader import Dashboards
from services.aws.cloudwatch.metrics.reader import Metrics
from services.aws.cost_explorer import CostExplorerReader
from services.aws.ecs import EcsReader
from services.aws.iam.access_keys import AccessKeys
from services.aws.iam.root_user import RootUsers
from services.aws.logs.events import Logs
from services.aws.logs.insights import Insights
from services.aws.logs.journal_stream import JournalStream
from services.aws.rds.reader import RdsReader
from services.aws.regions import Regions
from services.aws.s3 import S3Reader
from services.aws.waf import WafReader
from services.inspections.base import InspectionContext
from services.inspections.waf_blocks.sql import blocked_query
from services.models.alarms import Alarm, AlarmKind, AlarmState
from services.models.base import RawId
from services.models.metrics import MetricQuery, TimeSpan
from services.models.runbook_looks import Firewall as FirewallSpec

if TYPE_CHECKING:
    from services.demo.world import World

Question = Callable[[InspectionContext], Awaitable[object]]


def questions() -> set[str]:
    """`Class.method` of every public coroutine of every reader, and the reads of what is more than one."""
    found = {"AwsSession.identity", "JournalStream.lines"}
    for module in pkgutil.walk_packages(services.aws.__path__, "services.aws."):
        for name, each in vars(importlib.import_module(module.name)).items():
            if not inspect.isclass(each) or each.__module__ != module.name or not _reads(each):
                continue
            found |= {
                f"{name}.{method}"
                for method, function in vars(each).items()
                if not method.startswith("_") and inspect.iscoroutinefunction(function)
            }
    return found


def _reads(kind: type) -> bool:
    if "__init__" not in vars(kind):
        return False
    session = inspect.signature(kind).parameters.get("session")
    return session is not None and "Reader" in str(session.annotation)


def _span(made: InspectionContext) -> TimeSpan:
    now = made.clock.now()
    return TimeSpan(start=now - timedelta(hours=2), end=now)


def _queries() -> list[MetricQuery]:
    cpu = ("AWS/RDS", "CPUUtilization", (("DBInstanceIdentifier", "facility-prod-db"),))
    plain = {"namespace": cpu[0], "metric": cpu[1], "dimensions": cpu[2], "period": 300}
    return [
        MetricQuery(id="a", **plain),
        MetricQuery(id="b", stat="Maximum", **plain),
        MetricQuery(id="e", expression=RawId("b - a"), period=300),
    ]


def _firewall(made: InspectionContext) -> tuple[WafReader, str]:
    alb = made.runbook.alb
    assert alb is not None
    place = f"{made.region}:{made.runbook.system.account}"
    return WafReader(made.reader), f"arn:aws:elasticloadbalancing:{place}:loadbalancer/{alb.load_balancer}"


async def _destination(made: InspectionContext) -> object:
    firewall, arn = _firewall(made)
    acl = await firewall.protecting(arn)
    return acl and await firewall.destination(acl)


async def _samples(made: InspectionContext) -> object:
    firewall, arn = _firewall(made)
    acl = await firewall.protecting(arn)
    return (
        [await firewall.samples(acl, rule, _span(made)) for rule in acl.rules if rule.sampled]
        if acl
        else None
    )


def _waf(made: InspectionContext) -> FirewallSpec:
    assert made.runbook.waf is not None
    return made.runbook.waf


async def _athena(made: InspectionContext) -> object:
    waf = _waf(made)
    query = blocked_query(waf, _span(made), "")
    return await Athena(made.reader).run(query, database=waf.athena_database, workgroup=waf.workgroup)


async def _keys(made: InspectionContext) -> object:
    reader = AccessKeys(made.reader)
    return await reader.keys(tuple(user.id for user in await reader.users()))


async def _used(made: InspectionContext) -> object:
    reader = AccessKeys(made.reader)
    return [
        await reader.used(key) for key in await reader.keys(tuple(user.id for user in await reader.users()))
    ]


async def _pending(made: InspectionContext) -> object:
    reader = RdsReader(made.reader)
    return await reader.pending_actions(await reader.database("facility-prod-db"))


SPEAKER = "facility-prod-any"


def speak(world: "World", name: str) -> None:
    """Give the alarm `name` of a world two series that fire, and a composite alarm above it that has an action."""
    alarm = world.alarms.get(name)
    assert alarm is not None
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


async def _parents(made: InspectionContext) -> object:
    """Of an alarm without actions, beside a composite alarm that has one."""
    silent, speaker = RawId(made.runbook.alarms[0].name), RawId(SPEAKER)
    alarms = [
        Alarm(id=silent, name=silent, state=AlarmState.OK),
        Alarm(id=speaker, name=speaker, state=AlarmState.OK, kind=AlarmKind.COMPOSITE, has_actions=True),
    ]
    return await ParentAlarms(made.reader).marked(alarms)


async def _identity(made: InspectionContext) -> object:
    assert isinstance(made.reader, AwsSession)
    return await made.reader.identity()


async def _journal_lines(made: InspectionContext) -> object:
    """Of a stream that there is."""
    assert isinstance(made.reader, AwsSession)
    lines, _token = await Logs(made.reader).page(_GROUP, int(_span(made).start.timestamp() * 1000), limit=1)
    return await JournalStream(made.reader, _GROUP, lines[0].stream).lines() if lines else ()


def _days(made: InspectionContext) -> tuple[Any, Any]:
    day = (made.clock.now() - timedelta(days=3)).date()
    return day - timedelta(days=20), day


_SERVICE = ("facility-prod-cluster", "staff-api")
_GROUP = "/ecs/staff-api"
_FILTER = 'filter level = "ERROR" | limit 20'

CALLS: dict[str, Question] = {
    "AccessKeys.keys": _keys,
    "AccessKeys.used": _used,
    "AccessKeys.users": lambda made: AccessKeys(made.reader).users(),
    "Alarms.board": lambda made: Alarms(made.reader, made.runbook, clock=made.clock).board(),
    "Alarms.by_arns": lambda made: Alarms(made.reader, made.runbook).by_arns([made.runbook.alarms[0].name]),
    "Alarms.contributors": lambda made: Alarms(made.reader, made.runbook).contributors(made.runbook.alarms[0].name),
    "Alarms.history": lambda made: Alarms(made.reader, made.runbook).history(made.runbook.alarms[0].name, _span(made).start),
    "Alarms.named": lambda made: Alarms(made.reader, made.runbook, clock=made.clock).named([made.runbook.alarms[0].name]),
    "Alarms.history_all": lambda made: Alarms(made.reader, made.runbook).history_all(_span(made).start),
    "Athena.run": _athena,
    "AwsSession.identity": _identity,
    "Athena.workgroup": lambda made: Athena(made.reader).workgroup(_waf(made).workgroup),
    "Budgets.costs": lambda made: Budgets(made.reader).costs(made.runbook.system.account),
    "EcsReader.service": lambda made: EcsReader(made.reader).service(*_SERVICE),
    "CostExplorerReader.daily": lambda made: CostExplorerReader(made.reader).daily(*_days(made)),
    "Dashboards.get": lambda made: Dashboards(made.reader).get("facility-prod-main"),
    "RdsReader.database": lambda made: RdsReader(made.reader).database("facility-prod-db"),
    "RdsReader.events": lambda made: RdsReader(made.reader).events("facility-prod-db"),
    "RdsReader.pending_actions": _pending,
    "RdsReader.snapshots": lambda made: RdsReader(made.reader).snapshots("facility-prod-db"),
    "WafReader.destination": _destination,
    "WafReader.named": lambda made: WafReader(made.reader).named(_waf(made).web_acl),
    "WafReader.protecting": lambda made: _firewall(made)[0].protecting(_firewall(made)[1]),
    "WafReader.samples": _samples,
    "Insights.fields_of": lambda made: Insights(made.reader).fields_of(_GROUP, made.clock.now()),
    "Insights.has_events": lambda made: Insights(made.reader).has_events(_GROUP, _span(made)),
    "Insights.run": lambda made: Insights(made.reader).run(_GROUP, _FILTER, _span(made)),
    "Insights.size_of": lambda made: Insights(made.reader).size_of(_GROUP, _span(made), made.clock.now()),
    "JournalStream.lines": _journal_lines,
    "Logs.groups": lambda made: Logs(made.reader).groups(),
    "Logs.page": lambda made: Logs(made.reader).page(_GROUP, int(_span(made).start.timestamp() * 1000), limit=20),
    "Metrics.fetch": lambda made: Metrics(made.reader).fetch(_queries(), _span(made)),
    "MuteRules.active": lambda made: MuteRules(made.reader).active(made.clock.now()),
    "MuteRules.read": lambda made: MuteRules(made.reader).read(made.clock.now()),
    "S3Reader.under": lambda made: S3Reader(made.reader).under(
        _waf(made).log_bucket, f"{made.clock.now():%Y/%m/%d}/", pages=2
    ),
    "ParentAlarms.marked": _parents,
    "Regions.described": lambda made: Regions(made.reader).described(),
    "Regions.enabled": lambda made: Regions(made.reader).enabled(),
    "Regions.listed": lambda made: Regions(made.reader).listed(),
    "RootUsers.root": lambda made: RootUsers(made.reader).root(),
    "AutoScalingReader.activities": lambda made: AutoScalingReader(made.reader).activities(*_SERVICE),
    "AutoScalingReader.decisions": lambda made: AutoScalingReader(made.reader).decisions(*_SERVICE),
    "AutoScalingReader.policies": lambda made: AutoScalingReader(made.reader).policies(*_SERVICE),
    "AutoScalingReader.scheduled_actions": lambda made: AutoScalingReader(made.reader).scheduled_actions(*_SERVICE),
    "AutoScalingReader.target": lambda made: AutoScalingReader(made.reader).target(*_SERVICE),
    "CloudTrailReader.lookup": lambda made: CloudTrailReader(made.reader, pace=0.0).lookup(
        "us-east-1", "EventName", "ConsoleLogin", since=_span(made).start - timedelta(days=7), until=_span(made).end
    ),
    "CloudTrailReader.trails": lambda made: CloudTrailReader(made.reader, pace=0.0).trails(made.region),
}  # fmt: skip
"""One question each; those that need another one first ask it."""
