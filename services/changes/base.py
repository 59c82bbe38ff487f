"""What one kind of change must know; each is one file and one line in `services.changes.registry`."""

from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar

from services.aws.client.reader import Reader
from services.calendar.calendar import Calendar
from services.clock import Clock
from services.models.changes import ChangeTarget, LiveState, Observation, Parameter, Plan, PlannedStep
from services.models.runbook import Runbook

PLAN_SECONDS = 120.0
"""How long a plan may be applied, in a person's seconds; the world moves."""
REVERT = "revert"
REVERT_AT = "revert_at"
WAY_BACK = frozenset({REVERT, REVERT_AT})
"""Parameters that say how the change is taken back rather than what it is."""


@dataclass(frozen=True, slots=True)
class ChangeContext:
    """What changes are made of; nothing here can write. Each makes the readers it needs (`services.aws`)."""

    runbook: Runbook
    calendar: Calendar
    clock: Clock
    region: str
    reader: Reader


class Change(ABC):
    """One kind of change. It reads and plans; only the engine sends."""

    kind: ClassVar[str]
    """Its id, also on the command line: `toban change <kind>`."""
    title: ClassVar[str]
    """English, marked with N_."""
    help: ClassVar[str]
    """One sentence, marked with N_."""
    words: ClassVar[str] = ""
    """Readings and romaji for the palette."""
    numbers: ClassVar[frozenset[str]] = frozenset()
    """Parameters that are whole numbers: what is none is told before AWS is asked."""

    def __init__(self, context: ChangeContext) -> None:
        self.context = context

    @abstractmethod
    def targets(self) -> tuple[ChangeTarget, ...]:
        """What the runbook lets it be applied to; empty where this system has none."""

    @abstractmethod
    async def look(self, target: ChangeTarget) -> LiveState:
        """The target as it is now. Raises AwsError."""

    @abstractmethod
    async def parameters(self, target: ChangeTarget) -> tuple[Parameter, ...]:
        """What is to be decided, with sensible defaults from live state. Raises AwsError."""

    @abstractmethod
    async def plan(self, target: ChangeTarget, wish: Mapping[str, str]) -> Plan:
        """What `wish` would do, from live state read now; wrong wishes are refusals. Raises AwsError."""

    @abstractmethod
    async def observe(self, step: PlannedStep) -> Observation:
        """Where AWS stands between the step's before and after. Raises AwsError."""

    async def outcome(self, plan: Plan) -> str:
        """After a verified change: how the world follows, in words (`Running 5.`); "" for nothing."""
        return ""

    def way_back(self, plan: Plan) -> dict[str, str]:
        """The wish that plans the way back; {} where there is none."""
        return {}
