"""Reads the first wave of an incident: everything that AWS forgets, in parallel, in at most five seconds of AWS's.

A source that is late, refused, damaged or stopped by an internal error says so in its SourceReading; the others are
complete without it.
"""

import asyncio
from contextlib import nullcontext
from functools import partial
from typing import Any

from services.aws.client.errors import AwsError, Incomplete
from services.aws.client.reader import Reader
from services.background.faults import Fault, fault_problem, from_within, unreported
from services.clock import Clock
from services.i18n import _
from services.incidents.first_wave.budget import RequestBudget, SourceReader
from services.incidents.first_wave.own import omissions
from services.incidents.first_wave.parts import service_name
from services.incidents.first_wave.patience import SAID, Limit, Patience
from services.incidents.first_wave.questions import QUESTIONS
from services.incidents.first_wave.sources import REQUESTS, SOURCES
from services.incidents.first_wave.wave import Answered, Outcome, Unanswered, Wave
from services.models.alarms import AlarmOverview
from services.models.first_wave import FIELDS, AlarmMoment, IncidentEvidence, Source, SourceReading
from services.models.problem import Problem, ProblemKind
from services.models.runbook import Runbook

SECONDS = 4.0
"""Seconds after which a source is given up; those in which this process was late are not counted."""
AGAIN = 1.0
"""Seconds for the second attempt of what AWS forgets within the hour."""


async def read_first_wave(
    alarm: AlarmMoment,
    runbook: Runbook,
    session: Reader,
    clock: Clock,
    *,
    region: str = "",
    seconds: float = SECONDS,
    fault: Fault = unreported,
    patience: Patience | None = None,
    alarms: AlarmOverview | None = None,
    before: IncidentEvidence | None = None,
    sources: frozenset[Source] = frozenset(Source),
) -> IncidentEvidence:
    """The first wave about an alarm; raises nothing but cancellation.

    Only `sources` are asked, if `before` is given: of all others the evidence has what that has.
    `region` is the one that `session` reads, if it is not the runbook's; `fault` is called with internal errors, which
    the evidence must not hide; `patience`, which is entered, is a new one if None is given;
    `alarms` is the newest reading of all alarms.
    """
    region = region or str(runbook.system.region)
    with nullcontext(patience) if patience is not None else Patience() as meter:
        reading = _Reading(session, clock, seconds, fault, meter, sources)
        wave = Wave(
            alarm, runbook, region, service_name(alarm, runbook), clock.now(), reading.outcome, alarms
        )
        return await reading.evidence(wave, before)


class _Reading:
    """One first wave while it is read."""

    def __init__(
        self,
        session: Reader,
        clock: Clock,
        seconds: float,
        fault: Fault,
        patience: Patience,
        sources: frozenset[Source],
    ) -> None:
        self._session = session
        self._clock = clock
        self._seconds = seconds
        self._fault = fault
        self._patience = patience
        self._sources = sources
        self._tasks: dict[Source, asyncio.Task[Outcome]] = {}
        # From Python 3.12 on Textual's tasks run as soon as they are created, before the others exist.
        self._all_exist = asyncio.Event()

    async def outcome(self, source: Source) -> Outcome:
        """The outcome of one source, for another that depends on it."""
        return await asyncio.shield(self._tasks[source])

    async def evidence(self, wave: Wave, before: IncidentEvidence | None = None) -> IncidentEvidence:
        """Read the sources at once; what is not among them is as it was `before`."""
        self._omitted = omissions(wave.alarm, wave.runbook)
        asked = self._sources - self._omitted.keys()
        reserved = {source: spec.requests for source, spec in SOURCES.items() if source in asked}
        limit = REQUESTS if len(self._sources) == len(SOURCES) else sum(reserved.values())
        self._budget = RequestBudget(limit, reserved)
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
        reader = SourceReader(self._session, self._budget, source, self._patience.limit(self._seconds))
        answer, problem, omitted = Answered(), None, self._omitted.get(source, "")
        try:
            if not omitted:
                answer = await self._answer(wave, source, reader)
        except Unanswered as error:
            omitted, problem = error.why, error.reading.problem if error.reading else None
        except AwsError as error:
            problem = error.problem
        except TimeoutError:
            problem = self._late(source, reader.limit)
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

    async def _answer(self, wave: Wave, source: Source, reader: SourceReader) -> Answered:
        """Ask a source; twice for tasks, since ECS forgets those that stopped. Raises TimeoutError."""
        try:
            async with reader.limit.within():
                return await QUESTIONS[source](wave, reader)
        except TimeoutError:
            if source is not Source.TASKS:
                raise
        first, reader.limit = reader.limit, self._patience.limit(AGAIN)
        try:
            async with reader.limit.within():
                return await QUESTIONS[source](wave, reader)
        except (TimeoutError, Incomplete) as error:
            reader.limit = first
            raise TimeoutError from error

    def _late(self, source: Source, limit: Limit) -> Problem:
        """Which of both was late: AWS, or this process."""
        service, _colon, operation = SOURCES[source].calls[0].partition(":")
        text = _("{title}: no response within {count} seconds.")
        if limit.lag >= SAID:
            text = _(
                "{title}: no response within {count} seconds, not counting {lag} seconds in which this machine was too busy."
            )
        return Problem(
            kind=ProblemKind.UNREACHABLE,
            summary=text.format(
                title=_(SOURCES[source].title), count=f"{self._seconds:g}", lag=f"{limit.lag:.0f}"
            ),
            service=service,
            operation=operation,
            at=self._clock.now(),
        )


async def _known(before: IncidentEvidence, source: Source) -> Outcome:
    """What an earlier wave has of a source."""
    reading = before.reading(source) or SourceReading(source=source)
    return Outcome(reading, {name: getattr(before, name) for name in FIELDS.get(source, ())})
