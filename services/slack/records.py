from collections.abc import Callable, Iterator, Set
from datetime import datetime, timedelta
from typing import Any

from services.host.processes import abandoned, is_own
from services.journal.derived.older import Older
from services.journal.journal import Journal
from services.journal.projection import GroupedProjection
from services.models.journal import Entry, EntryKind
from services.models.posts import Post, PostState
from services.slack import entries as post_entries
from services.slack.entries import SUBJECT

_KINDS = frozenset({EntryKind.POST, EntryKind.POSTING, EntryKind.POSTED, EntryKind.UNPOSTED})
RECENT = timedelta(days=40)  # How far back all posts are read; of older ones those that were not sent
_STATES = {"refused": PostState.REFUSED, "unknown": PostState.UNKNOWN, "dropped": PostState.DROPPED}
OLDER = Older(
    "posts-1",
    (EntryKind.POST,),
    f"""
    WITH unsent AS (
      SELECT DISTINCT c.subject FROM candidates CROSS JOIN entries c ON c.seq = candidates.seq
      WHERE c.kind = 'post'
        AND NOT EXISTS (SELECT 1 FROM entries s WHERE s.subject = c.subject AND +s.kind = 'posted' AND +s.seq <= :until)
    )
    SELECT e.seq FROM unsent CROSS JOIN entries e ON e.subject = unsent.subject
    WHERE +e.seq <= :until AND +e.kind IN ({", ".join(f"'{kind}'" for kind in sorted(_KINDS))})
    """,
)
"""The posts that were not sent; those that were discarded are not saved again."""
Gone = Callable[[Entry], bool]  # Whether the console that wrote an entry has ended


def has_ended(entry: Entry) -> bool:
    """Whether its process no longer runs on this machine. A restarted console may have got the same process id."""
    return abandoned(entry) or is_own(entry)


class PostRecords(GroupedProjection):
    """The posts of the last weeks, and older ones that were not sent."""

    older = OLDER
    beginnings = frozenset({EntryKind.POST})

    def __init__(self, journal: Journal) -> None:
        super().__init__(journal, dict.fromkeys(_KINDS, RECENT))
        self._posts: dict[str, Post] = {}  # By the post's id

    @property
    def posts(self) -> tuple[Post, ...]:
        return tuple(sorted(self._posts.values(), key=lambda post: (not post.unsent, -post.seq)))

    @property
    def oldest_first(self) -> tuple[Post, ...]:
        return tuple(sorted(self._posts.values(), key=lambda post: post.seq))

    def of(self, id: str) -> Post | None:
        return self._posts.get(id)

    def sending(self, post: Post) -> Entry | None:
        recorded = self.recorded(f"{SUBJECT}{post.id}")
        begun = (entry for entry in recorded if entry.kind is EntryKind.POSTING)
        return max(begun, key=lambda entry: entry.seq, default=None)

    def root(self, post: Post) -> Post | None:
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
        """Slack's id of a channel, if an answer has contained it; otherwise ""."""
        return next(
            (each.channel_id for each in self.posts if each.channel == channel and each.channel_id), ""
        )

    def needed(self) -> Iterator[int]:
        for post in self._posts.values():
            if post.unsent:
                yield from (entry.seq for entry in self.recorded(f"{SUBJECT}{post.id}"))

    def rebuild(self, subjects: Set[str]) -> None:
        for subject in subjects:
            post = post_of(self.recorded(subject))
            if post is not None:
                self._posts[post.id] = post


def thread_of(begun: Entry | None) -> str:
    """Timestamp of the message that an attempt replies to; "" for none."""
    return _text(begun.data, "thread_ts") if begun is not None else ""


def post_of(entries: list[Entry]) -> Post | None:
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
        # Final, whatever a slow console writes later: what is in Slack is never sent again.
        return post
    changes: dict[str, Any] = {"changed_at": entry.at, "retry_at": None, "reason": "", "code": ""}
    data = entry.data
    if entry.kind is EntryKind.POST:
        changes |= {"state": PostState.WAITING, "let_go_at": entry.at}
    elif entry.kind is EntryKind.POSTING:
        attempt = max(post.attempts + 1, _attempt(data) or 0)
        changes |= {"state": PostState.SENDING, "attempts": attempt, "sent_at": entry.at}
    elif entry.kind is EntryKind.POSTED:
        fields = {key: _text(data, key) for key in ("ts", "channel_id", "thread_ts")}
        changes |= {"state": PostState.POSTED, **fields}
    else:
        # A state of another version's: it may have been sent.
        state = _STATES.get(_text(data, "state"), PostState.UNKNOWN)
        fields = {"reason": entry.text, "code": _text(data, "code")}
        changes |= {"state": state, "retry_at": _time(data), **fields}
    # Validated, as the file may hold any text.
    return Post.model_validate({**dict(post), **changes})


def _fits(post: Post, entry: Entry) -> bool:
    if entry.kind is EntryKind.POST:
        unclear = post.state is PostState.UNKNOWN
        return _attempt(entry.data) == post.attempts and (
            post.state in (PostState.WAITING, PostState.REFUSED)
            or (unclear and entry.claim == post_entries.settled_claim(post))
        )
    if entry.kind is EntryKind.UNPOSTED:
        return _attempt(entry.data) in (None, post.attempts)
    return True


def _attempt(data: dict[str, Any]) -> int | None:
    attempt = data.get("attempt")
    return attempt if isinstance(attempt, int) and not isinstance(attempt, bool) else None


def _text(data: dict[str, Any], key: str) -> str:
    value = data.get(key)
    return value if isinstance(value, str) else ""


def _time(data: dict[str, Any]) -> datetime | None:
    try:
        at = datetime.fromisoformat(_text(data, "retry_at"))
    except ValueError:
        return None
    return at if at.tzinfo else None
