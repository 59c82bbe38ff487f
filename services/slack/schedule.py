"""Computes when a post may be sent: within an hour of the request, one message per second and channel, and not
before Slack allows it."""

from datetime import datetime, timedelta

from services.background.leases import FirstReads
from services.clock import Clock, real
from services.models.posts import Post, PostState
from services.slack.records import PostRecords

CARRY = 3600.0
"""Seconds (of the machine) after a person's request within which a console sends automatically; later it asks a
person."""
PACE = 1.0
"""Seconds (of the machine) between two messages to one channel: Slack's limit (docs.slack.dev: rate limits)."""


class Schedule:
    """Computes times from the records and the clock; writes nothing."""

    def __init__(self, records: PostRecords, clock: Clock) -> None:
        self._records = records
        self._clock = clock
        self._reads = FirstReads(clock)
        """Of each post's state: what another console dates is waited for by this console's clock, if that ends sooner."""

    def carried(self, post: Post) -> bool:
        """Whether a person's request is recent enough to be carried out without asking again."""
        return self._clock.now() - post.let_go_at < real(self._clock, CARRY)

    def send_at(self, post: Post) -> datetime | None:
        """When to send it; None: not automatically."""
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
        """When the channel can take the next message."""
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
