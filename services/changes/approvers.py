"""Who must approve what, according to the runbook. Pure."""

from collections.abc import Iterable

from services.changes.registry import approval_scopes
from services.i18n import _
from services.models.runbook import Approver, Runbook


def approver(runbook: Runbook, scope: str) -> Approver | None:
    """The role that must approve `scope` (`task-limit:raise`); None: nobody has to."""
    return next((each for each in runbook.approvers if scope in scopes_of(each)), None)


def scopes_of(role: Approver) -> frozenset[str]:
    """The scopes that a role approves, by their names in the runbook; texts that name none are ignored."""
    named = (scope_named(str(text)) for text in role.original("approves"))
    return frozenset(scope for scope in named if scope)


def scope_named(text: str) -> str:
    """The scope that a text of `approves` names, by its id or by its sentence; "" if there is none."""
    scopes = approval_scopes()
    if text in scopes:
        return text
    return next((name for name, scope in scopes.items() if scope.sentence and scope.sentence == text), "")


def scope_title(text: str) -> str:
    """A text of `approves` as people read it: the title of the scope that it names, else the text itself."""
    scope = approval_scopes().get(scope_named(text))
    return text if scope is None else _(scope.title)


def scope_titles(texts: Iterable[str]) -> tuple[str, ...]:
    """`scope_title` of each text."""
    return tuple(scope_title(str(text)) for text in texts)
