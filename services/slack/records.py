"""What the journal says of posts: each one's state, and which is to be sent next. Reading raises JournalError."""

import os
import socket
from collections.abc import Callable, Iterable, Iterator
from datetime import datetime, timedelta
from typing import Any

from services.inspections.running.finding_records import abandoned
from services.journal.journal import Journal
from services.models.journal import Entry, EntryKind, EntryQuery
from services.models.posts import Post, PostState
from services.slack import entries as drafts
from services.slack.entries import SUBJECT

_KINDS = frozenset({EntryKind.POST, EntryKind.POSTING, EntryKind.POSTED, EntryKind.UNPOSTED})
RECENT = timedelta(days=40)
"""How far back posts are kept at hand."""
_PAGE = 500
_STATES = {
    "refused": PostState.REFUSED,
    "unknown": PostState.UNKNOWN,
    "dropped": PostState.DROPPED,
}
Gone = Callable[[Entry], bool]
"""Whether the console that wrote an entry has ended."""


def gone(entry: Entry) -> bool:
    """Its process is no more on this host; a restarted console may have been given the same number."""
    here = socket.gethostname()
    return abandoned(entry, here) or (entry.person.host == here and entry.data.get("pid") == os.getpid())


class PostRecords:
    """The posts of one journal, read on as it grows."""

    def __init__(self, journal: Journal) -> None:
        self._journal = journal
        self._started = False
        self._read_to = 0
        self._entries: dict[str, dict[int, Entry]] = {}
        """By the post's id, then by number."""
        self._posts: dict[str, Post] = {}

    @property
    def posts(self) -> tuple[Post, ...]:
        """Unsent first, then the newest first."""
        return tuple(sorted(self._posts.values(), key=lambda post: (not post.unsent, -post.seq)))

    @property
    def oldest_first(self) -> tuple[Post, ...]:
        """In the order in which they were let go."""
        return tuple(sorted(self._posts.values(), key=lambda post: post.seq))

    def of(self, id: str) -> Post | None:
        """One post as it stands."""
        return self._posts.get(id)

    def sending(self, post: Post) -> Entry | None:
        """The entry by which its newest attempt began."""
        return max(self._of_kind(post, EntryKind.POSTING), key=lambda entry: entry.seq, default=None)

    def root(self, post: Post) -> Post | None:
        """The first message of its thread; None where it is to begin one."""
        return next(
            (
                each
                for each in self.oldest_first
                if post.thread
                and each.thread == post.thread
                and each.channel == post.channel
                and each.id != post.id
                and each.ts
                and not each.thread_ts
            ),
            None,
        )

    def channel_id(self, channel: str) -> str:
        """Slack's own name of a channel, where an answer told it; "" else."""
        return next(
            (each.channel_id for each in self.posts if each.channel == channel and each.channel_id), ""
        )

    async def read(self, now: datetime) -> bool:
        """Take in what is new; whether anything was."""
        query = EntryQuery(kinds=_KINDS, since=None if self._started else now - RECENT)
        news = False
        while True:
            entries = await self._journal.entries(query, limit=_PAGE, after_seq=self._read_to)
            self.absorb(entries)
            news = news or bool(entries)
            if entries:
                self._read_to = entries[-1].seq
            if len(entries) < _PAGE:
                self._started = True
                return news

    def absorb(self, entries: Iterable[Entry]) -> None:
        """Take entries in, in any order and as often as they come."""
        changed = set()
        for entry in entries:
            id = entry.subject.removeprefix(SUBJECT)
            self._entries.setdefault(id, {})[entry.seq] = entry
            changed.add(id)
        for id in changed:
            held = self._entries[id]
            post = post_of([held[seq] for seq in sorted(held)])
            if post is not None:
                self._posts[id] = post

    def _of_kind(self, post: Post, kind: EntryKind) -> Iterator[Entry]:
        return (entry for entry in self._entries.get(post.id, {}).values() if entry.kind is kind)


def thread_of(begun: Entry | None) -> str:
    """The message that an attempt answers; "" for none."""
    return _text(begun.data, "thread_ts") if begun is not None else ""


def post_of(entries: list[Entry]) -> Post | None:
    """The post that these entries (oldest first, of one post) tell of; None where nobody let it go."""
    post: Post | None = None
    for entry in entries:
        if post is not None:
            post = _after(post, entry)
        elif entry.kind is EntryKind.POST:
            post = _begun(entry)
    return post


def _begun(entry: Entry) -> Post:
    data = entry.data
    return Post(
        id=entry.subject.removeprefix(SUBJECT),
        seq=entry.seq,
        at=entry.at,
        by=entry.person.name,
        channel=_text(data, "channel"),
        text=_text(data, "text"),
        thread=_text(data, "thread"),
        target=entry.target,
        state=PostState.WAITING,
        changed_at=entry.at,
        let_go_at=entry.at,
        attempts=_attempt(data) or 0,
    )


def _after(post: Post, entry: Entry) -> Post:
    if post.state is PostState.POSTED or not _fits(post, entry):
        # Whatever a slow console writes later: what is in Slack is never sent again.
        return post
    changes: dict[str, Any] = {"changed_at": entry.at, "retry_at": None, "reason": "", "code": ""}
    data = entry.data
    if entry.kind is EntryKind.POST:
        changes |= {"state": PostState.WAITING, "let_go_at": entry.at}
    elif entry.kind is EntryKind.POSTING:
        attempt = max(post.attempts + 1, _attempt(data) or 0)
        changes |= {"state": PostState.SENDING, "attempts": attempt, "sent_at": entry.at}
    elif entry.kind is EntryKind.POSTED:
        told = {key: _text(data, key) for key in ("ts", "channel_id", "thread_ts")}
        changes |= {"state": PostState.POSTED, **told}
    else:
        # What another version wrote is not known to be unsent.
        state = _STATES.get(_text(data, "state"), PostState.UNKNOWN)
        told = {"reason": entry.text, "code": _text(data, "code")}
        changes |= {"state": state, "retry_at": _time(data), **told}
    # Through the model's own check: what stands in the file may hold any text.
    return Post.model_validate({**dict(post), **changes})


def _fits(post: Post, entry: Entry) -> bool:
    """Whether an entry speaks of the post as it stood: a wish to send again that came too late counts for nothing."""
    if entry.kind is EntryKind.POST:
        unclear = post.state is PostState.UNKNOWN
        return _attempt(entry.data) == post.attempts and (
            post.state in (PostState.WAITING, PostState.REFUSED)
            or (unclear and entry.claim == drafts.settled_claim(post))
        )
    if entry.kind is EntryKind.UNPOSTED:
        return _attempt(entry.data) in (None, post.attempts)
    return True


def _attempt(data: dict[str, Any]) -> int | None:
    found = data.get("attempt")
    return found if isinstance(found, int) and not isinstance(found, bool) else None


def _text(data: dict[str, Any], key: str) -> str:
    found = data.get(key)
    return found if isinstance(found, str) else ""


def _time(data: dict[str, Any]) -> datetime | None:
    try:
        found = datetime.fromisoformat(_text(data, "retry_at"))
    except ValueError:
        return None
    return found if found.tzinfo else None
