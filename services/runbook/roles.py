"""Gives the fields that name a role its English name, which only the contacts and approvers have."""

from typing import TypeVar

from services.models.runbook import Approver, Contact, Runbook
from services.models.runbook_playbooks import Playbook
from services.models.runbook_texts import CostsRoles, PlaybookRoles, ProcedureRoles, StepRoles
from services.models.translated import Texts, Translated

T = TypeVar("T", bound=Translated)


def with_english_roles(runbook: Runbook) -> Runbook:
    people: tuple[Contact | Approver, ...] = (*runbook.contacts, *runbook.approvers)
    names = {str(each.original("role")): str(each.en.role) for each in people if each.en.role}
    if not names:
        return runbook
    costs = runbook.costs and _named(runbook.costs, CostsRoles, names)
    return runbook.model_copy(
        update={
            "playbooks": tuple(_playbook(each, names) for each in runbook.playbooks),
            "procedures": tuple(_named(each, ProcedureRoles, names) for each in runbook.procedures),
            "costs": costs,
        }
    )


def _playbook(playbook: Playbook, names: dict[str, str]) -> Playbook:
    steps = tuple(_named(step, StepRoles, names) for step in playbook.steps)
    return _named(playbook, PlaybookRoles, names).model_copy(update={"steps": steps})


def _named(table: T, texts: type[Texts], names: dict[str, str]) -> T:
    roles = {key: names.get(str(table.original(key)), "") for key in table.references}
    return table.model_copy(update={"en": texts(**dict(table.english), **roles)})
