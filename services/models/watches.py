from datetime import datetime
from enum import StrEnum

from services.models.base import Clean, Model, RawId


class Watch(Model):
    """Reads AWS after the last step is done, until the change has ended; any console may continue it."""

    ends_when: Clean
    """What ends it, in words: `the deployment is complete`."""
    every: float = 15.0
    """Real seconds between reads."""
    begins_at: datetime | None = None
    """Nothing is read before this (UTC), for a change that AWS applies in a maintenance window; None: at once."""
    gives_up_at: datetime
    """The watch ends without a result after this (UTC)."""


class WatchState(StrEnum):
    """What a watch has seen so far."""

    RUNNING = "running"
    DONE = "done"  # AWS shows the end that the plan promised
    FAILED = "failed"  # AWS shows another end
    WITHDRAWN = "withdrawn"  # A person withdrew or replaced it before AWS applied it
    GAVE_UP = "gave-up"  # The time was up before AWS showed an end


class Progress(Model):
    state: WatchState
    text: Clean
    """What AWS shows, in one sentence."""
    percent: int | None = None
    """0 to 100; None: AWS does not tell."""
    at: datetime | None = None
    """When it was read or recorded (UTC)."""
    measured: dict[str, Clean] = {}  # noqa: RUF012  pydantic copies it
    """What was measured by its end, by the change's own names: `{"minutes": "12.5"}`."""


class Suggestion(Model):
    """Another change that is worth making before or after this one."""

    when: str
    """`before` the plan is confirmed, or `after` the change has ended."""
    kind: str
    """The other change's id in the registry."""
    target: RawId
    values: dict[str, str] = {}  # noqa: RUF012  pydantic copies it
    """Parameters to pre-fill, by id."""
    why: Clean
    """The reason, in one sentence."""
