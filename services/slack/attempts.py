"""Makes attempts to send posts and records their outcomes; resolves an unknown outcome by reading Slack."""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta

from services.background.leases import FirstReads
from services.clock import Clock, Mark, passed, real
from services.i18n import _
from services.journal.errors import JournalError
from services.models.journal import Entry, NewEntry
from services.models.posts import Post, PostState
from services.slack import entries as post_entries
from services.slack.message_format import mark
from services.slack.records import PostRecords, thread_of
from services.slack.sending import CannotTell, Message, SlackRefused, SlackSender, SlackUnanswered

FRESH = 10.0
"""Seconds (of the machine) after its entry within which an attempt must begin; later, other consoles may consider
it lost."""
SETTLED = 60.0
"""Seconds (of the machine) after an attempt, after which a message that is not in Slack will not appear any more; counted
from when this console first read of the attempt, because another machine's clock may be behind."""
APART = timedelta(minutes=10)
"""By how much clocks may differ; a message that is dated later than that in the future cannot be looked for."""
CHECK_AGAIN = 60.0  # Seconds (of the machine) between two reads of Slack for one post
SHORTEST, LONGEST = 30.0, 600.0  # Seconds (of the machine) between attempts where there is no connection


class Attempts:
    """One console's attempts. `record` writes an outcome and raises nothing."""

    def __init__(
        self,
        records: PostRecords,
        clock: Clock,
        connect: Callable[[], Awaitable[SlackSender]],
        record: Callable[[NewEntry], Awaitable[None]],
        reads: FirstReads,
    ) -> None:
        """`reads`: of the beginning of each post's newest attempt, by the post's id."""
        self._records = records
        self._clock = clock
        self._connect = connect
        self._record = record
        self._reads = reads
        self._checks: dict[tuple[str, int], datetime | None] = {}
        """By post and attempt: when to ask Slack again; None: it cannot tell."""
        self._failures: dict[tuple[str, int], str] = {}

    async def make(self, id: str, begun: Entry, since: Mark) -> None:
        """Make the one request of the attempt that the entry `begun`, recorded after `since`, stands for."""
        post = self._records.of(id)
        assert post is not None, "an attempt is of a post that was read"
        self._reads.age(id, begun.seq)
        claim = post_entries.outcome_claim(post)
        try:
            sender = await self._connect()
            if not await self._is_current(post, begun):
                # Another console has recorded an outcome that it could not know.
                claim = post_entries.settled_claim(post)
                raise _suspended()
            if passed(self._clock, since) > real(self._clock, FRESH).total_seconds():
                raise _suspended()
            sent = await sender.post(_message(post, thread_of(begun)))
        except SlackRefused as error:
            await self._refused(post, error, claim)
        except SlackUnanswered as error:
            await self._record(
                post_entries.unknown(post, error.explanation, post_entries.outcome_claim(post))
            )
        except asyncio.CancelledError:
            reason = _("The console stopped before Slack responded.")
            await self._record(post_entries.unknown(post, reason, post_entries.outcome_claim(post)))
            raise
        except Exception:
            reason = _("An internal error cut the attempt short.")
            await self._record(post_entries.unknown(post, reason, post_entries.outcome_claim(post)))
            raise
        else:
            await self._record(
                post_entries.posted(post, sent, thread_of(begun), post_entries.outcome_claim(post))
            )

    async def _is_current(self, post: Post, begun: Entry) -> bool:
        """Whether no console has given the attempt up: the clock of a paused virtual machine does not tell.
        Raises Refused if the journal cannot be read up to this moment."""
        try:
            await self._records.journal.catch_up()
            await self._records.read(self._clock.now())
        except JournalError:
            raise _unrecorded() from None
        now = self._records.of(post.id)
        newest = self._records.sending(post)
        return (
            now is not None
            and now.state is PostState.SENDING
            and newest is not None
            and newest.seq == begun.seq
        )

    async def withdraw(self, post: Post) -> None:
        await self._refused(post, _unrecorded(), post_entries.outcome_claim(post))

    def check_at(self, post: Post) -> datetime | None:
        """When to read Slack for a post of unknown outcome; None: Slack cannot be read."""
        return self._checks.get((post.id, post.attempts), self._clock.now())

    def failure(self, post: Post) -> str:
        return self._failures.get((post.id, post.attempts), "")

    async def check(self, post: Post, *, carried: bool) -> None:
        """Read Slack for the post. If it is not there, `carried` sends it again without asking a person."""
        key = (post.id, post.attempts)
        now, begun = self._clock.now(), self._records.sending(post)
        since = timedelta(seconds=self._reads.age(post.id, begun.seq) if begun is not None else 0.0)
        age = now - (post.sent_at or post.at)
        # Set first, so that a failure does not make the console ask Slack again at once.
        self._checks[key] = now + real(self._clock, CHECK_AGAIN)
        sender = await self._connect()
        thread = thread_of(begun)
        try:
            sent = await sender.find(
                post.id,
                channel=post.channel,
                channel_id=self._records.channel_id(post.channel),
                thread_ts=thread,
                age=age if age < -APART else max(age, since),
            )
        except CannotTell as error:
            self._failures[key] = error.explanation
            if not error.again:
                self._checks[key] = None
            return
        settled = now + real(self._clock, SETTLED) - since
        if sent is not None:
            reason = _("found in Slack")
            await self._record(
                post_entries.posted(post, sent, thread, post_entries.settled_claim(post), evidence=reason)
            )
        elif now < settled:
            self._checks[key] = settled
        else:
            reason = _("Slack was queried and does not have it.")
            missing = SlackRefused(reason, retry_after=0.0 if carried else None)
            await self._refused(post, missing, post_entries.settled_claim(post))

    async def _refused(self, post: Post, error: SlackRefused, claim: str) -> None:
        wait = error.retry_after
        if error.backoff:
            wait = min(LONGEST, SHORTEST * 2.0 ** min(post.attempts - 1, 8))
        at = "" if wait is None else (self._clock.now() + real(self._clock, wait)).isoformat()
        await self._record(post_entries.refused(post, error.explanation, claim, code=error.code, retry_at=at))


def _suspended() -> SlackRefused:
    reason = _("Nothing was sent: this console was suspended. It retries automatically.")
    return SlackRefused(reason, retry_after=0.0)


def _unrecorded() -> SlackRefused:
    reason = _("Nothing was sent: the journal did not answer in time. It retries automatically.")
    return SlackRefused(reason, retry_after=0.0)


def _message(post: Post, thread_ts: str) -> Message:
    return Message(
        post=post.id,
        channel=post.channel,
        text=post.text,
        footer=_("Toban · {name} · journal {seq} · {mark}", name=post.by, seq=post.seq, mark=mark(post.id)),
        thread_ts=thread_ts,
    )
