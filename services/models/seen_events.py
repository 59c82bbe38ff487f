"""Events of AWS as the console records them: small, cleaned and bounded, whatever was sent."""

from datetime import datetime
from enum import StrEnum

from services.models.base import Clean, Model, RawId


class SeenType(StrEnum):
    ALARM = "alarm"
    """An alarm changed its state."""
    DEPLOYMENT = "deployment"
    """A deployment of an ECS service began, ended or failed."""
    TASK = "task"
    """A task of ECS was stopped."""
    DATABASE = "database"
    """RDS reports something about an instance, a cluster or a snapshot."""
    HEALTH = "health"
    """AWS Health reports a problem, or maintenance that is planned."""
    UNREADABLE = "unreadable"
    """A message that is no event of these kinds."""
    BURST = "burst"
    """Events that came faster than they are recorded one by one, counted."""


class ContainerExit(Model):
    name: Clean
    code: int | None = None
    """Its exit code; None: it has none."""
    reason: Clean = ""


class SeenEvent(Model):
    id: str
    """EventBridge's id of the event, the same at every delivery."""
    type: SeenType
    at: datetime | None = None
    """When it happened (UTC), according to AWS; None: not given."""
    target: RawId = RawId("")
    """The alarm, service, group of tasks or database it concerns; "" if none."""
    state: Clean = ""
    """The state that an alarm has now; the name of a deployment's event; the code of another."""
    before: Clean = ""
    """The state that an alarm had before."""
    reason: Clean = ""
    """Why, in AWS's words."""
    task: Clean = ""
    """Id of the stopped task."""
    stop_code: Clean = ""
    containers: tuple[ContainerExit, ...] = ()
    """Containers of the stopped task, those that failed first."""
