"""AWS WAF: web ACLs, their log destinations and sampled requests. Source: GetWebACLForResource, ListWebACLs,
GetWebACL, GetLoggingConfiguration, GetSampledRequests (AWS WAFV2 API reference). A load balancer's ACL is
read in the system's region, CloudFront's in us-east-1."""

from typing import Any, Literal

from services.aws.client.errors import AwsError, NotFound
from services.aws.client.reader import Answer, Reader, finite, incomplete, readable_name, rows, when, whole
from services.i18n import _
from services.models.base import RawId
from services.models.metrics import TimeSpan
from services.models.text import clean
from services.models.waf import FirewallRule, LogDestination, SampledRequest, Samples, WebAcl

GLOBAL_REGION = "us-east-1"  # Region of CloudFront's web ACLs and their metrics
SAMPLE = 500  # Maximum requests per sample
_PAGES = 20
_NONE = "WAFNonexistentItem"

Scope = Literal["regional", "cloudfront"]


class WafReader:
    def __init__(self, session: Reader, *, scope: Scope = "regional") -> None:
        self._session = session
        self._scope = scope.upper()
        self.region = GLOBAL_REGION if scope == "cloudfront" else None
        """Region to read from; None: the system's own."""

    async def protecting(self, resource_arn: str) -> WebAcl | None:
        """None: there is none. Raises AwsError (NotFound: there is no such load balancer). Not for CloudFront."""
        answer = await self._read("GetWebACLForResource", ResourceArn=resource_arn)
        row = answer.get("WebACL")
        return _acl(row, "GetWebACLForResource") if isinstance(row, dict) else None

    async def named(self, name: str) -> WebAcl | None:
        """The web ACL of this name; None: there is none. Raises AwsError."""
        marker: dict[str, str] = {}
        for _page in range(_PAGES):
            answer = await self._read("ListWebACLs", required=("WebACLs",), Scope=self._scope, **marker)
            acls = rows(answer, "WebACLs")
            for row in acls:
                if row.get("Name") == name:
                    return await self._web_acl(row)
            # AWS may return a marker on the last page, too.
            if not acls or not answer.get("NextMarker"):
                return None
            marker = {"NextMarker": str(answer["NextMarker"])}
        raise incomplete(_("AWS WAF lists more web ACLs than an account can have."), "wafv2", "ListWebACLs")

    async def destination(self, acl: WebAcl) -> LogDestination | None:
        """The ACL's configured log destination; None if logging is off. Raises AwsError."""
        try:
            answer = await self._read(
                "GetLoggingConfiguration", required=("LoggingConfiguration",), ResourceArn=acl.arn
            )
        except NotFound:
            return None
        for arn in answer["LoggingConfiguration"].get("LogDestinationConfigs") or ():
            return _destination(str(arn))
        return None

    async def samples(self, acl: WebAcl, rule: FirewallRule, span: TimeSpan) -> Samples:
        """Up to SAMPLE of the requests that matched the rule; AWS keeps them for three hours. Raises AwsError."""
        answer = await self._read(
            "GetSampledRequests",
            required=("SampledRequests",),
            WebAclArn=acl.arn,
            RuleMetricName=rule.metric,
            Scope=self._scope,
            TimeWindow={"StartTime": span.start, "EndTime": span.end},
            MaxItems=SAMPLE,
        )
        window = answer.get("TimeWindow") or {}
        start, end = when(window.get("StartTime")), when(window.get("EndTime"))
        listed = rows(answer, "SampledRequests")
        requests = tuple(sample for row in listed if (sample := _sample(row)))
        population = whole(answer.get("PopulationSize"))
        if population is None:
            text = _("AWS WAF did not report how many requests the sample was taken from.")
            raise incomplete(text, "wafv2", "GetSampledRequests")
        return Samples(
            rule=rule.name,
            population=population,
            span=TimeSpan(start=start or span.start, end=end or span.end),
            requests=requests,
            unread=len(listed) - len(requests),
        )

    async def _web_acl(self, row: Answer) -> WebAcl:
        answer = await self._read(
            "GetWebACL",
            required=("WebACL",),
            Name=str(row.get("Name") or ""),
            Scope=self._scope,
            Id=str(row.get("Id") or ""),
        )
        return _acl(answer["WebACL"], "GetWebACL")

    async def _read(self, operation: str, **params: Any) -> Answer:
        try:
            return await self._session.read("wafv2", operation, region=self.region, **params)
        except AwsError as error:
            # WAF's error code for "not found" differs from other services'.
            if error.problem.detail.startswith(_NONE):
                raise NotFound(error.problem) from error
            raise


def _acl(row: Answer, operation: str) -> WebAcl:
    visibility = row.get("VisibilityConfig") or {}
    arn = str(row.get("ARN") or "")
    if not arn or "DefaultAction" not in row:
        raise incomplete(
            _("AWS WAF returned a web ACL without its ARN or default action."), "wafv2", operation
        )
    first, last = "PreProcessFirewallManagerRuleGroups", "PostProcessFirewallManagerRuleGroups"
    every = [rule for key in (first, "Rules", last) for rule in _by_priority(rows(row, key))]
    return WebAcl(
        name=row.get("Name"),
        arn=RawId(arn),
        metric=RawId(str(visibility.get("MetricName") or row.get("Name") or "")),
        measured=bool(visibility.get("CloudWatchMetricsEnabled", True)),
        blocks_by_default="Block" in (row["DefaultAction"] or {}),
        rules=tuple(_rule(rule) for rule in every),
    )


def _by_priority(rules: list[Answer]) -> list[Answer]:
    return sorted(rules, key=lambda rule: finite(rule.get("Priority")) or 0)


def _rule(row: Answer) -> FirewallRule:
    visibility = row.get("VisibilityConfig") or {}
    action, override = row.get("Action"), row.get("OverrideAction") or {}
    metric = str(visibility.get("MetricName") or "")
    # A rule group has no action of its own: its rules' actions apply unless overridden.
    return FirewallRule(
        name=row.get("Name"),
        metric=RawId(metric),
        # A damaged metric name would match no samples.
        sampled=bool(visibility.get("SampledRequestsEnabled")) and bool(readable_name(metric)),
        blocks="Block" in action if action else "Count" not in override,
    )


_KINDS: dict[str, tuple[Literal["firehose", "s3", "logs"], str]] = {
    "firehose": ("firehose", "deliverystream/"),
    "s3": ("s3", ""),
    "logs": ("logs", "log-group:"),
}


def _destination(arn: str) -> LogDestination:
    """`arn:aws:firehose:region:account:deliverystream/name`, `arn:aws:s3:::bucket/prefix`, `…:log-group:name`."""
    parts = arn.split(":", 5)
    kind = _KINDS.get(parts[2] if len(parts) == 6 else "")
    if kind is None:
        return LogDestination(kind="other", name=arn)
    name = parts[5].removeprefix(kind[1]).removesuffix(":*")
    return LogDestination(kind=kind[0], name=name.split("/", 1)[0] if kind[0] == "s3" else name)


_ACTIONS = frozenset({"ALLOW", "BLOCK", "COUNT", "EXCLUDED_AS_COUNT", "CAPTCHA", "CHALLENGE"})


def _sample(row: Answer) -> SampledRequest | None:
    request = row.get("Request") or {}
    at, action, weight = (
        when(row.get("Timestamp")),
        clean(row.get("Action")).upper(),
        finite(row.get("Weight")),
    )
    address = str(request.get("ClientIP") or "")
    if at is None or weight is None or weight < 0 or action not in _ACTIONS or not readable_name(address):
        return None
    return SampledRequest(
        at=at,
        address=address,
        country=request.get("Country"),
        uri=request.get("URI"),
        blocked=action == "BLOCK",
        weight=weight,
    )
