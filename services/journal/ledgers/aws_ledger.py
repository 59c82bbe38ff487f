"""What the engines in AWS have in common: one attempt a put, polling, and errors in words."""

from collections.abc import AsyncIterator, Sequence
from typing import Protocol

from services.aws.client.errors import AwsError
from services.clock import Clock
from services.i18n import _
from services.journal.ledger import LIMIT, LedgerUnavailable, Rejected
from services.journal.ledgers.news import Hint
from services.journal.ledgers.registry import LedgerAddress, address_text
from services.journal.linking.records import check_size
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
    def __init__(self, address: LedgerAddress, clock: Clock) -> None:
        self._address = address_text(address)
        self._place = address.place
        self._is_bucket = address.scheme == "s3"
        self._clock = clock

    def of(self, error: AwsError, *, unsure: tuple[str, ...] = ()) -> LedgerUnavailable:
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
        return LedgerUnavailable(problem)

    def gap(self, seq: int) -> LedgerUnavailable:
        summary = _(
            "The journal at {place} has later records, but not number {seq}.", place=self._place, seq=seq
        )
        remedy = _(
            "The console reads again; if this stays, find out who deletes from it: `toban journal copy` from a host's copy "
            "puts back what is missing."
        )
        return LedgerUnavailable(self._problem(ProblemKind.INCOMPLETE, summary, remedy))

    def closed(self) -> LedgerUnavailable:
        summary = _("The journal is closed: this console is shutting down.")
        return LedgerUnavailable(self._problem(ProblemKind.OTHER, summary, _("Restart the console.")))

    def _problem(self, kind: ProblemKind, summary: str, remedy: str) -> Problem:
        return Problem(kind=kind, summary=summary, remedy=remedy, at=self._clock.now())


class LedgerRecords(Protocol):
    """The records of one ledger, as `services.aws.ledgers` puts and reads them. Raises AwsError."""

    async def put(self, seq: int, record: bytes) -> bytes | None:
        """Put a record under a free number: None if it was stored, else what stands there."""
        ...

    async def after(self, number: int, limit: int) -> list[tuple[int, bytes]]: ...


class ClosableSession(Protocol):
    """The session that the records are sent with."""

    async def close(self) -> None: ...


class AwsLedger:
    """See `services.journal.ledger.Ledger`; a put is attempted once, and its caller decides whether to try again."""

    def __init__(
        self,
        address: LedgerAddress,
        session: ClosableSession,
        records: LedgerRecords,
        clock: Clock,
        *,
        largest: int,
        unsure: tuple[str, ...] = (),
    ) -> None:
        """`largest`: bytes of a record at most; `unsure`: AWS's codes of refusals that do not last."""
        self.address = address_text(address)
        self._session = session
        self._records = records
        self.largest = largest
        self._unsure = unsure
        self._clock = clock
        self._problems = AwsProblems(address, clock)
        self._hint = Hint(clock, address.poll)
        self._closed = False

    async def put(self, seq: int, record: bytes) -> bytes | None:
        self._require_open()
        check_size(record, self.largest, self._clock.now())
        try:
            return await self._records.put(seq, record)
        except AwsError as error:
            raise self._problems.of(error, unsure=self._unsure) from error

    async def read(self, after: int, limit: int = LIMIT) -> Sequence[tuple[int, bytes]]:
        self._require_open()
        try:
            records = await self._records.after(after, limit)
        except AwsError as error:
            raise self._problems.of(error) from error
        # A page is no snapshot: while it was read, a number that it had passed may have been put, and then the next one.
        whole = [pair for place, pair in enumerate(records, after + 1) if pair[0] == place]
        if records and not whole:
            raise self._problems.gap(after + 1)
        return whole

    async def news(self) -> AsyncIterator[None]:
        while not self._closed:
            await self._hint.wait()
            yield

    async def close(self) -> None:
        self._closed = True
        self._hint.give()
        await self._session.close()

    def _require_open(self) -> None:
        if self._closed:
            raise self._problems.closed()
