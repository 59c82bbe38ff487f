"""Which names of the runbook AWS does not have, key by key, and what it has instead.

Each is asked for by itself, with what the console may read anyway; what else there is, is listed only where one is missing.
"""

import asyncio
import re
from collections.abc import Awaitable, Callable, Iterable, Iterator
from dataclasses import dataclass
from difflib import get_close_matches
from typing import Any

from services.aws.client.errors import AwsError, Invalid, NotFound
from services.aws.client.reader import Reader
from services.aws.cloudwatch.alarms.pace import RequestPace
from services.aws.cloudwatch.alarms.requests import AlarmRequests
from services.aws.regions import Regions
from services.i18n import _
from services.models.problem import ProblemKind
from services.models.runbook import Runbook
from services.models.text import clean
from services.models.verdict import Verdict
from services.policy.arns import Arns
from services.policy.probes import GLOBAL
from tui.cli.doctor.examination import SECONDS, Examination
from tui.cli.doctor.outcome import Outcome
from tui.cli.doctor.permissions import PASSING

AT_ONCE = 8
MOST_SHOWN = 8
"""Existing names beside a missing one."""
MOST_PAGES = 10
UNGRANTED = frozenset({"alb.load_balancer"})
"""Keys whose names only a permission shows that the console does not need otherwise: where it is missing, that is said."""
_ABSENT = re.compile(r"not found|does not exist", re.IGNORECASE)
"""How Athena words it, under the code of any invalid request."""


class _Account:
    """What AWS has."""

    def __init__(self, session: Reader) -> None:
        self.session = session

    async def has(self, service: str, operation: str, **params: Any) -> bool:
        """Whether the answer is not that there is no such thing. Raises AwsError."""
        try:
            await self.session.read(service, operation, timeout=SECONDS, **params)
        except NotFound:
            return False
        except Invalid as error:
            if not _ABSENT.search(error.problem.detail):
                raise
            return False
        return True

    async def list(
        self, service: str, operation: str, rows: str, name: str, *, most: int = MOST_PAGES, **params: Any
    ) -> list[str]:
        """The names in the first `most` pages of a list. Raises AwsError."""
        names: list[str] = []
        pages = self.session.pages(service, operation, timeout=SECONDS, page_limit=most + 1, **params)
        count = 0
        async for page in pages:
            names += [str(row.get(name) if isinstance(row, dict) else row) for row in page.get(rows) or ()]
            count += 1
            if count == most:
                break
        return names


@dataclass(frozen=True, slots=True)
class _Named:
    """Names under one key of the runbook."""

    key: str
    names: Iterable[str]
    exists: Callable[[str], Awaitable[bool]]
    others: Callable[[], Awaitable[list[str]]] | None = None
    """What there is; None: AWS lists it nowhere that the console may read."""


def _named(runbook: Runbook, account: _Account, arns: Arns, alarms: AlarmRequests) -> Iterator[_Named]:
    """Every name of a resource in the runbook."""
    has, every = account.has, account.list
    if ecs := runbook.ecs:
        cluster = str(ecs.cluster)

        async def is_service(name: str) -> bool:
            return name in await every(
                "ecs", "DescribeServices", "services", "serviceName", cluster=cluster, services=[name]
            )

        async def services() -> list[str]:
            listed = await every("ecs", "ListServices", "serviceArns", "", cluster=cluster)
            return [arn.rpartition("/")[2] for arn in listed]

        yield _Named("ecs.cluster", [cluster], lambda name: has("ecs", "ListTasks", cluster=name))
        yield _Named("ecs.services", map(str, ecs.services), is_service, services)
    if rds := runbook.rds:
        yield _Named(
            "rds.instance",
            [str(rds.instance)],
            lambda name: has("rds", "DescribeDBInstances", DBInstanceIdentifier=name),
            lambda: every("rds", "DescribeDBInstances", "DBInstances", "DBInstanceIdentifier"),
        )
    yield from _way_in(runbook, account, arns)
    if dashboard := runbook.dashboard:
        yield _Named(
            "dashboard.name",
            [str(dashboard.name)],
            lambda name: has("cloudwatch", "GetDashboard", DashboardName=name),
            lambda: every("cloudwatch", "ListDashboards", "DashboardEntries", "DashboardName"),
        )

    async def is_alarm(name: str) -> bool:
        return bool(await alarms.named([name]))

    async def all_alarms() -> list[str]:
        return [str(alarm.name) for alarm in (await alarms.read(MOST_PAGES)).alarms]

    yield _Named("alarms.name", [str(alarm.name) for alarm in runbook.alarms], is_alarm, all_alarms)
    yield from _groups(runbook, every)
    if keys := runbook.access_keys:
        yield _Named(
            "access_keys.users",
            map(str, keys.users),
            lambda name: has("iam", "ListAccessKeys", UserName=name),
            lambda: every("iam", "ListUsers", "Users", "UserName"),
        )

    async def regions() -> list[str]:
        return list((await Regions(account.session).enabled()).names)

    if trail := runbook.trail:
        yield _Named("trail.sign_in_regions", map(str, trail.sign_in_regions), _among(regions), regions)
    if disaster := runbook.disaster:
        yield _Named("disaster.region", [str(disaster.region)], _among(regions), regions)


def _way_in(runbook: Runbook, account: _Account, arns: Arns) -> Iterator[_Named]:
    """What a request passes before it reaches the system."""
    has, every = account.has, account.list
    if (alb := runbook.alb) and alb.target_group:
        yield _Named(
            "alb.target_group",
            [str(alb.target_group)],
            lambda name: has(
                "elbv2", "DescribeTargetHealth", TargetGroupArn=arns.arn("elasticloadbalancing", name)
            ),
            lambda: _ends(every("elbv2", "DescribeTargetGroups", "TargetGroups", "TargetGroupArn")),
        )
    if alb and alb.load_balancer:

        def balancers() -> Awaitable[list[str]]:
            listed = every("elbv2", "DescribeLoadBalancers", "LoadBalancers", "LoadBalancerArn")
            return _ends(listed, "loadbalancer/")

        yield _Named("alb.load_balancer", [str(alb.load_balancer)], _among(balancers), balancers)
    if cdn := runbook.cdn:
        yield _Named(
            "cdn.distribution",
            [str(cdn.distribution)],
            lambda name: has("cloudfront", "GetDistribution", Id=name),
        )
    if waf := runbook.waf:
        scope = waf.scope.upper()

        def acls() -> Awaitable[list[str]]:
            region = GLOBAL if scope == "CLOUDFRONT" else None
            # One page has all that an account may have; the last one has a marker, too.
            return every(
                "wafv2", "ListWebACLs", "WebACLs", "Name", most=1, Limit=100, Scope=scope, region=region
            )

        yield _Named("waf.web_acl", filter(None, [str(waf.web_acl)]), _among(acls), acls)
        yield _Named(
            "waf.workgroup",
            filter(None, [str(waf.workgroup)]),
            lambda name: has("athena", "GetWorkGroup", WorkGroup=name),
        )


def _groups(runbook: Runbook, every: Callable[..., Awaitable[list[str]]]) -> Iterator[_Named]:
    """The log groups, wherever they are named; each name under its first key."""

    async def exists(name: str) -> bool:
        return name in await every(
            "logs", "DescribeLogGroups", "logGroups", "logGroupName", logGroupNamePrefix=name
        )

    named = [("log_groups.id", str(group.id)) for group in runbook.log_groups]
    named += [("alarms.log_group", str(alarm.log_group)) for alarm in runbook.alarms]
    for key, spec in (
        ("error_logs", runbook.error_logs),
        ("slow_queries", runbook.slow_queries),
        ("journal", runbook.journal),
    ):
        named.append((f"{key}.log_group", str(spec.log_group) if spec is not None else ""))
    named += [("inspections.log_group", str(each.log_group)) for each in runbook.inspections]
    first: dict[str, str] = {}
    for key, name in named:
        first.setdefault(name, key)
    for name, key in first.items():
        if name:
            yield _Named(
                key, [name], exists, lambda: every("logs", "DescribeLogGroups", "logGroups", "logGroupName")
            )


async def _ends(listed: Awaitable[list[str]], before: str = "") -> list[str]:
    """The last parts of ARNs, as the runbook names load balancers."""
    return [arn.split(":", 5)[-1].removeprefix(before) for arn in await listed]


def _among(listed: Callable[[], Awaitable[list[str]]]) -> Callable[[str], Awaitable[bool]]:
    async def exists(name: str) -> bool:
        return name in await listed()

    return exists


async def names(subject: Examination) -> Outcome:
    """Ask AWS for every name; one that cannot be asked for is said, with the reason."""
    session = await subject.connected()
    region = session.settings.region or str(subject.runbook.system.region)
    alarms = AlarmRequests(session, subject.clock, RequestPace(subject.clock, AT_ONCE))
    every = _named(subject.runbook, _Account(session), Arns(subject.runbook, region), alarms)
    slots = asyncio.Semaphore(AT_ONCE)
    pairs = [(each, name) for each in every for name in each.names]
    answers = await asyncio.gather(*(_asked(each, name, slots) for each, name in pairs))
    missing = tuple(answer for answer in answers if isinstance(answer, str) and answer)
    unread = [
        (each.key, answer.problem)
        for (each, _name), answer in zip(pairs, answers, strict=True)
        if isinstance(answer, AwsError)
    ]
    details = [_("{key}: not checked: {problem}").format(key=key, problem=why.summary) for key, why in unread]
    text = _("{count} names of the runbook: {missing} missing, {unread} not checked").format(
        count=len(pairs), missing=len(missing), unread=len(unread)
    )
    numbers = {"names": float(len(pairs)), "missing": float(len(missing)), "unread": float(len(unread))}
    if missing:
        remedy = _("Correct these names in the runbook.")
        return Outcome(Verdict.ABNORMAL, text, remedy, (*missing, *dict.fromkeys(details)), numbers)
    doubts = [why for key, why in unread if key not in UNGRANTED or why.kind is not ProblemKind.ACCESS_DENIED]
    if doubts:
        is_passing = any(why.kind in PASSING for why in doubts)
        remedy = _("Run it again in a minute.") if is_passing else doubts[0].advice
        return Outcome(Verdict.UNKNOWN, text, remedy, tuple(dict.fromkeys(details)), numbers)
    return Outcome(Verdict.NORMAL, text, "", tuple(details), numbers)


async def _asked(named: _Named, name: str, slots: asyncio.Semaphore) -> AwsError | str:
    """A sentence about a name that does not exist; "" for one that does."""
    async with slots:
        try:
            if await named.exists(name):
                return ""
        except AwsError as error:
            return error
        text = _('{key} = "{name}" does not exist').format(key=named.key, name=clean(name))
        if named.others is None:
            return text
        try:
            others = sorted(set(await named.others()))
        except AwsError as error:
            return _("{text} (what there is could not be listed: {problem})").format(
                text=text, problem=error.problem.summary
            )
    near = get_close_matches(name, others, n=MOST_SHOWN, cutoff=0.6)
    shown = [*near, *(other for other in others if other not in near)][:MOST_SHOWN]
    more = len(others) - len(shown)
    listed = _(", ").join(clean(other) for other in shown) or _("none")
    listed = _("{names} and {count} more").format(names=listed, count=more) if more else listed
    return _("{text}; there are: {names}").format(text=text, names=listed)
