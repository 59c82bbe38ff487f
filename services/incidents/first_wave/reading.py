"""Reads the first wave of an incident: everything that AWS forgets, in parallel, in at most five seconds.

A source that is late, refused, damaged or stopped by an internal error says so in its SourceReading; the others are
complete without it.
"""

import asyncio
from functools import partial
from typing import Any

from services.aws.client.errors import AwsError
from services.aws.client.reader import Reader
from services.background.faults import Fault, fault_problem, from_within, unreported
from services.clock import Clock
from services.i18n import _
from services.incidents.first_wave.budget import RequestBudget, SourceReader
from services.incidents.first_wave.parts import service_name
from services.incidents.first_wave.questions import QUESTIONS
from services.incidents.first_wave.sources import REQUESTS, SOURCES
from services.incidents.first_wave.wave import Answered, Outcome, Unanswered, Wave
from services.models.first_wave import FIELDS, AlarmMoment, IncidentEvidence, Source, SourceReading
from services.models.problem import Problem, ProblemKind
from services.models.runbook import Runbook

SECONDS = 4.0
"""Seconds of real time after which a source is given up."""


async def read_first_wave(
    alarm: AlarmMoment,
    runbook: Runbook,
    session: Reader,
    clock: Clock,
    *,
    region: str = "",
    seconds: float = SECONDS,
    fault: Fault = unreported,
    before: IncidentEvidence | None = None,
    sources: frozenset[Source] = frozenset(Source),
) -> IncidentEvidence:
    """The first wave about an alarm; raises nothing but cancellation.

    Only `sources` are asked, if `before` is given: of all others the evidence has what that has.
    `region` is the one that `session` reads, if it is not the runbook's; `fault` is called with internal errors, which
    the evidence must not hide.
    """
    region = region or str(runbook.system.region)
    reading = _Reading(session, clock, seconds, fault, sources)
    wave = Wave(alarm, runbook, region, service_name(alarm, runbook), clock.now(), reading.outcome)
    return await reading.evidence(wave, before)


class _Reading:
    """One first wave while it is read."""

    def __init__(
        self, session: Reader, clock: Clock, seconds: float, fault: Fault, sources: frozenset[Source]
    ) -> None:
        self._session = session
        self._clock = clock
        self._seconds = seconds
        self._fault = fault
        self._sources = sources
        reserved = {source: spec.requests for source, spec in SOURCES.items() if source in sources}
        limit = REQUESTS if len(reserved) == len(SOURCES) else sum(reserved.values())
        self._budget = RequestBudget(limit, reserved)
        self._tasks: dict[Source, asyncio.Task[Outcome]] = {}
        # From Python 3.12 on Textual's tasks run as soon as they are created, before the others exist.
        self._all_exist = asyncio.Event()

    async def outcome(self, source: Source) -> Outcome:
        """The outcome of one source, for another that depends on it."""
        return await asyncio.shield(self._tasks[source])

    async def evidence(self, wave: Wave, before: IncidentEvidence | None = None) -> IncidentEvidence:
        """Read the sources at once; what is not among them is as it was `before`."""
        ask = partial(self._ask, wave)
        self._tasks = {
            source: asyncio.create_task(
                _known(before, source) if before and source not in self._sources else ask(source),
                name=f"first wave {source}",
            )
            for source in Source
        }
        self._all_exist.set()
        try:
            outcomes = await asyncio.gather(*self._tasks.values())
        finally:
            for task in self._tasks.values():
                task.cancel()
        fields: dict[str, Any] = {}
        for outcome in outcomes:
            fields |= outcome.fields
        every = [event for outcome in outcomes for event in outcome.fields.get("writes", ())]
        writes = list({event.id: event for event in every}.values())
        writes.sort(key=lambda event: (event.at, event.id), reverse=True)
        fields |= {"writes": tuple(writes), "readings": tuple(outcome.reading for outcome in outcomes)}
        began = before.began if before is not None else wave.began
        return IncidentEvidence(alarm=wave.alarm, began=began, ended=self._clock.now(), **fields)

    async def _ask(self, wave: Wave, source: Source) -> Outcome:
        """Read one source; whatever happens becomes its reading."""
        await self._all_exist.wait()
        deadline = asyncio.get_running_loop().time() + self._seconds
        reader = SourceReader(self._session, self._budget, source, deadline)
        answer, problem, omitted = Answered(), None, SOURCES[source].missing(wave.runbook)
        try:
            if not omitted:
                async with asyncio.timeout_at(deadline):
                    answer = await QUESTIONS[source](wave, reader)
        except Unanswered as error:
            omitted, problem = error.why, error.reading.problem if error.reading else None
        except AwsError as error:
            problem = error.problem
        except TimeoutError:
            problem = self._late(source)
        except (Exception, asyncio.CancelledError) as error:
            # The boundary: an internal error in one source must not lose the others.
            if not from_within(error):
                raise
            self._fault(error)
            text = _("{title}: an internal error stopped this read.")
            problem = fault_problem(text.format(title=_(SOURCES[source].title)), error, self._clock.now())
        finally:
            self._budget.ended(source, reader.requests)
        reading = SourceReading(
            source=source,
            requests=reader.requests,
            problem=problem,
            omitted="" if problem else omitted,
            cut=answer.cut or (_("Further pages were not read.") if reader.is_cut else ""),
        )
        return Outcome(reading, answer.fields)

    def _late(self, source: Source) -> Problem:
        service, _colon, operation = SOURCES[source].calls[0].partition(":")
        text = _("{title}: no response within {count} seconds.")
        return Problem(
            kind=ProblemKind.UNREACHABLE,
            summary=text.format(title=_(SOURCES[source].title), count=f"{self._seconds:g}"),
            service=service,
            operation=operation,
            at=self._clock.now(),
        )


async def _known(before: IncidentEvidence, source: Source) -> Outcome:
    """What an earlier wave has of a source."""
    reading = before.reading(source) or SourceReading(source=source)
    return Outcome(reading, {name: getattr(before, name) for name in FIELDS.get(source, ())})
