"""The parameters of a class change, parsed strictly; every mistake becomes a refusal in words. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass

from services.changes.rds_class.state import ClassState
from services.changes.typed_values import normalized
from services.i18n import _
from services.models.runbook import Rds
from services.models.text import clean

CLASS_ID, TIMING = "class", "timing"
NAMES = (CLASS_ID, TIMING)
NOW, WINDOW = "now", "window"


@dataclass(frozen=True, slots=True)
class Parameters:
    """A valid class, and when it is applied."""

    name: str
    immediately: bool
    withdraws: bool
    """Whether it withdraws the queued class: RDS is asked for the present class, immediately."""

    def as_typed(self) -> dict[str, str]:
        return {CLASS_ID: self.name, TIMING: NOW if self.immediately and not self.withdraws else WINDOW}


def default_class(state: ClassState, spec: Rds) -> str:
    """The present class where another one is queued, which withdraws it; else the runbook's larger one."""
    if state.queued or spec.larger_class not in state.names:
        return state.current
    return spec.larger_class


def read_parameters(
    parameters: Mapping[str, str], state: ClassState, spec: Rds
) -> tuple[Parameters | None, tuple[str, ...]]:
    """(the parsed parameters, or None; the reasons for refusing them). Missing parameters get their defaults."""
    name = normalized(parameters.get(CLASS_ID, default_class(state, spec)))
    timing = normalized(parameters.get(TIMING, WINDOW))
    if timing not in (NOW, WINDOW):
        text = _("“{text}” is not a choice; choose one of {choices}.")
        return None, (text.format(text=clean(timing), choices=_(", ").join((WINDOW, NOW))),)
    if name != state.current and name not in state.names:
        text = _(
            "{name} cannot be ordered for {engine} {version} with this storage; choose one of {choices}."
        )
        database = state.read.database
        choices = _(", ").join(state.names[:6])
        return None, (
            text.format(
                name=clean(name), engine=database.engine, version=database.engine_version, choices=choices
            ),
        )
    if name == state.current:
        if not state.queued:
            return None, (_("Nothing to change: the class is {name} already.").format(name=name),)
        return Parameters(name, immediately=True, withdraws=True), ()
    if name == state.queued and timing == WINDOW:
        text = _("{name} is queued for the next maintenance window already.")
        return None, (text.format(name=name),)
    return Parameters(name, immediately=timing == NOW, withdraws=False), ()
