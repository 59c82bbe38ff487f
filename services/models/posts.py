from datetime import datetime
from enum import StrEnum

from services.models.base import Clean, CleanBlock, Model, RawId


class PostState(StrEnum):
    """Delivery state of a post."""

    WAITING = "waiting"  # A person released it; nothing was sent to Slack yet
    SENDING = "sending"  # A console is sending it now
    POSTED = "posted"
    REFUSED = "refused"  # It is certainly not in Slack
    UNKNOWN = "unknown"  # There was no clear answer: it may be in Slack
    DROPPED = "dropped"  # A person decided not to send it


UNSENT = frozenset({PostState.WAITING, PostState.SENDING, PostState.REFUSED, PostState.UNKNOWN})
"""States in which a post may need action."""


class Proposal(Model):
    """A note that the console proposes; a person edits and releases it."""

    title: Clean
    """What the note is about, for display."""
    text: CleanBlock
    """The proposed text, in the screen's language."""
    evidence: CleanBlock = ""
    """Evidence rows without log texts, which a person may add to the note."""
    private: CleanBlock = ""
    """Evidence rows with log texts, which a person may add to the note."""
    thread: str = ""
    """Thread key: `alarm:<name>@<since>`; "" for a note without a thread."""
    target: RawId = RawId("")
    """Exact id of the alarm or inspection it is about."""
    alarm: Clean = ""
    """The alarm's name; "" if it is not about an alarm."""


class Post(Model):
    """A released note and its delivery, as recorded in the journal."""

    id: str
    seq: int
    """Number of the journal entry that released it."""
    at: datetime
    """When it was released (UTC)."""
    by: Clean
    """The user who released it."""
    channel: Clean
    text: CleanBlock
    thread: str = ""
    target: Clean = ""
    state: PostState
    changed_at: datetime
    """Since when it is in `state` (UTC)."""
    let_go_at: datetime
    """When a person last requested that it be sent (UTC)."""
    reason: Clean = ""
    """Why it was not delivered, or why that is unknown, and what to do; "" otherwise."""
    code: str = ""
    """Slack's error code; "" if there is none."""
    attempts: int = 0
    """Number of delivery attempts."""
    sent_at: datetime | None = None
    """When the latest attempt began (UTC); None: there was none."""
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
        """Whether it may need action, because it is not known to be delivered."""
        return self.state in UNSENT
