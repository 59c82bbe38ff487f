"""Records events in the journal, each once; what comes too fast is counted, so that a storm does not fill the journal.

An event's claim is EventBridge's id of it, so that a message that is delivered twice, or to two consoles, is recorded once. A
burst has no such claim: if the console dies between its entry and the deletions, its events are counted again.
"""

from collections import Counter, OrderedDict, deque
from collections.abc import Iterable
from contextlib import suppress

from services.aws.sqs import Message
from services.clock import Clock, real
from services.events.entries import burst_entry, event_entry, unreadable_entry
from services.events.messages import Needless, Unreadable, seen_event
from services.journal.errors import AlreadyRecorded
from services.journal.journal import Journal
from services.models.journal import NewEntry
from services.models.seen_events import SeenEvent, SeenType
from services.models.text import clean

MINUTE = 60.0
PER_MINUTE = 30
"""Events that are recorded one by one in MINUTE seconds."""
UNREADABLE_PER_MINUTE = 5
"""The same for messages that are no event, which must not take the place of those that are."""
HOLD = 15.0
"""Seconds (of real time) for which a burst is counted into one entry."""
MOST_HELD = 5_000
"""Messages of one burst at most."""
MOST_KNOWN = 20_000
"""Events that are remembered as recorded or counted, for messages that are delivered again."""
NAMED = 10
"""Targets and reasons that a burst's entry names."""
_DISTINCT = 500
"""Targets and reasons that are told apart while a burst is counted."""


class Allowance:
    """At most `most` in any `MINUTE` seconds of real time, by the clock's `elapsed`."""

    def __init__(self, clock: Clock, most: int) -> None:
        self._clock = clock
        self._times: deque[float] = deque(maxlen=most)

    def take(self) -> bool:
        now, times = self._clock.elapsed(), self._times
        if len(times) == times.maxlen and now - times[0] < real(self._clock, MINUTE).total_seconds():
            return False
        times.append(now)
        return True


class Burst:
    def __init__(self, began: float) -> None:
        self.began = began
        """By the clock's `elapsed`."""
        self.messages: dict[str, Message] = {}
        """By claim: the newest delivery of each."""
        self._counts: Counter[SeenType] = Counter()
        self._targets: Counter[str] = Counter()
        self._reasons: Counter[str] = Counter()

    def add(self, claim: str, message: Message, event: SeenEvent | None) -> None:
        self.messages[claim] = message
        self._counts[SeenType.UNREADABLE if event is None else event.type] += 1
        if event is not None:
            _count(self._targets, clean(event.target, 100))
            _count(self._reasons, event.reason)

    @property
    def entry(self) -> NewEntry:
        counts = {type: self._counts[type] for type in SeenType if self._counts[type]}
        return burst_entry(
            counts, dict(self._targets.most_common(NAMED)), dict(self._reasons.most_common(NAMED))
        )


class EventRecorder:
    """Records what is received; says which messages may be deleted. Its methods raise JournalError."""

    def __init__(self, journal: Journal, clock: Clock, account: str) -> None:
        self._journal = journal
        self._clock = clock
        self._account = account
        self._events = Allowance(clock, PER_MINUTE)
        self._unreadable = Allowance(clock, UNREADABLE_PER_MINUTE)
        self._burst: Burst | None = None
        self._known: OrderedDict[str, None] = OrderedDict()
        """Claims of the newest events that were recorded or counted."""

    @property
    def seconds_left(self) -> float | None:
        """Seconds (of `Clock` time) until the burst that is counted now is to be recorded; None: there is none."""
        if self._burst is None:
            return None
        if len(self._burst.messages) >= MOST_HELD:
            return 0.0
        until = self._burst.began + real(self._clock, HOLD).total_seconds()
        return max(0.0, until - self._clock.elapsed())

    async def record(self, messages: Iterable[Message]) -> list[Message]:
        done = []
        for message in messages:
            if await self._is_done(message):
                done.append(message)
        return done

    async def end_burst(self) -> list[Message]:
        burst = self._burst
        if burst is None:
            return []
        await self._journal.append(burst.entry)
        self._burst = None
        self._remember(burst.messages)
        return list(burst.messages.values())

    def forget_burst(self) -> None:
        """Count nothing of the present burst: its messages are delivered again, to the console that reads the queue then."""
        self._burst = None

    async def _is_done(self, message: Message) -> bool:
        event: SeenEvent | None = None
        try:
            event = seen_event(message.body, self._account)
            draft, allowance = event_entry(event), self._events
        except Needless:
            return True
        except Unreadable as error:
            draft, allowance = unreadable_entry(message.id, message.body, str(error)), self._unreadable
        if draft.claim in self._known:
            return True
        if self._burst is not None and draft.claim in self._burst.messages:
            self._burst.messages[draft.claim] = message
            return False
        if not allowance.take():
            self._burst = self._burst or Burst(self._clock.elapsed())
            self._burst.add(draft.claim, message, event)
            return False
        # Taken if it was delivered before, or recorded by a console that could not delete it any more.
        with suppress(AlreadyRecorded):
            await self._journal.append(draft)
        self._remember([draft.claim])
        return True

    def _remember(self, claims: Iterable[str]) -> None:
        self._known.update(dict.fromkeys(claims))
        while len(self._known) > MOST_KNOWN:
            self._known.popitem(last=False)


def _count(counter: Counter[str], key: str) -> None:
    if key and (key in counter or len(counter) < _DISTINCT):
        counter[key] += 1
