"""The questions that the console asks itself for an incident that began with a finding; an inspection has a table of them."""

from collections.abc import Awaitable, Callable, Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from services.aws.client.errors import AwsError
from services.aws.cloudtrail.reader import CloudTrailReader
from services.i18n import N_, _
from services.inspections.base import InspectionContext
from services.models.cloudtrail import TrailEvent
from services.models.date_text import time_text
from services.models.first_wave import AskedQuestion, Sure
from services.models.metrics import Series

TRAIL_DELAY = timedelta(minutes=15)
"""How late CloudTrail may be: what it does not show until then is not known."""
DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Asked:
    """What the questions of one incident have in common; what one has read is kept in the context's memory."""

    context: InspectionContext
    since: datetime
    """When the incident began (UTC)."""
    about: tuple[str, ...] = ()
    """People and networks that the finding does not know."""

    def time(self, at: datetime) -> str:
        return time_text(at, self.context.calendar.zone, self.context.clock.now())

    async def trail(
        self, key: str, value: str, regions: Iterable[str]
    ) -> tuple[tuple[TrailEvent, ...], "Reply"]:
        """CloudTrail's events from a day before the incident on, and a reply that says what was read and how sure it is."""
        reader, now = CloudTrailReader(self.context.reader), self.context.clock.now()
        events: list[TrailEvent] = []
        named = tuple(dict.fromkeys(regions))
        sure = Sure.CERTAIN
        for region in named:
            lookup = await reader.lookup(region, key, value, since=self.since - DAY, until=now, most=2)
            events += lookup.events
            if lookup.problem is not None or lookup.more or lookup.unreadable:
                sure = Sure.PARTLY
        read = _("CloudTrail {value} since {since}, known up to {until} ({regions})").format(
            value=value,
            since=self.time(self.since - DAY),
            until=self.time(now - TRAIL_DELAY),
            regions=", ".join(named),
        )
        return tuple(sorted(events, key=_at)), Reply("", read, sure)


@dataclass(frozen=True, slots=True)
class Reply:
    """The answer to one question."""

    text: str
    read: str = ""
    """What was read."""
    sure: Sure = Sure.CERTAIN
    series: tuple[Series, ...] = ()
    """Curves by the ids of Measure, which become the incident's chart."""
    began: datetime | None = None
    """When what the incident is about began; None: not known."""


@dataclass(frozen=True, slots=True)
class Question:
    """One question, as a row of an inspection's table."""

    title: str
    """English, translated when asked."""
    ask: Callable[[Asked], Awaitable[Reply]]
    """Raises AwsError, which becomes an answer that is unseen."""


async def answers(questions: Iterable[Question], asked: Asked) -> list[tuple[AskedQuestion, Reply]]:
    """Ask them all, one after another."""
    given: list[tuple[AskedQuestion, Reply]] = []
    for question in questions:
        try:
            reply = await question.ask(asked)
        except AwsError as error:
            reply = Reply(error.problem.summary, "", Sure.UNSEEN)
        answer = AskedQuestion(
            title=_(question.title),
            answer=reply.text,
            read=reply.read,
            at=asked.context.clock.now(),
            sure=reply.sure,
        )
        given.append((answer, reply))
    return given


def _at(event: TrailEvent) -> datetime:
    return event.at


SIGN_INS_FROM = N_("Did anyone sign in to AWS from these addresses?")


async def sign_ins_from(asked: Asked, addresses: Iterable[str]) -> Reply:
    """The sign-ins to AWS from these addresses."""
    trail = asked.context.runbook.trail
    regions = trail.sign_in_regions if trail is not None else (asked.context.region,)
    events, reply = await asked.trail("EventName", "ConsoleLogin", regions)
    wanted = set(addresses)
    own = [event for event in events if event.address in wanted]
    if not own:
        text = _("none of {count} sign-ins").format(count=len(events))
    else:
        rows = (f"{asked.time(each.at)} {each.actor.name or '?'} {each.address}" for each in own[-3:])
        text = _("{count}: {rows}").format(count=len(own), rows=_("; ").join(rows))
    return Reply(text, reply.read, reply.sure)
