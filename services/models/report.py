"""Reports: what the journal says of a day, a month or a fiscal year. `toban report --json` prints these models.

Times are aware, UTC; days are local to the system's time zone. Fields are added without a new `version`; one that
changes its meaning or goes away raises it.
"""

from datetime import date, datetime
from typing import Literal

from services.models.base import Clean, Model
from services.models.report_counts import AlarmCount, DutyCount, InspectionCount, MonthCharges
from services.models.report_lines import (
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
    """What every report begins with."""

    version: Literal[1] = VERSION
    """Of this grammar."""
    subject: Clean
    """`report@2026-01-05`, `report@2026-01`, `report@FY2025`: what remarks for it are recorded under."""
    system: Clean
    """The system's id in the runbook."""
    system_title: Clean
    """Its name."""
    timezone: str
    """In which days are counted."""
    language: str
    """In which it is written, as far as it is not older words."""
    first: date
    """The first day it covers."""
    last: date
    """The last day it covers."""
    made_at: datetime
    """When it was made."""
    as_of: datetime
    """The moment its states are of: the end of the last day, or when it was made if that was earlier."""
    complete: bool
    """The last day was over."""
    journal: Clean
    """The journal's id."""
    first_seq: int = 0
    """The first journal entry of its days; 0: there is none."""
    last_seq: int = 0
    """The last one."""
    verdict: Verdict | None
    """The worst of what counts; None: nothing was due and nothing was looked at."""
    why: tuple[Clean, ...] = ()
    """What made it not normal, the worst first."""
    alarms: tuple[SpellLine, ...] = ()
    """Times in which an alarm was not OK, by their beginning."""
    changes: tuple[ChangeLine, ...] = ()
    """Changes that were confirmed, went on or were stopped, by time."""
    charges: Charges = Charges()
    """What the consoles themselves cost."""
    remarks: tuple[RemarkLine, ...] = ()
    """People's words for this report, and for those of its days and months."""


class DayReport(ReportHead):
    """The report of one day."""

    kind: Literal["day"] = "day"
    """Which report this is."""
    is_open: bool
    """City hall was open."""
    closed_name: Clean = ""
    """Why it was closed."""
    duties: tuple[DutyLine, ...] = ()
    """Held on this day, by time; duties that only count when planned, only where somebody planned or signed them."""
    earlier: tuple[DutyLine, ...] = ()
    """Of earlier days: signed on this day, or still open at `as_of`."""
    running: tuple[DutyLine, ...] = ()
    """Begun on an earlier day and may still be held, not signed."""
    findings: tuple[FindingLine, ...] = ()
    """Every look of the day, by time."""
    acknowledgements: tuple[AcknowledgementLine, ...] = ()
    """Of alarm states that no look of the day saw."""
    notes: tuple[NoteLine, ...] = ()
    """Notes, what became known, when writing was allowed."""
    posts: tuple[PostLine, ...] = ()
    """To Slack: those of the day, and older ones that are not sent."""
    next_day: date | None = None
    """The next open day."""
    next: tuple[DutyLine, ...] = ()
    """What is due until the end of `next_day`."""


class PeriodReport(ReportHead):
    """The summary of a month or a fiscal year (April to March)."""

    kind: Literal["month", "fiscal-year"]
    """Which report this is."""
    total: DutyCount
    """All duties together."""
    duties: tuple[DutyCount, ...] = ()
    """By duty, in the runbook's order."""
    exceptions: tuple[DutyLine, ...] = ()
    """Duties that were late, missed or left out, by time."""
    inspections: tuple[InspectionCount, ...] = ()
    """By inspection."""
    findings: tuple[FindingLine, ...] = ()
    """What was not normal, by time; without the evidence, which the days' reports have."""
    alarm_counts: tuple[AlarmCount, ...] = ()
    """By alarm, the longest first."""
    costs: tuple[FindingLine, ...] = ()
    """The cost looks that count: every week's in a month, every month's last in a year."""
    drills: tuple[DutyLine, ...] = ()
    """Duties that ask for a checklist or for evidence, with what was written down."""
    months: tuple[MonthCharges, ...] = ()
    """What the consoles cost by month."""
    posts: int = 0
    """Notes that Slack took."""
    unposted: int = 0
    """Notes that it did not take, or of which nobody knows."""
    open_days: int = 0
    """Days on which city hall was open."""


Report = DayReport | PeriodReport
