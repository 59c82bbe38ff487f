from datetime import datetime, tzinfo

from services.i18n import _, plural, sentences
from services.models.journal import JournalHealth
from services.models.problem import Problem
from widgets.duties.duty_wording import clock_of


def shown_problem(health: JournalHealth, zone: tzinfo, now: datetime) -> Problem | None:
    """The problem as the banner shows it: of a ledger that does not answer, since when, and what goes on meanwhile."""
    problem = health.problem
    if problem is None or not health.queues:
        return problem
    day = now.astimezone(zone).date()
    # First, because the end of a long address may not fit.
    summary = _("Since {time}: {problem}", time=clock_of(problem.at, zone, day), problem=problem.summary)
    waiting = _("Notes and findings wait.")
    if health.late:
        waiting = plural(
            "Notes and findings wait ({count} so far).",
            "Notes and findings wait ({count} so far).",
            health.late,
        ).format(count=health.late)
    refused = _("Signing off, approvals and changes are refused.")
    return problem.model_copy(
        update={"summary": summary, "remedy": sentences(problem.remedy, waiting, refused)}
    )


def waits() -> str:
    return _("The journal's ledger does not answer: this is recorded once it does.")
