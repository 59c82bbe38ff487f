"""The part of the runbook's grammar that says how its looks are made and what is normal."""

from datetime import date
from typing import Annotated, Literal

from pydantic import Field

from services.models.base import Clean, CleanBlock, Model, RawId
from services.models.runbook_types import Region, Slug


class Firewall(Model):
    """Where WAF logs go."""

    log_bucket: RawId = RawId("")
    athena_table: RawId = RawId("")
    blocked_query: CleanBlock = ""
    """The written runbook's SQL; shown, not sent: it names no partition and would scan everything."""
    web_acl: RawId = RawId("")
    """Name of the web ACL, as CloudWatch's dimension `WebACL` spells it."""
    scope: Literal["regional", "cloudfront"] = "regional"
    """On the load balancer, or on CloudFront (then it is asked in us-east-1)."""
    log_prefix: str = ""
    """Key prefix of the bucket before `yyyy/mm/dd/`."""
    athena_database: RawId = RawId("")
    workgroup: RawId = RawId("")
    """Athena workgroup; it must have a limit on the bytes a query may scan."""
    partition: str = "day"
    """The table's partition column."""
    partition_format: str = "%Y/%m/%d"
    """How that column spells a day (UTC), as strftime."""
    blocked_per_hour: Annotated[int, Field(gt=0)] = 300
    """Attention from so many blocked requests an hour."""
    blocked_from_one: Annotated[int, Field(gt=0)] = 500
    """Attention from so many of one address a day, on the average of the days with data."""


class ServiceCost(Model):
    """A service's monthly guideline."""

    title: Clean
    names: tuple[str, ...]
    """As Cost Explorer spells it."""
    monthly_yen: Annotated[int, Field(gt=0)]


class Costs(Model):
    """Guidelines and budget."""

    services: tuple[ServiceCost, ...] = ()
    total_yen: Annotated[int, Field(ge=0)] = 0
    """Guideline for the whole month."""
    budget_yen: Annotated[int, Field(ge=0)] = 0
    """Monthly budget; 0: undecided, shown in red."""
    growth_percent: Annotated[int, Field(gt=0)] = 50
    """A service that grows by this much is looked into."""
    budget_percent: Annotated[int, Field(gt=0, le=100)] = 80
    """The alert comes above this share of the budget."""
    usd_jpy: Annotated[float, Field(gt=0)] = 150.0
    """Yen for a dollar; AWS charges in dollars."""
    usd_jpy_source: Clean = ""
    usd_jpy_date: date | None = None
    report_to: Clean = ""
    """The role told when the budget is in danger."""


class AccessKeys(Model):
    """Whose keys rotate, and how often."""

    users: tuple[RawId, ...] = ()
    max_age_days: Annotated[int, Field(gt=0)] = 90
    delete_after_days: Annotated[int, Field(gt=0)] = 7
    """A key is deleted this many days after it was disabled."""
    warn_days: Annotated[int, Field(ge=0)] = 7
    """Attention this many days before a key reaches its greatest age."""


class ErrorLogs(Model):
    """Limits of the error-log look."""

    per_hour: Annotated[int, Field(gt=0)] = 10
    """Normal while fewer than this many errors come in an hour."""
    log_group: RawId = RawId("")
    query: CleanBlock = ""
    """Logs Insights query."""
    tail_pattern: Clean = ""
    """Filter pattern for errors in the log tail."""
    field: str = "level"
    """The field that tells an error; without it in the events nothing can be judged."""
    value: str = "ERROR"
    message: str = "message"
    """The field by which equal errors are grouped."""
    status: str = "statusCode"
    """The field of the HTTP status; empty: there is none."""
    repeated: Annotated[int, Field(gt=1)] = 5
    """Attention from so many of the same error; in a window longer than a day, from so many a day."""


class SlowQueries(Model):
    """Limits of the slow-query look."""

    over_ms: Annotated[int, Field(gt=0)] = 1000
    per_hour: Annotated[float, Field(gt=0)] = 10
    """Attention from so many slow queries an hour."""
    log_group: RawId = RawId("")
    query: CleanBlock = ""
    """Logs Insights query."""


class Trail(Model):
    """What the monthly look at CloudTrail covers."""

    days: Annotated[int, Field(gt=0, le=90)] = 30
    """CloudTrail's event history keeps 90."""
    sign_in_regions: tuple[Region, ...] = ()
    """Where sign-ins are looked for in case nobody can tell which regions the account has enabled; else all these."""
    global_region: Region = "us-east-1"
    """Where IAM and CloudFront events are recorded."""
    grave_events: tuple[str, ...] = ()
    """Event names of destructive changes that must never go unnoticed, in every enabled region."""
    global_events: tuple[str, ...] = ()
    """The same for IAM and CloudFront, which `global_region` records."""
    known_people: tuple[str, ...] = ()
    """User and role names that are expected, as CloudTrail spells them."""
    known_networks: tuple[str, ...] = ()
    """Networks people sign in from (CIDR)."""
    without_mfa: tuple[str, ...] = ()
    """People who may sign in without MFA (machines, break-glass)."""
    many_failures: Annotated[int, Field(gt=0)] = 3
    """Abnormal from so many failed sign-ins of one person in the window; fewer ask for attention."""


class Inspecting(Model):
    """How the looks are made, and what AWS charges for them here."""

    ask_above_yen: Annotated[float, Field(ge=0)] = 20.0
    """A query that would cost more waits until a person agrees."""
    insights_usd_per_gb: Annotated[float, Field(ge=0)] = 0.0076
    """Logs Insights, for a gigabyte scanned."""
    athena_usd_per_tb: Annotated[float, Field(ge=0)] = 5.0
    """Athena, for a terabyte scanned."""
    jitter_seconds: Annotated[float, Field(ge=0)] = 20.0
    """Looks begin at random within so many seconds of their duty, so that consoles do not all ask at once."""


class CustomInspection(Model):
    """A look of the runbook's own: a metric with a limit, or a Logs Insights query whose count has one."""

    id: Slug
    title: Clean
    kind: Literal["metric", "insights"]
    namespace: RawId = RawId("")
    metric: RawId = RawId("")
    dimensions: dict[RawId, RawId] = {}  # noqa: RUF012  pydantic copies it
    stat: str = "Average"
    period: Annotated[int, Field(ge=60)] = 300
    """Seconds."""
    region: str = ""
    """Empty: the system's own."""
    log_group: RawId = RawId("")
    query: CleanBlock = ""
    """Logs Insights query; what it matches is counted."""
    below: float | None = None
    """Normal while value < below: of the metric at any time, or of the count in an hour."""
    above: float | None = None
    """Normal while value > above."""
    unit: str = ""
    scale: float = 1.0
    """Shown value = measured value * scale."""
    field: str = ""
    """A field the events must have, or nothing can be judged."""
    advice: tuple[Clean, ...] = ()
    """What to do where it is not normal."""
    source: Clean = ""
    """The runbook's section."""
