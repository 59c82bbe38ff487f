"""What a check of `toban doctor` returns, or raises where it cannot check anything."""

from dataclasses import dataclass, field

from services.models.problem import Problem
from services.models.verdict import Verdict


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
