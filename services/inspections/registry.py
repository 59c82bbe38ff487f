"""Every inspection, one line each."""

from collections.abc import Callable

from services.inspections.base import Inspection, InspectionContext
from services.models.base import RawId
from services.models.findings import InspectionInfo
from services.models.runbook import CustomInspection, Runbook

INSPECTIONS: tuple[type[Inspection], ...] = ()

KINDS: dict[str, Callable[[InspectionContext, CustomInspection], Inspection]] = {}
"""What `[[inspections]]` of a runbook can be, by their `kind`."""


def offered(runbook: Runbook) -> tuple[InspectionInfo, ...]:
    """The looks that this runbook's system has."""
    own = (InspectionInfo(id=RawId(each.id), title=each.title) for each in runbook.inspections)
    built = (kind for kind in INSPECTIONS if not kind.lacks(runbook))
    return (*(InspectionInfo(id=RawId(kind.id), title=kind.title, words=kind.words) for kind in built), *own)


def make(context: InspectionContext, id: str) -> Inspection:
    """The inspection called `id`. Raises LookupError for one that this runbook does not have."""
    for kind in INSPECTIONS:
        if kind.id == id and not kind.lacks(context.runbook):
            return kind(context)
    for spec in context.runbook.inspections:
        if spec.id == id:
            return KINDS[spec.kind](context, spec)
    raise LookupError(id)
