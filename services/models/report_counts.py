"""The counts of a month's or a fiscal year's report."""

from services.models.base import Clean, Model
from services.models.report_lines import Charges


class DutyCount(Model):
    """How often a duty was done, and how."""

    duty: Clean
    """The duty's id; "" for all together."""
    title: Clean = ""
    """What it is called."""
    in_time: int = 0
    """Signed before it was late."""
    late: int = 0
    """Signed late, before it was missed."""
    after_missed: int = 0
    """Signed after it was missed."""
    missed: int = 0
    """Missed, and not signed by `as_of`."""
    skipped: int = 0
    """Left out, with a reason."""
    open: int = 0
    """Due or late at `as_of`, not signed."""
    upcoming: int = 0
    """Still to come at `as_of`."""
    no_record: int = 0
    """Before the journal began: nothing is known."""

    @property
    def total(self) -> int:
        """All of them."""
        done = self.in_time + self.late + self.after_missed
        return done + self.missed + self.skipped + self.open + self.upcoming + self.no_record


class InspectionCount(Model):
    """How often an inspection was made, and what it found; what was looked at again counts once."""

    inspection: Clean
    """The inspection's id."""
    title: Clean
    """Its title."""
    normal: int = 0
    """Times."""
    attention: int = 0
    """Times."""
    abnormal: int = 0
    """Times."""
    unknown: int = 0
    """Times it could not be judged."""
    overruled: int = 0
    """How many of them a person judged otherwise."""


class AlarmCount(Model):
    """How often and how long an alarm was in one state; times outside the report's days are cut off."""

    alarm: Clean
    """Its name."""
    title: Clean = ""
    """What the runbook calls it."""
    state: Clean
    """`alarm` or `insufficient`."""
    count: int
    """Times."""
    seconds: float
    """Together."""
    longest_seconds: float
    """The longest."""
    at_least: bool
    """Some beginning or end is not known."""


class MonthCharges(Model):
    """What the consoles cost in one month."""

    month: Clean
    """`2026-01`."""
    charges: Charges
    """The sums."""
