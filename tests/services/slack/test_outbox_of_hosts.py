"""Outboxes on two hosts that share a journal: a note is sent once, and never while the ledger cannot be reached."""

from contextlib import asynccontextmanager

import pytest

from services.models.journal import EntryKind, EntryQuery
from services.models.posts import PostState
from services.slack.outbox import LEASE
from services.slack.settings import read
from tests.services.journal.hosts import two_hosts
from tests.services.slack.slack_world import NOW, Desk
from tests.tools.memory_ledger import MemoryLedger


@asynccontextmanager
async def on(host, server, **options):
    journal = host.journal(**options)
    await journal.open()
    desk = Desk(journal, host.clock, read(server.environment()), 10.0)
    try:
        yield desk
    finally:
        await desk.end()


@pytest.fixture
def ledger():
    return MemoryLedger()


@pytest.fixture
def hosts(ledger, tmp_path):
    return two_hosts(ledger, tmp_path, NOW)


@pytest.fixture
def slack(server):
    return server.reset()


async def pass_time(hosts, desk, id, state, step=5.0):
    def reached():
        for host in hosts:
            host.clock.advance(step)
        return desk.state(id) is state

    await desk.until(reached)


async def test_of_two_hosts_one_sends(hosts, server, slack):
    async with on(hosts[0], server) as one, on(hosts[1], server) as two:
        for number in range(5):
            await (one, two)[number % 2].let_go(f"p{number}")
        for number in range(5):
            for desk in (one, two):
                await pass_time(hosts, desk, f"p{number}", PostState.POSTED, step=0.2)
        assert [slack.count(f"p{number}") for number in range(5)] == [1] * 5
        assert {post.state for post in (*one.posts, *two.posts)} == {PostState.POSTED}


async def test_what_a_host_was_sending_when_it_died_is_looked_for_in_slack(hosts, ledger, server, slack):
    async with on(hosts[0], server) as one:
        slack.hung.clear()
        slack.faults.append("late")
        await one.let_go("p")
        await one.until(lambda: one.state("p") is PostState.SENDING and slack.bodies)
        # Nothing that it does from now on arrives.
        hosts[0].line.is_cut = True
        slack.hung.set()
        async with on(hosts[1], server) as two:
            begun = hosts[1].clock.elapsed()
            await pass_time(hosts, two, "p", PostState.POSTED)
            assert hosts[1].clock.elapsed() - begun >= LEASE
            (entry,) = await two.journal.entries(EntryQuery(kinds=frozenset({EntryKind.POSTED})))
            assert entry.person.user == "bob"
            # Its own answer came, and is told when it is back.
            hosts[0].mend(ledger)
            await one.until(lambda: one.state("p") is PostState.POSTED)
        assert slack.count("p") == 1


async def test_nothing_is_sent_while_the_ledger_cannot_be_reached(hosts, ledger, server, slack):
    async with on(hosts[0], server) as one:
        slack.faults.append("429")
        await one.let_go("p")
        await one.until(lambda: one.state("p") is PostState.REFUSED)
        sent = len(slack.bodies)
        hosts[0].line.is_cut = True
        puts = hosts[0].line.requests["put"]
        for _minute in range(3):
            hosts[0].clock.advance(60)
            await one.until(lambda: one.journal.health.problem is not None)
        assert len(slack.bodies) == sent
        hosts[0].mend(ledger)
        await pass_time(hosts, one, "p", PostState.POSTED)
        assert slack.count("p") == 1
        assert hosts[0].line.requests["put"] > puts


async def test_an_attempt_whose_beginning_was_recorded_but_not_acknowledged_is_made_again(
    hosts, ledger, server, slack
):
    # The console itself knows that it sent nothing: nobody has to ask Slack, and nothing stays as being sent.
    async with on(hosts[0], server, patience=0.0) as one:
        slack.faults.append("429")
        await one.let_go("p")
        await one.until(lambda: one.state("p") is PostState.REFUSED)
        before = len(ledger.records)
        hosts[0].line.breaks = True
        await one.until(lambda: len(ledger.records) > before or hosts[0].clock.advance(10))
        await one.until(lambda: one.journal.health.problem is not None)
        assert not slack.count("p")
        hosts[0].mend(ledger)
        await pass_time(hosts, one, "p", PostState.POSTED, step=1.0)
        assert slack.count("p") == 1
        unposted = EntryQuery(kinds=frozenset({EntryKind.UNPOSTED}))
        states = [entry.data["state"] for entry in await one.journal.entries(unposted)]
        assert states == ["refused", "refused"]
