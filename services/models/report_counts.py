from services.models.base import Clean, Model
from services.models.report_lines import Charges


class DutyCount(Model):
    """How many occurrences of a duty there were, by outcome; each occurrence is in exactly one of the counts."""

    duty: Clean
    """The duty's id; "" for all duties together, or for reverts of changes."""
    title: Clean = ""
    """The title of the duty or revert; "" for all duties together."""
    in_time: int = 0
    """Signed off before they were late."""
    late: int = 0
    """Signed off late, before they were missed."""
    after_missed: int = 0
    """Signed off after they were missed."""
    missed: int = 0
    """Missed, and not signed off by the report's `as_of`."""
    skipped: int = 0
    """Skipped by a person, with a reason."""
    open: int = 0
    """Due or late at the report's `as_of`, and not signed off."""
    upcoming: int = 0
    """Not yet due at the report's `as_of`."""
    no_record: int = 0
    """Late before the journal began: it is unknown whether they were done."""

    @property
    def total(self) -> int:
        done = self.in_time + self.late + self.after_missed
        return done + self.missed + self.skipped + self.open + self.upcoming + self.no_record


class InspectionCount(Model):
    """How many findings an inspection gave, by verdict; of several for one occurrence only the newest counts."""

    inspection: Clean
    """The inspection's id."""
    title: Clean
    """The inspection's title."""
    normal: int = 0
    """Number of normal findings."""
    attention: int = 0
    """Number of findings that need attention."""
    abnormal: int = 0
    """Number of abnormal findings."""
    unknown: int = 0
    """Number of findings without a judgement."""
    overruled: int = 0
    """Number of all these findings that a person overrode."""


class AlarmCount(Model):
    """How often and how long an alarm was in one state; only time within the report's period counts."""

    alarm: Clean
    """The alarm's name."""
    title: Clean = ""
    """Its title in the runbook; "" if the runbook has none."""
    state: Clean
    """`alarm` or `insufficient`."""
    count: int
    """Number of times."""
    seconds: float
    """Total duration, in seconds."""
    longest_seconds: float
    """Longest single duration, in seconds."""
    at_least: bool
    """Durations may be longer: the start or the end of some period is unknown."""


class MonthCharges(Model):
    """AWS charges that the consoles caused in one month."""

    month: Clean
    """The month: `2026-01`."""
    charges: Charges
    """Totals of the month."""
