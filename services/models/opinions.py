"""Source: CreateBacklogTask, GetBacklogTask, ListJournalRecords (AWS DevOps Agent API reference; botocore's `devops-agent`)."""

from datetime import datetime
from enum import StrEnum

from services.models.base import Clean, CleanBlock, Model, RawId


class AgentTask(Model):
    id: RawId
    execution: RawId = RawId("")
    """The run whose journal has its words; "" before it starts."""
    status: str
    """As the API spells it: PENDING_START, IN_PROGRESS, COMPLETED, FAILED…"""
    reason: Clean = ""
    """Why it has this status; "" if AWS says nothing."""


class AgentRecord(Model):
    at: datetime
    kind: Clean
    """AWS's name for its type."""
    text: CleanBlock
    """Its texts; the API describes no form for them."""


class OpinionState(StrEnum):
    ASKED = "asked"
    """It is about to be sent."""
    ACCEPTED = "accepted"
    """AWS investigates."""
    ANSWERED = "answered"
    FAILED = "failed"
    """AWS did not accept it, or the investigation ended without a result."""
    UNKNOWN = "unknown"
    """It may have been accepted; asking again sends the same token, so AWS makes no second task of it."""


class Opinion(Model):
    number: int
    """1 for the first request about the incident."""
    state: OpinionState
    at: datetime
    by: Clean
    token: str
    """The idempotency token that was sent."""
    task: RawId = RawId("")
    """The investigation's id; "" unless AWS accepted it."""
    words: CleanBlock = ""
    """What AWS said; "" unless it answered."""
