"""A screen that posts one depends neither on the app nor on the screen that is opened."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import TYPE_CHECKING

from textual.message import Message

if TYPE_CHECKING:
    from services.models.alarms import Alarm
    from services.models.changes import ChangeTarget
    from services.models.duties import Occurrence
    from services.report.periods import Period


class Request(Message):
    """Base of the requests; the app passes each of them to the navigation."""


@dataclass
class ShowSystem(Message):
    key: str  # Its id, or the name of its runbook before that is read
    mode: str = ""  # The mode to show it in; "" for the present one


@dataclass
class OpenAlarm(Request):
    alarm: "Alarm"


class OpenNewestFiring(Request):
    """Show the incident of the alarm that fired last, or its detail if it has none, or say that none fires."""


@dataclass
class OpenIncident(Request):
    """Show an incident in the respond mode; "" for the list."""

    incident: str  # Its id


@dataclass
class WriteNote(Request):
    """Ask for a note that begins with what was typed while something else was being recorded."""

    text: str


@dataclass
class Acknowledge(Request):
    alarm: "Alarm"


@dataclass
class OpenLogs(Request):
    group: str  # The one that tells most: its pane gets the focus
    at: datetime | None = None  # The time to go to; None for the newest lines
    beside: tuple[str, ...] = ()  # Further groups, shown beside it at the same time
    task: str = ""  # Id of the ECS task whose lines of `group` are shown; "" for all lines

    @property
    def targets(self) -> "tuple[tuple[str, datetime | None], ...]":
        return tuple((group, self.at) for group in dict.fromkeys((self.group, *self.beside)) if group)


@dataclass
class OpenWidget(Request):
    key: str  # "" for the dashboard as a whole


@dataclass
class OpenDay(Request):
    day: date


@dataclass
class OpenReport(Request):
    period: "Period"
    occurrence: "Occurrence | None" = None
    """The duty that is signed off from the report, if it was opened for one."""


@dataclass
class PlanChange(Request):
    kind: str  # Registered name of the change, as in `toban change`
    target: "ChangeTarget"


@dataclass
class OpenChange(Request):
    """Show a target in the change mode, with its present state, or its plan."""

    kind: str  # Registered name of the change
    target: str  # The target's id
    values: Mapping[str, str] = field(default_factory=dict)
    """Parameters of the plan, as typed; those that are not named have their defaults."""
    plan: bool = False  # Whether the plan is opened; False: only the target is selected


@dataclass
class RunInspection(Request):
    inspection: str  # Inspection id
    since: datetime | None = None  # The earliest time that is inspected; None for the inspection's usual span


class ReadSystems(Message):
    pass


class ReadAgain(Message, bubble=False):
    """Everything is read from AWS now; the screen in front reads what only it reads."""
