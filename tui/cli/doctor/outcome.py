"""What a check of `toban doctor` returns, or raises where it cannot check anything."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from services.i18n import _
from services.models.problem import Problem, ProblemKind
from services.models.verdict import Verdict

_PASSING = frozenset({ProblemKind.THROTTLED, ProblemKind.UNREACHABLE, ProblemKind.UNAVAILABLE})
"""Problems that time may mend."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """How one check went; the fields are those of `services.models.doctor_answer.CheckResult`."""

    verdict: Verdict | None
    text: str
    remedy: str = ""
    details: tuple[str, ...] = ()
    numbers: dict[str, float] = field(default_factory=dict)


class Skipped(Exception):
    """There is nothing to check, or what it needs failed in another check, which reports it; the message says which."""


def of_problem(problem: Problem, verdict: Verdict = Verdict.UNKNOWN) -> Outcome:
    """A failed read: by default it says nothing about what was to be checked."""
    return Outcome(verdict, problem.summary, problem.advice)


def remedy_of(problems: Sequence[Problem]) -> str:
    """What helps against failed reads of a check, of which there is at least one."""
    is_passing = any(problem.kind in _PASSING for problem in problems)
    return _("Run it again in a minute.") if is_passing else problems[0].advice
