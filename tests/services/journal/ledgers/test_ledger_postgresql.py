"""The engine in PostgreSQL: rights, hints, killed and hung servers, and what is wrong with a database."""

import asyncio
import sys
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

import asyncpg
import pytest

from services.clock import ManualClock, SystemClock
from services.journal.ledger import LedgerUnavailable, Rejected
from services.journal.ledgers import postgresql
from services.journal.ledgers.registry import open_ledger, parse
from services.journal.ledgers.tables import printed_table
from tests.services.journal.ledgers.places import PostgresqlPlace
from tests.services.journal.ledgers.test_ledger_contract import LIMIT, close, record

pytestmark = pytest.mark.xdist_group("ledger-postgresql")


@pytest.fixture
def place(started):
    place = started("postgresql")
    assert isinstance(place, PostgresqlPlace)
    return place


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE toban_journal SET record = '{}'",
        "DELETE FROM toban_journal",
        "TRUNCATE toban_journal",
        "DROP TABLE toban_journal",
        "ALTER TABLE toban_journal DISABLE TRIGGER ALL",
    ],
)
def test_a_console_can_only_read_and_append(place, statement):
    with pytest.raises(RuntimeError, match=r"permission denied|must be owner"):
        place.server.sql(statement, user="toban")


@pytest.mark.parametrize(
    "statement", ["UPDATE toban_journal SET seq = 1", "DELETE FROM toban_journal", "TRUNCATE toban_journal"]
)
def test_the_owner_does_not_change_it_by_accident(place, statement):
    with pytest.raises(RuntimeError, match="append-only"):
        place.server.sql(statement)


def test_the_statements_may_be_run_again(place):
    place.server.sql(printed_table(place.address))


async def test_the_server_tells_of_news_before_the_poll_is_due(place):
    clock = ManualClock(datetime(2026, 1, 14, tzinfo=UTC))
    writer, reader = place.ledger(name := place.new_name()), place.ledger(name, clock=clock)
    other = place.ledger()
    news = reader.news()
    async with asyncio.timeout(LIMIT):
        waiting = asyncio.ensure_future(anext(news))
        while not clock.sleepers:  # noqa: ASYNC110  the clock has no event
            await asyncio.sleep(0)
        await other.put(0, record(seq=0))
        assert not waiting.done()
        await writer.put(0, record(seq=0))
        await waiting
    assert clock.elapsed() == ManualClock(datetime(2026, 1, 14, tzinfo=UTC)).elapsed()
    await close(writer, reader, other)


async def test_a_server_without_listen_is_polled(place, monkeypatch):
    # As Aurora DSQL answers: neither LISTEN nor pg_notify exists.
    if "lacking" not in place.server.sql("SELECT datname FROM pg_database"):
        place.server.sql("CREATE DATABASE lacking")
    place.server.sql(
        printed_table(place.address) + "REVOKE EXECUTE ON FUNCTION pg_notify(text, text) FROM PUBLIC;",
        database="lacking",
    )
    tried = []

    async def add_listener(_connection, *arguments):
        tried.append(arguments)
        raise asyncpg.FeatureNotSupportedError("LISTEN")

    monkeypatch.setattr(asyncpg.Connection, "add_listener", add_listener)
    monkeypatch.setattr(postgresql, "LISTEN_AGAIN", 0.0)
    address = place.server.address("lacking", user="toban", options="poll=0.1")
    name = place.new_name()
    writer, reader = place.ledger(name, address=address), place.ledger(name, address=address)
    async with asyncio.timeout(LIMIT):
        assert await writer.put(0, record(seq=0)) is None
        assert await writer.put(1, record(seq=1)) is None
        await anext(news := reader.news())
        await anext(news)
        assert len(await reader.read(-1)) == 2
    assert len(tried) == 1
    await close(writer, reader)


@pytest.mark.slow
@pytest.mark.data
async def test_a_killed_server_loses_nothing_that_it_acknowledged(place):
    ledger, stored = place.ledger(), 0
    async with asyncio.timeout(4 * LIMIT):
        for _ in range(3):
            for _ in range(10):
                assert await ledger.put(stored, record(seq=stored)) is None
                stored += 1
            await asyncio.to_thread(place.server.kill)
            await unavailable(ledger, stored)
            await asyncio.to_thread(place.server.start)
            # No connection of before the kill is used again.
            assert [seq for seq, _record in await ledger.read(-1)] == list(range(stored))
    await close(ledger)


async def test_a_hung_server_is_given_up(place, monkeypatch):
    ledger = place.ledger()
    await ledger.put(0, record(seq=0))
    for name in ("PUT_SECONDS", "READ_SECONDS", "CONNECT_SECONDS"):
        monkeypatch.setattr(postgresql, name, 0.3)
    with place.server.stopped():
        await unavailable(ledger, 1)
    monkeypatch.undo()
    async with asyncio.timeout(LIMIT):
        # The first put may have been carried out meanwhile, by the server that nobody waited for.
        assert await ledger.put(1, record(seq=1)) in (None, record(seq=1))
        assert len(await ledger.read(-1)) == 2
    await close(ledger)


async def test_a_user_whose_commits_need_not_be_on_disk_gets_durable_ones(place):
    place.server.sql("ALTER ROLE toban SET synchronous_commit = off")
    try:
        ledger = open_ledger(parse(place.address), place.new_name(), SystemClock())
        async with ledger._connection(LIMIT) as connection:
            assert await connection.fetchval("SHOW synchronous_commit") == "on"
        await close(ledger)
    finally:
        place.server.sql("ALTER ROLE toban RESET synchronous_commit")


async def test_the_socket_is_a_way_in(place):
    ledger = place.ledger(address=place.server.socket_address(user="toban"))
    assert await ledger.put(0, record(seq=0)) is None
    await close(ledger)


async def test_an_encoding_that_changes_texts_is_refused(place):
    if "euc" not in place.server.sql("SELECT datname FROM pg_database"):
        place.server.sql("CREATE DATABASE euc ENCODING 'EUC_JP' TEMPLATE template0 LOCALE 'C'")
    await rejected(place.server.address("euc", user="toban"), "EUC_JP")


async def test_there_is_no_such_database(place):
    await rejected(place.server.address("elsewhere", user="toban"), "There is no such database")


async def test_there_is_no_such_user(place):
    await rejected(place.server.address(user="nobody-of-that-name"), "refused the sign-in")


async def test_a_user_without_rights(place):
    if "guest" not in place.server.sql("SELECT rolname FROM pg_roles"):
        place.server.sql("CREATE ROLE guest LOGIN")
    await rejected(place.server.address(user="guest"), "does not allow this user")


async def test_an_option_that_the_driver_does_not_take(place):
    await rejected(place.server.address(user="toban", options="sslmode=sometimes"), "cannot be used")


async def test_a_server_without_tls_where_it_is_demanded(place):
    ledger = place.ledger(address=place.server.address(user="toban", options="sslmode=require"))
    with pytest.raises(LedgerUnavailable):
        await ledger.read(-1)
    await close(ledger)


async def test_without_the_driver_it_says_how_to_install_it(monkeypatch):
    monkeypatch.setitem(sys.modules, "asyncpg", None)
    await rejected("postgresql://toban@db.example/toban", "not installed", remedy="toban[postgresql]")


async def test_the_password_of_the_address_and_of_the_environment_signs_in(place, monkeypatch):
    with passwords_demanded(place):
        plain = place.server.address(user="toban")
        await rejected(plain, "refused the sign-in")
        ledger = place.ledger(address=plain.replace("toban@", "toban:s%40crt@"))
        assert await ledger.read(-1) == []
        assert "s%40crt" not in ledger.address
        assert "s@crt" not in ledger.address
        await close(ledger)
        monkeypatch.setenv("PGPASSWORD", "s@crt")
        ledger = place.ledger(address=plain)
        assert await ledger.read(-1) == []
        await close(ledger)


@contextmanager
def passwords_demanded(place):
    """The server asks the consoles' user for the password `s@crt`."""
    rules: Path = place.server.folder / "data/pg_hba.conf"
    before = rules.read_text()
    place.server.sql("ALTER ROLE toban PASSWORD 's@crt'")
    rules.write_text("host all toban 127.0.0.1/32 scram-sha-256\n" + before)
    place.server.sql("SELECT pg_reload_conf()")
    try:
        yield
    finally:
        rules.write_text(before)
        place.server.sql("SELECT pg_reload_conf()")


async def unavailable(ledger, seq):
    for call in (lambda: ledger.put(seq, record(seq=seq)), lambda: ledger.read(-1)):
        with pytest.raises(LedgerUnavailable) as caught:
            await call()
        assert not isinstance(caught.value, Rejected)


async def rejected(address, summary, *, remedy=""):
    ledger = open_ledger(parse(address), "system", SystemClock())
    for call in (lambda: ledger.put(0, record(seq=0)), lambda: ledger.read(-1)):
        with pytest.raises(Rejected) as caught:
            await call()
        assert summary in caught.value.problem.summary
        assert remedy in caught.value.problem.remedy
        assert caught.value.problem.remedy
    await close(ledger)


async def test_a_read_of_large_records_ends_early(place, monkeypatch):
    monkeypatch.setattr(postgresql, "MOST_BYTES", 2500)
    ledger = place.ledger(place.new_name())
    large = b'{"x":"' + "あ".encode() * 330 + b'"}'
    for seq in range(6):
        await ledger.put(seq, large)
    assert [seq for seq, _record in await ledger.read(-1)] == [0, 1, 2]
    assert [seq for seq, _record in await ledger.read(2)] == [3, 4, 5]
    # One is always read, however large it is.
    monkeypatch.setattr(postgresql, "MOST_BYTES", 10)
    assert await ledger.read(3) == [(4, large)]
    await close(ledger)
