import re

import pytest

from services.models.alarms import AlarmState
from services.models.journal import EntryKind, EntryQuery
from services.models.posts import PostState
from services.slack.settings import read
from tests.conftest import Embedded
from tests.tools.console import console, screen_text, until
from tests.tools.slack_server import SlackServer
from tui.messages import OpenAlarm
from tui.screens.common.confirm import ConfirmScreen
from tui.screens.slack.outbox import DecideScreen, OutboxScreen
from tui.screens.slack.post import PostScreen
from tui.screens.watch.alarm import AlarmScreen

pytestmark = [pytest.mark.scenario("ordinary-day", history=600.0), pytest.mark.usefixtures("at_once")]


@pytest.mark.slow
async def test_a_note_about_an_alarm_is_edited_sent_and_tracked(embedded: Embedded) -> None:
    with SlackServer() as server:
        settings = read(server.environment(), demo=True)
        async with console(embedded.url, embedded.clock, slack=settings, notifications=True) as pilot:
            app = pilot.app
            app.post_message(OpenAlarm(app.alarms.value.watched[0]))
            await until(pilot, lambda: isinstance(app.screen, AlarmScreen))
            await until(pilot, lambda: app.screen.detail.curve.value is not None)
            await pilot.press("p")
            await until(pilot, lambda: isinstance(app.screen, PostScreen) and app.screen.guard.is_open)
            assert "→ #ops-alerts" in screen_text(pilot)
            assert "starts the thread" in screen_text(pilot)
            assert re.search(r"Measured: now [\d.]+", screen_text(pilot)), "the newest value of its curve"
            await pilot.press("ctrl+t")
            await until(pilot, lambda: "AWS's own text was added" in screen_text(pilot))
            await pilot.press("ctrl+t")
            await until(pilot, lambda: "no more evidence" in screen_text(pilot))
            await pilot.press(*"nobody")
            await until(pilot, lambda: "Impact on users: nobody" in screen_text(pilot))
            assert server.slack.asked == [], "nothing goes without a person"
            server.slack.faults.append("not_in_channel")
            await pilot.press("enter")
            await until(pilot, lambda: app.posts and app.posts[0].state is PostState.REFUSED)
            await until(pilot, lambda: isinstance(app.screen, AlarmScreen))
            await until(pilot, lambda: "!1" in screen_text(pilot).splitlines()[0] + screen_text(pilot))
            await pilot.press("f6")
            await until(pilot, lambda: "Invite it there" in screen_text(pilot))
            assert isinstance(app.screen, OutboxScreen)
            await pilot.press("m")
            await until(pilot, lambda: "certainly not in Slack" in screen_text(pilot))
            asked = len(server.slack.bodies)
            await pilot.press("p")
            await until(pilot, lambda: isinstance(app.screen, ConfirmScreen))
            await until(pilot, lambda: "It is posted now, as it stands" in screen_text(pilot))
            await pilot.press("escape")
            await until(pilot, lambda: isinstance(app.screen, OutboxScreen))
            assert (len(server.slack.bodies), app.posts[0].state) == (asked, PostState.REFUSED)
            await pilot.press("p")
            await until(pilot, lambda: isinstance(app.screen, ConfirmScreen) and app.screen.guard.is_open)
            await pilot.press("enter")
            embedded.clock.advance(1)
            await until(pilot, lambda: app.posts[0].state is PostState.POSTED)
            (message,) = server.slack.messages
            assert "nobody" in message["text"]
            assert app.posts[0].thread.startswith("alarm:")
            await pilot.press("escape", "p")
            await until(pilot, lambda: "a reply in the thread" in screen_text(pilot))
            await pilot.press("escape")
            await until(pilot, lambda: isinstance(app.screen, AlarmScreen))


async def test_without_slack_the_note_is_kept_and_given_up_with_a_reason(embedded: Embedded) -> None:
    async with console(embedded.url, embedded.clock, size=(80, 24), notifications=True) as pilot:
        app = pilot.app
        app.post_message(
            OpenAlarm(app.alarms.value.watched[0].model_copy(update={"state": AlarmState.ALARM}))
        )
        await until(pilot, lambda: isinstance(app.screen, AlarmScreen))
        await pilot.press("p")
        await until(pilot, lambda: isinstance(app.screen, PostScreen) and app.screen.guard.is_open)
        assert "TOBAN_SLACK_TOKEN" in screen_text(pilot)
        await pilot.press("enter")
        await until(pilot, lambda: "is still in the text" in screen_text(pilot))
        await pilot.press("enter")
        await until(pilot, lambda: app.posts)
        await pilot.press("f6")
        await until(pilot, lambda: isinstance(app.screen, OutboxScreen) and "not sent" in screen_text(pilot))
        assert "p sends ·" in screen_text(pilot)
        assert "m marks as posted" not in screen_text(pilot), "it is certain that it is not"
        await pilot.press("delete")
        await until(pilot, lambda: isinstance(app.screen, DecideScreen))
        await pilot.press("enter")
        await until(pilot, lambda: "A reason is required" in screen_text(pilot))
        await pilot.press(*"told", "enter")
        await until(pilot, lambda: app.posts[0].state is PostState.DROPPED)
        kinds = [
            entry.kind for entry in await app.ready.journal.entries(EntryQuery(target=app.posts[0].target))
        ]
        assert kinds == [EntryKind.POST, EntryKind.UNPOSTED]
        assert not app.bugs


async def test_secrets_in_a_note_are_masked_before_it_can_be_sent(embedded: Embedded) -> None:
    async with console(embedded.url, embedded.clock) as pilot:
        app = pilot.app
        app.post_message(OpenAlarm(app.alarms.value.watched[0]))
        await until(pilot, lambda: isinstance(app.screen, AlarmScreen))
        await pilot.press("p")
        await until(pilot, lambda: isinstance(app.screen, PostScreen) and app.screen.guard.is_open)
        app.screen.field.text = "asked taro@example.co.jp with password=hunter2"
        await pilot.press("enter")
        await until(pilot, lambda: "2 secrets or personal details were masked" in screen_text(pilot))
        assert app.screen.field.text == "asked *** with password=***"
        assert not app.posts
        await pilot.press("enter")
        await until(pilot, lambda: app.posts)
        (entry,) = await app.ready.journal.entries(EntryQuery(kinds=frozenset({EntryKind.POST})))
        assert "hunter2" not in entry.model_dump_json()
        assert "taro@" not in entry.model_dump_json()
