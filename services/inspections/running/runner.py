"""Runs one inspection and turns errors into findings without a verdict. Records nothing."""

import asyncio
from collections.abc import AsyncGenerator, Awaitable, Callable, Coroutine, Sequence
from dataclasses import replace
from datetime import timedelta
from typing import Any

from services.aws.client.errors import AwsError
from services.aws.client.meter import UsageMeter
from services.aws.client.prices import usd_of_call, yen_per_dollar
from services.aws.client.reader import Answer, Reader
from services.aws.client.remedies import remedy, summary
from services.background.boundaries import Fault, unreported
from services.calendar.calendar import Calendar
from services.clock import Clock, skew_of
from services.i18n import _
from services.inspections.allow_list import AllowList
from services.inspections.base import Inspection, InspectionContext, InspectionRequest
from services.inspections.registry import make
from services.inspections.toolkit.finding_builder import FindingBuilder
from services.models.date_text import written_on
from services.models.findings import Cost, Finding
from services.models.problem import Problem, ProblemKind
from services.models.runbook import Runbook


class MeteredReader:
    """A Reader that wraps another one and meters its calls; inspections report bytes scanned through `scanned`."""

    def __init__(self, reader: Reader, *, usd_jpy: float, charge: Callable[[str, float], None]) -> None:
        self._reader = reader
        self._usd_jpy = usd_jpy
        self._charge = charge
        self._calls = 0
        self._yen = 0.0
        self._bytes = 0

    @property
    def cost(self) -> Cost:
        """The cost so far: calls, yen and bytes scanned."""
        return Cost(calls=self._calls, yen=round(self._yen, 4), bytes_scanned=self._bytes)

    def scanned(self, size: int, yen: float) -> None:
        """Add a query that scanned `size` bytes at a price of `yen`; the daily meter counts it as well."""
        self._bytes += size
        self._yen += yen
        self._charge("scanned", yen / self._usd_jpy)

    async def read(
        self,
        service: str,
        operation: str,
        /,
        *,
        region: str | None = None,
        required: Sequence[str] = (),
        timeout: float = 20.0,
        **params: Any,
    ) -> Answer:
        self._count(service, operation, params)
        return await self._reader.read(
            service, operation, region=region, required=required, timeout=timeout, **params
        )

    async def pages(
        self,
        service: str,
        operation: str,
        /,
        *,
        region: str | None = None,
        required: Sequence[str] = (),
        timeout: float = 20.0,
        **params: Any,
    ) -> AsyncGenerator[Answer, None]:
        pages = self._reader.pages(
            service, operation, region=region, required=required, timeout=timeout, **params
        )
        try:
            async for page in pages:
                self._count(service, operation, params)
                yield page
        except AwsError:
            # AWS charges for a request even if the response is an error.
            self._count(service, operation, params)
            raise

    def _count(self, service: str, operation: str, params: dict[str, Any]) -> None:
        self._calls += 1
        self._yen += usd_of_call(service, operation, params) * self._usd_jpy


LIMIT = 1800.0
"""Seconds (of real time) that an inspection may take, so that a hanging one does not block its duty all day."""


class InspectionRunner:
    """The inspections of one system. `prove` reads whose answers these are, which tells AWS's time, too; it
    may raise AwsError. `fault` is called with internal errors, which a finding must not hide."""

    def __init__(
        self,
        runbook: Runbook,
        calendar: Calendar,
        reader: Reader,
        clock: Clock,
        meter: UsageMeter,
        *,
        region: str,
        allow_list: Callable[[], AllowList] = AllowList,
        prove: Callable[[], Awaitable[None]] | None = None,
        fault: Fault = unreported,
    ) -> None:
        self.fault = fault
        self._prove = prove
        self._reader = reader
        self._meter = meter
        self._allow_list = allow_list
        self._usd_jpy = yen_per_dollar(runbook.costs)
        self._context = InspectionContext(
            runbook=runbook, calendar=calendar, clock=clock, region=region, reader=reader
        )

    @property
    def runbook(self) -> Runbook:
        return self._context.runbook

    def inspection(self, id: str) -> Inspection:
        """The inspection with this id, without running it. Raises LookupError."""
        return make(self._context, id)

    async def run(self, id: str, request: InspectionRequest) -> Finding:
        """Run one inspection; any failure becomes a finding without a verdict. Raises LookupError for an
        unknown id. The request's window is by this machine's clock; what is read is by AWS's."""
        metered = MeteredReader(self._reader, usd_jpy=self._usd_jpy, charge=self._meter.charge)
        context = replace(
            self._context, reader=metered, allow_list=self._allow_list(), scanned=metered.scanned
        )
        inspection = make(context, id)
        if (skew := skew_of(context.clock)) is None and self._prove is not None:
            # The first answer tells AWS's time: rather before the window is chosen, from one that costs nothing.
            proof = asyncio.ensure_future(self._prove())
            await asyncio.wait({proof})
            error = None if proof.cancelled() else proof.exception()
            if error is not None and not isinstance(error, AwsError):
                self.fault(error)
                return failed(inspection, request, self._fault_problem(inspection))
            skew = skew_of(context.clock)
        ahead = skew or timedelta()
        # Whichever clock dated its beginning: rather too much than a gap.
        since = min(request.since, request.since + ahead)
        request = replace(request, since=since, until=request.until + ahead)
        if request.until < context.clock.now() - inspection.longest:
            # AWS no longer has the data: an empty result would look like all-clear.
            text = _("{title}: that time is too far back to be inspected.")
            return failed(inspection, request, self._problem(text.format(title=inspection.name)))
        finding = await self._outcome(inspection, inspection.run(request), request)
        if skew is None and skew_of(context.clock):
            # The window lay elsewhere than was meant, perhaps in the future; what was sent may have cost something.
            texts = summary("clock", {}), remedy("clock", {"profile": ""})
            finding = failed(inspection, request, self._problem(*texts, ProblemKind.CLOCK))
        return finding.model_copy(update={"cost": metered.cost})

    async def prepare(self, id: str, request: InspectionRequest) -> None:
        """Let an inspection read beforehand what its run at `request.until` would wait for. Raises LookupError."""
        metered = MeteredReader(self._reader, usd_jpy=self._usd_jpy, charge=self._meter.charge)
        inspection = make(replace(self._context, reader=metered), id)
        task = asyncio.create_task(inspection.prepare(request), name=f"preparation of {id}")
        try:
            await asyncio.wait({task}, timeout=LIMIT)
        finally:
            task.cancel()
        # What could not be read is read, and judged, by the run.
        error = task.exception() if task.done() and not task.cancelled() else None
        if error is not None and not isinstance(error, AwsError):
            self.fault(error)

    async def _outcome(
        self, inspection: Inspection, run: Coroutine[Any, Any, Finding], request: InspectionRequest
    ) -> Finding:
        # In its own task, so that its exception is handled here and ends no other inspection.
        with written_on(self._context.calendar.day_of(request.until)):
            task = asyncio.create_task(run, name=f"inspection {inspection.id}")
        try:
            done, _rest = await asyncio.wait({task}, timeout=LIMIT)
        finally:
            task.cancel()
        if not done:
            text = _("{title}: the inspection did not finish within {count} minutes.")
            text = text.format(title=inspection.name, count=round(LIMIT / 60))
            tip = _("Rerun it; if it still does not finish, check by hand as the runbook says.")
            return failed(inspection, request, self._problem(text, tip))
        # Only this method may cancel it; a cancellation from within is an internal error like any other.
        error = asyncio.CancelledError() if task.cancelled() else task.exception()
        if error is None:
            return task.result()
        if isinstance(error, AwsError):
            return failed(inspection, request, error.problem)
        self.fault(error)
        return failed(inspection, request, self._fault_problem(inspection))

    def _problem(self, text: str, remedy: str = "", kind: ProblemKind = ProblemKind.OTHER) -> Problem:
        return Problem(kind=kind, summary=text, remedy=remedy, at=self._context.clock.now())

    def _fault_problem(self, inspection: Inspection) -> Problem:
        return self._problem(
            _("{title}: an internal error stopped the inspection.", title=inspection.name),
            _("Check by hand as the runbook says, and report this error."),
        )


def failed(inspection: Inspection, request: InspectionRequest, problem: Problem) -> Finding:
    return FindingBuilder(inspection, request, problem=problem).finding(problem.summary)
