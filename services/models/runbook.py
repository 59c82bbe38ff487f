"""The grammar of the runbook: the whole configuration of one system as a validated data file.
`services.runbook.loader` reads the file and reports every mistake with its file, line and key. An unknown key
is a mistake. The settings of inspections are in `services.models.runbook_inspections`. Longer than other
files because it is one grammar, read from top to bottom beside a data file."""

from datetime import date, datetime
from enum import StrEnum
from typing import Annotated, Literal

from pydantic import Field, StringConstraints

from services.i18n import _
from services.models.base import Clean, Decided, Github, Model, RawId
from services.models.causes import CauseSpec
from services.models.logs import LogFormId
from services.models.runbook_inspections import (
    AccessKeys,
    Costs,
    CustomInspection,
    DatabasePrices,
    ErrorLogs,
    Firewall,
    Inspecting,
    SlowQueries,
    Trail,
)
from services.models.runbook_masking import MaskPattern
from services.models.runbook_playbooks import CauseWeights, Playbook, Procedure, RosterEntry, Step
from services.models.runbook_queries import SavedQuerySpec
from services.models.runbook_texts import (
    AlarmTexts,
    ApproverTexts,
    ContactTexts,
    DocumentTexts,
    DutyTexts,
    RdsTexts,
    TitleTexts,
)
from services.models.runbook_types import AccountId, ClockTime, Region, Slug
from services.models.translated import Translated
from services.models.verdict import Limit


class Environment(StrEnum):
    """What the system is for; decides the header's colour, so that production is not taken for a test system."""

    PRODUCTION = "production"
    STAGING = "staging"
    TEST = "test"


class System(Translated):
    """The system that the runbook describes, and its AWS account and region."""

    id: Slug
    """Stable id of the system, e.g. `facility-prod`."""
    title: Clean
    """The system's name for display."""
    environment: Environment
    account: AccountId
    """AWS account id, twelve digits; what AWS answers for another account is never judged."""
    region: Region
    """AWS region; any other is refused."""
    timezone: str = "Asia/Tokyo"
    """IANA name of the zone of all local dates and times."""
    en: TitleTexts = TitleTexts.model_construct()
    """English versions of its texts."""


class Ecs(Model):
    """The ECS services of the system."""

    cluster: RawId
    """Cluster name."""
    services: Annotated[tuple[RawId, ...], Field(min_length=1)]
    """Service names."""
    usual_max: Annotated[int, Field(gt=0)] | None = None
    """Maximum number of tasks on ordinary days; None: not given."""
    busy_max: Annotated[int, Field(gt=0)] | None = None
    """Maximum number of tasks at month-end and year-end; None: not given."""
    usual_min: Annotated[int, Field(ge=0)] | None = None
    """Minimum number of tasks; None: not given."""
    connections_per_task: Annotated[int, Field(gt=0)] | None = None
    """Size of one task's database connection pool; None: the measured connections per running task are used."""


class Rds(Translated):
    """The RDS instance of the system."""

    instance: RawId
    """DB instance identifier."""
    engine: str = "postgres"
    """Database engine as RDS spells it."""
    larger_class: str = ""
    """Instance class to scale up to, e.g. `db.t4g.large`; empty: not given."""
    larger_storage_gib: Annotated[int, Field(gt=0)] | None = None
    """Storage size to grow to, in GiB; None: not given. RDS cannot shrink storage."""
    retention_days: Annotated[int, Field(ge=0, le=35)] = 7
    """Days for which automatic backups must be kept."""
    snapshot_max_age_hours: Annotated[int, Field(gt=0)] = 26
    """Maximum age of the newest automatic snapshot, in hours."""
    window: Clean = ""
    """Maintenance window in local time, as the written runbook words it: `日曜日 2:00-3:00`; empty: not given."""
    window_utc: str = ""
    """The same window in UTC, as RDS spells it: `sat:17:00-sat:18:00`; empty: not given."""
    patch_lead_days: Annotated[int, Field(ge=0)] = 7
    """An operator applies a patch at least this many days before AWS applies it automatically."""
    prices: DatabasePrices | None = None
    """Prices for the plans of changes; None: AWS's price list is read."""
    en: RdsTexts = RdsTexts.model_construct()
    """English versions of its texts."""


class LoadBalancer(Model):
    """The Application Load Balancer, named as in CloudWatch's dimensions."""

    load_balancer: RawId = RawId("")
    """`app/<name>/<id>`, the part of the ARN after `loadbalancer/`; empty: not given."""
    target_group: RawId = RawId("")
    """`targetgroup/<name>/<id>`; empty: not given."""

    @property
    def unsupported(self) -> str:
        """`network` or `gateway` for a load balancer of that type, which has other metrics; "" for others."""
        return {"net": "network", "gwy": "gateway"}.get(self.load_balancer.partition("/")[0], "")

    @property
    def unsupported_words(self) -> str:
        return _(
            "not supported yet: the requests, errors and targets of a {type} load balancer are not judged",
            type=self.unsupported,
        )


class Cdn(Model):
    """The CloudFront distribution."""

    distribution: RawId
    """Distribution id."""
    paths: tuple[str, ...] = ("/*",)
    """Paths offered for cache invalidation, the most usual first; `*` is a wildcard only as the last character."""
    free_paths_per_month: Annotated[int, Field(ge=0)] = 1000
    """Invalidation paths per month that AWS does not charge for, in the whole account; `/*` is one path."""


RequestField = Annotated[str, Field(pattern=r"^[A-Za-z_@][A-Za-z0-9_@.\-]{1,79}$")]
"""Name of a field in a log line whose values are ids."""
FieldName = Annotated[str, Field(min_length=1, max_length=120)]
"""Name of any field in a log line, as the application spells it; cleaned where it is drawn."""


class LogGroupSpec(Translated):
    """A log group that the console offers to open."""

    id: RawId
    """Log group name."""
    title: Clean
    """Its name for display."""
    kind: Literal["application", "database", "firewall", "other"] = "application"
    """What writes to it."""
    form: LogFormId | None = None
    """How its lines are drawn; None: recognised by its name or its lines."""
    columns: Annotated[tuple[FieldName, ...], Field(max_length=12)] = ()
    """Fields shown as columns, nested ones by dots (`http.status`), in order; empty: the form's own."""
    request_ids: Annotated[tuple[RequestField, ...], Field(max_length=12)] = ()
    """Names of fields whose values are ids of requests, beside the usual ones (`requestId`, `traceId`…)."""
    en: TitleTexts = TitleTexts.model_construct()
    """English versions of its texts."""


class DashboardSpec(Model):
    """The CloudWatch dashboard shown in the watch mode (監視)."""

    name: RawId
    """Dashboard name."""


class ExpectedAlarm(Translated):
    """A CloudWatch alarm that must exist; the console reports it if AWS does not have it."""

    name: RawId
    """Alarm name."""
    title: Clean
    """Its name for display."""
    log_group: RawId = RawId("")
    """The log group that one key opens from this alarm; empty: the first of `log_groups`."""
    playbook: Slug | None = None
    """Id of its playbook; None: it has none."""
    heard_by: Clean = ""
    """What tells people of it beside its actions in CloudWatch, and whom (an EventBridge rule, for example): no action is
    missing then; empty: nothing."""
    en: AlarmTexts = AlarmTexts.model_construct()
    """English versions of its texts."""


class Contact(Translated):
    """A role and how to reach it."""

    role: Clean
    contact: Decided = ""
    """Telephone number or address; empty: undecided, shown in red."""
    scope: Clean = ""
    """What to call it for."""
    on_duty: bool = False
    """Whether it is the role of the one on duty (当番), whom `roster` names."""
    en: ContactTexts = ContactTexts.model_construct()
    """English versions of its texts."""

    @property
    def undecided(self) -> bool:
        return not self.contact


class Approver(Translated):
    """A role and what it approves."""

    role: Clean
    name: Decided = ""
    """The person in this role; empty: undecided, shown in red."""
    users: tuple[Clean, ...] = ()
    """The OS users that may approve in a console as this role; empty: any second person."""
    approves: tuple[Clean, ...] = ()
    """What the role approves, one each: `task-limit:raise`, `rds-class:change` or `rds-storage:extend`, or the Japanese
    sentence for one of these. A change of which no role approves anything needs no approval."""
    en: ApproverTexts = ApproverTexts.model_construct()
    """English versions of its texts."""

    @property
    def undecided(self) -> bool:
        return not self.name


class Freeze(Translated):
    """A time in which changes are refused; an emergency with a reason goes through."""

    title: Clean
    """The reason, as operators read it: `年度末処理`."""
    starts: datetime
    """Local time from which changes are refused, without a zone: 2027-03-29T00:00:00."""
    ends: datetime
    """Local time from which they are allowed again, without a zone; after `starts`."""
    en: TitleTexts = TitleTexts.model_construct()
    """English versions of its texts."""


class ChangeCalendar(Model):
    """A Change Calendar of Systems Manager that opens and closes for changes."""

    name: RawId
    """Its name, or its ARN if another account shares it; while it is closed, or cannot be read, changes are refused."""


class ClosedDay(StrEnum):
    """What happens to an occurrence whose rule gives a closed day."""

    SKIP = "skip"  # It does not take place
    NEXT = "next-open"  # It moves to the next open day
    PREVIOUS = "previous-open"  # It moves to the previous open day
    KEEP = "keep"  # It stays on the closed day (Sunday 2:00 deployments)


class Within(StrEnum):
    """On which days an occurrence may be done."""

    DAY = "day"  # On its date only
    MONTH = "month"  # On any open day from its date to the end of that month (a drill in April)


class EvidenceField(Translated):
    """A value to record when signing off a duty, e.g. the restored snapshot of a drill, or its duration."""

    id: Slug
    title: Clean
    """Label of the input field."""
    kind: Literal["text", "number"] = "text"
    """`number`: digits, with a decimal point where needed; its unit belongs in the title."""
    required: bool = True
    """Whether the duty cannot be signed off without it."""
    measured_by: str = ""
    """What of a change is filled in by itself once the change has ended well: `drill-restore:minutes`. "": nothing, a
    person fills it in."""
    en: TitleTexts = TitleTexts.model_construct()
    """English versions of its texts."""


class Duty(Translated):
    """A recurring task: when it is due, what happens on closed days, and what must be done."""

    id: Slug
    title: Clean
    section: Clean = ""
    """Section of the written runbook; empty: not given."""
    rule: str = ""
    """RFC 5545 RRULE without DTSTART, in the system's time zone; empty: the duty is dated by `anchor`. INTERVAL
    counts from Monday 1900-01-01; a rule that names no day means Monday, the 1st, or 1 January. UNTIL is the last
    local date. COUNT is refused, because there is no start to count from."""
    open_days_before: Annotated[int, Field(ge=1, le=20)] | None = None
    """Open days by which an occurrence precedes the last open day at or before the rule's date, which RFC 5545
    cannot express: with `FREQ=MONTHLY;BYMONTHDAY=-1`, 2 is the third last open day of the month. Needs `closed_day
    = "previous-open"`. None: not moved."""
    at: tuple[ClockTime, ...] = ()
    """Local times of day, one occurrence each; empty: one occurrence at any time of the day."""
    closed_day: ClosedDay = ClosedDay.SKIP
    """What happens to an occurrence on a closed day."""
    within: Within = Within.DAY
    """Whether it may be done on its date only, or until the end of the month."""
    late_after_minutes: Annotated[int, Field(ge=1)] = 30
    """Minutes after its due time from which it is late; without a time of day it is late once its last day is
    over."""
    anchor: Clean = ""
    """Base date for a duty without a rule: `access-key:<user>+<n>d` (n days after an access key was created),
    `access-key-disabled:<user>+<n>d` (n days after it was disabled) or `rds-maintenance:<instance>+0d` (the last
    maintenance window that leaves `patch_lead_days` before AWS applies a pending action); empty: the duty is dated by
    `rule`."""
    only_when_planned: bool = False
    """Whether an occurrence is due only if a person has planned it."""
    series: Slug | None = None
    """Id shared by duties that follow one another: an occurrence is missed once the next of its series is due.
    None: once the duty itself is next due."""
    inspections: tuple[Slug, ...] = ()
    """Inspections run automatically when it is due: ids as `toban inspect` takes them, those of `[[inspections]]`
    included."""
    asks: tuple[Clean, ...] = ()
    """What the written runbook requires, one line each; a checklist if no inspection covers it."""
    judged_by: tuple[str, ...] = ()
    """For each line of `asks` the inspection that answers it, e.g. `dashboard`, or some of its items, e.g.
    `dashboard:ecs-cpu,ecs-memory`; "" for a line that a person answers. Empty: not given."""
    proved_by: tuple[str, ...] = ()
    """For each line of `asks` the state of the access key's rotation that proves it: `created`, `handed-over`,
    `verified`, `deactivated` or `deleted`; "" for a line that a person ticks. Needs an `anchor`. Empty: not given."""
    steps: tuple[Step, ...] = ()
    """What to do for it; a step's `look` names the inspection, panel or change that it leads to."""
    checklist: bool = False
    """Whether every line of `asks` must be ticked before signing off."""
    evidence: tuple[EvidenceField, ...] = ()
    """Values to record when signing off."""
    reviews_report: bool = False
    """Whether the day's report is shown before signing off."""
    record: Clean = ""
    """What the written runbook requires to be recorded, in words; empty: nothing."""
    en: DutyTexts = DutyTexts.model_construct()
    """English versions of its texts."""

    @property
    def is_manual(self) -> bool:
        return self.checklist or bool(self.evidence)


class Closures(Model):
    """Closed days and opening hours of city hall."""

    weekdays: tuple[Annotated[int, Field(ge=0, le=6)], ...] = (5, 6)
    """Closed weekdays; 0 is Monday."""
    national_holidays: bool = True
    """Whether Japan's national holidays are closed."""
    yearly: tuple[Annotated[str, StringConstraints(pattern=r"^\d{2}-\d{2}$")], ...] = ()
    """Dates closed every year, `MM-DD`."""
    extra: tuple[date, ...] = ()
    """Further closed dates."""
    opened: tuple[date, ...] = ()
    """Dates that are open although another setting closes them."""
    opens: ClockTime = "08:30"
    """Opening time of an open day (local)."""
    closes: ClockTime = "17:15"
    """Closing time of an open day (local)."""


class Disaster(Model):
    """Where the system is recovered if its own region fails."""

    region: Region
    """The other region, e.g. `ap-northeast-3`."""
    max_age_hours: Annotated[int, Field(gt=0)] = 26
    """Maximum age of the newest state of the database that can be recovered there, in hours."""


class Slack(Model):
    """Where Slack notes are posted. The token or webhook comes from the environment, never from this file."""

    channel: Clean = ""
    """Channel name with `#`, or Slack's channel id; empty: not given."""


class ReportSpec(Model):
    """The printed operations report."""

    approvals: Annotated[tuple[Clean, ...], Field(max_length=5)] | None = None
    """Heads of the boxes for seals, highest rank first; an empty list prints none. None: head, deputy,
    operator."""


class JournalSpec(Model):
    """Where checkpoints of the journal are stored outside it, so that a truncated journal is detected."""

    log_group: RawId = RawId("")
    """A CloudWatch Logs group; empty: syslog alone."""
    log_stream: RawId = RawId("")
    """An existing stream of that group."""


class Runbook(Translated):
    """The runbook of one system."""

    version: Literal[1]
    """Version of the grammar."""
    document: Clean = ""
    """Title of the written runbook."""
    document_version: Clean = ""
    """Version of the written runbook, in its own notation."""
    document_date: date | None = None
    """Date of the written runbook; None: not given."""
    document_updated: date | None = None
    """Date of its latest revision; None: not given."""
    readers: tuple[Clean, ...] = ()
    """Intended readers of the written runbook."""
    approved_by: Decided = ""
    """Who approved the runbook; empty: undecided, shown in red."""
    heard_by: Clean = ""
    """The same as `heard_by` of an alarm, for every alarm that has none of its own."""
    system: System
    ecs: Ecs | None = None
    rds: Rds | None = None
    alb: LoadBalancer | None = None
    cdn: Cdn | None = None
    waf: Firewall | None = None
    dashboard: DashboardSpec | None = None
    log_groups: tuple[LogGroupSpec, ...] = ()
    queries: tuple[SavedQuerySpec, ...] = ()
    """Saved queries of Logs Insights."""
    alarms: tuple[ExpectedAlarm, ...] = ()
    limits: tuple[Limit, ...] = ()
    playbooks: tuple[Playbook, ...] = ()
    procedures: tuple[Procedure, ...] = ()
    duties: tuple[Duty, ...] = ()
    weights: dict[Slug, CauseWeights] = {}  # noqa: RUF012  pydantic copies it
    """Weights of causes in place of those that ship with the console, by the cause's id."""
    causes: tuple[CauseSpec, ...] = ()
    """Causes of this system's own, besides those that ship with the console."""
    roster: tuple[RosterEntry, ...] = ()
    """Who is on duty when (当番表). The header names today's; escalation begins with them. Open days between two entries
    that no entry covers are undecided. Empty: the role alone is named."""
    contacts: tuple[Contact, ...] = ()
    approvers: tuple[Approver, ...] = ()
    freezes: tuple[Freeze, ...] = ()
    """Times in which changes are refused; empty: none."""
    change_calendar: ChangeCalendar | None = None
    """A calendar of AWS that opens and closes for changes; None: none."""
    closures: Closures = Closures.model_construct()
    costs: Costs | None = None
    access_keys: AccessKeys | None = None
    error_logs: ErrorLogs | None = None
    slow_queries: SlowQueries | None = None
    trail: Trail | None = None
    disaster: Disaster | None = None
    """Where the system is recovered if its region fails; None: not given."""
    slack: Slack | None = None
    masking: tuple[MaskPattern, ...] = ()
    """What else is masked in exports, Slack texts and reports."""
    github: Github | None = None
    """Where GitHub Actions keeps an access key; None: nowhere."""
    report: ReportSpec = ReportSpec.model_construct()
    journal: JournalSpec = JournalSpec.model_construct()
    inspecting: Inspecting = Inspecting.model_construct()
    inspections: tuple[CustomInspection, ...] = ()
    """Inspections that this runbook defines."""
    en: DocumentTexts = DocumentTexts.model_construct()
    """English versions of its texts."""

    def limit_for(self, namespace: str, metric: str) -> Limit | None:
        for limit in self.limits:
            if limit.namespace == namespace and limit.metric == metric:
                return limit
        return None

    def playbook_for(self, alarm_name: str) -> Playbook | None:
        playbook = next((alarm.playbook for alarm in self.alarms if alarm.name == alarm_name), None)
        return next((book for book in self.playbooks if book.id == playbook), None) if playbook else None

    def log_group_for(self, alarm_name: str) -> RawId:
        """The log group to open from an alarm: its own, or else the first of `log_groups`; "" if there is none."""
        named = next((alarm.log_group for alarm in self.alarms if alarm.name == alarm_name), RawId(""))
        return named or (self.log_groups[0].id if self.log_groups else RawId(""))
