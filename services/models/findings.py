"""Findings: the judged result of one inspection, and people's decisions on it."""

from collections import Counter
from collections.abc import Iterable
from datetime import datetime

from services.models.base import Clean, Model, RawId
from services.models.metrics import TimeSpan
from services.models.problem import Problem
from services.models.verdict import Verdict

WORSE = (Verdict.NORMAL, Verdict.ATTENTION, Verdict.UNKNOWN, Verdict.ABNORMAL)
"""Judgements, the worst last: not knowing is worse than being near the limit."""
ROWS = 50
"""Evidence rows kept of one table; the rest is counted."""


DISPLAY_ORDER = (Verdict.ABNORMAL, Verdict.ATTENTION, Verdict.UNKNOWN, Verdict.NORMAL)
"""Display order of verdicts: measured problems come before what could not be judged."""
Tally = tuple[tuple[Verdict, int], ...]
"""How many of each judgement that is not normal, in the order of TOLD."""


def tally(verdicts: Iterable[Verdict | None]) -> Tally:
    """How often each judgement comes that is not normal."""
    counts = Counter(verdicts)
    return tuple((verdict, counts[verdict]) for verdict in DISPLAY_ORDER[:-1] if counts[verdict])


def worst(verdicts: Iterable[Verdict | None]) -> Verdict | None:
    """The worst judgement, or None where nothing is judged."""
    return max((each for each in verdicts if each is not None), key=WORSE.index, default=None)


class Measure(Model):
    """One measured value beside what is allowed."""

    title: Clean
    """What was measured."""
    shown: Clean
    """The value as a person reads it, with its unit: `43 %`, `12 an hour`; "" where there is none."""
    allowed: Clean = ""
    """What is normal: `< 70 %`; "" where the runbook gives no limit."""
    verdict: Verdict | None = None
    """None: not judged, information only."""
    value: float | None = None
    """The same for machines, in `unit`."""
    unit: str = ""
    """Of `value`."""
    at: datetime | None = None
    """When it was at its worst (UTC); None where it is of the whole window."""
    note: Clean = ""
    """What else must be known of it."""


class Row(Model):
    """One line of evidence."""

    cells: tuple[Clean, ...]
    """One text a column."""
    verdict: Verdict | None = None
    """None: neither good nor bad."""


class Evidence(Model):
    """A table of what was seen."""

    title: Clean
    """What the table shows."""
    columns: tuple[Clean, ...]
    """The heads."""
    rows: tuple[Row, ...] = ()
    """At most ROWS."""
    omitted: int = 0
    """Rows beyond those kept."""
    private: bool = False
    """Holds texts of logs: never posted, and printed only where somebody asks for it."""


class AlarmPeriod(Model):
    """A time in which an alarm was not OK."""

    alarm: Clean
    """Its name."""
    state: str
    """`alarm` or `insufficient`."""
    began: datetime | None
    """None: before the window."""
    ended: datetime | None
    """None: it still lasts."""
    reason: Clean = ""
    """AWS's words."""


class UnknownIdentity(Model):
    """A person or a network that is not known yet; one key makes it known."""

    kind: str
    """`person` or `network`."""
    value: Clean
    """As CloudTrail spells it: a user name, an IP address."""
    network: str = ""
    """For an address: the network that would become known (CIDR)."""


class Cost(Model):
    """What a run asked of AWS and what AWS charges for it."""

    calls: int = 0
    """Requests."""
    yen: float = 0.0
    """0 where the requests are free of charge."""
    bytes_scanned: int = 0
    """By Logs Insights or Athena."""


class Finding(Model):
    """One run of an inspection, judged. Cannot judge (UNKNOWN) is never green."""

    inspection: str
    """The inspection's id."""
    title: Clean
    """Its name in the screen's language."""
    verdict: Verdict
    """normal, attention, abnormal, or unknown where it cannot be judged."""
    summary: Clean
    """One line in words."""
    measures: tuple[Measure, ...] = ()
    """What was measured beside what is allowed."""
    evidence: tuple[Evidence, ...] = ()
    """What was seen."""
    advice: tuple[Clean, ...] = ()
    """What to do, where it is not normal."""
    remarks: tuple[Clean, ...] = ()
    """What else must be known to read it: what could not be read beside it, how a figure is worked out."""
    window: TimeSpan | None = None
    """The time that the run covers; None where only the present state counts."""
    gap: Clean = ""
    """What is unusual about the window, in words: it covers closed days, or time that no run covered."""
    spells: tuple[AlarmPeriod, ...] = ()
    """Times in which alarms were not OK; only of the inspection of alarms."""
    unfamiliar: tuple[UnknownIdentity, ...] = ()
    """People and networks that are not known; only of the inspection of sign-ins."""
    read_at: datetime
    """When it was made (UTC)."""
    cost: Cost = Cost()
    """What it cost."""
    estimate_yen: float | None = None
    """It was not made, for it would cost this much: somebody must agree first."""
    problem: Problem | None = None
    """Why it could not be made or judged."""

    @property
    def tally(self) -> Tally:
        """Its measures that are not normal; the verdict itself where no measure has it."""
        counts = tally(each.verdict for each in self.measures)
        own = self.verdict is Verdict.NORMAL or self.verdict in dict(counts)
        return (
            counts
            if own
            else tuple(sorted((*counts, (self.verdict, 1)), key=lambda pair: DISPLAY_ORDER.index(pair[0])))
        )

    @property
    def measured(self) -> Verdict:
        """The worst of what was measured, whatever else could not be judged; normal where nothing is bad."""
        return next(
            (verdict for verdict, _count in self.tally if verdict is not Verdict.UNKNOWN), Verdict.NORMAL
        )

    @property
    def unjudged(self) -> int:
        """Measures that could not be judged; one where the whole could not."""
        return dict(self.tally).get(Verdict.UNKNOWN, 0)

    @property
    def waits_for_consent(self) -> bool:
        """Somebody must agree to its cost first."""
        return self.estimate_yen is not None


class Progress(Model):
    """The progress of a running inspection."""

    text: Clean = ""
    done: int = 0
    total: int = 0
    """0: not known."""


class Overrule(Model):
    """A person judged a finding otherwise."""

    by: Clean
    at: datetime
    reason: Clean
    seq: int
    """The journal entry."""


class Recorded(Model):
    """A finding in the journal, and a person's decision on it."""

    seq: int
    by: Clean
    """On whose console it was made."""
    finding: Finding
    subject: str = ""
    """What it was made for, exactly: a slot's key, `hand@<time>`."""
    overruled: Overrule | None = None

    @property
    def settled(self) -> bool:
        """Nothing is left to decide: it is normal, or somebody overruled it."""
        return self.finding.verdict is Verdict.NORMAL or self.overruled is not None


class RunningInspection(Model):
    """An inspection that is being made now."""

    inspection: str
    title: Clean
    by: Clean = ""
    """Whose console makes it; "" for this one."""
    began: datetime
    progress: Progress = Progress()


class DutyFindings(Model):
    """What the inspections of one occurrence found so far."""

    key: str
    """The slot's key."""
    expected: tuple[str, ...]
    """Ids of its inspections, in the runbook's order."""
    recorded: tuple[Recorded, ...] = ()
    """The newest of each inspection, in the runbook's order."""
    running: tuple[RunningInspection, ...] = ()

    @property
    def complete(self) -> bool:
        """Every inspection has a finding."""
        return {each.finding.inspection for each in self.recorded} >= set(self.expected)

    @property
    def verdict(self) -> Verdict | None:
        """The worst of what was found, overruled or not; None before anything was found."""
        return worst(each.finding.verdict for each in self.recorded)

    @property
    def tally(self) -> Tally:
        """Findings by what was measured at the worst, and those of which something could not be judged."""
        measured = (each.finding.measured for each in self.recorded)
        unjudged = (Verdict.UNKNOWN for each in self.recorded if each.finding.unjudged)
        return tally((*measured, *unjudged))

    @property
    def settled(self) -> bool:
        """Complete, and every finding is normal or overruled."""
        return self.complete and all(each.settled for each in self.recorded)

    @property
    def all_normal(self) -> bool:
        """Complete, and every finding is normal; an overruled one is signed for on its own."""
        return self.complete and all(each.finding.verdict is Verdict.NORMAL for each in self.recorded)


class FindingsView(Model):
    """The findings of every occurrence that matters now."""

    duties: tuple[DutyFindings, ...] = ()
    on_demand: tuple[Recorded, ...] = ()
    """Looks that belong to no duty, newest first."""
    running: tuple[RunningInspection, ...] = ()
    """Looks under way for anything else than these duties."""
    version: int = 0

    def of(self, key: str) -> DutyFindings | None:
        """Those of one occurrence."""
        return next((each for each in self.duties if each.key == key), None)


class InspectionInfo(Model):
    """An inspection as a list offers it."""

    id: RawId
    title: Clean
    words: str = ""
    """Readings and romaji for the palette."""
