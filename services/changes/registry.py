"""Every kind of change, one line each."""

from services.changes.base import Change, ChangeContext
from services.changes.task_limit.change import TaskLimit

CHANGES: tuple[type[Change], ...] = (TaskLimit,)


def changes(context: ChangeContext) -> dict[str, Change]:
    """By kind, in the registry's order."""
    return {kind.kind: kind(context) for kind in CHANGES}
