"""The runbook: the whole configuration of one system, as a validated data file describes it.

The file's grammar is this module; `services.runbook.loader` reads it and names file, key and line of
every mistake. Unknown keys are mistakes. What the looks need is in `services.models.runbook_inspections`.
Longer than other files because it is one grammar, read from top to bottom beside a data file.
"""

from datetime import date
from enum import StrEnum
from typing import Annotated, Literal

from pydantic import Field, StringConstraints

from services.models.base import Clean, Model, RawId
from services.models.runbook_inspections import (
    AccessKeys,
    Costs,
    CustomInspection,
    ErrorLogs,
    Firewall,
    Inspecting,
    SlowQueries,
    Trail,
)
from services.models.runbook_types import AccountId, ClockTime, Region, Slug
from services.models.verdict import Limit


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
    services: Annotated[tuple[RawId, ...], Field(min_length=1)]
    usual_max: Annotated[int, Field(gt=0)] | None = None
    """Task limit of ordinary days."""
    busy_max: Annotated[int, Field(gt=0)] | None = None
    """Task limit of month-end and year-end."""
    usual_min: Annotated[int, Field(ge=0)] | None = None
    """Least number of tasks."""
    connections_per_task: Annotated[int, Field(gt=0)] | None = None
    """Size of a task's database connection pool; without it, what is measured per running task."""


class Rds(Model):
    """The database."""

    instance: RawId
    engine: str = "postgres"
    larger_class: str = ""
    """The class scaling up goes to."""
    """e.g. `db.t4g.large`."""
    larger_storage_gib: Annotated[int, Field(gt=0)] | None = None
    """The size storage grows to; RDS never shrinks it."""
    retention_days: Annotated[int, Field(ge=0, le=35)] = 7
    """Days automatic backups are kept."""
    snapshot_max_age_hours: Annotated[int, Field(gt=0)] = 26
    """The newest automatic snapshot is at most this old."""
    window: Clean = ""
    """Maintenance window in local time, in words."""
    window_utc: str = ""
    """The same window as RDS spells it, in UTC: `sat:17:00-sat:18:00`."""
    patch_lead_days: Annotated[int, Field(ge=0)] = 7
    """A patch is applied by hand at least this many days before AWS forces it."""


class LoadBalancer(Model):
    """The load balancer; names as CloudWatch dimensions spell them."""

    load_balancer: RawId = RawId("")
    """`app/<name>/<id>`, the part after `loadbalancer/` of the ARN."""
    target_group: RawId = RawId("")
    """`targetgroup/<name>/<id>`."""


class Cdn(Model):
    """The CloudFront distribution."""

    distribution: RawId
    paths: tuple[str, ...] = ("/*",)
    """Paths offered for invalidation, the usual ones first; `*` only as the last character."""
    free_paths_per_month: Annotated[int, Field(ge=0)] = 1000
    """Free of charge for the whole account; `/*` counts as one path."""


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
    look: Slug | None = None
    """What the console shows for it: an inspection's or a panel's id."""


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
    wait_minutes: Annotated[int, Field(gt=0)] | None = None
    """How long it may recover by itself."""
    escalate_minutes: Annotated[int, Field(gt=0)] | None = None
    """After this long without recovery somebody else is called."""
    escalate_to: Clean = ""
    """The role called."""
    approval: Clean = ""
    """The role that must approve its changes; empty: nobody."""
    caution: tuple[Clean, ...] = ()


class Procedure(Model):
    """Something done when it is needed rather than by the calendar: scaling, cache clearing, log searches."""

    id: Slug
    title: Clean
    section: Clean = ""
    """The runbook's section."""
    timing: Clean = ""
    """When, in words."""
    steps: tuple[Step, ...] = ()
    approval: Clean = ""
    """The role that must approve; empty: nobody."""
    revert: Clean = ""
    """How and when it is taken back."""
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


class Within(StrEnum):
    """How exactly the rule's date is meant."""

    DAY = "day"
    MONTH = "month"
    """Any open day from the rule's date to the end of its month (a drill in April)."""


class EvidenceField(Model):
    """Something to write down when a duty is signed: a drill's restored snapshot, how long it took."""

    id: Slug
    title: Clean
    kind: Literal["text", "number"] = "text"
    """`number`: digits, with a decimal point where needed; the unit belongs into the title."""
    required: bool = True


class Duty(Model):
    """A recurring task: when, what on closed days, what it asks."""

    id: Slug
    title: Clean
    section: Clean = ""
    """The runbook's section."""
    rule: str = ""
    """RFC 5545 RRULE without DTSTART, in the system's time zone; empty for an anchored duty. INTERVAL counts
    from Monday 1900-01-01, and a rule that names no day means a Monday, the 1st, 1 January. UNTIL is the last
    local date it may come on; COUNT has no beginning to count from and is refused."""
    open_days_before: Annotated[int, Field(ge=1, le=20)] | None = None
    """Held so many open days before the last open day at or before each date of the rule, which RFC 5545 cannot
    count: with `FREQ=MONTHLY;BYMONTHDAY=-1`, 2 is the third last open day of the month. Needs `previous-open`."""
    at: tuple[ClockTime, ...] = ()
    """Times of day (local); empty: any time of the day."""
    closed_day: ClosedDay = ClosedDay.SKIP
    within: Within = Within.DAY
    late_after_minutes: Annotated[int, Field(ge=1)] = 30
    anchor: Clean = ""
    """Where the date comes from when not from the calendar: `access-key:<user>+<n>d` (days after the key
    was made) or `access-key-disabled:<user>+<n>d` (days after it was disabled)."""
    only_when_planned: bool = False
    series: Slug | None = None
    """Duties of one series follow one another: each is missed when the next of its series comes due.
    Without one, when the duty itself comes due again."""
    inspections: tuple[Slug, ...] = ()
    """What looks by itself when it comes due: ids of `toban inspect`, or of `[[inspections]]`."""
    asks: tuple[Clean, ...] = ()
    """What the runbook asks, one line each; a checklist where no inspection answers it."""
    checklist: bool = False
    """A person ticks every line of `asks` before signing."""
    evidence: tuple[EvidenceField, ...] = ()
    """What a person writes down when signing."""
    reviews_report: bool = False
    """Who signs it sees the day's report first."""
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
    opens: ClockTime = "08:30"
    closes: ClockTime = "17:15"
    """Opening hours of an open day (local)."""


class Slack(Model):
    """Where notes go; the token or the webhook comes from the environment, never from this file."""

    channel: Clean = ""


class JournalSpec(Model):
    """Where the journal's newest hash is kept outside, so that a cut-off end is found."""

    log_group: RawId = RawId("")
    """A CloudWatch Logs group; empty: syslog alone."""
    log_stream: RawId = RawId("")
    """A stream of it that exists."""


class Runbook(Model):
    """One system's runbook."""

    version: Literal[1]
    """Grammar of the file."""
    document: Clean = ""
    """Title of the written runbook."""
    document_version: Clean = ""
    document_date: date | None = None
    document_updated: date | None = None
    readers: tuple[Clean, ...] = ()
    """Whom it is written for."""
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
    procedures: tuple[Procedure, ...] = ()
    duties: tuple[Duty, ...] = ()
    contacts: tuple[Contact, ...] = ()
    approvers: tuple[Approver, ...] = ()
    closures: Closures = Closures()
    costs: Costs | None = None
    access_keys: AccessKeys | None = None
    error_logs: ErrorLogs | None = None
    slow_queries: SlowQueries | None = None
    trail: Trail | None = None
    slack: Slack | None = None
    journal: JournalSpec = JournalSpec()
    inspecting: Inspecting = Inspecting()
    inspections: tuple[CustomInspection, ...] = ()
    """Looks of this runbook's own."""

    def limit_for(self, namespace: str, metric: str) -> Limit | None:
        """The runbook's limit on a metric, if it has one."""
        for limit in self.limits:
            if limit.namespace == namespace and limit.metric == metric:
                return limit
        return None

    def playbook_for(self, alarm_name: str) -> Playbook | None:
        """What the runbook says to do about an alarm, if anything."""
        playbook = next((alarm.playbook for alarm in self.alarms if alarm.name == alarm_name), None)
        return next((book for book in self.playbooks if book.id == playbook), None) if playbook else None

    def log_group_for(self, alarm_name: str) -> RawId:
        """The log group one key leads to from an alarm; "" where there is none."""
        named = next((alarm.log_group for alarm in self.alarms if alarm.name == alarm_name), RawId(""))
        return named or (self.log_groups[0].id if self.log_groups else RawId(""))
