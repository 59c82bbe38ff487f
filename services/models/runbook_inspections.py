from datetime import date
from decimal import Decimal
from typing import Annotated, Literal

from pydantic import Field

from services.models.base import Clean, CleanBlock, Model, RawId
from services.models.runbook_texts import CostsTexts, InspectionTexts, ReasonTexts, TitleTexts
from services.models.runbook_types import Region, Slug
from services.models.translated import Translated


class Firewall(Model):
    """The web ACL, where its logs are stored, and limits on blocked requests."""

    log_bucket: RawId = RawId("")
    """S3 bucket that receives the WAF logs; empty: not given."""
    athena_table: RawId = RawId("")
    """Athena table over the WAF logs; empty: not given."""
    blocked_query: CleanBlock = ""
    """SQL of the written runbook. It is shown and never sent, because it filters by no partition and would scan all
    logs."""
    web_acl: RawId = RawId("")
    """Name of the web ACL, as CloudWatch's dimension `WebACL` spells it; empty: not given."""
    scope: Literal["regional", "cloudfront"] = "regional"
    """`regional`: on the load balancer; `cloudfront`: on the distribution, which AWS serves from us-east-1."""
    log_prefix: str = ""
    """Prefix of the log objects' keys, before `yyyy/mm/dd/`."""
    athena_database: RawId = RawId("")
    """Athena database that contains the table; empty: not given."""
    workgroup: RawId = RawId("")
    """Athena workgroup; it must limit the bytes that a query may scan. Empty: not given."""
    partition: str = "day"
    """The table's partition column."""
    partition_format: str = "%Y/%m/%d"
    """How that column spells a day (UTC), as strftime."""
    blocked_per_hour: Annotated[int, Field(gt=0)] = 300
    """Number of blocked requests in one hour from which the verdict is attention."""
    blocked_from_one: Annotated[int, Field(gt=0)] = 500
    """Number of blocked requests per day from one address (average of the days with data) from which the verdict is
    attention."""


class ServiceCost(Translated):
    """The monthly cost guideline of one AWS service."""

    title: Clean
    names: tuple[str, ...]
    """Its service names, as Cost Explorer spells them."""
    monthly_yen: Annotated[int, Field(gt=0)]
    """Guideline for a month, in yen."""
    en: TitleTexts = TitleTexts.model_construct()
    """English versions of its texts."""


class Costs(Translated):
    """Cost guidelines, the budget, and the exchange rate."""

    references = ("report_to",)

    services: tuple[ServiceCost, ...] = ()
    total_yen: Annotated[int, Field(ge=0)] = 0
    """Guideline for all costs of a month, in yen; 0: none."""
    budget_yen: Annotated[int, Field(ge=0)] = 0
    """Monthly budget in yen; 0: undecided, shown in red."""
    growth_percent: Annotated[int, Field(gt=0)] = 50
    """Growth of costs, or excess of a month over its guideline, from which the verdict is abnormal, in per cent."""
    budget_percent: Annotated[int, Field(gt=0, le=100)] = 80
    """Share of a budget from which the verdict is abnormal, in per cent."""
    usd_jpy: Annotated[float, Field(gt=0)] = 150.0
    """Yen for one US dollar, the currency in which AWS charges."""
    usd_jpy_source: Clean = ""
    """Where the exchange rate is from."""
    usd_jpy_date: date | None = None
    """Date of the exchange rate; None: not given."""
    report_to: Clean = ""
    """The role to notify when a budget may be exceeded; empty: none."""
    en: CostsTexts = CostsTexts.model_construct()
    """English versions of its texts."""


class DatabasePrices(Model):
    """Prices of the database, copied from AWS's price list; without them the price list is read."""

    as_of: date
    """Day of the prices."""
    source: str = ""
    """Where they are from, e.g. a page or an agreement; empty: not given."""
    usd_per_hour: dict[str, Annotated[Decimal, Field(gt=0)]] = Field(default_factory=dict)
    """Dollars per hour of each instance class, for the deployment in use (Multi-AZ costs twice as much)."""
    usd_per_gib_month: dict[str, Annotated[Decimal, Field(gt=0)]] = Field(default_factory=dict)
    """Dollars per GiB and month of each storage type, for the deployment in use."""


class AccessKeys(Model):
    """Rotation of IAM access keys."""

    users: tuple[RawId, ...] = ()
    """IAM users whose keys are rotated."""
    max_age_days: Annotated[int, Field(gt=0)] = 90
    """Maximum age of an active key, in days."""
    delete_after_days: Annotated[int, Field(gt=0)] = 7
    """Days after which a disabled key is to be deleted."""
    warn_days: Annotated[int, Field(ge=0)] = 7
    """Days before a key reaches its maximum age from which the verdict is attention."""
    hand_over: tuple[str, ...] = ()
    """A command that takes a new key on its standard input, as the JSON that CreateAccessKey returns: the program's
    absolute path and its arguments, run without a shell. Empty: there is none."""


class ErrorLogs(Model):
    """Settings and limits of the inspection of error logs."""

    per_hour: Annotated[int, Field(gt=0)] = 10
    """Number of errors per hour below which it is normal."""
    log_group: RawId = RawId("")
    """The application's log group; empty: not given."""
    query: CleanBlock = ""
    """Logs Insights query of the written runbook."""
    tail_pattern: Clean = ""
    """CloudWatch Logs filter pattern that matches errors in a log tail."""
    field: str = "level"
    """Event field by which an error is recognized; events without it cannot be judged."""
    value: str = "ERROR"
    """Value of that field in an error."""
    message: str = "message"
    """Event field by which equal errors are grouped."""
    status: str = "statusCode"
    """Event field with the HTTP status; empty: there is none."""
    repeated: Annotated[int, Field(gt=1)] = 5
    """Number of equal errors from which the verdict is attention; per day if the window is longer than a day."""


class SlowQueries(Model):
    """Settings and limits of the inspection of slow queries."""

    over_ms: Annotated[int, Field(gt=0)] = 1000
    """Duration above which a query is slow, in milliseconds."""
    per_hour: Annotated[float, Field(gt=0)] = 10
    """Number of slow queries per hour from which the verdict is attention."""
    log_group: RawId = RawId("")
    """The database's log group; empty: not given."""
    query: CleanBlock = ""
    """Logs Insights query of the written runbook."""


class DeniedRegion(Translated):
    """A region that a policy of the organization denies for good."""

    region: Region
    reason: Annotated[Clean, Field(min_length=1)]
    """Which policy denies it, and why; the finding quotes it."""
    en: ReasonTexts = ReasonTexts.model_construct()
    """English versions of its texts."""


class Trail(Model):
    """Settings and limits of the inspection of sign-ins and changes recorded by CloudTrail."""

    days: Annotated[int, Field(gt=0, le=90)] = 30
    """Days that an inspection covers; CloudTrail's event history keeps 90."""
    sign_in_regions: tuple[Region, ...] = ()
    """Regions searched if the account's enabled regions cannot be read; otherwise all enabled regions are
    searched."""
    denied_regions: tuple[DeniedRegion, ...] = ()
    """Regions that a policy denies for good, such as a region deny of Control Tower. Where AWS refuses them they are left out of
    the judgement, as the finding says; where it answers, they are judged."""
    global_region: Region = "us-east-1"
    """The region that records events of IAM and CloudFront."""
    grave_events: tuple[str, ...] = ()
    """Names of events for destructive changes, searched for in every enabled region."""
    global_events: tuple[str, ...] = ()
    """Names of security-relevant events of IAM and CloudFront, searched for in `global_region`."""
    known_people: tuple[str, ...] = ()
    """Expected user and role names, as CloudTrail spells them."""
    known_networks: tuple[str, ...] = ()
    """Networks from which people sign in (CIDR)."""
    without_mfa: tuple[str, ...] = ()
    """Users who may sign in without MFA (machines, break-glass accounts)."""
    many_failures: Annotated[int, Field(gt=0)] = 3
    """Number of failed sign-ins of one person in the window from which the verdict is abnormal; fewer are
    attention."""


class Inspecting(Model):
    """How inspections are run, and AWS's prices for their queries."""

    ask_above_yen: Annotated[float, Field(ge=0)] = 20.0
    """Cost in yen above which a query waits for a person's consent."""
    insights_usd_per_gb: Annotated[float, Field(ge=0)] = 0.0076
    """Price of Logs Insights, US dollars per gigabyte scanned."""
    athena_usd_per_tb: Annotated[float, Field(ge=0)] = 5.0
    """Price of Athena, US dollars per terabyte scanned."""
    jitter_seconds: Annotated[float, Field(ge=0)] = 20.0
    """Maximum seconds (chosen at random, at least two) that a console waits, when a duty comes due, for one that began
    before it and inspects at once; after that it inspects itself. A console without others waits for nobody."""


class CustomInspection(Translated):
    """An inspection defined by the runbook: a limit on a metric, or on the matches of a Logs Insights query."""

    id: Slug
    title: Clean
    kind: Literal["metric", "insights"]
    """`metric`: judges a CloudWatch metric; `insights`: judges how many log events a query matches."""
    namespace: RawId = RawId("")
    metric: RawId = RawId("")
    dimensions: dict[RawId, RawId] = {}  # noqa: RUF012  pydantic copies it
    stat: str = "Average"
    """CloudWatch statistic: `Average`, `Sum`, `p95`…"""
    period: Annotated[int, Field(ge=60)] = 300
    """Seconds per datapoint."""
    region: str = ""
    """AWS region; empty: the system's region."""
    log_group: RawId = RawId("")
    query: CleanBlock = ""
    """Logs Insights query whose matches are counted."""
    below: float | None = None
    """Normal while value < below. The value is the metric at any time, or the matches per hour. None: no upper
    limit."""
    above: float | None = None
    """Normal while value > above. None: no lower limit."""
    unit: str = ""
    """Unit of the displayed value; empty: none."""
    scale: float = 1.0
    """Displayed value = measured value * scale."""
    field: str = ""
    """Event field without which a query's result cannot be judged; empty: none."""
    advice: tuple[Clean, ...] = ()
    """What to do if it is not normal, one text each."""
    source: Clean = ""
    """Section of the written runbook; empty: not given."""
    en: InspectionTexts = InspectionTexts.model_construct()
    """English versions of its texts."""
