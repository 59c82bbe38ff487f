"""The outbox: every released note is sent exactly once, or waits for a person's decision. As in the change
engine, an attempt is recorded, then made once, then its outcome is recorded. Without a clear outcome the
console looks whether Slack has the note; if it cannot, a person decides."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import suppress
from datetime import datetime, timedelta
from uuid import uuid4

from services.background.boundaries import Fault, unreported
from services.background.faults import Workers
from services.background.leases import FirstReads
from services.background.wake import Wake
from services.clock import Clock, mark, real
from services.i18n import _, sentences
from services.journal.errors import AlreadyRecorded, JournalError
from services.journal.journal import Journal
from services.models.journal import Entry, EntryKind, NewEntry
from services.models.posts import Post, PostState, Proposal
from services.slack import entries as post_entries
from services.slack.attempts import Attempts
from services.slack.records import Gone, PostRecords, has_ended, thread_of
from services.slack.sending import SlackSender, SlackSent, connect
from services.slack.settings import SlackSettings

# Computes when a post may be sent: within an hour of the request, one message per second and channel, and not
# before Slack allows it.


CARRY = 3600.0
"""Seconds (of the machine) after a person's request within which a console sends automatically; later it asks a
person."""
PACE = 1.0
"""Seconds (of the machine) between two messages to one channel: Slack's limit (docs.slack.dev: rate limits)."""


class Schedule:
    def __init__(self, records: PostRecords, clock: Clock) -> None:
        self._records = records
        self._clock = clock
        self._reads = FirstReads(clock)
        """Of each post's state: what another console dates is waited for by this console's clock, if that ends sooner."""

    def carried(self, post: Post) -> bool:
        return self._clock.now() - post.let_go_at < real(self._clock, CARRY)

    def send_at(self, post: Post) -> datetime | None:
        now = self._clock.now()
        retried = post.state is PostState.REFUSED and post.retry_at is not None
        if not (post.state is PostState.WAITING or retried) or not self.carried(post) or not post.channel:
            return None
        if post.thread and any(
            each.state is PostState.SENDING and each.thread == post.thread and each.channel == post.channel
            for each in self._records.posts
        ):
            # It would be a reply to the one that is being sent.
            return None
        return max(now, self._retry_at(post) or now, self._free_at(post.channel))

    def _free_at(self, channel: str) -> datetime:
        there = [post for post in self._records.posts if post.channel == channel]
        pace = real(self._clock, PACE)
        paced = (self._sooner(post.sent_at + pace, pace, "sent", post) for post in there if post.sent_at)
        limited = (
            at
            for post in there
            if post.code == "ratelimited" and post.state is PostState.REFUSED and (at := self._retry_at(post))
        )
        return max([self._clock.now(), *paced, *limited])

    def _retry_at(self, post: Post) -> datetime | None:
        if post.retry_at is None:
            return None
        return self._sooner(post.retry_at, post.retry_at - post.changed_at, "retry", post)

    def _sooner(self, at: datetime, wait: timedelta, what: str, post: Post) -> datetime:
        """`at` by the writer's clock, or `wait` after this console first read of it, whichever is sooner."""
        age = self._reads.age(f"{what} {post.id}", post.attempts)
        return min(at, self._clock.now() + wait - timedelta(seconds=age))


LEASE = 120.0
"""Seconds (of the machine) after which an attempt of a console that recorded nothing more counts as unknown, counted from
when this console first read that the attempt had begun; a restarted console waits for them once more."""
HELD = 10.0  # Seconds (of the machine) between attempts to write to a journal that refused an entry
LONGEST = 60.0  # Maximum seconds between two checks of what is due
CLOSING = 5.0  # Seconds (of the machine) that `close` waits for Slack's response
Step = tuple[datetime, Callable[[], Awaitable[None]]]


class Outbox:
    """One console's part in sending posts. Methods for a person's requests raise JournalError and AlreadyRecorded."""

    def __init__(
        self,
        journal: Journal,
        clock: Clock,
        settings: SlackSettings,
        channel: str,
        *,
        connect: Callable[[SlackSettings], Awaitable[SlackSender]] = connect,
        has_ended: Gone = has_ended,
        fault: Fault = unreported,
    ) -> None:
        self.channel = channel  # Where notes go; "" where the runbook does not say
        self.settings = settings
        self.workers = Workers(clock, fault)
        self._journal = journal
        self._clock = clock
        self._has_ended = has_ended
        self._console = uuid4().hex  # Identifies this run of the console, as process ids are reused
        self._records = PostRecords(journal)
        self._reads = FirstReads(clock)  # Of the beginning of each post's newest attempt
        self._schedule = Schedule(self._records, clock)
        self._attempts = Attempts(self._records, clock, lambda: connect(settings), self._record, self._reads)
        self._begun: set[int] = set()
        """The numbers of the entries that begin this console's attempts, as far as it learned that they were recorded."""
        self._unrecorded: list[NewEntry] = []  # Outcomes that the journal has not taken yet
        self._published: tuple[Post, ...] = ()
        self._changed = asyncio.Event()
        self._wake = Wake()
        self._tasks: list[asyncio.Task[None]] = []
        self._closed = False

    @property
    def why(self) -> str:
        """Why nothing can be sent, and what to do; "" if it can."""
        if not self.settings.configured:
            return self.settings.why
        return "" if self.channel else _("The runbook names no channel: set channel under [slack].")

    @property
    def threads(self) -> bool:
        return self.settings.token is not None

    async def states(self) -> AsyncIterator[tuple[Post, ...]]:
        """Yield the posts, unsent first: at once, then whenever one changes, here or in another console. From
        the first call on, this console sends what is due."""
        if not self._tasks:
            title = _("sending messages to Slack")
            self._tasks = [
                asyncio.create_task(self.workers.keep("outbox-listen", title, self._listen)),
                asyncio.create_task(self.workers.keep("outbox", title, self._work)),
            ]
            with suppress(JournalError):
                await self._records.read(self._clock.now())
            self._publish()
        reported: tuple[Post, ...] | None = None
        while not self._closed:
            news = self._changed
            if reported == self._published:
                await news.wait()
            else:
                reported = self._published
                yield reported

    # ---- by a person

    async def release(self, id: str, text: str, about: Proposal) -> Entry | None:
        """Record a note to be sent. Raises JournalError; None if this id was released already."""
        try:
            return await self._keep(post_entries.release(id, self.channel, text, about))
        except AlreadyRecorded:
            return None

    async def send_again(self, post: Post, why: str) -> None:
        """Send it once more. If its outcome is unknown, `why` says how it is known not to be in Slack."""
        claim = post_entries.settled_claim(post) if post.state is PostState.UNKNOWN else ""
        await self._keep(post_entries.again(post, why, claim))

    async def mark_sent(self, post: Post, why: str) -> None:
        evidence = _("confirmed by a person: {why}", why=why) if why else _("confirmed by a person")
        entry = self._records.sending(post)
        await self._keep(
            post_entries.posted(
                post, SlackSent(), thread_of(entry), post_entries.settled_claim(post), evidence=evidence
            )
        )

    async def drop(self, post: Post, why: str) -> None:
        await self._keep(post_entries.dropped(post, why))

    async def close(self) -> None:
        self._closed = True
        self._wake.wake()
        if self._tasks:
            listener, worker = self._tasks
            await asyncio.wait({worker}, timeout=CLOSING)
            worker.cancel()
            listener.cancel()
            await asyncio.gather(worker, listener, return_exceptions=True)
            await self._flush()
        self._publish()

    # ---- by itself

    async def _listen(self) -> None:
        async for _head in self._journal.follow():
            self._wake.wake()

    async def _work(self) -> None:
        while not self._closed:
            self._wake.clear()
            await self._flush()
            with suppress(JournalError):
                await self._records.read(self._clock.now())
            self._publish()
            step = min(self._steps(), key=lambda step: step[0], default=None)
            if step is None or step[0] > self._clock.now():
                await self._wait(step[0] if step else None)
                continue
            try:
                await step[1]()
            except JournalError:
                await self._wait(self._clock.now() + real(self._clock, HELD))

    async def _wait(self, until: datetime | None) -> None:
        seconds = None
        if until is not None:
            # Never long, as the clock may be set meanwhile.
            seconds = min(LONGEST, (until - self._clock.now()).total_seconds())
        await self._wake.wait(self._clock, seconds)

    def _steps(self) -> list[Step]:
        """What is to be done and when, oldest post first."""
        steps = (self._step(post) for post in self._records.oldest_first)
        return [step for step in steps if step is not None]

    def _step(self, post: Post) -> Step | None:
        if post.state is PostState.SENDING:
            return self._watched(post)
        if self.why:
            return None
        if post.state is PostState.UNKNOWN:
            at = self._attempts.check_at(post)
            return (
                (at, lambda: self._attempts.check(post, carried=self._schedule.carried(post))) if at else None
            )
        at = self._schedule.send_at(post)
        return (at, lambda: self._send(post)) if at else None

    def _watched(self, post: Post) -> Step | None:
        """An attempt of another console, which may have ended in the middle of it, or one of this console's that it did
        not make, because it did not learn that its beginning was recorded."""
        entry = self._records.sending(post)
        if entry is None or entry.seq in self._begun:
            return None
        if entry.data.get("console") == self._console:
            return self._clock.now(), lambda: self._attempts.withdraw(post)
        rest = real(self._clock, LEASE) - timedelta(seconds=self._reads.age(post.id, entry.seq))
        at = self._clock.now() + (timedelta() if self._has_ended(entry) else rest)
        return at, lambda: self._give_up(post)

    async def _send(self, post: Post) -> None:
        try:
            root = self._records.root(post) if self.threads else None
            draft = post_entries.posting(post, self._console, root.ts if root else "")
            since = mark(self._clock)
            begun = await self._journal.append(draft)
        except AlreadyRecorded as error:
            # Another console makes this attempt, or a person has given the post up.
            self._records.absorb([error.entry])
            return
        self._begun.add(begun.seq)
        self._records.absorb([begun])
        self._publish()
        await self._attempts.make(post.id, begun, since)

    async def _give_up(self, post: Post) -> None:
        """Record the outcome as unknown: the console that made the attempt has ended."""
        reason = _("The console stopped while sending: the message may or may not be posted.")
        draft = post_entries.unknown(post, reason, post_entries.outcome_claim(post))
        try:
            entry = await self._journal.append(draft)
        except AlreadyRecorded as error:
            entry = error.entry
        self._records.absorb([entry])

    # ---- recording and showing

    async def _keep(self, draft: NewEntry) -> Entry:
        entry = await self._journal.append(draft)
        self._records.absorb([entry])
        self._publish()
        self._wake.wake()
        return entry

    async def _record(self, draft: NewEntry) -> None:
        """Record an outcome; if the journal refuses it, keep it until the journal accepts it. If another
        console recorded a worse outcome first, that the note is in Slack is recorded as well."""
        try:
            entry = await self._journal.append(draft)
        except AlreadyRecorded as error:
            entry = error.entry
            if draft.kind is EntryKind.POSTED and entry.kind is not EntryKind.POSTED:
                await self._record(draft.model_copy(update={"claim": ""}))
        except JournalError:
            self._unrecorded.append(draft)
            return
        self._records.absorb([entry])

    async def _flush(self) -> None:
        if self._journal.health.writable:
            pending, self._unrecorded = self._unrecorded, []
            for draft in pending:
                await self._record(draft)

    def _publish(self) -> None:
        posts = tuple(self._as_shown(post) for post in self._records.posts)
        if posts != self._published or self._closed:
            self._published = posts
            news, self._changed = self._changed, asyncio.Event()
            news.set()

    def _as_shown(self, post: Post) -> Post:
        reasons = [post.reason]
        if post.state is PostState.UNKNOWN:
            reasons.append(self._attempts.failure(post) or self.why)
        elif post.state in (PostState.WAITING, PostState.REFUSED) and self.why:
            reasons.append(self.why)
        elif post.state is PostState.WAITING and not self._schedule.carried(post):
            reasons.append(_("It was not sent in time; send it again if it still matters."))
        return post.model_copy(update={"reason": sentences(*reasons)})
