"""Says why a log group cannot be followed and what to do, and when to try again."""

import random

from services.i18n import _
from services.models.problem import Problem, ProblemKind
from services.models.text import clean

SLOWEST = 60.0
"""Maximum seconds between attempts while reading fails."""
_THROTTLED = 0.5
"""Seconds that are doubled by each refusal of a throttled round; others begin with the time between rounds."""


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


def retry_pause(problem: Problem, failures: int, poll: float, rng: random.Random) -> float:
    """Seconds until the next attempt after so many `failures` in a row.

    Randomized, so that several consoles do not all retry at the same moment.
    """
    first = _THROTTLED if problem.kind is ProblemKind.THROTTLED else poll
    return min(SLOWEST, first * 2.0 ** min(failures, 10)) * rng.uniform(0.8, 1.2)
