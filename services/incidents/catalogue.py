"""The causes that ship with the console, with the weights of the runbook in place of the shipped ones."""

from collections.abc import Iterable
from functools import cache
from importlib.resources import files

from services.models.base import Model
from services.models.causes import CauseSpec
from services.models.runbook import Runbook
from services.models.runbook_playbooks import Playbook
from services.toml.files import parse, validate

FILE = "causes.toml"


class CauseFile(Model):
    """The file of causes."""

    causes: tuple[CauseSpec, ...] = ()


@cache
def shipped() -> tuple[CauseSpec, ...]:
    """The causes as they ship. Raises DataFileError if the file is damaged."""
    text = (files("services.incidents") / FILE).read_text("utf-8")
    return validate(CauseFile, parse(text, FILE, CauseFile)).causes


def causes_of(runbook: Runbook, playbook: Playbook | None = None) -> tuple[CauseSpec, ...]:
    """The causes that are weighed: those that the playbook names, else all that belong to no other playbook.

    A playbook of findings that names none weighs none: no first wave is read for it.
    """
    return tuple(_weighted(spec, runbook) for spec in shipped() if _belongs(spec, playbook))


def _belongs(spec: CauseSpec, playbook: Playbook | None) -> bool:
    if playbook is None:
        return not spec.playbooks
    if playbook.weighs:
        return spec.id in playbook.weighs
    if playbook.findings:
        return False
    return not spec.playbooks or playbook.id in spec.playbooks


def _weighted(spec: CauseSpec, runbook: Runbook) -> CauseSpec:
    own = runbook.weights.get(spec.id)
    if own is None:
        return spec
    return spec.model_copy(
        update={
            "prior": spec.prior if own.prior is None else own.prior,
            "present": {**spec.present, **own.present},
            "absent": {**spec.absent, **own.absent},
        }
    )


def effects_of(ids: Iterable[str], specs: Iterable[CauseSpec]) -> set[str]:
    """Everything that these causes can bring about, directly or through others."""
    explains = {str(spec.id): spec.explains for spec in specs}
    effects: set[str] = set()
    waiting = [effect for id in ids for effect in explains.get(id, ())]
    while waiting:
        effect = waiting.pop()
        if effect not in effects:
            effects.add(effect)
            waiting += explains.get(effect, ())
    return effects


def titles(ids: Iterable[str]) -> tuple[str, ...]:
    """What causes are called, in the language of the screen; a person's own words stay as they are."""
    names = {spec.id: spec.title for spec in shipped()}
    return tuple(str(names.get(id, id)) for id in ids)
