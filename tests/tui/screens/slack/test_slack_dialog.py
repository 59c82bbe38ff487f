import re

import pytest

from services.models.alarms import AlarmState
from services.models.journal import EntryKind, EntryQuery
from services.models.posts import PostState
from services.slack.settings import read
from tests.tools.console import console, expect, press, screen_text, until
from tests.tools.slack_server import SlackServer
from tui.messages import OpenAlarm
from tui.screens.slack.outbox import OutboxScreen

pytestmark = [pytest.mark.scenario("ordinary-day", history=600.0), pytest.mark.usefixtures("at_once")]


@pytest.mark.slow
async def test_a_note_about_an_alarm_is_edited_sent_and_tracked(embedded):
    with SlackServer() as server:
        settings = read(server.environment(), demo=True)
        async with console(embedded.url, embedded.clock, slack=settings, notifications=True) as pilot:
            app = pilot.app
            app.post_message(OpenAlarm(app.alarms.value.watched[0]))
            await expect(pilot, at="AlarmScreen", then=lambda: app.screen.detail.curve.value is not None)
            await press(pilot, "p", at="PostScreen", then=lambda: app.screen.guard.is_open)
            assert "→ #ops-alerts" in screen_text(pilot)
            assert "starts the thread" in screen_text(pilot)
            assert re.search(r"Measured: now [\d.]+", screen_text(pilot)), "the newest value of its curve"
            await press(pilot, "ctrl+t", shows="AWS's own text was added")
            await press(pilot, "ctrl+t", shows="no more evidence")
            await press(pilot, *"nobody", shows="Impact on users: nobody")
            assert server.slack.asked == [], "nothing goes without a person"
            server.slack.faults.append("not_in_channel")
            await press(pilot, "enter", then=lambda: app.posts and app.posts[0].state is PostState.REFUSED)
            await expect(pilot, at="AlarmScreen")
            await until(pilot, lambda: "!1" in screen_text(pilot).splitlines()[0] + screen_text(pilot))
            await press(pilot, "f6", shows="Invite it there")
            assert isinstance(app.screen, OutboxScreen)
            await press(pilot, "m", shows="certainly not in Slack")
            asked = len(server.slack.bodies)
            await press(pilot, "p", at="ConfirmScreen", shows="It is posted now, as it stands")
            await press(pilot, "escape", at="OutboxScreen")
            assert (len(server.slack.bodies), app.posts[0].state) == (asked, PostState.REFUSED)
            await press(pilot, "p", at="ConfirmScreen", then=lambda: app.screen.guard.is_open)
            await pilot.press("enter")
            embedded.clock.advance(1)
            await until(pilot, lambda: app.posts[0].state is PostState.POSTED)
            (message,) = server.slack.messages
            assert "nobody" in message["text"]
            assert app.posts[0].thread.startswith("alarm:")
            await press(pilot, "escape", "p", shows="a reply in the thread")
            await press(pilot, "escape", at="AlarmScreen")


async def test_without_slack_the_note_is_kept_and_given_up_with_a_reason(embedded):
    async with console(embedded.url, embedded.clock, size=(80, 24), notifications=True) as pilot:
        app = pilot.app
        app.post_message(
            OpenAlarm(app.alarms.value.watched[0].model_copy(update={"state": AlarmState.ALARM}))
        )
        await expect(pilot, at="AlarmScreen")
        await press(pilot, "p", at="PostScreen", then=lambda: app.screen.guard.is_open)
        assert "TOBAN_SLACK_TOKEN" in screen_text(pilot)
        await press(pilot, "enter", shows="is still in the text")
        await press(pilot, "enter", then=lambda: app.posts)
        await press(pilot, "f6", at="OutboxScreen", shows=("not sent", "p sends ·"))
        assert "m marks as posted" not in screen_text(pilot), "it is certain that it is not"
        await press(pilot, "delete", at="DecideScreen")
        await press(pilot, "enter", shows="A reason is required")
        await press(pilot, *"told", "enter", then=lambda: app.posts[0].state is PostState.DROPPED)
        kinds = [
            entry.kind for entry in await app.ready.journal.entries(EntryQuery(target=app.posts[0].target))
        ]
        assert kinds == [EntryKind.POST, EntryKind.UNPOSTED]
        assert not app.bugs


async def test_secrets_in_a_note_are_masked_before_it_can_be_sent(embedded):
    async with console(embedded.url, embedded.clock) as pilot:
        app = pilot.app
        app.post_message(OpenAlarm(app.alarms.value.watched[0]))
        await expect(pilot, at="AlarmScreen")
        await press(pilot, "p", at="PostScreen", then=lambda: app.screen.guard.is_open)
        app.screen.field.text = "asked taro@example.co.jp with password=hunter2"
        await press(pilot, "enter", shows="2 secrets or personal details were masked")
        assert app.screen.field.text == "asked *** with password=***"
        assert not app.posts
        await press(pilot, "enter", then=lambda: app.posts)
        (entry,) = await app.ready.journal.entries(EntryQuery(kinds=frozenset({EntryKind.POST})))
        assert "hunter2" not in entry.model_dump_json()
        assert "taro@" not in entry.model_dump_json()
