"""What the look at sign-ins reads: the event history of several regions at once, the users, the trails."""

import asyncio
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from services.aws.access_keys import AccessKeys
from services.aws.errors import AwsError
from services.aws.trail import SIGN_IN, Trail
from services.i18n import _
from services.inspections.base import InspectionContext
from services.models.access_keys import IamUser
from services.models.findings import Progress
from services.models.problem import Problem, ProblemKind
from services.models.runbook_looks import Trail as TrailSpec
from services.models.trail import Lookup, SignIn, TrailEvent, TrailStatus

USERS = 10
"""Users nobody expects whose changes are looked up; each is asked for in two regions."""
USER_PAGES = 1


class Purpose(StrEnum):
    """Why something is looked up."""

    SIGN_IN = "sign-in"
    GRAVE = "grave"
    GLOBAL = "global"
    USER = "user"


@dataclass(frozen=True, slots=True)
class Question:
    """One look-up in one region."""

    region: str
    purpose: Purpose
    value: str

    @property
    def key(self) -> str:
        """The attribute; LookupEvents takes only one."""
        return "Username" if self.purpose is Purpose.USER else "EventName"


@dataclass(slots=True)
class Gathered:
    """Everything that was read; a problem stands beside what could be read."""

    answers: list[tuple[Question, Lookup]] = field(default_factory=list)
    users: tuple[IamUser, ...] = ()
    users_problem: Problem | None = None
    trails: tuple[TrailStatus, ...] = ()
    trails_problem: Problem | None = None

    @property
    def requests(self) -> int:
        """Sent to the event history."""
        return sum(lookup.requests for _question, lookup in self.answers)

    def of(self, purpose: Purpose) -> list[Lookup]:
        """The answers to the questions of one purpose."""
        return [lookup for question, lookup in self.answers if question.purpose is purpose]

    def whole(self, purpose: Purpose) -> bool:
        """All of them were read to the end and understood."""
        return all(lookup.whole for lookup in self.of(purpose))

    def sign_ins(self) -> list[SignIn]:
        """Every try to sign in, each once, newest first."""
        return [event for event in self._events(Purpose.SIGN_IN) if isinstance(event, SignIn)]

    def changes(self, purpose: Purpose) -> list[TrailEvent]:
        """Every change of a purpose, each once, newest first."""
        return self._events(purpose)

    def _events(self, purpose: Purpose) -> list[TrailEvent]:
        found = {event.id: event for lookup in self.of(purpose) for event in lookup.events}
        return sorted(found.values(), key=lambda event: event.at, reverse=True)


async def gather(
    context: InspectionContext,
    spec: TrailSpec,
    reader: Trail,
    *,
    since: datetime,
    until: datetime,
    expected: Callable[[str], bool],
    tell: Callable[[Progress], None],
) -> Gathered:
    """Read it all; `expected` says of a user name whether somebody knows it. Raises no AwsError."""
    found = Gathered()
    await asyncio.gather(_users(context, found), _trails(context, reader, found))
    strangers = [user.id for user in found.users if not expected(user.name)][:USERS]
    questions = plan(spec, context.region, strangers)
    asker = _Asker(reader, since, until, len(questions), tell)
    async with asyncio.TaskGroup() as group:
        for region in dict.fromkeys(question.region for question in questions):
            group.create_task(asker.ask([each for each in questions if each.region == region]))
    found.answers = [(question, asker.answers[question]) for question in questions]
    return found


def plan(spec: TrailSpec, home: str, strangers: Iterable[str]) -> list[Question]:
    """Which look-ups answer what the runbook asks."""
    # Root signs in there, whatever the runbook lists.
    signing = dict.fromkeys((*spec.sign_in_regions, spec.global_region))
    questions = [Question(region, Purpose.SIGN_IN, SIGN_IN) for region in signing]
    questions += [Question(home, Purpose.GRAVE, event) for event in spec.grave_events]
    questions += [Question(spec.global_region, Purpose.GLOBAL, event) for event in spec.global_events]
    regions = dict.fromkeys((home, spec.global_region))
    questions += [Question(region, Purpose.USER, user) for user in strangers for region in regions]
    return list(dict.fromkeys(questions))


class _Asker:
    """Asks each region its questions one after another, and tells how far it has come."""

    def __init__(
        self, reader: Trail, since: datetime, until: datetime, total: int, tell: Callable[[Progress], None]
    ) -> None:
        self.answers: dict[Question, Lookup] = {}
        self._reader = reader
        self._since = since
        self._until = until
        self._total = total
        self._tell = tell
        self._events: dict[str, int] = {}

    async def ask(self, questions: list[Question]) -> None:
        """All of one region; what it refuses once is not asked again."""
        refused: Problem | None = None
        for question in questions:
            if refused is not None:
                lookup = Lookup(region=question.region, value=question.value, problem=refused)
            else:
                lookup = await self._one(question)
            self.answers[question] = lookup
            self._events[question.region] = self._events.get(question.region, 0) + len(lookup.events)
            self._say(question.region, 0)
            if lookup.problem is not None and lookup.problem.kind is not ProblemKind.INCOMPLETE:
                refused = lookup.problem

    async def _one(self, question: Question) -> Lookup:
        return await self._reader.lookup(
            question.region,
            question.key,
            question.value,
            since=self._since,
            until=self._until,
            most=USER_PAGES if question.purpose is Purpose.USER else None,
            tell=lambda events: self._say(question.region, events),
        )

    def _say(self, region: str, more: int) -> None:
        text = _("{region}: {events} events…").format(
            region=region, events=self._events.get(region, 0) + more
        )
        self._tell(Progress(text=text, done=len(self.answers), total=self._total))


async def _users(context: InspectionContext, found: Gathered) -> None:
    try:
        found.users = await AccessKeys(context.reader).users()
    except AwsError as error:
        found.users_problem = error.problem


async def _trails(context: InspectionContext, reader: Trail, found: Gathered) -> None:
    try:
        found.trails = await reader.trails(context.region)
    except AwsError as error:
        found.trails_problem = error.problem
