from datetime import datetime
from enum import StrEnum

from services.models.approvals import Consent, ConsentWay
from services.models.base import Clean, Model, RawId
from services.models.changes import Plan, PlannedStep
from services.models.watches import Progress, WatchState


class StepState(StrEnum):
    """Outcome of a step."""

    WAITING = "waiting"  # Nothing was sent
    SENDING = "sending"  # The intent is recorded; the request may be under way
    DONE = "done"
    FAILED = "failed"  # AWS refused the request, or AWS, read afterwards, shows no change
    UNKNOWN = "unknown"  # No response that shows the outcome; the target is locked until AWS is read
    REFUSED = "refused"  # Stopped before anything was sent


class StepRun(Model):
    id: str
    state: StepState
    at: datetime | None = None
    """When the state was recorded (UTC); None: nothing was recorded."""
    text: Clean = ""
    """What happened, in words."""
    verified: bool | None = None
    """Whether AWS, read afterwards, shows the change; None: it was not read."""
    observed: bool = False
    """The state was read from AWS or reported by a person; no response shows it."""
    until: datetime | None = None
    """Another console is carrying it out until then (UTC) or was cut off; None: no other console is."""
    seq: int = 0
    """Number of the journal entry that records the state; 0: there is none."""
    answer: dict[str, str] = {}  # noqa: RUF012  pydantic copies it
    """What the change keeps of AWS's response (`Change.answered`): ids, ARNs; never a secret."""
    request: Clean = ""
    """The id that AWS gave the request in its response; "" if none arrived."""


class Run(Model):
    plan: Plan
    by: Clean
    at: datetime
    """When it was confirmed (UTC)."""
    steps: tuple[StepRun, ...]
    seq: int = 0
    """Number of the journal entry of the confirmation; a later run has a higher one."""
    refusal: Clean = ""
    """Why the run was stopped before any request was sent; "" if it was not."""
    progress: Progress | None = None
    """What its watch has seen; None: nothing yet, or it has none."""
    consents: tuple[Consent, ...] = ()
    """What allowed it: approvals, an emergency."""
    watched_seq: int = 0
    """Number of the journal entry that records the end of its watch; 0: it has not ended."""

    @property
    def id(self) -> str:
        return self.plan.id

    @property
    def state(self) -> StepState:
        if self.refusal:
            return StepState.REFUSED
        return next((step.state for step in self.steps if step.state is not StepState.DONE), StepState.DONE)

    @property
    def partly_done(self) -> int:
        if self.refusal or self.state not in (StepState.FAILED, StepState.REFUSED):
            return 0
        return next(at for at, step in enumerate(self.steps) if step.state is not StepState.DONE)

    @property
    def lacks_approval(self) -> bool:
        ways = {consent.way for consent in self.consents}
        return bool(self.plan.approval) and not ways - {ConsentWay.EMERGENCY}

    @property
    def elsewhere_until(self) -> datetime | None:
        """Until when another console may be carrying it out (UTC); None: no other console is."""
        return next((step.until for step in self.steps if step.until is not None), None)

    @property
    def locked(self) -> frozenset[RawId]:
        """Resources that must not be changed: a request is under way or next, or its outcome is unknown."""
        targets, turn = set(), not self.refusal
        for planned, step in zip(self.plan.steps, self.steps, strict=False):
            is_next = turn and step.state is StepState.WAITING
            if is_next or step.state in (StepState.SENDING, StepState.UNKNOWN):
                targets.add(planned.target)
            turn = turn and step.state is StepState.DONE
        return frozenset(targets)

    @property
    def is_open(self) -> bool:
        return self.state in (StepState.WAITING, StepState.SENDING, StepState.UNKNOWN)

    @property
    def unknown_step(self) -> PlannedStep | None:
        unknown = {step.id for step in self.steps if step.state is StepState.UNKNOWN}
        return next((planned for planned in self.plan.steps if planned.id in unknown), None)

    @property
    def answers(self) -> dict[str, dict[str, str]]:
        return {step.id: step.answer for step in self.steps}

    @property
    def watching(self) -> bool:
        return self.plan.watch is not None and not self.watched_seq and self.state is StepState.DONE

    @property
    def has_ended_well(self) -> bool:
        if self.state is not StepState.DONE or self.watching:
            return False
        return self.progress is None or self.progress.state is WatchState.DONE

    @property
    def in_flight(self) -> bool:
        return any(step.state in (StepState.SENDING, StepState.UNKNOWN) for step in self.steps)
