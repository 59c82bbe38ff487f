from collections.abc import Iterator

from services.aws.athena import REUSE_MINUTES
from services.aws_cli.calls import call
from services.aws_cli.logs import QUERY_ID
from services.aws_cli.metrics import curve
from services.i18n import _
from services.inspections.waf_blocks.metrics import HOUR, counts_query
from services.inspections.waf_blocks.sql import blocked_query, days_of
from services.models.aws_cli import CliCommand, Variable
from services.models.base import RawId
from services.models.date_text import day_text
from services.models.metrics import TimeSpan
from services.models.runbook_inspections import Firewall

WEB_ACL = "WEB_ACL"  # Shell variable with the web ACL's ARN
_LISTED_DAYS = 2
_CLOUDFRONT = "us-east-1"


def commands_of(spec: Firewall, balancer: str, region: str, span: TimeSpan) -> Iterator[CliCommand]:
    """The web ACL and where its logs go, the counts, the log files, and one query over the logs. `balancer`:
    ARN of the load balancer that it protects; "" if the ACL is read by its name."""
    own = _CLOUDFRONT if spec.scope == "cloudfront" else ""
    yield from _web_acl(spec, balancer, own)
    query = counts_query(spec.web_acl, "Blocked", "" if own else region, HOUR)
    yield curve(
        (query.model_copy(update={"region": own}),),
        span,
        purpose=_(
            "Blocked requests per hour. Normal: every hour below {count}.", count=spec.blocked_per_hour
        ),
    )
    for day in days_of(span)[:_LISTED_DAYS] if spec.log_bucket else ():
        yield CliCommand(
            service="s3",
            verb="ls",
            arguments=(
                RawId(f"s3://{spec.log_bucket}/{spec.log_prefix}{day:%Y/%m/%d}/"),
                RawId("--recursive"),
                RawId("--human-readable"),
            ),
            purpose=_("The log files of {day} (UTC). Normal: some in every hour.", day=day_text(day)),
            traps=(
                _(
                    "--recursive without a day lists the whole bucket, and tail shows the last names, not the newest files."
                ),
            ),
        )
    if spec.athena_table and spec.athena_database and spec.workgroup:
        yield from _athena(spec, span)


def _web_acl(spec: Firewall, balancer: str, region: str) -> Iterator[CliCommand]:
    traps = (
        _("A web ACL of CloudFront exists in us-east-1 only, one of a load balancer in its own region."),
    )
    if balancer:
        yield call(
            "wafv2",
            "GetWebACLForResource",
            {"ResourceArn": balancer},
            query="WebACL.ARN",
            stores=WEB_ACL,
            purpose=_("Takes the web ACL that protects the load balancer. None: nothing is blocked."),
            traps=traps,
        )
    else:
        name = spec.web_acl.replace("\\", "\\\\").replace("'", "\\'")
        yield call(
            "wafv2",
            "ListWebACLs",
            {"Scope": spec.scope.upper()},
            region=region,
            query=f"WebACLs[?Name=='{name}'].ARN|[0]",
            stores=WEB_ACL,
            purpose=_("Takes the web ACL of this name. None: there is none, and nothing is blocked."),
            traps=traps,
        )
    yield call(
        "wafv2",
        "GetLoggingConfiguration",
        {"ResourceArn": Variable(WEB_ACL)},
        region=region,
        query="LoggingConfiguration.LogDestinationConfigs",
        purpose=_("Where its logs really go. An error WAFNonexistentItemException: it writes none."),
        traps=(
            _(
                "WAF itself writes only to buckets whose names begin with aws-waf-logs-; others are filled by Firehose."
            ),
        ),
    )


def _athena(spec: Firewall, span: TimeSpan) -> Iterator[CliCommand]:
    yield call(
        "athena",
        "StartQueryExecution",
        {
            "QueryString": " ".join(line.strip() for line in blocked_query(spec, span).splitlines()),
            "QueryExecutionContext": {"Database": spec.athena_database},
            "WorkGroup": spec.workgroup,
            "ResultReuseConfiguration": {
                "ResultReuseByAgeConfiguration": {"Enabled": True, "MaxAgeInMinutes": REUSE_MINUTES}
            },
        },
        query="QueryExecutionId",
        stores=QUERY_ID,
        purpose=_("Counts the blocked requests by address, rule and path."),
        traps=(
            _("SELECT * without a partition and a time scans, and charges, all logs ever written."),
            _('timestamp is a keyword and in epoch milliseconds: write "timestamp" and compare numbers.'),
        ),
    )
    yield call(
        "athena",
        "GetQueryExecution",
        {"QueryExecutionId": Variable(QUERY_ID)},
        query="QueryExecution.[Status.State,Status.StateChangeReason,Statistics.DataScannedInBytes]",
        purpose=_("Its state. Repeat until SUCCEEDED; it is charged by the bytes scanned."),
    )
    yield call(
        "athena",
        "GetQueryResults",
        {"QueryExecutionId": Variable(QUERY_ID)},
        query="ResultSet.Rows[*].Data[*].not_null(VarCharValue,'')",
        purpose=_("Its rows, the first being the names. Normal: no address with {count} a day.").format(
            count=spec.blocked_from_one
        ),
    )
