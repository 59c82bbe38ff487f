"""Makes one look and judges what went wrong with it; records nothing."""

import asyncio
from collections.abc import Callable, Coroutine
from dataclasses import replace
from typing import Any

from services.aws.client.errors import AwsError
from services.aws.client.meter import UsageMeter
from services.aws.client.reader import Reader
from services.background.faults import Fault, unheard
from services.calendar.calendar import Calendar
from services.clock import Clock
from services.i18n import _
from services.inspections.base import Inspection, InspectionContext, Look
from services.inspections.known import Known
from services.inspections.registry import make
from services.inspections.running.metered_reader import MeteredReader
from services.models.findings import Finding
from services.models.problem import Problem, ProblemKind
from services.models.runbook import Runbook
from services.models.verdict import Verdict

YEN = 150.0
"""Yen for a dollar where the runbook says nothing of costs."""
LIMIT = 1800.0
"""Seconds (of the machine) that a look may take: one that hangs must not be waited for all day."""


class InspectionRunner:
    """The inspections of one system. `fault` hears of a fault of the console itself, which no finding may hide."""

    def __init__(
        self,
        runbook: Runbook,
        calendar: Calendar,
        reader: Reader,
        clock: Clock,
        meter: UsageMeter,
        *,
        region: str,
        known: Callable[[], Known] = Known,
        fault: Fault = unheard,
    ) -> None:
        self.fault = fault
        self._reader = reader
        self._meter = meter
        self._known = known
        self._usd_jpy = runbook.costs.usd_jpy if runbook.costs else YEN
        self._context = InspectionContext(
            runbook=runbook, calendar=calendar, clock=clock, region=region, reader=reader
        )

    @property
    def runbook(self) -> Runbook:
        """Whose looks these are."""
        return self._context.runbook

    def inspection(self, id: str) -> Inspection:
        """For its name and its first window. Raises LookupError."""
        return make(self._context, id)

    async def look(self, id: str, look: Look) -> Finding:
        """One look. Whatever goes wrong becomes a finding that cannot judge. Raises LookupError."""
        tally = MeteredReader(self._reader, usd_jpy=self._usd_jpy, charge=self._meter.charge)
        context = replace(self._context, reader=tally, known=self._known(), scanned=tally.scanned)
        inspection = make(context, id)
        if look.until < context.clock.now() - inspection.longest:
            return failed(inspection, look, self._too_far(inspection))
        finding = await self._outcome(inspection, inspection.look(look), look)
        return finding.model_copy(update={"cost": tally.cost})

    async def _outcome(
        self, inspection: Inspection, looking: Coroutine[Any, Any, Finding], look: Look
    ) -> Finding:
        # A task of its own: what it raises is looked at here, and a fault in one look ends no other.
        task = asyncio.create_task(looking, name=f"look {inspection.id}")
        try:
            done, _rest = await asyncio.wait({task}, timeout=LIMIT)
        finally:
            task.cancel()
        if not done:
            return failed(inspection, look, self._endless(inspection))
        # Nobody but this may end it; what ends it from within is a fault like any other.
        error = asyncio.CancelledError() if task.cancelled() else task.exception()
        if error is None:
            return task.result()
        if isinstance(error, AwsError):
            return failed(inspection, look, error.problem)
        self.fault(error)
        return failed(inspection, look, self._fault_problem(inspection))

    def _too_far(self, inspection: Inspection) -> Problem:
        """AWS keeps nothing of that time, and nothing would look like peace."""
        text = _("{title}: that time lies too far back, nothing of it can be seen any more.")
        return Problem(
            kind=ProblemKind.OTHER,
            summary=text.format(title=inspection.name),
            at=self._context.clock.now(),
        )

    def _endless(self, inspection: Inspection) -> Problem:
        text = _("{title}: the look did not come to an end within {count} minutes.")
        return Problem(
            kind=ProblemKind.OTHER,
            summary=text.format(title=inspection.name, count=round(LIMIT / 60)),
            remedy=_("Look again; where it stays so, look by hand as the runbook says."),
            at=self._context.clock.now(),
        )

    def _fault_problem(self, inspection: Inspection) -> Problem:
        return Problem(
            kind=ProblemKind.OTHER,
            summary=_("{title}: a fault of the console stopped the look.").format(title=inspection.name),
            remedy=_("Look by hand as the runbook says, and report the fault."),
            at=self._context.clock.now(),
        )


def failed(inspection: Inspection, look: Look, problem: Problem) -> Finding:
    """What a look says that could not be made."""
    return inspection.found(look, Verdict.UNKNOWN, problem.summary, problem=problem)
