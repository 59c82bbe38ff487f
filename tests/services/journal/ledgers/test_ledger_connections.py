"""Connections to a server that accepts them and then says nothing: none stays open, however often it is tried."""

import asyncio

import asyncpg
import pytest

from services.clock import SystemClock
from services.journal.ledger import LedgerUnavailable
from services.journal.ledgers import postgresql
from services.journal.ledgers.postgresql import PostgresqlLedger
from services.journal.ledgers.registry import parse


class Silent:
    """A connection whose statements are never answered."""

    def __init__(self):
        self.is_open = True

    def get_settings(self):
        return object()

    async def fetchval(self, *_statement):
        await asyncio.Event().wait()
        return

    def terminate(self):
        self.is_open = False


@pytest.mark.slow
async def test_a_connection_that_falls_silent_is_closed(monkeypatch):
    opened: list[Silent] = []

    async def connect(*_address, **_options):
        opened.append(Silent())
        return opened[-1]

    monkeypatch.setattr(asyncpg, "connect", connect)
    for name in ("PUT_SECONDS", "READ_SECONDS", "CONNECT_SECONDS"):
        monkeypatch.setattr(postgresql, name, 0.01)
    ledger = PostgresqlLedger(parse("postgresql://toban@db.example/toban"), "facility-prod", SystemClock())
    for call in (ledger.put(1, b"{}"), ledger.read(0)):
        with pytest.raises(LedgerUnavailable):
            await call
    await ledger._listen()
    assert len(opened) == 3
    assert not any(connection.is_open for connection in opened)
    await ledger.close()


@pytest.mark.parametrize(
    ("code", "lacks"), {"0A000": True, "42601": True, "42P01": False, None: False}.items()
)
def test_a_server_that_knows_no_listen_is_told_from_one_that_fails(code, lacks):
    error = asyncpg.PostgresError("syntax error at or near LISTEN")
    error.sqlstate = code
    problems = postgresql.PostgresqlProblems(parse("postgresql://toban@db.example/toban"), SystemClock())
    assert problems.lacks_listen(error) is lacks
