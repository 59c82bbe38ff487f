"""Reports of a day, a month or a fiscal year, made from the journal. `toban report --json` prints these
models. With `--all` it prints a list: for each system one of these models, or `UnreadReport`. Times are
aware, UTC; days are local to the system's time zone. A new field does not change `version`; removing a field
or changing its meaning does."""

from datetime import date, datetime
from typing import Literal

from services.models.base import Clean, Model
from services.models.incident_report import IncidentCount, IncidentLine
from services.models.report_approvals import ApprovalLine
from services.models.report_counts import AlarmCount, DutyCount, InspectionCount, MonthCharges
from services.models.report_lines import (
    AbnormalLine,
    AcknowledgementLine,
    ChangeLine,
    Charges,
    DutyLine,
    FindingLine,
    NoteLine,
    PostLine,
    RemarkLine,
    SpellLine,
)
from services.models.verdict import Verdict

VERSION: Literal[1] = 1


class ReportHead(Model):
    version: Literal[1] = VERSION
    """Version of the JSON format."""
    subject: Clean
    """Journal subject of remarks on this report: `report@2026-01-05`, `report@2026-01`, `report@FY2025`."""
    system: Clean
    """The system's id in the runbook."""
    system_title: Clean
    """The system's name."""
    timezone: str
    """IANA name of the system's time zone."""
    language: str
    """Language of the report; texts quoted from the journal keep theirs."""
    first: date
    """The first day it covers."""
    last: date
    """The last day it covers."""
    made_at: datetime
    """When the report was made."""
    as_of: datetime
    """The moment for which all states hold: the end of the last day, or `made_at` if that is earlier."""
    complete: bool
    """Whether the last day was over when the report was made."""
    journal: Clean
    """The journal's id."""
    stale: Clean = ""
    """Why the journal that was read, a copy of a shared one, may lack newer entries; "" if it does not."""
    runbook_draft: Clean = ""
    """That nobody has approved the runbook; "" if somebody has."""
    first_seq: int = 0
    """Number of the first journal entry in the period; 0: there is no entry."""
    last_seq: int = 0
    """Number of the last journal entry in the period; 0: there is no entry."""
    verdict: Verdict | None
    """The worst verdict of findings, duties and changes; None: there was nothing to judge."""
    measured: Verdict | None = None
    """The worst verdict of what could be judged; None: nothing could be."""
    has_unjudged: bool = False
    """Whether something could not be judged, whatever the verdict."""
    why: tuple[Clean, ...] = ()
    """Reasons why the verdict is not normal: what was measured as bad, then what could not be judged."""
    alarms: tuple[SpellLine, ...] = ()
    """Periods in which an alarm was not OK, by start."""
    changes: tuple[ChangeLine, ...] = ()
    """Changes that were confirmed, continued or stopped, by time."""
    allowed: tuple[ApprovalLine, ...] = ()
    """Approvals of changes, their refusals and emergencies, by time."""
    incidents: tuple[IncidentLine, ...] = ()
    """Incidents that were open at some time of the period, by their start."""
    charges: Charges = Charges()
    """AWS charges that the consoles caused."""
    remarks: tuple[RemarkLine, ...] = ()
    """People's remarks on this report; in a summary, also those on its days and months."""
    authors: tuple[Clean, ...] = ()
    """Who signed off the review of the report, or else the period's duties; empty: nobody yet."""
    approvals: tuple[Clean, ...] = ()
    """Heads of the boxes for seals on the printed report, highest rank first."""


class DayReport(ReportHead):
    """The report of one day."""

    kind: Literal["day"] = "day"
    """Kind of report."""
    is_open: bool
    """Whether city hall was open."""
    closed_name: Clean = ""
    """Why city hall was closed; "" on an open day."""
    duties: tuple[DutyLine, ...] = ()
    """Occurrences of this day, by time. A duty that counts only when planned is listed only if it was planned or
    signed off."""
    earlier: tuple[DutyLine, ...] = ()
    """Occurrences of other days: signed off on this day, or from an earlier day and still open at `as_of`."""
    running: tuple[DutyLine, ...] = ()
    """Unsigned occurrences of earlier days that may still be done, because the whole month is allowed."""
    findings: tuple[FindingLine, ...] = ()
    """Every finding of the day, by time."""
    abnormal: tuple[AbnormalLine, ...] = ()
    """What was still abnormal as of `as_of`, and who accepted it, worst first."""
    acknowledgements: tuple[AcknowledgementLine, ...] = ()
    """Acknowledgements that belong to none of the periods in `alarms`."""
    notes: tuple[NoteLine, ...] = ()
    """Notes, additions to the allow list, times when changes were allowed, and planned duties."""
    posts: tuple[PostLine, ...] = ()
    """Slack posts released on this day, and older ones that were not sent."""
    next_day: date | None = None
    """The next open day; None: there is none within a year."""
    next: tuple[DutyLine, ...] = ()
    """Occurrences after this day, up to and including `next_day`."""


class PeriodReport(ReportHead):
    """The summary of a month or a fiscal year (April to March)."""

    kind: Literal["month", "fiscal-year"]
    """Kind of report."""
    total: DutyCount
    """Counts of all duties together."""
    duties: tuple[DutyCount, ...] = ()
    """Counts per duty, in the runbook's order."""
    exceptions: tuple[DutyLine, ...] = ()
    """Occurrences that were late, missed or skipped, by time."""
    inspections: tuple[InspectionCount, ...] = ()
    """Counts per inspection."""
    findings: tuple[FindingLine, ...] = ()
    """Findings that are not normal, by time, without evidence; the reports of single days contain it."""
    alarm_counts: tuple[AlarmCount, ...] = ()
    """Totals per alarm and state, longest first within a state."""
    costs: tuple[FindingLine, ...] = ()
    """Findings of the cost inspection: all of a month; of a fiscal year, the last one of each month."""
    drills: tuple[DutyLine, ...] = ()
    """Occurrences of duties with a checklist or evidence fields, with what was recorded."""
    incident_count: IncidentCount = IncidentCount()
    """Incidents that began in the period."""
    months: tuple[MonthCharges, ...] = ()
    """AWS charges that the consoles caused, per month."""
    posts: int = 0
    """Number of posts that Slack accepted."""
    unposted: int = 0
    """Number of posts that were not sent, were refused, or may not have arrived."""
    open_days: int = 0
    """Number of open days in the period."""


class UnreadReport(Model):
    """In place of the report of a system whose journal or runbook cannot be read."""

    version: Literal[1] = VERSION
    """Version of the JSON format."""
    kind: Literal["unread"] = "unread"
    """Kind of report."""
    system: Clean
    """The system's id; the name of the runbook if that cannot be read."""
    system_title: Clean = ""
    """The system's name; "" if the runbook cannot be read."""
    why: tuple[Clean, ...]
    """Why it cannot be read, and what to do: one sentence each."""


Report = DayReport | PeriodReport
