"""The instance that a drill restored, and why it must not be deleted. Pure."""

from dataclasses import dataclass
from datetime import datetime

from services.changes.drills.instances import TAG, Restored
from services.changes.rds.state import state_digest
from services.i18n import _
from services.models.rds import Database
from services.models.text import clean

DELETING, CREATING = "deleting", "creating"


@dataclass(frozen=True, slots=True)
class DrillState:
    """An instance of a drill as AWS has it now."""

    at: datetime
    name: str
    instance: Database | None
    """None: there is none of this name."""

    @property
    def tag(self) -> str:
        """The value of our tag; "" if it has none."""
        return self.instance.tags.get(TAG, "") if self.instance is not None else ""

    @property
    def is_going(self) -> bool:
        return self.instance is None or self.instance.status == DELETING

    @property
    def digest(self) -> str:
        instance = self.instance
        if instance is None:
            return state_digest(None)
        names = (str(instance.arn), str(instance.resource_id))
        return state_digest(*names, self.tag, instance.status == DELETING, instance.protected)

    @property
    def text(self) -> str:
        if self.instance is None:
            return _("There is no instance {name}.").format(name=self.name)
        text = _("The instance {name} is {status}; its tag {key} is “{value}”.")
        return text.format(
            name=self.instance.name, status=self.instance.status, key=TAG, value=clean(self.tag)
        )


def refusal(state: DrillState, restored: Restored | None, database: str) -> str:
    """Why the instance must not be deleted; "" if it may be. `database` is the runbook's instance."""
    instance = state.instance
    if state.name == database:
        # A restored instance may have taken the place of the one that was lost.
        text = _("{name} is the database of the runbook; it is never deleted.")
        return text.format(name=state.name)
    if restored is None:
        text = _("This journal has no drill that restored {name}; only such an instance is deleted.")
        return text.format(name=state.name)
    if instance is None:
        return _("There is no instance {name}: it is deleted already.").format(name=state.name)
    if not state.tag:
        text = _("The instance {name} does not bear the tag {key}; somebody else uses it.")
        return text.format(name=instance.name, key=TAG)
    if state.tag != restored.plan:
        text = _("The tag {key} of {name} is not that of the drill that restored it: “{value}”.")
        return text.format(key=TAG, name=instance.name, value=clean(state.tag))
    if restored.resource and instance.resource_id != restored.resource:
        text = _("Another instance bears the name {name} by now; it is not the one that the drill restored.")
        return text.format(name=instance.name)
    if state.is_going:
        return _("The instance {name} is being deleted already.").format(name=instance.name)
    if instance.status == CREATING:
        return _("The instance {name} is being created; wait until it is available.").format(
            name=instance.name
        )
    if instance.protected:
        return _("Somebody turned on the deletion protection of {name}.").format(name=instance.name)
    return ""
