"""Each is asked for by itself; what else there is, is listed only where one is missing."""

import asyncio
import re
from collections.abc import Awaitable, Callable, Sequence
from difflib import get_close_matches
from typing import Any

from services.aws.client.errors import BY_KIND, AwsError, Invalid, NotFound
from services.aws.client.reader import Reader
from services.aws.cloudwatch.alarms.requests import AlarmRequests
from services.aws.regions import Regions
from services.i18n import _
from services.models.problem import Problem
from services.models.text import clean
from services.models.verdict import Verdict
from services.policy.arns import Arns
from services.policy.probes import region_of
from tui.cli.doctor.examination import SECONDS, CheckOutcome, Examination, remedy_of

AT_ONCE = 8
MOST_SHOWN = 8  # Existing names beside a missing one
MOST_PAGES = 40
_ABSENT = re.compile(r"not found|does not exist", re.IGNORECASE)
"""How Athena words it, under the code of any invalid request."""


class _Account:
    def __init__(self, session: Reader, subject: Examination) -> None:
        self.session, self.book = session, subject.runbook
        self.arns = Arns(self.book, subject.session.settings.region or str(self.book.system.region))
        self.alarms = AlarmRequests(session, subject.clock)
        self.slots = asyncio.Semaphore(AT_ONCE)
        self._lists: dict[_Names, asyncio.Future[Sequence[str]]] = {}

    async def all(self, names: "_Names | None") -> Sequence[str] | None:
        """All names, read once; None where nothing lists them. Raises AwsError."""
        if names is not None and names not in self._lists:
            self._lists[names] = asyncio.ensure_future(names(self, ""))
        return None if names is None else await self._lists[names]


_Names = Callable[[_Account, str], Awaitable[Sequence[str]]]
"""What AWS has of a name, or of all where it is "". Raises AwsError."""


_Params = Callable[[Any, str], dict[str, Any]]


def _read(service: str, operation: str, path: str, params: _Params | None = None, before: str = "") -> _Names:
    """`path`: the key of the rows, and of a row's name (after what matches `before`); "*": any answer says that it exists."""
    rows, _dot, key = path.partition(".")

    async def names(at: _Account, name: str) -> list[str]:
        sent = params(at, name) if params else {}
        sent |= {"region": region_of(service, sent), "required": (rows,), "timeout": SECONDS}
        try:
            # One page has all web ACLs that an account may have; the last one has a marker, too.
            if key == "*" or service == "wafv2":
                pages = [await at.session.read(service, operation, **sent)]
            else:
                every = at.session.pages(service, operation, page_limit=MOST_PAGES, **sent)
                pages = [page async for page in every]
        except (NotFound, Invalid) as error:
            if key != "*" or not (isinstance(error, NotFound) or _ABSENT.search(error.problem.detail)):
                raise
            return []
        values = (
            [name] if key == "*" else [row.get(key) if key else row for page in pages for row in page[rows]]
        )
        return [re.sub(before, "", str(value), count=1) for value in values]

    return names


async def _alarms(at: _Account, name: str) -> list[str]:
    alarms = await at.alarms.named([name]) if name else (await at.alarms.read(MOST_PAGES)).alarms
    return [str(alarm.id) for alarm in alarms]


async def _regions(at: _Account, _name: str) -> Sequence[str]:
    enabled = await Regions(at.session).enabled()
    if enabled.problem is not None:
        raise BY_KIND.get(enabled.problem.kind, AwsError)(enabled.problem)
    return enabled.names


_GROUPS = "log_groups.id alarms.log_group error_logs.log_group slow_queries.log_group journal.log_group inspections.log_group"
_TABLE: tuple[tuple[str, _Names | None, _Names | None], ...] = (
    ("ecs.cluster", _read("ecs", "ListTasks", "taskArns.*", lambda _, name: {"cluster": name}), None),
    ("ecs.services",
     _read("ecs", "DescribeServices", "services.serviceName", lambda at, name: {"cluster": at.book.ecs.cluster, "services": [name]}),
     _read("ecs", "ListServices", "serviceArns", lambda at, _: {"cluster": at.book.ecs.cluster}, before=".*/")),
    ("rds.instance",
     _read("rds", "DescribeDBInstances", "DBInstances.*", lambda _, name: {"DBInstanceIdentifier": name}),
     _read("rds", "DescribeDBInstances", "DBInstances.DBInstanceIdentifier")),
    ("alb.target_group",
     _read("elbv2", "DescribeTargetHealth", "TargetHealthDescriptions.*", lambda at, name: {"TargetGroupArn": at.arns.arn("elasticloadbalancing", name)}),
     _read("elbv2", "DescribeTargetGroups", "TargetGroups.TargetGroupArn", before=".*:")),
    ("alb.load_balancer", None,
     _read("elbv2", "DescribeLoadBalancers", "LoadBalancers.LoadBalancerArn", before=".*:loadbalancer/")),
    ("cdn.distribution", _read("cloudfront", "GetDistribution", "Distribution.*", lambda _, name: {"Id": name}), None),
    ("waf.web_acl", None,
     _read("wafv2", "ListWebACLs", "WebACLs.Name", lambda at, _: {"Limit": 100, "Scope": at.book.waf.scope.upper()})),
    ("waf.workgroup", _read("athena", "GetWorkGroup", "WorkGroup.*", lambda _, name: {"WorkGroup": name}), None),
    ("dashboard.name",
     _read("cloudwatch", "GetDashboard", "DashboardName.*", lambda _, name: {"DashboardName": name}),
     _read("cloudwatch", "ListDashboards", "DashboardEntries.DashboardName")),
    ("alarms.name", _alarms, _alarms),
    (_GROUPS,
     _read("logs", "DescribeLogGroups", "logGroups.logGroupName", lambda _, name: {"logGroupNamePrefix": name}),
     _read("logs", "DescribeLogGroups", "logGroups.logGroupName")),
    ("access_keys.users",
     _read("iam", "ListAccessKeys", "AccessKeyMetadata.*", lambda _, name: {"UserName": name}),
     _read("iam", "ListUsers", "Users.UserName")),
    ("trail.sign_in_regions", None, _regions),
    ("disaster.region", None, _regions),
)  # fmt: skip
"""Keys of the runbook (a name counts under the first that has it), how one name is read (None: among all), and how all are (None: AWS
lists them nowhere that the console may read)."""


def _values(value: Any, path: list[str]) -> list[str]:
    if isinstance(value, tuple):
        return [name for part in value for name in _values(part, path)]
    if value and path:
        return _values(getattr(value, path[0]), path[1:])
    return [str(value)] if value else []


async def names(subject: Examination) -> CheckOutcome:
    at, asked = _Account(await subject.connected(), subject), []
    for keys, one, every in _TABLE:
        pairs = [(name, key) for key in reversed(keys.split()) for name in _values(at.book, key.split("."))]
        asked += [_asked(at, key, name, one, every) for name, key in dict(pairs).items()]
    answers = await asyncio.gather(*asked)
    missing = [text for text, problem in answers if text and problem is None]
    problems = [problem for _text, problem in answers if problem is not None]
    details = (*missing, *dict.fromkeys(text for text, problem in answers if problem is not None))
    counts = {"names": len(answers), "missing": len(missing), "unread": len(problems)}
    text = _(
        "{count} names of the runbook: {missing} missing, {unread} not checked", count=len(answers), **counts
    )
    verdict = Verdict.ABNORMAL if missing else Verdict.UNKNOWN if problems else Verdict.NORMAL
    remedy = _("Correct these names in the runbook.") if missing else remedy_of(problems) if problems else ""
    return CheckOutcome(verdict, text, remedy, details, {key: float(count) for key, count in counts.items()})


async def _asked(
    at: _Account, key: str, name: str, one: _Names | None, every: _Names | None
) -> tuple[str, Problem | None]:
    """A sentence about a name that does not exist, or that could not be read, with the problem; "" for one that does."""
    text = _('{key} = "{name}" does not exist', key=key, name=clean(name))
    async with at.slots:
        try:
            if name in (await (at.all(every) if one is None else one(at, name)) or ()):
                return "", None
        except AwsError as error:
            why = error.problem
            return _("{key}: not checked: {problem}", key=key, problem=why.summary), why
        try:
            others = await at.all(every)
        except AwsError as error:
            words = _("{text} (what there is could not be listed: {problem})")
            return words.format(text=text, problem=error.problem.summary), None
    if others is None:
        return text, None
    near = dict.fromkeys((*get_close_matches(name, others, n=MOST_SHOWN), *sorted(others)))
    listed = _(", ").join(clean(other) for other in list(near)[:MOST_SHOWN]) or _("none")
    if (more := len(near) - MOST_SHOWN) > 0:
        listed = _("{names} and {count} more", names=listed, count=more)
    return _("{text}; there are: {names}", text=text, names=listed), None
