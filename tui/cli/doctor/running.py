"""Runs the checks of `toban doctor` side by side; one that fails or hangs is reported as such and ends no other."""

import asyncio
from collections.abc import Iterable
from importlib.metadata import version

from services.background.boundaries import Boundary
from services.clock import Clock, SystemClock
from services.i18n import _
from services.models.doctor_answer import CheckResult, DoctorAnswer
from services.models.verdict import Verdict, worst
from services.runbook.loader import Loaded
from tui.cli.commands import imported
from tui.cli.doctor.examination import CheckOutcome, Examination, Skipped, examination
from tui.cli.doctor.registry import CHECKS, Check
from tui.exit_status import OF_VERDICT
from tui.runtime.crash_report import crash_summary
from tui.runtime.garbage import begin_collecting
from tui.start_options import StartOptions

LIMIT = 40.0  # Seconds for one check, far more than its own limits add up to


def run(options: StartOptions, *, no_aws: bool) -> DoctorAnswer:
    """Run every check. Raises StartError for mistaken flags."""
    return asyncio.run(examined(options, SystemClock(), no_aws=no_aws))


async def examined(
    options: StartOptions, clock: Clock, *, no_aws: bool, checks: Iterable[Check] = CHECKS
) -> DoctorAnswer:
    """The results of the checks. Raises StartError for mistaken flags."""
    at = clock.now()
    async with examination(options, clock, no_aws=no_aws) as subject:
        begin_collecting()
        results = await asyncio.gather(*(_result(check, subject) for check in checks))
        results = [_with_refusals(each, subject) for each in results]
        book = subject.book
    verdict = worst(each.verdict for each in results) or Verdict.NORMAL
    return DoctorAnswer(
        version=version("toban"),
        at=at,
        system=book.runbook.system.id if isinstance(book, Loaded) else "",
        verdict=verdict,
        complete=all(each.verdict is not Verdict.UNKNOWN for each in results),
        status=OF_VERDICT[verdict.value],
        checks=tuple(results),
    )


def _with_refusals(result: CheckResult, subject: Examination) -> CheckResult:
    if result.id != "credentials" or not subject.refusals or result.verdict is Verdict.ABNORMAL:
        return result
    problem = subject.refusals[0].problem
    words = {"text": problem.summary, "remedy": problem.advice, "details": (result.text,)}
    return result.model_copy(update={"verdict": Verdict.ABNORMAL, **words})


async def _result(check: Check, subject: Examination) -> CheckResult:
    outcome = await _outcome(check, subject)
    return CheckResult(
        id=check.id,
        title=_(check.title),
        verdict=outcome.verdict,
        text=outcome.text,
        remedy=outcome.remedy,
        details=outcome.details,
        numbers=outcome.numbers,
    )


async def _outcome(check: Check, subject: Examination) -> CheckOutcome:
    errors: list[BaseException] = []
    # A bug in one check must not hide the others.
    with Boundary(errors.append):
        try:
            async with asyncio.timeout(LIMIT):
                outcome: CheckOutcome = await imported(f"tui.cli.doctor.{check.implementation}")(subject)
                return outcome
        except Skipped as reason:
            return CheckOutcome(None, str(reason))
        except TimeoutError:
            text = _("The check did not end within {seconds} s.", seconds=f"{LIMIT:.0f}")
            return CheckOutcome(Verdict.UNKNOWN, text)
    text = _("The check failed because of an internal error: {summary}.")
    return CheckOutcome(
        Verdict.UNKNOWN, text.format(summary=crash_summary(errors[0])), _("Please report it.")
    )
