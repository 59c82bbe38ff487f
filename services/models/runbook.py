"""The runbook: the whole configuration of one system, as a validated data file describes it.

The file's grammar is this module; `services.runbook.loader` reads it and names file, key and line of
every mistake. Unknown keys are mistakes.
"""

from datetime import date
from enum import StrEnum
from typing import Annotated, Literal

from pydantic import Field, StringConstraints

from services.models.base import Clean, CleanBlock, Model, RawId
from services.models.verdict import Limit

AccountId = Annotated[str, StringConstraints(pattern=r"^\d{12}$")]
Region = Annotated[str, StringConstraints(pattern=r"^[a-z]{2}(-[a-z]+)+-\d$")]
Slug = Annotated[str, StringConstraints(pattern=r"^[a-z0-9][a-z0-9-]*$")]
ClockTime = Annotated[str, StringConstraints(pattern=r"^([01]\d|2[0-3]):[0-5]\d$")]


class Environment(StrEnum):
    """Decides the header's colour; production looks like production."""

    PRODUCTION = "production"
    STAGING = "staging"
    TEST = "test"


class System(Model):
    """Which system, in which account and region."""

    id: Slug
    title: Clean
    environment: Environment
    account: AccountId
    region: Region
    timezone: str = "Asia/Tokyo"


class Ecs(Model):
    """The container services watched."""

    cluster: RawId
    services: tuple[RawId, ...]
    usual_max: int | None = None
    """Task limit of ordinary days."""
    busy_max: int | None = None
    """Task limit of month-end and year-end."""
    usual_min: int | None = None


class Rds(Model):
    """The database."""

    instance: RawId
    engine: str = "postgres"
    larger_class: str = ""
    """The class scaling up goes to."""
    larger_storage_gib: int | None = None
    retention_days: int = 7
    window: Clean = ""
    """Maintenance window in local time, in words."""


class LoadBalancer(Model):
    """The load balancer; names as CloudWatch dimensions spell them."""

    load_balancer: RawId = RawId("")
    """`app/<name>/<id>`, the part after `loadbalancer/` of the ARN."""
    target_group: RawId = RawId("")
    """`targetgroup/<name>/<id>`."""


class Cdn(Model):
    """The CloudFront distribution."""

    distribution: RawId


class Firewall(Model):
    """Where WAF logs go."""

    log_bucket: RawId = RawId("")
    athena_table: RawId = RawId("")


class LogGroupSpec(Model):
    """A log group worth a key."""

    id: RawId
    title: Clean
    kind: Literal["application", "database", "firewall", "other"] = "application"


class DashboardSpec(Model):
    """The dashboard shown in 監視."""

    name: RawId


class ExpectedAlarm(Model):
    """An alarm that must exist."""

    name: RawId
    title: Clean
    log_group: RawId = RawId("")
    """Where one key leads from this alarm."""
    playbook: Slug | None = None


class Step(Model):
    """One step of a playbook, in words."""

    text: Clean
    note: Clean = ""


class Cause(Model):
    """A row of a playbook's table: cause or situation, and what to do."""

    cause: Clean
    action: Clean


class Playbook(Model):
    """What the runbook says to do about one kind of alarm."""

    id: Slug
    title: Clean
    steps: tuple[Step, ...] = ()
    causes: tuple[Cause, ...] = ()
    wait_minutes: int | None = None
    escalate_minutes: int | None = None
    escalate_to: Clean = ""
    approval: Clean = ""
    caution: tuple[Clean, ...] = ()


class Contact(Model):
    """Whom to call; an empty `contact` is undecided and shown in red."""

    role: Clean
    contact: Clean = ""
    scope: Clean = ""

    @property
    def undecided(self) -> bool:
        """No way to reach them is written down."""
        return not self.contact


class Approver(Model):
    """Who approves what; an empty `name` is undecided."""

    role: Clean
    name: Clean = ""
    approves: tuple[Clean, ...] = ()

    @property
    def undecided(self) -> bool:
        """Nobody is named."""
        return not self.name


class ClosedDay(StrEnum):
    """What happens to an occurrence on a closed day."""

    SKIP = "skip"
    NEXT = "next-open"
    PREVIOUS = "previous-open"
    KEEP = "keep"
    """Held on the day itself, open or not (Sunday 2:00 deploys)."""


class Duty(Model):
    """A recurring task: when, what on closed days, what it asks."""

    id: Slug
    title: Clean
    section: Clean = ""
    """The runbook's section."""
    rule: str = ""
    """RFC 5545 RRULE without DTSTART, in the system's time zone; empty for an anchored duty."""
    at: tuple[ClockTime, ...] = ()
    """Times of day (local)."""
    closed_day: ClosedDay = ClosedDay.SKIP
    late_after_minutes: int = 30
    anchor: Clean = ""
    """Where the date comes from when not from the calendar, e.g. `access-key:ci-cd-user+90d`."""
    only_when_planned: bool = False
    inspections: tuple[Slug, ...] = ()
    asks: tuple[Clean, ...] = ()
    """What the runbook asks, one line each."""
    record: Clean = ""
    """What it says about records."""


class Closures(Model):
    """When city hall is closed."""

    weekdays: tuple[Annotated[int, Field(ge=0, le=6)], ...] = (5, 6)
    """0 is Monday."""
    national_holidays: bool = True
    yearly: tuple[Annotated[str, StringConstraints(pattern=r"^\d{2}-\d{2}$")], ...] = ()
    """`MM-DD` of every year."""
    extra: tuple[date, ...] = ()
    opened: tuple[date, ...] = ()
    """Days open in spite of the rules."""


class ServiceCost(Model):
    """A service's monthly guideline."""

    title: Clean
    names: tuple[str, ...]
    """As Cost Explorer spells it."""
    monthly_yen: int


class Costs(Model):
    """Guidelines and budget."""

    services: tuple[ServiceCost, ...] = ()
    total_yen: int = 0
    budget_yen: int = 0
    growth_percent: int = 50
    budget_percent: int = 80
    usd_jpy: float = 150.0
    usd_jpy_source: Clean = ""
    usd_jpy_date: date | None = None
    report_to: Clean = ""


class AccessKeys(Model):
    """Whose keys rotate, and how often."""

    users: tuple[RawId, ...] = ()
    max_age_days: int = 90
    delete_after_days: int = 7


class ErrorLogs(Model):
    """Limits of the error-log look."""

    per_hour: int = 10
    query: CleanBlock = ""


class SlowQueries(Model):
    """Limits of the slow-query look."""

    over_ms: int = 1000
    query: CleanBlock = ""


class Slack(Model):
    """Where notes go."""

    channel: Clean = ""


class Runbook(Model):
    """One system's runbook."""

    version: Literal[1]
    """Grammar of the file."""
    document: Clean = ""
    """Title of the written runbook."""
    document_version: Clean = ""
    document_date: date | None = None
    approved_by: Clean = ""
    """Empty: undecided, shown in red."""
    system: System
    ecs: Ecs | None = None
    rds: Rds | None = None
    alb: LoadBalancer | None = None
    cdn: Cdn | None = None
    waf: Firewall | None = None
    dashboard: DashboardSpec | None = None
    log_groups: tuple[LogGroupSpec, ...] = ()
    alarms: tuple[ExpectedAlarm, ...] = ()
    limits: tuple[Limit, ...] = ()
    playbooks: tuple[Playbook, ...] = ()
    duties: tuple[Duty, ...] = ()
    contacts: tuple[Contact, ...] = ()
    approvers: tuple[Approver, ...] = ()
    closures: Closures = Closures()
    costs: Costs | None = None
    access_keys: AccessKeys | None = None
    error_logs: ErrorLogs | None = None
    slow_queries: SlowQueries | None = None
    slack: Slack | None = None

    def limit_for(self, namespace: str, metric: str) -> Limit | None:
        """The runbook's limit on a metric, if it has one."""
        for limit in self.limits:
            if limit.namespace == namespace and limit.metric == metric:
                return limit
        return None

    def playbook_for(self, alarm_name: str) -> Playbook | None:
        """What the runbook says to do about an alarm, if anything."""
        wanted = next((alarm.playbook for alarm in self.alarms if alarm.name == alarm_name), None)
        return next((book for book in self.playbooks if book.id == wanted), None) if wanted else None

    def log_group_for(self, alarm_name: str) -> RawId:
        """The log group one key leads to from an alarm; "" where there is none."""
        named = next((alarm.log_group for alarm in self.alarms if alarm.name == alarm_name), RawId(""))
        return named or (self.log_groups[0].id if self.log_groups else RawId(""))
