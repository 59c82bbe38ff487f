"""Reads the event history of all enabled regions concurrently, root, the users, and the trails."""

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable, Iterable
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import TypeVar

from services.aws.client.errors import AwsError
from services.aws.cloudtrail.reader import SIGN_IN_SOURCE, CloudTrailReader
from services.aws.iam.access_keys import AccessKeys, RootUsers
from services.aws.regions import Regions
from services.i18n import _
from services.inspections.base import InspectionContext
from services.inspections.sign_ins.silence import SignInHistory, read_history
from services.models.cloudtrail import EnabledRegions, Lookup, SignIn, TrailEvent, TrailStatus
from services.models.findings import Progress
from services.models.iam import IamUser, RootUser
from services.models.problem import Problem, ProblemKind
from services.models.runbook_inspections import Trail as TrailSpec

FEW_PAGES = 10  # Maximum pages read about one user, including root; with more, their activity is not judged
FEW_WRITES = 3
"""Maximum pages read about all changes of a region; with more, the runbook's event names are looked up one by one."""
EVERY_WRITE = ""  # Placeholder for an event name: all changes
ROOT = "root"  # Root's user name in LookupEvents


class Purpose(StrEnum):
    SIGN_IN = "sign-in"
    ROOT = "root"
    GRAVE = "grave"
    GLOBAL = "global"
    USER = "user"


_KEYS = {Purpose.SIGN_IN: "EventSource", Purpose.ROOT: "Username", Purpose.USER: "Username"}


@dataclass(frozen=True, slots=True)
class Question:
    region: str
    purpose: Purpose
    value: str

    @property
    def key(self) -> str:
        if self.value == EVERY_WRITE:
            return "ReadOnly"
        return _KEYS.get(self.purpose, "EventName")

    @property
    def most(self) -> int | None:
        return {"Username": FEW_PAGES, "ReadOnly": FEW_WRITES}.get(self.key)


def plan(spec: TrailSpec, home: str, enabled: Iterable[str], users: Iterable[str]) -> list[Question]:
    """The look-ups that answer the runbook's questions. `enabled`: the enabled regions, empty if unknown;
    `users`: whose events are looked up. Other regions have few changes: one look-up each."""
    # Always include `home`, where the system is, and the global region, where root signs in.
    regions = tuple(dict.fromkeys((*(enabled or spec.sign_in_regions), home, spec.global_region)))
    questions = [Question(region, Purpose.SIGN_IN, SIGN_IN_SOURCE) for region in regions]
    questions += [Question(region, Purpose.ROOT, ROOT) for region in regions]
    both = dict.fromkeys((home, spec.global_region))
    for region in regions if spec.grave_events else ():
        events = spec.grave_events if region in both else (EVERY_WRITE,)
        questions += [Question(region, Purpose.GRAVE, event) for event in events]
    questions += [Question(spec.global_region, Purpose.GLOBAL, event) for event in spec.global_events]
    questions += [Question(region, Purpose.USER, user) for user in users for region in regions]
    return list(dict.fromkeys(questions))


T = TypeVar("T")
USERS = 10  # Maximum number of unexpected users whose events are looked up


@dataclass(slots=True)
class Gathered:
    """Everything that was read; problems are stored beside the parts that could be read."""

    answers: list[tuple[Question, Lookup]] = field(default_factory=list)
    regions: EnabledRegions = field(default_factory=EnabledRegions)
    root: RootUser | None = None
    root_problem: Problem | None = None
    users: tuple[IamUser, ...] = ()
    users_problem: Problem | None = None
    trails: tuple[TrailStatus, ...] = ()
    trails_problem: Problem | None = None
    denied: dict[str, str] = field(default_factory=dict)
    """The regions that AWS refused as the runbook declares, with the declared reason; nothing of them is judged."""
    histories: dict[str, SignInHistory] = field(default_factory=dict)
    """The history of each region, to see whether it continues."""

    @property
    def requests(self) -> int:
        histories = sum(history.requests for history in self.histories.values())
        return histories + sum(lookup.requests for _question, lookup in self.answers)

    def of(self, purpose: Purpose) -> list[Lookup]:
        return [lookup for question, lookup in self.answers if question.purpose is purpose]

    def is_complete(self, purpose: Purpose) -> bool:
        everywhere = purpose is Purpose.GLOBAL or self.regions.problem is None
        return everywhere and all(lookup.is_complete for lookup in self.of(purpose))

    def sign_ins(self) -> list[SignIn]:
        return [event for event in self._events(Purpose.SIGN_IN) if isinstance(event, SignIn)]

    def access(self) -> list[TrailEvent]:
        return [event for event in self._events(Purpose.SIGN_IN) if not isinstance(event, SignIn)]

    def of_root(self) -> list[TrailEvent]:
        """Root's activity other than signing in, if no other look-up includes it; each once, newest first."""
        other = {
            event.id
            for question, lookup in self.answers
            if question.purpose is not Purpose.ROOT
            for event in lookup.events
        }
        return [
            event
            for event in self._events(Purpose.ROOT)
            if event.id not in other and event.source != SIGN_IN_SOURCE
        ]

    def regions_of(self, purpose: Purpose) -> tuple[str, ...]:
        return tuple(
            dict.fromkeys(
                question.region for question, _lookup in self.answers if question.purpose is purpose
            )
        )

    def unjudged(self) -> tuple[str, ...]:
        partial = (question.region for question, lookup in self.answers if not lookup.is_complete)
        return tuple(dict.fromkeys(partial))

    def changes(self, purpose: Purpose) -> list[TrailEvent]:
        return self._events(purpose)

    def _events(self, purpose: Purpose) -> list[TrailEvent]:
        by_id = {event.id: event for lookup in self.of(purpose) for event in lookup.events}
        return sorted(by_id.values(), key=lambda event: event.at, reverse=True)


async def gather(
    context: InspectionContext,
    spec: TrailSpec,
    reader: CloudTrailReader,
    *,
    since: datetime,
    until: datetime,
    is_expected: Callable[[str], bool],
    tell: Callable[[Progress], None],
) -> Gathered:
    """Read everything; `is_expected`: whether a user name is known. Raises no AwsError."""
    gathered = Gathered()
    users, trails, root, gathered.regions = await asyncio.gather(
        _or_problem(AccessKeys(context.reader).users(), ()),
        _or_problem(reader.trails(context.region), ()),
        _or_problem(RootUsers(context.reader).root(), None),
        Regions(context.reader).enabled(),
    )
    gathered.users, gathered.users_problem = users
    gathered.trails, gathered.trails_problem = trails
    gathered.root, gathered.root_problem = root
    unexpected = [user.id for user in gathered.users if not is_expected(user.name)][:USERS]
    questions = plan(spec, context.region, gathered.regions.names, unexpected)
    asker = _Asker(reader, since, until, len(questions), tell, spec.grave_events)
    regions = list(dict.fromkeys(question.region for question in questions))
    async with asyncio.TaskGroup() as group:
        for region in regions:
            own = [question for question in questions if question.region == region]
            group.create_task(asker.ask(own))
    _leave_out_denied(spec, context.region, asker.answers, gathered)
    # In the order of the questions, not of the responses.
    gathered.answers = sorted(asker.answers.items(), key=lambda answer: regions.index(answer[0].region))
    for region in dict.fromkeys((context.region, spec.global_region, *regions)):
        if region in gathered.denied:
            continue
        if region in (context.region, spec.global_region):
            gathered.histories[region] = await _history(context, region, reader, gathered, until)
        else:
            gathered.histories[region] = asker.in_hand(region)
    return gathered


def _leave_out_denied(
    spec: TrailSpec, home: str, answers: dict[Question, Lookup], gathered: Gathered
) -> None:
    reasons = {str(each.region): str(each.reason) for each in spec.denied_regions}
    for question, lookup in list(answers.items()):
        # What the system and IAM do is recorded in these two: without them nothing is judged.
        is_needed = question.region in (home, spec.global_region)
        problem = lookup.problem
        is_denied = problem is not None and problem.kind is ProblemKind.ACCESS_DENIED
        if question.region in reasons and is_denied and not is_needed:
            gathered.denied[question.region] = reasons[question.region]
            del answers[question]


async def _history(
    context: InspectionContext, region: str, reader: CloudTrailReader, gathered: Gathered, until: datetime
) -> SignInHistory:
    refusals = (
        lookup.problem
        for question, lookup in gathered.answers
        if question.region == region and _refused(lookup)
    )
    refusal = next(refusals, None)
    if refusal is not None:
        return SignInHistory(Lookup(region=region, value="", problem=refusal))
    is_home = region == context.region
    return await read_history(reader, region, until, gathered.trails, context.calendar, is_home=is_home)


def _refused(lookup: Lookup) -> bool:
    return lookup.problem is not None and lookup.problem.kind is not ProblemKind.INCOMPLETE


class _Asker:
    def __init__(
        self,
        reader: CloudTrailReader,
        since: datetime,
        until: datetime,
        total: int,
        tell: Callable[[Progress], None],
        grave: tuple[str, ...],
    ) -> None:
        self.answers: dict[Question, Lookup] = {}
        self._lookups: dict[str, list[Lookup]] = {}  # As they were answered, by region
        self._reader = reader
        self._since = since
        self._until = until
        self._total = total
        self._tell = tell
        self._grave = grave
        self._events: dict[str, int] = {}

    async def ask(self, questions: list[Question]) -> None:
        refused: Problem | None = None
        waiting = deque(questions)
        while waiting:
            question = waiting.popleft()
            if refused is not None:
                lookup = Lookup(region=question.region, value=question.value, problem=refused)
            else:
                lookup = await self._one(question)
            if question.value == EVERY_WRITE and lookup.more and lookup.problem is None:
                waiting.extend(Question(question.region, Purpose.GRAVE, event) for event in self._grave)
                self._total += len(self._grave)
            self._store(question, lookup)
            if _refused(lookup):
                refused = lookup.problem

    def in_hand(self, region: str) -> SignInHistory:
        lookups = self._lookups.get(region, [])
        by_id = {event.id: event for lookup in lookups for event in lookup.events}
        # Of a look-up with too many events only the newest are in hand.
        partial = (
            min((event.at for event in each.events), default=self._since) for each in lookups if each.more
        )
        newest = Lookup(
            region=region,
            value="",
            events=tuple(by_id.values()),
            problem=next((lookup.problem for lookup in lookups if lookup.problem is not None), None),
        )
        return SignInHistory(newest, since=max([self._since, *partial]))

    def _store(self, question: Question, lookup: Lookup) -> None:
        self._lookups.setdefault(question.region, []).append(lookup)
        if question.value == EVERY_WRITE:
            # Events beyond the page limit are looked up by name.
            grave = tuple(event for event in lookup.events if event.name in self._grave)
            lookup = lookup.model_copy(update={"events": grave, "more": False})
        self.answers[question] = lookup
        self._events[question.region] = self._events.get(question.region, 0) + len(lookup.events)
        self._say(question.region, 0)

    async def _one(self, question: Question) -> Lookup:
        return await self._reader.lookup(
            question.region,
            question.key,
            "false" if question.value == EVERY_WRITE else question.value,
            since=self._since,
            until=self._until,
            most=question.most,
            on_progress=lambda events: self._say(question.region, events),
        )

    def _say(self, region: str, more: int) -> None:
        text = _("{region}: {events} events…", region=region, events=self._events.get(region, 0) + more)
        self._tell(Progress(text=text, done=len(self.answers), total=self._total))


async def _or_problem(reading: Awaitable[T], default: T) -> tuple[T, Problem | None]:
    try:
        return await reading, None
    except AwsError as error:
        return default, error.problem
