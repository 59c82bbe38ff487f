"""Reads the first wave of an incident: everything that AWS forgets, in parallel, in at most five seconds of
AWS's. A source that is late, refused, damaged or stopped by an internal error says so in its SourceReading;
the others are complete without it."""

import asyncio
from collections.abc import Awaitable, Callable, Coroutine, Iterable, Mapping
from contextlib import nullcontext, suppress
from dataclasses import dataclass, field
from functools import partial
from typing import Any

from services.aws.client.errors import AwsError, Incomplete
from services.aws.client.reader import Reader
from services.background.boundaries import Boundary, Fault, unreported
from services.background.faults import fault_problem
from services.calendar.calendar import Calendar
from services.clock import Clock
from services.i18n import N_, _
from services.incidents.facts import Facts
from services.incidents.first_wave.belongings import SystemBelongings
from services.incidents.first_wave.budget import RequestBudget, SourceReader
from services.incidents.first_wave.own import omissions
from services.incidents.first_wave.parts import moment_of_incident, service_name
from services.incidents.first_wave.patience import SAID, Patience, PatienceLimit
from services.incidents.first_wave.questions import QUESTIONS
from services.incidents.first_wave.sources import REQUESTS, SOURCES, Answered, Outcome, Unanswered, Wave
from services.incidents.signals.registry import BY_ID
from services.inspections.base import InspectionContext
from services.inspections.waf_blocks.incident_questions import FirewallQuestions
from services.models.alarms import AlarmOverview
from services.models.causes import SignalState
from services.models.first_wave import (
    AlarmMoment,
    AskedQuestion,
    IncidentEvidence,
    Source,
    SourceReading,
    Sure,
)
from services.models.incidents import WAF_BLOCKS, Incident
from services.models.problem import Problem, ProblemKind
from services.models.runbook import Runbook

_ASKED = {
    "outage:traffic": ("tls-errors", "none-healthy", "waf-blocks", "dns-write"),
    "outage:targets": ("task-exited", "start-failed", "check-timeout", "recent-deployment"),
    "outage:certificate": ("tls-errors", "traffic-fall", "dns-write", "alarms-together"),
    "error-logs": ("new-error", "other-host", "recent-deployment"),
    "slow-queries": ("db-cpu-high", "connections-high", "recent-deployment"),
}
_OF_ANY = ("alarms-together", "traffic-usual", "recent-deployment", "network-write")
_ANSWERS = {SignalState.PRESENT: N_("yes"), SignalState.ABSENT: N_("no"), SignalState.UNSEEN: N_("not known")}


def answers_of(incident: Incident, facts: Facts) -> tuple[AskedQuestion, ...]:
    asked = _ASKED.get(incident.target, _OF_ANY if incident.is_asked else ())
    return tuple(
        AskedQuestion(
            title=_("{signal}?", signal=each.title),
            answer=_("; ").join(filter(None, (_(_ANSWERS[each.state]), each.value or each.why))),
            # What is not known was not read: the time of the attempt is none of an answer.
            read=_(SOURCES[each.source].title) if each.state is not SignalState.UNSEEN else "",
            at=each.until or facts.evidence.ended,
            sure=Sure.UNSEEN if each.state is SignalState.UNSEEN else Sure.CERTAIN,
        )
        for each in (BY_ID[id].of(facts) for id in asked)
    )


SECONDS = 4.0
"""Seconds after which a source is given up; those in which this process was late are not counted."""
AGAIN = 1.0  # Seconds for the second attempt of what AWS forgets within the hour
LEARNING = 1.0  # Seconds for the task definitions of what was deployed lately
SERVICES = sorted({call.partition(":")[0] for spec in SOURCES.values() for call in spec.calls})


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
    """The first wave about an alarm; raises nothing but cancellation. Only `sources` are asked, if `before`
    is given: of all others the evidence has what that has. `region` is the one that `session` reads, if it is
    not the runbook's; `fault` is called with internal errors, which the evidence must not hide; `patience`,
    which is entered, is a new one if None is given; `alarms` is the newest reading of all alarms."""
    region = region or str(runbook.system.region)
    with nullcontext(patience) if patience is not None else Patience() as meter:
        omitted = omissions(alarm, runbook)
        reserved = {each: SOURCES[each].requests for each in sources - omitted.keys()}
        budget = RequestBudget(REQUESTS if len(sources) == len(Source) else sum(reserved.values()), reserved)
        reading = _Reading(session, clock, seconds, fault, meter, before, sources, omitted, budget)
        service = service_name(alarm, runbook)
        return await reading.evidence(
            Wave(alarm, runbook, region, service, clock.now(), reading.outcome, alarms)
        )


@dataclass(frozen=True, eq=False)
class _Reading:
    session: Reader
    clock: Clock
    seconds: float
    fault: Fault
    patience: Patience
    before: IncidentEvidence | None
    sources: frozenset[Source]  # Those that are asked; of others what `before` has stands
    omitted: Mapping[Source, str]  # Why some of them are not asked after all, in words
    budget: RequestBudget
    tasks: dict[Source, asyncio.Task[Outcome]] = field(default_factory=dict)
    # From Python 3.12 on Textual's tasks run as soon as they are created, before the others exist.
    all_exist: asyncio.Event = field(default_factory=asyncio.Event)

    async def outcome(self, source: Source) -> Outcome:
        return await asyncio.shield(self.tasks[source])

    async def evidence(self, wave: Wave) -> IncidentEvidence:
        for source in Source:
            task = asyncio.create_task(self._ask(wave, source), name=f"first wave {source}")
            self.tasks[source] = task
        self.all_exist.set()
        try:
            outcomes = await asyncio.gather(*self.tasks.values())
        finally:
            for task in self.tasks.values():
                task.cancel()
        fields: dict[str, Any] = {}
        for outcome in outcomes:
            fields |= outcome.fields
        every = [event for outcome in outcomes for event in outcome.fields.get("writes", ())]
        writes = list({event.id: event for event in every}.values())
        writes.sort(key=lambda event: (event.at, event.id), reverse=True)
        fields |= {"writes": tuple(writes), "readings": tuple(outcome.reading for outcome in outcomes)}
        began, ended = wave.began, self.clock.now()
        if self.before is not None:
            began, news = self.before.began, [each.reading for each in outcomes if each.reading.is_read]
            ended = ended if any(each.source in self.sources for each in news) else self.before.ended
        return IncidentEvidence(alarm=wave.alarm, began=began, ended=ended, **fields)

    async def _ask(self, wave: Wave, source: Source) -> Outcome:
        await self.all_exist.wait()
        if self.before is not None and source not in self.sources:
            fields = {name: getattr(self.before, name) for name in SOURCES[source].fields}
            return Outcome(self.before.reading(source) or SourceReading(source=source), fields)
        reader = SourceReader(self.session, self.budget, source, self.patience.limit(self.seconds))
        answer, problem, omitted = Answered(), None, self.omitted.get(source, "")

        def fault(error: BaseException) -> None:
            nonlocal problem
            self.fault(error)
            text = _("{title}: an internal error stopped this read.")
            problem = fault_problem(text.format(title=_(SOURCES[source].title)), error, self.clock.now())

        try:
            # An internal error in one source must not lose the others.
            with Boundary(fault):
                try:
                    if not omitted:
                        answer = await self._answer(wave, source, reader)
                except Unanswered as error:
                    omitted, problem = error.why, error.problem
                except AwsError as error:
                    problem = error.problem
                except TimeoutError:
                    problem = self._late(source, reader.limit)
        finally:
            self.budget.ended(source, reader.requests)
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
        first, reader.limit = reader.limit, self.patience.limit(AGAIN)
        try:
            async with reader.limit.within():
                return await QUESTIONS[source](wave, reader)
        except (TimeoutError, Incomplete) as error:
            reader.limit = first
            raise TimeoutError from error

    def _late(self, source: Source, limit: PatienceLimit) -> Problem:
        service, _colon, operation = SOURCES[source].calls[0].partition(":")
        text = _("{title}: no response within {count} seconds.")
        if limit.lag >= SAID:
            text = _(
                "{title}: no response within {count} seconds, not counting {lag} seconds in which this machine was too busy."
            )
        return Problem(
            kind=ProblemKind.UNREACHABLE,
            summary=text.format(
                title=_(SOURCES[source].title), count=f"{self.seconds:g}", lag=f"{limit.lag:.0f}"
            ),
            service=service,
            operation=operation,
            at=self.clock.now(),
        )


@dataclass(eq=False)
class FirstWaveReader:
    runbook: Runbook
    session: Reader
    clock: Clock
    region: str
    alarms: Callable[[], AlarmOverview | None]  # Their newest reading
    fault: Fault
    warm: Callable[[Iterable[str]], Awaitable[object]] | None = None
    """Loads the SDK's models of services, which AWS need not be given up for."""

    def __post_init__(self) -> None:
        self.belongings = SystemBelongings(self.runbook, self.session, self.clock, self.fault)
        self._read = partial(
            read_first_wave, runbook=self.runbook, session=self.session, clock=self.clock,
            region=self.region, fault=self.fault,
        )  # fmt: skip

    async def about(self, alarm: AlarmMoment, alarms: AlarmOverview | None = None) -> IncidentEvidence:
        """The first wave about an alarm, with what belongs to the system; raises nothing but cancellation.
        `alarms`: a reading of all alarms in place of the newest."""
        with Patience() as patience:
            limit = patience.limit(SECONDS)
            warming = asyncio.create_task(patience.preparing(self._warm()))
            refreshing = asyncio.create_task(_in_time(limit, self.belongings.refresh()))
            try:
                evidence = await self._read(alarm, patience=patience, alarms=alarms or self.alarms())
                await refreshing
            finally:
                warming.cancel()
                refreshing.cancel()
            await _in_time(patience.limit(LEARNING), self.belongings.learn(evidence))
        return evidence.model_copy(update={"belongings": self.belongings.newest()})

    async def _warm(self) -> None:
        if self.warm is not None:
            await self.warm(SERVICES)
            self.warm = None

    async def again(self, before: IncidentEvidence, sources: frozenset[Source]) -> IncidentEvidence:
        """A first wave with these sources asked anew; raises nothing but cancellation."""
        evidence = await self._read(before.alarm, alarms=self.alarms(), before=before, sources=sources)
        return evidence.model_copy(update={"belongings": self.belongings.newest() or before.belongings})

    async def _asked(self, incident: Incident) -> IncidentEvidence:
        began, calendar = self.clock.now(), Calendar(self.runbook)
        context = InspectionContext(self.runbook, calendar, self.clock, self.region, self.session)
        questions = FirewallQuestions(context, incident.since)
        answers = await questions.answers()
        return IncidentEvidence(
            alarm=AlarmMoment(id=incident.target, name=incident.title, since=questions.began),
            began=began,
            ended=self.clock.now(),
            readings=(),
            series=questions.series,
            answers=answers,
        )

    async def of(self, incident: Incident) -> IncidentEvidence:
        """The first wave about what an incident began with; raises nothing but cancellation."""
        if incident.target == WAF_BLOCKS:
            return await self._asked(incident)
        evidence = await self.about(moment_of_incident(incident, self.alarms(), self.clock.now()))
        return evidence.model_copy(update={"answers": answers_of(incident, Facts(evidence, self.runbook))})


async def _in_time(limit: PatienceLimit, work: Coroutine[Any, Any, None]) -> None:
    with suppress(TimeoutError):
        async with limit.within():
            await work
