from datetime import date
from typing import Annotated

from pydantic import Field

from services.models.base import Clean, Decided, Model
from services.models.incidents import StepKind
from services.models.runbook_texts import CauseTexts, PlaybookTexts, ProcedureTexts, StepTexts
from services.models.runbook_types import Slug
from services.models.translated import Translated

LOOKS = ("tail", "ecs", "targets", "dashboard", "databases")
"""The places that a step can name besides inspections and changes; `tui.places` knows where they are."""


class Step(Translated):
    """One step of a playbook or a procedure."""

    references = ("to",)

    text: Clean
    """What to do, in words."""
    note: Clean = ""
    look: Slug | None = None
    """Id of the inspection, panel or change that the console shows for this step; None: nothing."""
    values: dict[Slug, Clean] = {}  # noqa: RUF012  pydantic copies it
    """What a change is planned with, as `toban change` takes it: `{ max = "10" }`; empty: its target is shown."""
    kind: StepKind | None = None
    """look, wait, decide, change or tell; None: `change` if `look` names a change, else `look`."""
    minutes: Annotated[int, Field(gt=0)] | None = None
    """How long a `wait` lasts, from the alarm's transition; None: the playbook's `wait_minutes`."""
    to: Clean = ""
    """The role that a `tell` step tells; empty: the playbook's `escalate_to`."""
    en: StepTexts = StepTexts.model_construct()
    """English versions of its texts."""


class Cause(Translated):
    """A row of a playbook's table of causes."""

    cause: Clean
    """The cause or situation."""
    action: Clean
    """What to do about it."""
    look: Slug | None = None
    """Id of the inspection, panel or change that the console shows for this action; None: nothing."""
    values: dict[Slug, Clean] = {}  # noqa: RUF012  pydantic copies it
    """What a change is planned with, as in `Step`."""
    ids: tuple[Slug, ...] = ()
    """The weighed causes that this row is about, e.g. `["task-crash", "out-of-memory"]`; empty: none."""
    en: CauseTexts = CauseTexts.model_construct()
    """English versions of its texts."""


class Playbook(Translated):
    """What to do about one kind of alarm."""

    references = ("escalate_to", "approval")

    id: Slug
    title: Clean
    findings: tuple[Slug, ...] = ()
    """Inspections, and outages without an alarm, that open it besides its alarms: `["sign-ins", "outage-traffic"]`."""
    weighs: tuple[Slug, ...] = ()
    """The causes that are weighed for it; empty: those that no other playbook names, or none if a finding opened it."""
    steps: tuple[Step, ...] = ()
    causes: tuple[Cause, ...] = ()
    wait_minutes: Annotated[int, Field(gt=0)] | None = None
    """Minutes to wait for the alarm to recover without intervention; None: not given."""
    escalate_minutes: Annotated[int, Field(gt=0)] | None = None
    """Minutes without recovery after which to escalate; None: after `wait_minutes`."""
    escalate_to: Clean = ""
    """The role to escalate to; empty: none."""
    approval: Clean = ""
    """The role that must approve its changes; empty: no approval is needed."""
    caution: tuple[Clean, ...] = ()
    """Warnings, one text each."""
    en: PlaybookTexts = PlaybookTexts.model_construct()
    """English versions of its texts."""

    @property
    def leads(self) -> tuple[Step | Cause, ...]:
        return (*self.steps, *self.causes)


class Procedure(Translated):
    """A task done on demand rather than by the calendar: scaling, cache invalidation, log searches."""

    references = ("approval",)

    id: Slug
    title: Clean
    section: Clean = ""
    """Section of the written runbook; empty: not given."""
    timing: Clean = ""
    """When to do it, in words."""
    steps: tuple[Step, ...] = ()
    approval: Clean = ""
    """The role that must approve it; empty: no approval is needed."""
    revert: Clean = ""
    """How and when to revert it, in words; empty: not given."""
    caution: tuple[Clean, ...] = ()
    """Warnings, one text each."""
    en: ProcedureTexts = ProcedureTexts.model_construct()
    """English versions of its texts."""


class CauseWeights(Model):
    """What this system knows better about one cause than the weights that ship with the console."""

    prior: int | None = None
    """Weight without any signal; None: as shipped."""
    present: dict[Slug, int] = {}  # noqa: RUF012  pydantic copies it
    """Weights of signals that are present, in place of the shipped ones; 0 takes one out."""
    absent: dict[Slug, int] = {}  # noqa: RUF012  pydantic copies it
    """Weights of signals that are absent, likewise."""


class RosterEntry(Model):
    """Who is on duty (当番) from one date to another."""

    person: Clean
    starts: date
    """First local date."""
    ends: date
    """Last local date."""
    contact: Decided = ""
    """Telephone number or address; empty: that of the contact with `on_duty = true`."""
