from collections.abc import Awaitable, Iterable
from dataclasses import dataclass, field
from typing import TypeVar

from services.aws.client.errors import AwsError
from services.i18n import _, sentences
from services.inspections.base import Inspection, InspectionContext, InspectionRequest
from services.inspections.toolkit import checks
from services.inspections.toolkit.checks import CheckRow
from services.models.evidence import Evidence
from services.models.findings import AlarmPeriod, Finding, Measure, UnknownIdentity
from services.models.problem import Problem
from services.models.rds import Database
from services.models.runbook import Rds
from services.models.verdict import Verdict, worst

T = TypeVar("T")


@dataclass(slots=True)
class FindingBuilder:
    inspection: Inspection
    request: InspectionRequest
    windowed: bool = True  # False if only the current state counts: the finding has no window
    measures: list[Measure] = field(default_factory=list)
    tables: list[Evidence] = field(default_factory=list)
    remarks: list[str] = field(default_factory=list)
    results: list[CheckRow] = field(default_factory=list)
    """Results of checks; their measures are among `measures`."""
    problem: Problem | None = None  # The first problem in reading

    @property
    def context(self) -> InspectionContext:
        return self.inspection.context

    @property
    def verdict(self) -> Verdict:
        return worst(verdict for measure in self.measures for verdict in measure.verdicts) or Verdict.UNKNOWN

    @property
    def complete(self) -> bool:
        verdicts = [verdict for measure in self.measures for verdict in measure.verdicts]
        return any(verdicts) and Verdict.UNKNOWN not in verdicts

    def measure(self, *measures: Measure) -> None:
        self.measures += measures

    def unjudged(self, title: str) -> None:
        self.measure(Measure(title=title, shown="", verdict=Verdict.UNKNOWN))

    def check(self, *results: CheckRow) -> None:
        self.results += results
        self.measure(*(result.measure for result in results))

    def table(self, *tables: Evidence, first: bool = False, keep_empty: bool = False) -> None:
        """Add evidence unless it is empty. `first`: before the existing evidence."""
        place = 0 if first else len(self.tables)
        self.tables[place:place] = [table for table in tables if table.rows or keep_empty]

    def remark(self, *texts: str, first: bool = False) -> None:
        place = 0 if first else len(self.remarks)
        self.remarks[place:place] = filter(None, texts)

    def unread(self, error: AwsError, what: str) -> None:
        self.problem = self.problem or error.problem
        self.remark(sentences(what, error.problem.message))

    async def readable(self, answer: Awaitable[T], what: str) -> T | None:
        try:
            return await answer
        except AwsError as error:
            self.unread(error, what)
            return None

    def finding(
        self,
        summary: str,
        *,
        advice: Iterable[str] = (),
        spells: tuple[AlarmPeriod, ...] = (),
        unfamiliar: tuple[UnknownIdentity, ...] = (),
        estimate_yen: float | None = None,
    ) -> Finding:
        verdict = self.verdict
        remedy = (self.problem.advice,) if self.problem is not None and self.problem.advice else ()
        return Finding(
            inspection=self.inspection.id,
            title=self.inspection.name,
            verdict=verdict,
            summary=summary,
            measures=tuple(self.measures),
            evidence=tuple(self.tables),
            advice=() if verdict is Verdict.NORMAL else tuple(dict.fromkeys((*advice, *remedy))),
            remarks=tuple(self.remarks),
            window=self.request.span if self.windowed else None,
            gap=self.request.gap if self.windowed else "",
            spells=spells,
            unfamiliar=unfamiliar,
            read_at=self.context.clock.now(),
            estimate_yen=estimate_yen,
            problem=self.problem,
        )

    def finding_of_checks(self, normal: str, *, advice: Iterable[str] = ()) -> Finding:
        """Build the finding from the checks: their sentences or `normal`; their, the runbook's and the given advice."""
        by_checks = checks.advice(self.results, self.context.runbook, self.inspection.id)
        return self.finding(checks.summary(self.results, normal), advice=(*by_checks, *advice))


class DatabaseInspection(Inspection):
    @property
    def spec(self) -> Rds:
        spec = self.context.runbook.rds
        assert spec is not None
        return spec

    def of_cluster(self, builder: FindingBuilder, database: Database) -> Finding | None:
        """The finding for a member of a cluster, whose backups and settings are the cluster's; None for others."""
        if not database.cluster:
            return None
        measure = Measure(title=_("Cluster"), shown=database.cluster, verdict=Verdict.UNKNOWN)
        text = _("The database is a member of the cluster {cluster}: not judged here.")
        builder.check(CheckRow(measure, text.format(cluster=database.cluster)))
        return builder.finding_of_checks("")
