"""Notes for Slack: proposals, released posts and their delivery state."""

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
    """A note that the console proposes; a person edits and releases it."""

    title: Clean
    """Its subject, for display."""
    text: CleanBlock
    """As proposed, in the screen's language."""
    evidence: CleanBlock = ""
    """Rows of the finding that hold no texts of logs; added where a person asks for them."""
    private: CleanBlock = ""
    """Rows that hold texts of logs; likewise."""
    thread: str = ""
    """Thread key: `alarm:<name>@<since>`; "" for a note without a thread."""
    target: RawId = RawId("")
    """The alarm or the inspection it is about, exactly."""
    alarm: Clean = ""
    """The alarm's name, where it is about one."""


class Post(Model):
    """A post as recorded in the journal."""

    id: str
    seq: int
    """The journal entry that released it."""
    at: datetime
    """When that was (UTC)."""
    by: Clean
    """Who released it."""
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
    """Why it was not delivered, or why that is unknown, and what to do."""
    code: str = ""
    """Slack's error code; "" if there is none."""
    attempts: int = 0
    """Number of delivery attempts."""
    sent_at: datetime | None = None
    """When the latest attempt began (UTC)."""
    retry_at: datetime | None = None
    """When the console retries automatically; None: never."""
    ts: str = ""
    """Slack's message timestamp, its id within the channel; "": not reported."""
    channel_id: str = ""
    """Slack's channel id; "" if unknown."""
    thread_ts: str = ""
    """Timestamp of the thread's first message; "" for that message itself."""

    @property
    def unsent(self) -> bool:
        """It is not known to be delivered and may need action."""
        return self.state in UNSENT
