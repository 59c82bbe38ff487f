"""Findings: the judged result of one inspection, and people's decisions on it. Older versions refuse a
finding with keys that they do not know, so fields added since 0.1 are excluded from its JSON and recorded
beside it (`services.inspections.running.entries`)."""

from datetime import datetime

from pydantic import Field
from pydantic.json_schema import SkipJsonSchema

from services.i18n import _
from services.models.base import Clean, Model, RawId
from services.models.evidence import Evidence
from services.models.metrics import TimeSpan
from services.models.problem import Problem
from services.models.verdict import DISPLAY_ORDER, Tally, Verdict, tally, worst


class Measure(Model):
    """One measured value and its normal range."""

    title: Clean
    """What was measured."""
    shown: Clean
    """The value for display, with its unit: `43 %`, `12 per hour`; "" if there is no value."""
    allowed: Clean = ""
    """The normal range: `< 70 %`; "" if there is no limit."""
    verdict: Verdict | None = None
    """None: not judged, information only."""
    value: float | None = None
    """The value as a number in `unit`; None: there is none."""
    unit: str = ""
    """Unit of `value`; "" for a plain number."""
    at: datetime | None = None
    """When the value was worst (UTC); None: it belongs to the whole window."""
    note: Clean = ""
    """What else is to be known about the value."""
    item: SkipJsonSchema[str] = Field(default="", exclude=True)
    """What it measures, for programs: a limit's id, or a word of the inspection; "" if nothing refers to it."""
    partial: SkipJsonSchema[bool] = Field(default=False, exclude=True)
    """Part of it could not be judged, beside what `verdict` says of the rest."""

    @property
    def verdicts(self) -> tuple[Verdict | None, ...]:
        return (self.verdict, Verdict.UNKNOWN) if self.partial else (self.verdict,)


class AlarmPeriod(Model):
    """A period in which an alarm was not OK."""

    schema_name = "Spell"

    alarm: Clean
    """The alarm's name."""
    state: str
    """`alarm` or `insufficient`."""
    began: datetime | None
    """When it began (UTC); None: before the window."""
    ended: datetime | None
    """When it ended (UTC); None: not yet at the end of the window."""
    reason: Clean = ""
    """AWS's reason for the state."""


class UnknownIdentity(Model):
    """A user or network address that is not on the allow list; one key adds it."""

    schema_name = "Unfamiliar"

    kind: str
    """`person` or `network`."""
    value: Clean
    """User name or IP address, as CloudTrail spells it."""
    network: str = ""
    """For an address: the network (CIDR) to add to the allow list; "" for a person."""


class Cost(Model):
    """AWS requests of a run, and their cost."""

    calls: int = 0
    """Number of requests."""
    yen: float = 0.0
    """Cost in yen; 0 if the requests are free of charge."""
    bytes_scanned: int = 0
    """Bytes scanned by Logs Insights or Athena."""


class Finding(Model):
    """The judged result of one run of an inspection; an unknown verdict is never shown in green."""

    inspection: str
    """The inspection's id."""
    title: Clean
    """The inspection's title in the screen's language."""
    verdict: Verdict
    """The worst that is known: normal, attention, abnormal; unknown if nothing bad is known and not all was judged."""
    summary: Clean
    """One line in words."""
    measures: tuple[Measure, ...] = ()
    """Measured values and their normal ranges."""
    evidence: tuple[Evidence, ...] = ()
    """Tables of what was read."""
    advice: tuple[Clean, ...] = ()
    """What to do if it is not normal."""
    remarks: tuple[Clean, ...] = ()
    """What else is to be known about the finding: what could not be read, how a value is calculated."""
    window: TimeSpan | None = None
    """The time that the run covers; None: the present state only."""
    gap: Clean = ""
    """Why the window is unusual, in words: it includes closed days, or time that no earlier run covered; ""
    otherwise."""
    spells: tuple[AlarmPeriod, ...] = ()
    """Periods in which alarms were not OK; only from the inspection of alarms."""
    unfamiliar: tuple[UnknownIdentity, ...] = ()
    """Users and networks that are not on the allow list; only from the inspection of sign-ins."""
    read_at: datetime
    """When the inspection was run (UTC)."""
    cost: Cost = Cost()
    """Requests and cost of the run."""
    estimate_yen: float | None = None
    """Estimated cost in yen of a run that waits for a person's consent; None: it does not wait."""
    problem: Problem | None = None
    """Why the inspection could not be run or judged; None if it could."""

    @property
    def tally(self) -> Tally:
        counts = dict(tally(verdict for each in self.measures for verdict in each.verdicts))
        if self.verdict is not Verdict.NORMAL:
            counts.setdefault(self.verdict, 1)
        return tuple((each, counts[each]) for each in DISPLAY_ORDER if each in counts)

    @property
    def leading(self) -> Verdict:
        """The verdict to show first. It is the finding's own, except in findings of older versions, whose own was unknown
        although something was measured as bad."""
        return worst(dict(self.tally)) or Verdict.NORMAL

    @property
    def measured(self) -> Verdict:
        return worst(each for each, _count in self.tally if each is not Verdict.UNKNOWN) or Verdict.NORMAL

    @property
    def unjudged(self) -> int:
        return dict(self.tally).get(Verdict.UNKNOWN, 0)

    @property
    def complete(self) -> bool:
        return not self.unjudged

    @property
    def without_verdicts(self) -> "Finding":
        measures = tuple(
            each.model_copy(update={"verdict": None, "partial": False}) for each in self.measures
        )
        evidence = tuple(
            each.model_copy(
                update={"rows": tuple(row.model_copy(update={"verdict": None}) for row in each.rows)}
            )
            for each in self.evidence
        )
        return self.model_copy(update={"measures": measures, "evidence": evidence})

    @property
    def waits_for_consent(self) -> bool:
        return self.estimate_yen is not None


class Progress(Model):
    text: Clean = ""
    done: int = 0
    total: int = 0
    """Amount of work in the unit of `done`; 0: unknown."""


class Overrule(Model):
    """A person's override of a finding's verdict."""

    by: Clean
    at: datetime
    reason: Clean
    seq: int
    """Number of its journal entry."""


class Recorded(Model):
    """A finding in the journal, with a person's override if there is one."""

    seq: int
    by: Clean
    """The user whose console ran the inspection."""
    finding: Finding
    subject: str = ""
    """What it was made for: an occurrence's key, or `hand@<time>` for a run on demand."""
    overruled: Overrule | None = None
    """The person's override; None: there is none."""

    @property
    def settled(self) -> bool:
        return self.finding.leading is Verdict.NORMAL or self.overruled is not None


class RunningInspection(Model):
    inspection: str
    title: Clean
    by: Clean = ""
    """The user whose console runs it; "" for this console."""
    began: datetime
    progress: Progress = Progress()


class DutyFindings(Model):
    """The findings of one occurrence's inspections so far."""

    key: str
    """The occurrence's key."""
    expected: tuple[str, ...]
    """Ids of its inspections, in the runbook's order."""
    recorded: tuple[Recorded, ...] = ()
    """The newest finding of each inspection, in the runbook's order."""
    running: tuple[RunningInspection, ...] = ()
    """Its inspections that are being run now, by this console or another."""
    queued: tuple[str, ...] = ()
    """Ids of its inspections that this console is about to run."""
    material: bool = False
    """A person does the duty by a checklist; the findings help, and say nothing about whether it was done."""
    unanswered: int = 0
    """Lines of the duty that name a value which its inspection did not judge, although it judged all that it read."""
    for_reference: bool = False
    """Other duties judge these findings, so that they have no verdict here: no drill is abnormal before it is held."""

    @property
    def complete(self) -> bool:
        return {each.finding.inspection for each in self.recorded} >= set(self.expected)

    @property
    def verdict(self) -> Verdict | None:
        unanswered = Verdict.UNKNOWN if self.unanswered else None
        return worst((*(each.finding.leading for each in self.recorded), unanswered))

    @property
    def tally(self) -> Tally:
        verdicts = (
            verdict
            for each in self.recorded
            for verdict in {
                each.finding.leading,
                Verdict.NORMAL if each.finding.complete else Verdict.UNKNOWN,
            }
        )
        return tally((*verdicts, *(Verdict.UNKNOWN,) * self.unanswered))

    @property
    def settled(self) -> bool:
        return self.complete and not self.unanswered and all(each.settled for each in self.recorded)

    @property
    def all_normal(self) -> bool:
        return self.complete and self.verdict is Verdict.NORMAL


class FindingsView(Model):
    duties: tuple[DutyFindings, ...] = ()
    on_demand: tuple[Recorded, ...] = ()
    """Findings of inspections run on demand, newest first."""
    running: tuple[RunningInspection, ...] = ()
    """Inspections being run that belong to none of `duties`."""
    version: int = 0
    """Counter that grows with every new record; 0 before the first."""

    def of(self, key: str) -> DutyFindings | None:
        return next((each for each in self.duties if each.key == key), None)


class InspectionInfo(Model):
    id: RawId
    title: Clean
    words: str = ""
    """Search words for the palette: Japanese readings and romaji."""


def measure_text(measure: Measure) -> str:
    """`Root sign-ins 1 (normal: 0)`; what is wrong in words where the value itself is as it should be."""
    value = measure.shown or _("not judged")
    if measure.note and measure.shown == measure.allowed:
        return f"{measure.title} {measure.note}"
    if not measure.allowed:
        return f"{measure.title} {value}"
    return _("{title} {shown} (normal: {allowed})", title=measure.title, shown=value, allowed=measure.allowed)


def bad_measures(finding: Finding) -> tuple[Measure, ...]:
    bad = (each for each in finding.measures if each.verdict not in (None, Verdict.NORMAL))
    return tuple(sorted(bad, key=lambda measure: DISPLAY_ORDER.index(measure.verdict or Verdict.NORMAL)))
