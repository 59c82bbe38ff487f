"""What the errors of a PostgreSQL server and of its driver mean for a journal."""

from typing import Any

from services.clock import Clock
from services.i18n import _
from services.journal.ledger import Rejected, Unavailable
from services.journal.ledgers.registry import LedgerAddress, address_text
from services.models.problem import Problem, ProblemKind

_REFUSED = {
    "0A": ProblemKind.INVALID,  # not supported
    "28": ProblemKind.NO_CREDENTIALS,  # invalid authorization
    "3D": ProblemKind.NOT_FOUND,  # no such database
    "3F": ProblemKind.NOT_FOUND,  # no such schema
    "42": ProblemKind.INVALID,  # syntax, names, permissions
    "22": ProblemKind.INVALID,  # data that the column cannot have
    "23": ProblemKind.INVALID,  # a constraint that is not ours
    "54": ProblemKind.INVALID,  # too large
    "P0": ProblemKind.INVALID,  # raised by a trigger
}
"""Classes of SQLSTATE with which the server stored nothing, and would not the next time either."""
_NO_LISTEN = ("0A000", "42601")
_NO_TABLE, _NO_PERMISSION = "42P01", "42501"


class PostgresqlProblems:
    """Errors in words, for one address."""

    def __init__(self, address: LedgerAddress, clock: Clock) -> None:
        self._address = address_text(address)
        self._place = address.place
        self._clock = clock
        self._driver: Any = None

    def driver(self) -> Any:
        """The driver's module. Raises Rejected if it is not installed."""
        try:
            import asyncpg
        except ImportError as error:
            summary = _("The driver for PostgreSQL is not installed.")
            remedy = _("Install it with Toban: pip install 'toban[postgresql]'")
            raise Rejected(self._problem(ProblemKind.INVALID, summary, remedy, str(error))) from error
        self._driver = asyncpg
        return asyncpg

    def failures(self) -> tuple[type[BaseException], ...]:
        """What a call of the driver raises."""
        if self._driver is None:
            return (OSError,)
        driver = self._driver
        return (driver.PostgresError, driver.InterfaceError, driver.InternalClientError, OSError)

    def lacks_listen(self, error: BaseException) -> bool:
        """Whether the server said that it has no LISTEN."""
        return getattr(error, "sqlstate", None) in _NO_LISTEN

    def of(self, error: BaseException) -> Unavailable:
        """Unavailable or Rejected for one of `failures`."""
        code = str(getattr(error, "sqlstate", None) or "")
        detail = " ".join(filter(None, (code, str(error) or type(error).__name__)))
        if code == _NO_TABLE:
            summary = _("There is no table toban_journal at {place}.").format(place=self._place)
            remedy = _("Create it: `toban journal table --print '{address}'` prints the statements.").format(
                address=self._address
            )
            return Rejected(self._problem(ProblemKind.NOT_FOUND, summary, remedy, detail))
        if code == _NO_PERMISSION:
            summary = _("The database does not allow this user to read and append to toban_journal.")
            remedy = _("Grant it: `toban journal table --print '{address}'` prints the statements.").format(
                address=self._address
            )
            return Rejected(self._problem(ProblemKind.ACCESS_DENIED, summary, remedy, detail))
        if self._driver and isinstance(error, self._driver.ClientConfigurationError):
            summary = _("The journal's address cannot be used: {address}").format(address=self._address)
            remedy = _("Correct it in the configuration; the details say what is wrong with it.")
            return Rejected(self._problem(ProblemKind.INVALID, summary, remedy, detail))
        return self._by_class(code, detail)

    def vanished(self) -> Unavailable:
        """A number that is taken and has no record."""
        summary = _("The journal's table at {place} has lost a record.").format(place=self._place)
        remedy = _(
            "Ask who deletes from it: `toban journal copy` from a host's copy puts back what is missing."
        )
        return Unavailable(self._problem(ProblemKind.INCOMPLETE, summary, remedy))

    def encoding(self, name: str) -> Rejected:
        """A database that cannot store every text unchanged."""
        summary = _("The database at {place} stores texts as {encoding}, which changes some of them.").format(
            place=self._place, encoding=name
        )
        remedy = _("Create the journal's database with ENCODING 'UTF8'.")
        return Rejected(self._problem(ProblemKind.INVALID, summary, remedy))

    def closed(self) -> Unavailable:
        """A call after the ledger was closed."""
        return Unavailable(
            self._problem(
                ProblemKind.OTHER,
                _("The journal is closed: this console is shutting down."),
                _("Restart the console."),
            )
        )

    def _by_class(self, code: str, detail: str) -> Unavailable:
        kind = _REFUSED.get(code[:2])
        if kind is ProblemKind.NO_CREDENTIALS:
            summary = _("The database at {place} refused the sign-in.").format(place=self._place)
            remedy = _("Check the user in the address, and PGPASSWORD or ~/.pgpass.")
        elif kind is ProblemKind.NOT_FOUND:
            summary = _("There is no such database: {place}.").format(place=self._place)
            remedy = _("Create it, or correct the journal's address in the configuration.")
        elif kind is not None:
            summary = _("The database at {place} refused the journal's statement.").format(place=self._place)
            remedy = _("The details give the database's own message.")
        elif code:
            summary = _("The database at {place} accepts no statements at present.").format(place=self._place)
            remedy = _("The details give the database's own message; the console tries again.")
            once = _("The details give the database's own message.")
            return Unavailable(self._problem(ProblemKind.UNAVAILABLE, summary, remedy, detail, once=once))
        else:
            summary = _("The database at {place} does not answer.").format(place=self._place)
            remedy = _("Check the network and the server; the console tries again.")
            once = _("Check the network and the server, then run it again.")
            return Unavailable(self._problem(ProblemKind.UNREACHABLE, summary, remedy, detail, once=once))
        return Rejected(self._problem(kind, summary, remedy, detail))

    def _problem(
        self, kind: ProblemKind, summary: str, remedy: str, detail: str = "", *, once: str = ""
    ) -> Problem:
        now = self._clock.now()
        return Problem(kind=kind, summary=summary, remedy=remedy, once=once, detail=detail, at=now)
