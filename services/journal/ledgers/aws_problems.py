"""What AWS's errors mean for a journal: whether nothing was stored for certain, or nobody knows."""

from services.aws.client.errors import AwsError
from services.clock import Clock
from services.i18n import _
from services.journal.ledger import Rejected, Unavailable
from services.journal.ledgers.registry import LedgerAddress, address_text
from services.models.problem import Problem, ProblemKind

_FINAL = {
    ProblemKind.ACCESS_DENIED,
    ProblemKind.NOT_FOUND,
    ProblemKind.INVALID,
    ProblemKind.REFUSED,
    ProblemKind.EXPIRED,
    ProblemKind.NO_CREDENTIALS,
    ProblemKind.CLOCK,
    ProblemKind.LACKING,
}
"""AWS, or the console itself, refused the request: nothing was stored, and somebody has to act first."""


class AwsProblems:
    """Errors in words, for one address."""

    def __init__(self, address: LedgerAddress, clock: Clock) -> None:
        self._address = address_text(address)
        self._place = address.place
        self._is_bucket = address.scheme == "s3"
        self._clock = clock

    def of(self, error: AwsError, *, unsure: tuple[str, ...] = ()) -> Unavailable:
        """Unavailable or Rejected; `unsure` are AWS's codes of refusals that do not last."""
        problem = error.problem
        if problem.kind is ProblemKind.NOT_FOUND:
            summary = (
                _("There is no bucket of this name: {place}")
                if self._is_bucket
                else _("There is no table of this name in this account and region: {place}")
            ).format(place=self._place)
            remedy = _(
                "Check account and region; `toban journal table --print '{address}'` prints a template that creates it."
            ).format(address=self._address)
            problem = problem.model_copy(update={"summary": summary, "remedy": remedy, "once": ""})
        if problem.kind in _FINAL and error.code not in unsure:
            return Rejected(problem)
        return Unavailable(problem)

    def gap(self, seq: int) -> Unavailable:
        """A number that is not there, though later ones are."""
        summary = _("The journal at {place} has later records, but not number {seq}.").format(
            place=self._place, seq=seq
        )
        remedy = _(
            "The console reads again; if this stays, find out who deletes from it: `toban journal copy` from a host's copy "
            "puts back what is missing."
        )
        return Unavailable(self._problem(ProblemKind.INCOMPLETE, summary, remedy))

    def closed(self) -> Unavailable:
        summary = _("The journal is closed: this console is shutting down.")
        return Unavailable(self._problem(ProblemKind.OTHER, summary, _("Restart the console.")))

    def _problem(self, kind: ProblemKind, summary: str, remedy: str) -> Problem:
        return Problem(kind=kind, summary=summary, remedy=remedy, at=self._clock.now())
