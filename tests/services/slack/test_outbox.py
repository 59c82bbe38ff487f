import asyncio
from datetime import timedelta

import pytest

from services.clock import ManualClock
from services.models.journal import EntryKind, EntryQuery, NewEntry
from services.models.posts import PostState
from services.slack.outbox import LEASE
from services.slack.settings import SlackSettings, read
from tests.services.slack.slack_world import ABOUT, ALONE, NOW, desk, opened
from tests.tools.slack_server import CHANNEL, SlackServer

S = PostState


async def kinds(console, id):
    entries = await console.journal.entries(EntryQuery(subject=f"post:{id}"))
    return [entry.kind.value for entry in entries]


async def test_a_note_is_posted_once_and_the_journal_has_intent_and_outcome(tmp_path, server):
    async with desk(tmp_path / "j.db", server) as console:
        await console.let_go("a", "異常 <!channel> & <@U1>")
        await console.until(lambda: console.state("a") is S.POSTED)
        (message,) = server.slack.messages
        assert "&lt;!channel&gt; &amp; &lt;@U1&gt;" in message["text"], "foreign words ping nobody"
        assert "toban-a" in message["text"]
        assert await kinds(console, "a") == ["post", "posting", "posted"]
        post = console.post("a")
        assert (post.ts, post.channel_id, post.by) == (message["ts"], CHANNEL, "sato")
        assert not post.unsent
        assert await console.outbox.release("a", "again", ALONE) is None, "one id is let go once"
    assert server.slack.asked == ["chat.postMessage"]
    body = server.slack.bodies[0]
    assert body["metadata"] == {"event_type": "toban_post", "event_payload": {"id": "a"}}
    assert (body["unfurl_links"], body["channel"]) == (False, "#ops-alerts")


async def test_notes_about_one_alarm_are_in_one_thread_a_second_apart(tmp_path, server):
    async with desk(tmp_path / "j.db", server) as console:
        await console.let_go("a", about=ABOUT)
        await console.let_go("b", about=ABOUT)
        await console.let_go("c")
        await console.until(lambda: console.state("a") is S.POSTED and console.clock.sleepers)
        assert len(server.slack.messages) == 1, "Slack takes one a second"
        for id in ("b", "c"):
            console.clock.advance(1)
            await console.until(lambda id=id: console.state(id) is S.POSTED)
    first, second, alone = server.slack.messages
    assert second["thread_ts"] == first["ts"]
    assert "thread_ts" not in alone


async def test_too_many_requests_wait_as_long_as_slack_says(tmp_path, server):
    server.slack.faults.append("429")
    async with desk(tmp_path / "j.db", server) as console:
        await console.let_go("a")
        await console.until(lambda: console.state("a") is S.REFUSED and console.clock.sleepers)
        assert "7 seconds" in console.post("a").reason
        console.clock.advance(6.5)
        await console.until(lambda: console.clock.sleepers)
        assert server.slack.asked == ["chat.postMessage"]
        console.clock.advance(1)
        await console.until(lambda: console.state("a") is S.POSTED)
    assert len(server.slack.messages) == 1


@pytest.mark.parametrize(
    ("code", "text"),
    [
        ("invalid_auth", "TOBAN_SLACK_TOKEN"),
        ("channel_not_found", "#ops-alerts"),
        ("not_in_channel", "Invite it there"),
        ("missing_scope", "chat:write"),
        ("some_new_word", "some_new_word"),
    ],
)
async def test_a_refusal_says_what_to_do_and_a_person_sends_again(tmp_path, server, code, text):
    server.slack.faults.append(code)
    async with desk(tmp_path / "j.db", server) as console:
        await console.let_go("a")
        await console.until(lambda: console.state("a") is S.REFUSED)
        post = console.post("a")
        assert text in post.reason
        assert post.retry_at is None
        console.clock.advance(600)
        await console.outbox.send_again(post, "")
        await console.until(lambda: console.state("a") is S.POSTED)
        assert await kinds(console, "a") == ["post", "posting", "unposted", "post", "posting", "posted"]
    assert len(server.slack.messages) == 1


@pytest.mark.parametrize("fault", ["lost", "posted-500"])
@pytest.mark.parametrize("keeps_metadata", [True, False])
async def test_a_note_with_a_lost_reply_is_looked_up_and_not_sent_again(
    tmp_path, server, fault, keeps_metadata
):
    slack = server.slack
    slack.keeps_metadata = keeps_metadata
    for number in range(5):
        slack.add({"text": f"somebody else's {number}; toban-a is quoted"})
        del slack.messages[-1]["bot_id"]
    slack.faults.append(fault)
    async with desk(tmp_path / "j.db", server) as console:
        await console.let_go("a")
        await console.until(lambda: console.state("a") is S.POSTED)
        assert await kinds(console, "a") == ["post", "posting", "unposted", "posted"]
        assert console.post("a").ts == slack.messages[5]["ts"]
    assert slack.asked[1] == "conversations.list", "the channel's id is not known yet"


async def test_a_private_channel_is_looked_up_where_the_bot_may_list_them(tmp_path, server):
    server.slack.kind = "private_channel"
    server.slack.faults.append("lost")
    async with desk(tmp_path / "may-not.db", server) as console:
        await console.let_go("a")
        await console.until(
            lambda: console.state("a") is S.UNKNOWN and "groups:read" in console.post("a").reason
        )
    server.slack.scopes.add("groups:read")
    server.slack.faults.append("lost")
    async with desk(tmp_path / "may.db", server) as console:
        await console.let_go("b")
        await console.until(lambda: console.state("b") is S.POSTED)
    assert server.slack.count("b") == 1


async def test_a_reply_that_does_not_arrive_in_time_is_lost(tmp_path, server):
    server.slack.faults.append("late")
    async with desk(tmp_path / "j.db", server, timeout=2.0) as console:
        await console.let_go("a")
        await console.until(lambda: console.state("a") is S.POSTED)
        assert await kinds(console, "a") == ["post", "posting", "unposted", "posted"]
    assert server.slack.count("a") == 1


async def test_a_note_missing_in_slack_is_sent_again_once_it_cannot_arrive(tmp_path, server):
    for number in range(5):
        server.slack.add({"text": f"somebody else's {number}"})
    server.slack.faults.append("closed")
    async with desk(tmp_path / "j.db", server) as console:
        await console.let_go("a")
        await console.until(lambda: console.state("a") is S.UNKNOWN and console.clock.sleepers)
        assert server.slack.count("a") == 0
        console.clock.advance(61)
        await console.until(lambda: console.state("a") is S.POSTED)
        assert server.slack.count("a") == 1


async def test_a_reply_in_a_thread_is_looked_up_in_the_thread(tmp_path, server):
    async with desk(tmp_path / "j.db", server) as console:
        await console.let_go("a", about=ABOUT)
        await console.until(lambda: console.state("a") is S.POSTED)
        server.slack.faults.append("lost")
        await console.let_go("b", about=ABOUT)
        console.clock.advance(1)
        await console.until(lambda: console.state("b") is S.POSTED)
    assert server.slack.asked[-1] == "conversations.replies"
    assert server.slack.count("b") == 1


async def test_without_the_scope_or_with_a_webhook_a_person_decides(tmp_path, server):
    slack = server.slack
    slack.scopes -= {"channels:history"}
    slack.faults.append("lost")
    async with desk(tmp_path / "bot.db", server) as console:
        await console.let_go("a")
        await console.until(
            lambda: console.state("a") is S.UNKNOWN and "channels:history" in console.post("a").reason
        )
        console.clock.advance(7200)
        await console.outbox.mark_sent(console.post("a"), "")
        await console.until(lambda: console.state("a") is S.POSTED)
    slack.messages.clear()
    slack.faults.append("closed")
    async with desk(tmp_path / "hook.db", server, webhook=True) as console:
        assert not console.outbox.threads
        await console.let_go("w")
        await console.until(lambda: console.state("w") is S.UNKNOWN and "webhook" in console.post("w").reason)
        before = len(slack.asked)
        console.clock.advance(600)
        await console.outbox.send_again(console.post("w"), "I looked: it is not there")
        await console.until(lambda: console.state("w") is S.POSTED)
        assert len(slack.asked) == before + 1
        await console.let_go("x", about=ABOUT)
        console.clock.advance(1)
        await console.until(lambda: console.state("x") is S.POSTED)
        slack.faults.append("no_service")
        await console.let_go("y")
        console.clock.advance(1)
        await console.until(lambda: console.state("y") is S.REFUSED)
        assert "was disabled" in console.post("y").reason
        slack.faults.append("page")
        await console.let_go("z")
        console.clock.advance(1)
        await console.until(lambda: console.state("z") is S.UNKNOWN)
    assert slack.count("w") == 1


async def test_a_killed_console_restarted_repeats_nothing_and_carries_on(tmp_path, server):
    path, slack = tmp_path / "j.db", server.slack
    slack.faults.append("late")
    async with desk(path, server) as first:
        await first.let_go("a")
        await first.let_go("b")
        await first.until(lambda: slack.messages)
        await first.kill()
    slack.hung.set()
    async with desk(path, server, user="next") as second:
        await second.until(lambda: second.state("a") is S.POSTED)
        second.clock.advance(1)
        await second.until(lambda: second.state("b") is S.POSTED)
        assert await kinds(second, "a") == ["post", "posting", "unposted", "posted"]
        assert second.post("a").by == "sato"
    assert (slack.count("a"), slack.count("b")) == (1, 1)


async def test_a_note_sent_long_ago_waits_for_a_person(tmp_path, server):
    path = tmp_path / "j.db"
    async with desk(path, server, settings=SlackSettings(why="set TOBAN_SLACK_TOKEN")) as console:
        await console.let_go("a")
        await console.until(lambda: console.state("a") is S.WAITING)
        assert console.post("a").unsent
        assert console.post("a").reason == "set TOBAN_SLACK_TOKEN"
        await console.let_go("b")
        await console.until(lambda: console.state("b") is S.WAITING)
        await console.outbox.drop(console.post("b"), "told by telephone")
        await console.until(lambda: console.state("b") is S.DROPPED)
    console = await opened(path, console.clock, server)
    console.clock.advance(3700)
    await console.until(lambda: console.state("a") is S.WAITING)
    await console.journal.append(NewEntry(kind=EntryKind.NOTE, text="something new to look at"))
    await console.until(lambda: "not sent in time" in console.post("a").reason)
    assert server.slack.asked == []
    await console.outbox.send_again(console.post("a"), "")
    await console.until(lambda: console.state("a") is S.POSTED)
    assert console.state("b") is S.DROPPED
    assert console.clock.now() > NOW
    await console.end()


async def test_without_a_connection_nothing_is_sent_and_the_console_tries_again(tmp_path):
    with SlackServer() as gone:
        settings = read(gone.environment())
    async with desk(tmp_path / "j.db", gone, settings=settings) as console:
        await console.let_go("a")
        await console.until(lambda: console.state("a") is S.REFUSED)
        post = console.post("a")
        assert "127.0.0.1" in post.reason
        assert post.retry_at is not None
        assert (post.retry_at - NOW).total_seconds() == 30


@pytest.mark.parametrize("skew", [-1800, -90, 90])
async def test_an_attempt_of_another_host_is_awaited_by_this_console_s_own_clock(tmp_path, server, skew):
    # A host whose clock is behind must not make its attempt look lost, nor settled, while its request is under way.
    path, slack = tmp_path / "j.db", server.slack
    theirs, ours = ManualClock(NOW + timedelta(seconds=skew)), ManualClock(NOW)
    other = await opened(path, theirs, server)
    begun = asyncio.Event()

    async def attempt(*_args):
        begun.set()
        await asyncio.Event().wait()

    other.outbox._attempts.make = attempt
    await other.let_go("a")
    await begun.wait()
    one = await opened(path, ours, server)
    await one.until(lambda: one.state("a") is S.SENDING and one.outbox._reads._first)
    ours.advance(LEASE - 1)
    await one.until(lambda: ours.sleepers)
    assert one.state("a") is S.SENDING
    assert slack.asked == []
    ours.advance(2)
    await one.until(lambda: one.state("a") is S.POSTED)
    assert await kinds(one, "a") == ["post", "posting", "unposted", "unposted", "posting", "posted"]
    assert slack.count("a") == 1
    await other.kill()
    await one.end()
