"""Slack's answers, damaged in every way: nothing is called sent that was not, nothing is posted twice."""

import json
from collections.abc import Callable
from datetime import timedelta

import pytest

from services.clock import ManualClock
from services.models.posts import PostState
from services.slack.client import sender
from services.slack.sending import CannotTell, Message, SlackRefused, SlackSent, SlackUnanswered
from services.slack.settings import read
from tests.services.slack.slack_world import NOW, opened
from tests.tools.slack_server import CHANNEL

Damage = Callable[[int, bytes, dict[str, str]], tuple[int, bytes, dict[str, str]]]
SECRETS = ("xoxb-secret", "/services/T1/B1/secret")
VALUES: tuple[object, ...] = (
    None, True, False, 0, -1, 1.5, 1 << 70, "", "x", "false", "\ud800", "x" * 100_000, "xoxb-secret", [], [None], {},
    {"ok": True}, "[" * 3000,
)  # fmt: skip
OUTBOXES = 8
RETRY_AFTER = (
    "-5",
    "0",
    "1e9",
    "9" * 400,
    "²",
    "soon",
    "",
    "3.5",
    "Wed, 21 Oct 2099 07:28:00 GMT",
    "inf",
    "nan",
)


def at_key(path, value):
    """Another value in one place of the answer; the Ellipsis: nothing there."""

    def damage(status, body, headers):
        try:
            whole = json.loads(body)
            inner = whole
            for step in path[:-1]:
                inner = inner[step]
            if value is ...:
                del inner[path[-1]]
            else:
                inner[path[-1]] = value
        except (ValueError, LookupError, TypeError):
            return status, body, headers
        return status, json.dumps(whole).encode(), headers

    return damage


def whole(status=None, body=None, **headers):
    def damage(old, content, sent):
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        return status or old, content if body is None else body, {**sent, **named}

    return damage


def wholes(url):
    page = b"<html>xoxb-secret please log in</html>"
    bodies = {
        "nothing": b"", "list": b"[]", "null": b"null", "number": b"1", "text": b'"ok"', "ok": b"ok", "bare": b"{}",
        "only ok": b'{"ok": true}', "page": page, "latin": b'{"ok": \xff}', "deep": b"[" * 100_000, "bom": b"\xef\xbb\xbf{}",
        "nan": b'{"ok": true, "ts": NaN}', "cut": b'{"ok": true, "ts": "17',
    }  # fmt: skip
    for name, body in bodies.items():
        yield name, whole(body=body)
        yield f"{name}, html", whole(body=body, Content_Type="text/html; charset=x-none")
    for status in (201, 204, 302, 303, 307, 308, 400, 403, 404, 408, 500, 502, 503, 599):
        yield f"HTTP {status}", whole(status, Location=f"{url}/api/elsewhere")
        yield (
            f"HTTP {status} with a page",
            whole(status, page, Content_Type="text/html", Location=f"{url}/api/x"),
        )
    for after in RETRY_AFTER:
        yield (
            f"429 after {after[:9]}",
            whole(
                429, b'{"ok": false, "error": "ratelimited"}', Retry_After=after.encode().decode("latin-1")
            ),
        )
    yield "shorter than said", whole(Content_Length="100000")
    yield "gzip that is none", whole(Content_Encoding="gzip")


def keys(*paths):
    for path in paths:
        for value in (..., *VALUES):
            yield f"{path}={str(value)[:20]!r}", at_key(path, value)


def bot(server, *, webhook=False):
    return sender(read(server.environment(webhook=webhook)), timeout=10.0)


def message(id):
    return Message(post=id, channel="#ops-alerts", text="異常", footer=f"toban-{id}")


def check_explanation(error):
    assert error.explanation.strip()
    wait = getattr(error, "retry_after", None)
    assert wait is None or 1 <= wait <= 3600
    assert not any(secret in error.explanation + error.code for secret in SECRETS)
    assert error.__suppress_context__ or error.__cause__ is None


@pytest.mark.parametrize(
    ("fault", "webhook"),
    [
        ("", False),
        ("invalid_auth", False),
        pytest.param("429", False, marks=pytest.mark.slow),
        pytest.param("500", False, marks=pytest.mark.slow),
        pytest.param("", True, marks=pytest.mark.slow),
        pytest.param("no_service", True, marks=pytest.mark.slow),
    ],
)
async def test_a_note_called_sent_was_sent_and_one_called_refused_was_not(server, fault, webhook):
    # Of an answer that Slack gave to a message it took, and of one to a message it did not take.
    slack = server.reset()
    posts = keys(("ok",), ("ts",), ("channel",), ("error",), ("needed",))
    for number, (name, damage) in enumerate((*posts, *wholes(server.url))):
        if fault:
            slack.faults.append(fault)
        slack.damage, id = damage, f"p{number}"
        asked = len(slack.asked)
        try:
            sent = await bot(server, webhook=webhook).post(message(id))
        except SlackRefused as error:
            check_explanation(error)
            assert _claims_refusal(damage) or not slack.count(id), name
        except SlackUnanswered as error:
            check_explanation(error)
        else:
            assert slack.count(id) == 1, name
            assert sent.channel_id in ("", CHANNEL), name
            assert sent.ts == "" or sent.ts.replace(".", "").isdigit(), name
        assert len(slack.asked) == asked + 1, (
            f"{name}: exactly one request, and none to where a redirect leads"
        )
        assert slack.count(id) <= 1, name


def _claims_refusal(damage):
    """The damage itself is a complete refusal of Slack's, which is indistinguishable from a true one."""
    status, body, _headers = damage(200, b"", {})
    return status == 429 and b"ratelimited" in body


async def test_a_note_that_slack_has_is_never_called_missing(server):
    slack = server.reset()
    for id in ("old", "p", "new"):
        await bot(server).post(message(id))
    places = [("messages", at, *rest) for at in (0, 1) for rest in ((), ("metadata",), ("metadata", "event_type"),
              ("metadata", "event_payload"), ("metadata", "event_payload", "id"), ("text",), ("ts",), ("bot_id",))]  # fmt: skip
    history = keys(
        ("ok",), ("messages",), ("response_metadata",), ("response_metadata", "next_cursor"), *places
    )
    for name, damage in (*history, *wholes(server.url)):
        slack.damage = damage
        try:
            sent = await bot(server).find(
                "p", channel="#ops-alerts", channel_id=CHANNEL, thread_ts="", age=timedelta(minutes=1)
            )
        except CannotTell as error:
            check_explanation(error)
            continue
        if sent is None:
            assert _unknowable(name), f"{name}: it is there"
        else:
            assert sent.channel_id == CHANNEL


def _unknowable(name):
    """Answers that are whole and true for a channel without the message: nothing in them shows the damage."""
    return (
        name.startswith(("('messages',)='[]'", "('messages', 1)", "('response_metadata'"))
        or "event_payload', 'id'" in name
    )


async def test_a_channel_is_found_or_unknown(server):
    slack = server.reset()
    await bot(server).post(message("p"))
    listed = keys(("ok",), ("channels",), ("channels", 0), ("channels", 0, "id"), ("channels", 0, "name"))
    for name, damage in (*listed, *wholes(server.url)):
        slack.damage = damage
        try:
            sent = await bot(server).find(
                "p", channel="#ops-alerts", channel_id="", thread_ts="", age=timedelta(minutes=1)
            )
        except CannotTell as error:
            check_explanation(error)
        else:
            assert isinstance(sent, SlackSent), name


@pytest.mark.parametrize("number", range(OUTBOXES))
async def test_the_outbox_posts_once_whatever_slack_replies(tmp_path, server, number):
    slack, clock = server.reset(), ManualClock(NOW)
    every: list[tuple[str, Damage]] = [*keys(("ok",), ("ts",), ("channel",)), *wholes(server.url)]
    name, damage = every[number * len(every) // OUTBOXES]
    slack.damage = damage
    one = await opened(tmp_path / "j.db", clock, server)
    await one.let_go("p1")
    ended = (PostState.POSTED, PostState.UNKNOWN, PostState.REFUSED)
    await one.until(lambda: one.state("p1") in ended)
    if one.state("p1") is PostState.POSTED:
        assert slack.count("p1") == 1, name
    elif one.state("p1") is PostState.UNKNOWN:
        slack.damage = None
        await one.until(lambda: clock.advance(61) or one.state("p1") is PostState.POSTED)
    assert slack.count("p1") == 1, name
    slack.damage = None
    text = json.dumps([entry.model_dump(mode="json") for entry in await one.journal.entries()])
    assert not any(secret in text for secret in SECRETS)
    await one.end()
