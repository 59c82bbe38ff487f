"""Notes for Slack: what a person let go, and what became of it."""

from datetime import datetime
from enum import StrEnum

from services.models.base import Clean, CleanBlock, Model, RawId


class PostState(StrEnum):
    """How a post stands."""

    WAITING = "waiting"
    """Let go; nothing was asked of Slack yet."""
    SENDING = "sending"
    """A console is asking Slack now."""
    POSTED = "posted"
    REFUSED = "refused"
    """It is not in Slack, for certain."""
    UNKNOWN = "unknown"
    """No answer came: it may be in Slack."""
    DROPPED = "dropped"
    """A person gave it up."""


UNSENT = frozenset({PostState.WAITING, PostState.SENDING, PostState.REFUSED, PostState.UNKNOWN})


class Proposal(Model):
    """A note that the console proposes; a person edits it and lets it go."""

    title: Clean
    """What it is about, for people."""
    text: CleanBlock
    """As proposed, in the screen's language."""
    evidence: CleanBlock = ""
    """Rows of the finding that hold no texts of logs; added where a person asks for them."""
    private: CleanBlock = ""
    """Rows that hold texts of logs; likewise."""
    thread: str = ""
    """What its answers are gathered under: `alarm:<name>@<since>`; "": it stands alone."""
    target: RawId = RawId("")
    """The alarm or the inspection it is about, exactly."""
    alarm: Clean = ""
    """The alarm's name, where it is about one."""


class Post(Model):
    """A post as the journal tells of it."""

    id: str
    seq: int
    """The journal entry by which it was let go."""
    at: datetime
    """When that was (UTC)."""
    by: Clean
    """Who let it go."""
    channel: Clean
    text: CleanBlock
    thread: str = ""
    target: Clean = ""
    state: PostState
    changed_at: datetime
    """Since when (UTC)."""
    let_go_at: datetime
    """When a person wanted it sent last."""
    reason: Clean = ""
    """Why it is not in Slack, or why nobody knows, and what to do."""
    code: str = ""
    """Slack's own word for that; "" where it said none."""
    attempts: int = 0
    """How often Slack was asked."""
    sent_at: datetime | None = None
    """When the newest attempt began (UTC)."""
    retry_at: datetime | None = None
    """When the console asks again by itself; None: it does not."""
    ts: str = ""
    """Slack's name of the message in its channel; "" where it tells none."""
    channel_id: str = ""
    """Slack's own name of the channel; "" where it is not known."""
    thread_ts: str = ""
    """The message that it answers; "" for the first of its thread."""

    @property
    def unsent(self) -> bool:
        """Somebody may have to do something about it."""
        return self.state in UNSENT
