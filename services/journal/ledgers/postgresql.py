"""A ledger in a table of PostgreSQL, or of a server that speaks its protocol, with nothing but INSERT and
SELECT. `toban_journal (ledger, seq, record)` with the primary key (ledger, seq): the server stores a number
once, whoever sends it. LISTEN and NOTIFY only shorten the wait for news; a server without them (Aurora DSQL)
is polled."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager, suppress
from typing import TYPE_CHECKING, Any
from urllib.parse import quote, urlencode

from services.background.boundaries import on_error
from services.background.detached import detached, in_thread
from services.clock import Clock
from services.i18n import _
from services.journal.ledger import GIB, LIMIT, LedgerUnavailable, Rejected
from services.journal.ledgers.news import Hint
from services.journal.ledgers.registry import LedgerAddress, address_text
from services.models.problem import Problem, ProblemKind

if TYPE_CHECKING:
    from asyncpg import Connection


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
        return getattr(error, "sqlstate", None) in _NO_LISTEN

    def of(self, error: BaseException) -> LedgerUnavailable:
        code = str(getattr(error, "sqlstate", None) or "")
        detail = " ".join(filter(None, (code, str(error) or type(error).__name__)))
        if code == _NO_TABLE:
            summary = _("There is no table toban_journal at {place}.", place=self._place)
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
            summary = _("The journal's address cannot be used: {address}", address=self._address)
            remedy = _("Correct it in the configuration; the details say what is wrong with it.")
            return Rejected(self._problem(ProblemKind.INVALID, summary, remedy, detail))
        return self._by_class(code, detail)

    def vanished(self) -> LedgerUnavailable:
        summary = _("The journal's table at {place} has lost a record.", place=self._place)
        remedy = _(
            "Ask who deletes from it: `toban journal copy` from a host's copy puts back what is missing."
        )
        return LedgerUnavailable(self._problem(ProblemKind.INCOMPLETE, summary, remedy))

    def encoding(self, name: str) -> Rejected:
        summary = _("The database at {place} stores texts as {encoding}, which changes some of them.").format(
            place=self._place, encoding=name
        )
        remedy = _("Create the journal's database with ENCODING 'UTF8'.")
        return Rejected(self._problem(ProblemKind.INVALID, summary, remedy))

    def closed(self) -> LedgerUnavailable:
        return LedgerUnavailable(
            self._problem(
                ProblemKind.OTHER,
                _("The journal is closed: this console is shutting down."),
                _("Restart the console."),
            )
        )

    def _by_class(self, code: str, detail: str) -> LedgerUnavailable:
        kind = _REFUSED.get(code[:2])
        if kind is ProblemKind.NO_CREDENTIALS:
            summary = _("The database at {place} refused the sign-in.", place=self._place)
            remedy = _("Check the user in the address, and PGPASSWORD or ~/.pgpass.")
        elif kind is ProblemKind.NOT_FOUND:
            summary = _("There is no such database: {place}.", place=self._place)
            remedy = _("Create it, or correct the journal's address in the configuration.")
        elif kind is not None:
            summary = _("The database at {place} refused the journal's statement.", place=self._place)
            remedy = _("The details give the database's own message.")
        elif code:
            summary = _("The database at {place} accepts no statements at present.", place=self._place)
            remedy = _("The details give the database's own message; the console tries again.")
            once = _("The details give the database's own message.")
            return LedgerUnavailable(
                self._problem(ProblemKind.UNAVAILABLE, summary, remedy, detail, once=once)
            )
        else:
            summary = _("The database at {place} does not answer.", place=self._place)
            remedy = _("Check the network and the server; the console tries again.")
            once = _("Check the network and the server, then run it again.")
            return LedgerUnavailable(
                self._problem(ProblemKind.UNREACHABLE, summary, remedy, detail, once=once)
            )
        return Rejected(self._problem(kind, summary, remedy, detail))

    def _problem(
        self, kind: ProblemKind, summary: str, remedy: str, detail: str = "", *, once: str = ""
    ) -> Problem:
        now = self._clock.now()
        return Problem(kind=kind, summary=summary, remedy=remedy, once=once, detail=detail, at=now)


_INSERT = "INSERT INTO toban_journal (ledger, seq, record) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING"
_STANDING = "SELECT record FROM toban_journal WHERE ledger = $1 AND seq = $2"
_READ = """
SELECT seq, record FROM (
    SELECT seq, record, sum(octet_length(record)) OVER (ORDER BY seq) - octet_length(record) AS bytes_before FROM (
        SELECT seq, record FROM toban_journal WHERE ledger = $1 AND seq > $2 ORDER BY seq LIMIT $3
    ) AS page
) AS sized WHERE bytes_before < $4 ORDER BY seq
"""
MOST_BYTES = 16 << 20  # Bytes of records after which a read ends, as if no more were wanted
CHANNEL = "toban_journal"  # The channel of NOTIFY; the payload is the ledger's name
MOST_CONNECTIONS = 4  # Connections of one console, beside the one that listens
CONNECT_SECONDS = 5.0
PUT_SECONDS = 10.0
READ_SECONDS = 20.0
NOTIFY_SECONDS = 1.0
LISTEN_AGAIN = 60.0  # Seconds (of the clock) until a connection that listens is tried again
_LAZY = ("off", "local")  # Settings of synchronous_commit with which an acknowledged record may be lost


def opened(
    address: LedgerAddress, ledger_name: str, clock: Clock, _meter: object = None
) -> "PostgresqlLedger":
    return PostgresqlLedger(address, ledger_name, clock)


class PostgresqlLedger:
    """See `services.journal.ledger.Ledger`; connections are opened on first use."""

    def __init__(self, address: LedgerAddress, ledger_name: str, clock: Clock) -> None:
        self.address = address_text(address)
        self.largest = GIB
        self._place = address
        self._ledger = ledger_name
        self._clock = clock
        self._problems = PostgresqlProblems(address, clock)
        self._idle: list[Connection[Any]] = []
        self._slots = asyncio.Semaphore(MOST_CONNECTIONS)
        self._listener: Connection[Any] | None = None
        self._can_listen = True
        self._tried: float | None = None
        self._hint = Hint(clock, address.poll)
        self._closed = False

    async def put(self, seq: int, record: bytes) -> bytes | None:
        # Detached: a connection whose query is cancelled would ask the server to cancel it, and wait for that.
        return await detached(self._put(seq, record))

    async def read(self, after: int, limit: int = LIMIT) -> Sequence[tuple[int, bytes]]:
        return await detached(self._read(after, limit))

    async def news(self) -> AsyncIterator[None]:
        while not self._closed:
            if self._listens_again():
                await detached(self._listen())
            await self._hint.wait()
            yield

    async def close(self) -> None:
        self._closed = True
        self._hint.give()
        listener, self._listener = self._listener, None
        idle, self._idle = self._idle, []
        for connection in (*idle, *filter(None, [listener])):
            with suppress(*self._problems.failures()):
                await connection.close(timeout=NOTIFY_SECONDS)

    def _listens_again(self) -> bool:
        now = self._clock.elapsed()
        listening = self._listener is not None and not self._listener.is_closed()
        if (
            listening
            or not self._can_listen
            or (self._tried is not None and now - self._tried < LISTEN_AGAIN)
        ):
            return False
        self._tried = now
        return True

    async def _put(self, seq: int, record: bytes) -> bytes | None:
        async with self._connection(PUT_SECONDS) as connection:
            status = await connection.execute(_INSERT, self._ledger, seq, record.decode())
            if status.endswith(" 1"):
                await self._notify(connection)
                return None
            standing = await connection.fetchval(_STANDING, self._ledger, seq)
        if standing is None:
            raise self._problems.vanished()
        return str(standing).encode()

    async def _read(self, after: int, limit: int) -> Sequence[tuple[int, bytes]]:
        async with self._connection(READ_SECONDS) as connection:
            rows = await connection.fetch(_READ, self._ledger, after, limit, MOST_BYTES)
        return [(int(row["seq"]), str(row["record"]).encode()) for row in rows]

    async def _notify(self, connection: "Connection[Any]") -> None:
        try:
            async with asyncio.timeout(NOTIFY_SECONDS):
                await connection.execute("SELECT pg_notify($1, $2)", CHANNEL, self._ledger)
        except self._problems.failures():
            connection.terminate()

    async def _listen(self) -> None:
        try:
            async with asyncio.timeout(CONNECT_SECONDS):
                listener = await self._connect()
        except Rejected:
            return
        except self._problems.failures():
            return
        try:
            async with asyncio.timeout(CONNECT_SECONDS):
                await listener.add_listener(CHANNEL, self._notified)
        except self._problems.failures() as error:
            self._can_listen = not self._problems.lacks_listen(error)
            listener.terminate()
            return
        if self._closed:
            listener.terminate()
        self._listener = listener

    def _notified(self, _connection: object, _pid: int, _channel: str, payload: object) -> None:
        if payload == self._ledger:
            self._hint.give()

    @asynccontextmanager
    async def _connection(self, seconds: float) -> AsyncIterator["Connection[Any]"]:
        """A connection for one use of at most `seconds`. Raises Unavailable, Rejected."""
        if self._closed:
            raise self._problems.closed()
        connection: Connection[Any] | None = None

        def terminate() -> None:
            # Whatever the server is still doing there, nobody waits for it; the others are likely to be dead, too.
            idle, self._idle = self._idle, []
            for broken in (*idle, *filter(None, [connection])):
                broken.terminate()

        try:
            with on_error(terminate):
                async with asyncio.timeout(seconds), self._slots:
                    connection = self._left() or await self._connect()
                    yield connection
        except self._problems.failures() as error:
            raise self._problems.of(error) from error
        if self._closed:
            connection.terminate()
        elif not connection.is_closed():
            self._idle.append(connection)

    def _left(self) -> "Connection[Any] | None":
        while self._idle:
            connection = self._idle.pop()
            if not connection.is_closed():
                return connection
        return None

    async def _connect(self) -> "Connection[Any]":
        asyncpg = await in_thread(self._problems.driver)
        place = self._place
        password = place.password
        # Statements without names: a pooler in between may give each one another connection of the server.
        connection: Connection[Any] = await asyncpg.connect(
            _dsn(place),
            password=password.reveal() if password else None,
            timeout=CONNECT_SECONDS,
            statement_cache_size=0,
            # A standby would answer with what it had a while ago.
            target_session_attrs="primary",
        )
        # Nobody else has it yet, and a server that hangs would collect one of every attempt.
        with on_error(connection.terminate):
            await self._prepare(connection)
        return connection

    async def _prepare(self, connection: "Connection[Any]") -> None:
        """Check that texts stay as they are, and let commits wait for the disk."""
        encoding = str(getattr(connection.get_settings(), "server_encoding", "UTF8"))
        if encoding != "UTF8":
            raise self._problems.encoding(encoding)
        if await connection.fetchval("SELECT current_setting('synchronous_commit', true)") in _LAZY:
            await connection.execute("SET synchronous_commit = on")


def _dsn(address: LedgerAddress) -> str:
    user = f"{quote(address.user, safe='')}@" if address.user else ""
    query = f"?{urlencode(dict(address.options), quote_via=quote)}" if address.options else ""
    host, _slash, database = address.place.rpartition("/")
    return f"postgresql://{user}{host}/{quote(database, safe='')}{query}"
