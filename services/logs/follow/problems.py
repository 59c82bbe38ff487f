"""Says why a log group cannot be followed, and what to do."""

from services.i18n import _
from services.models.problem import Problem, ProblemKind
from services.models.text import clean


def problem_of(problem: Problem, group: str, pattern: str) -> Problem:
    """The problem of a read with the group or the filter pattern named, if they are its cause."""
    if problem.kind is ProblemKind.INVALID and pattern:
        return problem.model_copy(
            update={
                "summary": _("AWS rejected the filter pattern {pattern}.").format(pattern=clean(pattern, 80)),
                "remedy": _("Correct it, or leave it empty to show every line."),
            }
        )
    if problem.kind is not ProblemKind.NOT_FOUND:
        return problem
    return problem.model_copy(
        update={
            "summary": _("The log group {group} does not exist.").format(group=clean(group)),
            "remedy": _("The console keeps checking for it; check its name if it should exist."),
        }
    )
