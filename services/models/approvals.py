from datetime import datetime
from enum import StrEnum

from services.models.base import Clean, Model
from services.models.changes import Plan
from services.models.journal import Person


class ConsentWay(StrEnum):
    """How a plan came to be allowed."""

    SECOND_PERSON = "second-person"  # Another person with another AWS identity approved its hash in a console
    ELSEWHERE = "elsewhere"  # The operator recorded an approval that was obtained elsewhere
    EMERGENCY = "emergency"
    """The operator declared an emergency, because nobody can approve or because of a change freeze."""


class Means(StrEnum):
    """By what means an approval was obtained elsewhere."""

    PHONE = "phone"
    WRITING = "writing"
    IN_PERSON = "in-person"


class Consent(Model):
    """What allows one plan, by its hash."""

    way: ConsentWay
    digest: str
    """`Plan.digest` of the plan that it allows."""
    role: Clean = ""
    """The role that must approve, as the runbook names it."""
    by: Clean
    """Who recorded it: the second person, or the operator."""
    who: Clean = ""
    """Who consented elsewhere; "" for the other ways."""
    means: Means | None = None
    consented_at: datetime | None = None
    """When it was obtained elsewhere (UTC)."""
    reference: Clean = ""
    """Where the consent is written down elsewhere: a number, a file."""
    reason: Clean = ""
    """Why it is an emergency."""
    freeze: Clean = ""
    """The change freeze that an emergency overrides; "" for none."""
    freeze_id: Clean = ""
    """What tells that freeze from others."""
    at: datetime
    """When it was recorded (UTC)."""
    seq: int = 0
    """Number of the journal entry."""


class ApprovalState(StrEnum):
    ASKED = "asked"
    GIVEN = "given"
    DECLINED = "declined"
    EXPIRED = "expired"  # It was not answered, or not used, in time
    USED = "used"  # The plan was confirmed


class ApprovalRequest(Model):
    plan: Plan
    asker: Person
    note: Clean = ""
    """What the asker wrote to the second person."""
    at: datetime
    """When it was asked for (UTC)."""
    state: ApprovalState
    until: datetime | None = None
    """When the request or the approval expires (UTC)."""
    consent: Consent | None = None
    declined_by: Clean = ""
    decline_reason: Clean = ""
    seq: int = 0
    """Number of the journal entry of the request."""
