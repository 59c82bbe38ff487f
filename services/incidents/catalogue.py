"""The causes that ship and those of the runbook, with the runbook's weights; which of them an alarm chooses."""

from collections.abc import Iterable
from functools import cache
from importlib.resources import files

from services.incidents.subject import queries_of, stranger_of
from services.models.assess_answer import AssessedCause
from services.models.base import Model
from services.models.causes import CauseSpec
from services.models.first_wave import AlarmMoment
from services.models.runbook import Runbook
from services.models.runbook_playbooks import Playbook
from services.toml.files import parse, validate

FILE = "causes.toml"


class CauseFile(Model):
    causes: tuple[CauseSpec, ...] = ()


@cache
def shipped() -> tuple[CauseSpec, ...]:
    """The causes as they ship. Raises DataFileError if the file is damaged."""
    text = (files("services.incidents") / FILE).read_text("utf-8")
    return validate(CauseFile, parse(text, FILE)).causes


def causes_by_id(runbook: Runbook) -> dict[str, CauseSpec]:
    return {str(spec.id): _weighted(spec, runbook) for spec in (*shipped(), *runbook.causes)}


def causes_of(
    runbook: Runbook, playbook: Playbook | None = None, alarm: AlarmMoment | None = None
) -> tuple[CauseSpec, ...]:
    """The causes that are weighed: those that the playbook names, else all that belong to no other playbook
    and apply to the alarm; None: any of the system's own. A playbook of findings may weigh none."""
    specs = causes_by_id(runbook).values()
    return tuple(spec for spec in specs if _belongs(spec, runbook, playbook, alarm))


def _belongs(spec: CauseSpec, runbook: Runbook, playbook: Playbook | None, alarm: AlarmMoment | None) -> bool:
    if {playbook.id if playbook else None, alarm.id if alarm else None}.intersection(spec.applies_to):
        return True
    if playbook is not None and (playbook.weighs or (playbook.findings and alarm is None)):
        return spec.id in playbook.weighs
    if spec.playbooks and (playbook is None or playbook.id not in spec.playbooks):
        return False
    stranger = stranger_of(alarm, runbook) if alarm is not None else None
    if stranger is None and not spec.applies_to:
        return True
    # Those that ship say nothing about another resource than the system's.
    queries = (stranger.first,) if stranger is not None else queries_of(alarm) if alarm is not None else ()
    return any(query.namespace in spec.applies_to for query in queries)


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
    explains = {str(spec.id): spec.explains for spec in specs}
    effects: set[str] = set()
    waiting = [effect for id in ids for effect in explains.get(id, ())]
    while waiting:
        effect = waiting.pop()
        if effect not in effects:
            effects.add(effect)
            waiting += explains.get(effect, ())
    return effects


def titles(ids: Iterable[str], own: Iterable[CauseSpec | AssessedCause] = ()) -> tuple[str, ...]:
    names = {spec.id: spec.title for spec in (*shipped(), *own)}
    return tuple(str(names.get(id, id)) for id in ids)
