from collections.abc import Iterable

from services.changes.registry import approval_scopes
from services.changes.scope_roles import role_for
from services.i18n import _
from services.models.runbook import Approver, Runbook


def approver(runbook: Runbook, scope: str) -> Approver | None:
    """The role that must approve `scope` (`task-limit:raise`); None: nobody has to."""
    definition = approval_scopes().get(scope)
    return role_for(runbook, scope, definition) if definition is not None else None


def scope_named(text: str) -> str:
    """The scope that a text of `approves` names, by its id or by its sentence; "" if there is none."""
    scopes = approval_scopes()
    if text in scopes:
        return text
    return next((name for name, scope in scopes.items() if scope.sentence and scope.sentence == text), "")


def scope_title(text: str) -> str:
    scope = approval_scopes().get(scope_named(text))
    return text if scope is None else _(scope.title)


def scope_titles(texts: Iterable[str]) -> tuple[str, ...]:
    return tuple(scope_title(str(text)) for text in texts)
