"""A host whose virtual machine stands still in the middle of an attempt, while the other host gives it up and sends."""

from itertools import count
from typing import Any

import pytest

from services.models.journal import Entry, EntryKind
from services.models.posts import PostState
from services.slack.outbox import LEASE
from tests.services.journal.hosts import Host, two_hosts
from tests.services.slack.slack_world import NOW
from tests.services.slack.test_outbox_of_hosts import on
from tests.tools.memory_ledger import MemoryLedger


@pytest.mark.parametrize("moment", ["recorded", "connected"])
@pytest.mark.parametrize("how", ["paused", "stopped"])
async def test_an_attempt_that_the_other_host_gave_up_is_not_made(tmp_path, server, moment, how):
    # Slack accepts a message however late it comes, so the sender looks at the journal and the clock just before.
    slack, ledger = server.reset(), MemoryLedger()
    hosts: tuple[Host, Host] = two_hosts(ledger, tmp_path, NOW)
    async with on(hosts[0], server) as one, on(hosts[1], server) as two:
        journal: Any = one.journal
        append, connect = journal.append, one.outbox._attempts._connect

        async def meanwhile():
            looks = count()

            def reached():
                # Slowly enough that what is due is done before an hour has passed, after which a person is asked.
                if next(looks) % 25 == 0:
                    hosts[1].clock.advance(LEASE / 10)
                    if how == "stopped":
                        hosts[0].clock.advance(LEASE / 10)
                return two.state("p") is PostState.POSTED

            await two.until(reached)

        async def appended(draft):
            entry: Entry = await append(draft)
            if moment == "recorded" and draft.kind is EntryKind.POSTING:
                await meanwhile()
            return entry

        async def connected():
            sender = await connect()
            if moment == "connected":
                await meanwhile()
            return sender

        journal.append, one.outbox._attempts._connect = appended, connected
        two.outbox._schedule.send_at = _only_after(two.outbox._schedule.send_at)
        await one.let_go("p")
        await one.until(lambda: one.state("p") is PostState.POSTED)
        assert slack.count("p") == 1


def _only_after(usual):
    return lambda post: usual(post) if post.attempts else None
