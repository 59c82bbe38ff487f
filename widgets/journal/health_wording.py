"""What a person must know while the journal cannot be written. Pure."""

from datetime import datetime, tzinfo

from services.i18n import _, plural, sentences
from services.models.date_text import zoned_time
from services.models.journal import JournalHealth
from services.models.problem import Problem


def shown_problem(health: JournalHealth, zone: tzinfo, now: datetime) -> Problem | None:
    """The problem as the banner shows it: of a ledger that does not answer, since when, and what goes on meanwhile."""
    problem = health.problem
    if problem is None or not health.queues:
        return problem
    summary = _("{problem} Since {time}.").format(
        problem=problem.summary, time=zoned_time(problem.at, zone, now)
    )
    waiting = plural(
        "Notes and findings wait ({count} so far).", "Notes and findings wait ({count} so far).", health.late
    ).format(count=health.late)
    refused = _("Signing off, approvals and changes are refused.")
    return problem.model_copy(
        update={"summary": summary, "remedy": sentences(problem.remedy, waiting, refused)}
    )


def waits() -> str:
    """What becomes of an entry that is written meanwhile."""
    return _("The journal's ledger does not answer: this is recorded once it does.")
